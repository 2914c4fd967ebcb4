"""Decision to message, and to the proto3 JSON that the service would send."""

from modelplane.scheduler.v1 import decision_pb2, plan_pb2

from scheduler.wire.explanation import conflict_message, fix_message, rejection_message
from scheduler.wire.proto_json import Json, json_object, json_text
from scheduler.wire.texts import text, texts
from solver.domain.decision import Decision, SolveRecord, TierResult
from solver.domain.identity import ReplicaKey
from solver.domain.plan import Create, Evict, Keep, Shortfall, Slot, SlotDevices
from solver.matching.rehearsed_node import ANY_ORDER, IN_ORDER


def to_message(decision: Decision) -> decision_pb2.Decision:
    """The message that carries *decision*, in the same order."""
    plan = decision.plan
    return decision_pb2.Decision(
        keeps=map(_keep, plan.keeps),
        creates=map(_create, plan.creates),
        evicts=map(_evict, plan.evicts),
        shortfalls=map(_shortfall, plan.shortfalls),
        rejections=map(rejection_message, decision.rejections),
        conflicts=map(conflict_message, decision.conflicts),
        fixes=map(fix_message, decision.fixes),
        tiers=map(_tier, decision.tiers),
        path=decision.path.value,
        notes=texts(decision.notes),
        record=_record(decision.record),
    )


def to_json(decision: Decision) -> str:
    """*decision* as proto3 JSON: every field, 64-bit numbers as text, fields in the order of the contract."""
    return json_text(to_message(decision))


def to_object(decision: Decision) -> Json:
    """What ``to_json`` writes, as dictionaries and lists."""
    return json_object(to_message(decision))


def release(slot: Slot) -> str:
    """When *slot* may be released as far as its cluster's device allocator is concerned; empty if it runs."""
    if not slot.order:
        return ""
    return IN_ORDER if slot.is_ordered else ANY_ORDER


def _owner(replica: ReplicaKey) -> Json:
    return {
        "namespace": replica.deployment.namespace,
        "deployment": replica.deployment.name,
        "index": replica.index,
        "cluster": replica.cluster,
    }


def _keep(keep: Keep) -> plan_pb2.Keep:
    return plan_pb2.Keep(
        **_owner(keep.replica), name=keep.name, slots=map(_slot, keep.slots), flags=texts(keep.flags)
    )


def _create(create: Create) -> plan_pb2.Create:
    return plan_pb2.Create(**_owner(create.replica), slots=map(_slot, create.slots))


def _evict(evict: Evict) -> plan_pb2.Evict:
    return plan_pb2.Evict(
        **_owner(evict.replica),
        name=evict.name,
        reason=evict.reason.value,
        because=text(evict.because),
    )


def _slot(slot: Slot) -> plan_pb2.Slot:
    return plan_pb2.Slot(
        engine=slot.engine,
        copy=slot.copy,
        role=slot.role.value,
        rank=slot.rank,
        node_pool=slot.node_pool.name,
        node=slot.node.name if slot.node is not None else "",
        expected=slot.is_expected,
        order=slot.order,
        devices=map(_slot_devices, slot.devices),
        assumed=slot.is_assumed,
        release=release(slot),
    )


def _slot_devices(devices: SlotDevices) -> plan_pb2.SlotDevices:
    return plan_pb2.SlotDevices(
        request=devices.request,
        driver=devices.driver,
        device_class=devices.device_class or "",
        count=devices.count,
        signature=text(devices.signature),
        admin_access=devices.has_admin_access,
        consumed={text(name): str(amount) for name, amount in devices.consumed or ()},
    )


def _shortfall(shortfall: Shortfall) -> plan_pb2.Shortfall:
    return plan_pb2.Shortfall(
        namespace=shortfall.deployment.namespace,
        deployment=shortfall.deployment.name,
        wanted=shortfall.wanted,
        missing=shortfall.missing,
    )


def _tier(tier: TierResult) -> decision_pb2.Tier:
    return decision_pb2.Tier(
        name=tier.name, value=tier.value, bound=tier.bound, unit=tier.unit, closed=tier.is_closed
    )


def _record(record: SolveRecord) -> decision_pb2.SolveRecord:
    return decision_pb2.SolveRecord(
        solver=record.solver,
        deterministic_time=record.deterministic_time,
        solves=record.solves,
        interrupted=record.is_interrupted,
        violations=texts(record.violations),
    )
