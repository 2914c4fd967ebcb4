"""What can be wrong with devices that were given, rule by rule."""

from collections.abc import Iterator

from solver.domain.device import QualifiedName
from solver.domain.device_taint import tolerated
from solver.domain.kubernetes import Gate
from solver.domain.resource_slice import DeviceId, SliceDevice
from tests.solver.matching.device_fit.world import Pick, World, queries


def breaches(world: World, picks: tuple[Pick, ...]) -> list[str]:
    """What is wrong with *picks*, whatever may come on top of them."""
    return [
        *_use(world, picks),
        *_capacity(world, picks),
        *_counters(world, picks),
        *_constraints(world, picks),
    ]


def _use(world: World, picks: tuple[Pick, ...]) -> Iterator[str]:
    held = world.problem.allocated
    for number, pick in enumerate(picks):
        query = queries(world, pick.claim, pick.request)[pick.alternative]
        device = world.devices[pick.device]
        is_admin = bool(query.admin_access)
        has_taints = world.features.has(Gate.DEVICE_TAINTS)
        if has_taints and not tolerated(device.taints, query.tolerations):
            yield "tainted"
        if not is_admin and pick.device in held.devices:
            yield "in use"
        if world.is_shared(device):
            continue
        if not is_admin and pick.device in held.shared:
            yield "in use"
        for other in picks[:number]:
            if other.device != pick.device:
                continue
            other_admin = bool(queries(world, other.claim, other.request)[other.alternative].admin_access)
            # In order of claims: what comes after admin access does not get the device.
            if other.claim == pick.claim or not is_admin:
                yield "given twice"
            if other_admin and other.claim == pick.claim:
                yield "given twice"


def _capacity(world: World, picks: tuple[Pick, ...]) -> Iterator[str]:
    totals: dict[tuple[DeviceId, str], int] = {}
    for pick in picks:
        query = queries(world, pick.claim, pick.request)[pick.alternative]
        device = world.devices[pick.device]
        taken = world.takes(query, device)
        if taken is None:
            yield "lacks capacity"
        elif world.is_shared(device):
            for name, amount in taken.items():
                totals[pick.device, name] = totals.get((pick.device, name), 0) + amount
    for (at, name), total in totals.items():
        consumed = world.problem.allocated.consumed.get(at, {})
        before = consumed[name].nano if name in consumed else 0
        if before + total > world.devices[at].capacity[name].nano:
            yield "capacity exceeded"


Amounts = dict[tuple[str, str], int]


def _counters(world: World, picks: tuple[Pick, ...]) -> Iterator[str]:
    allocated = world.problem.allocated
    held = allocated.devices | allocated.shared
    for (driver, pool), slices in world.pools.items():
        left: Amounts = {
            (found.name, name): amount.nano
            for each in slices
            for found in each.shared_counters
            for name, amount in found.counters.items()
        }
        everything = {DeviceId(driver, pool, d.name): d for each in slices for d in each.devices}
        for at, device in everything.items():
            if at in held:
                _charge(device, left)
        is_overdrawn = min(left.values(), default=0) < 0
        for at in {pick.device for pick in picks if everything.get(pick.device)}:
            if everything[at].consumes and not world.features.has(Gate.PARTITIONABLE_DEVICES):
                yield "counters are off"
            is_partly_held = at in allocated.shared and world.is_shared(everything[at])
            if everything[at].consumes and is_overdrawn and not is_partly_held:
                yield "pool overdrawn"
            if at not in held:
                _charge(everything[at], left)
        if not is_overdrawn and min(left.values(), default=0) < 0:
            yield "counters exceeded"


def _charge(device: SliceDevice, left: Amounts) -> None:
    for use in device.consumes:
        for name, amount in use.counters.items():
            if (use.counter_set, name) in left:
                left[use.counter_set, name] -= amount.nano


def _constraints(world: World, picks: tuple[Pick, ...]) -> Iterator[str]:
    for number, claim in enumerate(world.problem.claims):
        for constraint in claim.constraints:
            found = []
            for pick in picks:
                request = claim.requests[pick.request] if pick.claim == number else None
                if request is None:
                    continue
                name = request.name
                query = queries(world, pick.claim, pick.request)[pick.alternative]
                names = {name} if request.exactly is not None else {name, f"{name}/{query.name}"}
                if constraint.requests and not names & set(constraint.requests):
                    continue
                attribute = constraint.match_attribute or constraint.distinct_attribute or ""
                attributes = world.devices[pick.device].device.attributes
                value = attributes.get(QualifiedName.parse(attribute, pick.device.driver))
                found.append(None if value is None else (type(value), value))
            if None in found:
                yield "attribute missing"
            if constraint.match_attribute and len(set(found)) > 1:
                yield "values differ"
            if constraint.match_attribute is None and len(set(found)) < len(found):
                yield "values repeat"
