"""Decision to message, and to the proto3 JSON that the service would send."""

from collections.abc import Iterable
from functools import cache
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from modelplane.scheduler.v1 import decision_pb2, explanation_pb2, plan_pb2

from solver.domain.decision import Decision, SolveRecord, TierResult
from solver.domain.explanation import Conflict, Fix, Rejection
from solver.domain.identity import ReplicaKey
from solver.domain.plan import Create, Evict, Keep, Shortfall, Slot, SlotDevices
from solver.matching.rehearsed_node import ANY_ORDER, IN_ORDER

Json = dict[str, Any]
_ABSENT = object()


def to_message(decision: Decision) -> decision_pb2.Decision:
    """The message that carries *decision*, in the same order."""
    plan = decision.plan
    return decision_pb2.Decision(
        keeps=map(_keep, plan.keeps),
        creates=map(_create, plan.creates),
        evicts=map(_evict, plan.evicts),
        shortfalls=map(_shortfall, plan.shortfalls),
        rejections=map(_rejection, decision.rejections),
        conflicts=map(_conflict, decision.conflicts),
        fixes=map(_fix, decision.fixes),
        tiers=map(_tier, decision.tiers),
        path=decision.path.value,
        notes=_texts(decision.notes),
        record=_record(decision.record),
    )


def to_json(decision: Decision) -> str:
    """*decision* as proto3 JSON: every field, 64-bit numbers as text, fields in the order of the contract."""
    return orjson.dumps(to_object(decision), option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()


def to_object(decision: Decision) -> Json:
    """What ``to_json`` writes, as dictionaries and lists."""
    message = to_message(decision)
    return _ordered(MessageToDict(message, always_print_fields_with_no_presence=True), message.DESCRIPTOR)


def release(slot: Slot) -> str:
    """When *slot* may be released as far as its cluster's device allocator is concerned; empty if it runs."""
    if not slot.order:
        return ""
    return IN_ORDER if slot.is_ordered else ANY_ORDER


def _ordered(found: Json, descriptor: Any) -> Json:  # noqa: ANN401 - the library has two types for it
    """*found* with its keys as declared: the library puts fields that are not set last."""
    ordered: Json = {}
    for name, message_type in _fields(descriptor):
        value = found.get(name, _ABSENT)
        if value is not _ABSENT:
            ordered[name] = value if message_type is None else _value(value, message_type)
    return ordered


def _value(found: Any, message_type: Any) -> Any:  # noqa: ANN401 - JSON
    if _is_map(message_type):
        return dict(sorted(found.items()))  # the library has no order for it
    if isinstance(found, list):
        return [_ordered(item, message_type) for item in found]
    return _ordered(found, message_type)


@cache
def _is_map(descriptor: Any) -> bool:  # noqa: ANN401 - the library has two types for it
    """Whether *descriptor* is the type of the entries of a map."""
    return bool(descriptor.GetOptions().map_entry)


@cache
def _fields(descriptor: Any) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401 - as above
    """JSON name and type of message (None for scalars) of each field; asking the library takes long."""
    return tuple((field.json_name, field.message_type) for field in descriptor.fields)


def _owner(replica: ReplicaKey) -> Json:
    return {
        "namespace": replica.deployment.namespace,
        "deployment": replica.deployment.name,
        "index": replica.index,
        "cluster": replica.cluster,
    }


def _keep(keep: Keep) -> plan_pb2.Keep:
    return plan_pb2.Keep(
        **_owner(keep.replica), name=keep.name, slots=map(_slot, keep.slots), flags=_texts(keep.flags)
    )


def _create(create: Create) -> plan_pb2.Create:
    return plan_pb2.Create(**_owner(create.replica), slots=map(_slot, create.slots))


def _evict(evict: Evict) -> plan_pb2.Evict:
    return plan_pb2.Evict(
        **_owner(evict.replica),
        name=evict.name,
        reason=evict.reason.value,
        because=_text(evict.because),
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
        signature=_text(devices.signature),
        admin_access=devices.has_admin_access,
        consumed={_text(name): str(amount) for name, amount in devices.consumed or ()},
    )


def _shortfall(shortfall: Shortfall) -> plan_pb2.Shortfall:
    return plan_pb2.Shortfall(
        namespace=shortfall.deployment.namespace,
        deployment=shortfall.deployment.name,
        wanted=shortfall.wanted,
        missing=shortfall.missing,
    )


def _rejection(rejection: Rejection) -> explanation_pb2.Rejection:
    return explanation_pb2.Rejection(
        namespace=rejection.deployment.namespace,
        deployment=rejection.deployment.name,
        node_pools=rejection.node_pools,
        rejected=(
            explanation_pb2.NodePoolRejection(
                cluster=each.node_pool.cluster,
                node_pool=each.node_pool.name,
                reason=each.reason.value,
                detail=_text(each.detail),
            )
            for each in rejection.rejected
        ),
        general=_texts(rejection.general),
    )


def _conflict(conflict: Conflict) -> explanation_pb2.Conflict:
    return explanation_pb2.Conflict(
        namespace=conflict.deployment.namespace,
        deployment=conflict.deployment.name,
        members=(
            explanation_pb2.ConflictMember(
                reason=member.reason.value, subject=_text(member.subject), sentence=_text(member.sentence)
            )
            for member in conflict.members
        ),
        minimal=conflict.is_minimal,
    )


def _fix(fix: Fix) -> explanation_pb2.Fix:
    return explanation_pb2.Fix(
        namespace=fix.deployment.namespace,
        deployment=fix.deployment.name,
        change=fix.change,
        subject=_text(fix.subject),
        sentence=_text(fix.sentence),
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
        violations=_texts(record.violations),
    )


def _texts(texts: Iterable[str]) -> Iterable[str]:
    return map(_text, texts)


def _text(text: str) -> str:
    """*text* as protobuf takes it: what a user wrote may hold half a surrogate pair."""
    return text.encode("utf-8", "replace").decode()
