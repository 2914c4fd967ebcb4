"""What makes a resource pool incomplete or invalid on a node, and where it stands."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from scheduler.snapshot.findings import Findings
from scheduler.snapshot.records import PublishedDevice, Slice
from solver.domain.device import Withheld

_POOL = "spec.pool"
_DEVICES = "spec.devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolFault:
    """Why none of the devices of a resource pool can be given away."""

    withheld: Withheld
    #: What was found and what was expected.
    complaint: str
    #: The slice that it stands in; None: every slice of the pool is as much to blame.
    slice: Slice | None = None
    path: str = _POOL


def pool_fault(current: Sequence[Slice], newest: int, generations: Counter[int]) -> PoolFault | None:
    """What is wrong with a pool whose *current* slices, those of generation *newest*, concern a node.

    Args:
        current: the slices, at least one.
        newest: their generation.
        generations: the number of slices of each generation, wherever they are.
    """
    if any(each.is_malformed for each in current):
        return _invalid("found a malformed slice, expected all to be readable")
    wanted = current[0].slice_count
    if any(each.slice_count != wanted for each in current):
        return _incomplete("found slices that disagree about their number, expected one number")
    if len(current) != wanted and max(generations) > newest:
        return _incomplete(f"found generation {newest}, expected the newest, {max(generations)}")
    if len(current) != wanted and generations[newest] != wanted:
        found = f"{generations[newest]} slice{'' if generations[newest] == 1 else 's'}"
        return _incomplete(f"found {found} of generation {newest}, expected {wanted}")
    in_order = sorted(current, key=lambda each: (each.origin.file, each.origin.document or 0, each.name))
    return _repetition(in_order) or _unknown_counter(in_order)


def report_unusable(unusable: Sequence[tuple[Slice, PoolFault]], findings: Findings) -> None:
    """One warning for each driver and complaint, with the first slice it is about."""
    groups: dict[tuple[str, str], list[tuple[Slice, PoolFault]]] = defaultdict(list)
    for each, fault in unusable:
        groups[each.driver, fault.complaint].append((each, fault))
    for (driver, complaint), found in groups.items():
        first, fault = found[0]
        pools = len({each.pool for each, _ in found})
        more = f" (and {pools - 1} more resource pools of the driver)" if pools > 1 else ""
        message = f"{complaint}; resource pool {driver}/{first.pool} offers nothing{more}"
        findings.warning(first.origin, message, about=f"ResourceSlice {first.name}", path=fault.path)


def _incomplete(complaint: str) -> PoolFault:
    return PoolFault(withheld=Withheld.POOL_INCOMPLETE, complaint=complaint)


def _invalid(complaint: str, each: Slice | None = None, path: str = _POOL) -> PoolFault:
    return PoolFault(withheld=Withheld.POOL_INVALID, complaint=complaint, slice=each, path=path)


def _repetition(current: Sequence[Slice]) -> PoolFault | None:
    devices = [(each, device.name) for each in current for device in each.devices]
    if (again := _second(devices)) is not None:
        each, name = again
        return _invalid(f"found device {name!r} a second time, expected each name once", each, _DEVICES)
    sets = [(each, shared.name) for each in current for shared in each.shared_counters]
    if (again := _second(sets)) is not None:
        each, name = again
        complaint = f"found counter set {name!r} a second time, expected each name once"
        return _invalid(complaint, each, "spec.sharedCounters")
    return None


def _second(named: Sequence[tuple[Slice, str]]) -> tuple[Slice, str] | None:
    """Of the names that are there twice the least, with the slice that has it for the second time."""
    names = [name for _, name in named]
    if len(set(names)) == len(names):
        return None
    repeated = min(name for name, times in Counter(names).items() if times > 1)
    return [pair for pair in named if pair[1] == repeated][1]


def _unknown_counter(current: Sequence[Slice]) -> PoolFault | None:
    shared = {
        (counters.name, counter)
        for each in current
        for counters in each.shared_counters
        for counter in counters.counters
    }
    for each in current:
        for device in each.devices:
            for counter_set, counter in _used(device):
                if (counter_set, counter) not in shared:
                    found = f"the unknown counter {f'{counter_set}/{counter}'!r} of device {device.name!r}"
                    return _invalid(f"found {found}, expected one that the pool shares", each, _DEVICES)
    return None


def _used(device: PublishedDevice) -> Iterator[tuple[str, str]]:
    for counter_set, amounts in device.terms.consumes:
        for counter, _ in amounts:
            yield counter_set, counter
