"""Which slices count on which node: complete and valid resource pools of the newest generation.

Follows the allocator of Kubernetes node by node, with one exception on the safe side: counters and shared
capacity that more than one node draws on are not given out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduler.snapshot.findings import Findings
from scheduler.snapshot.reach import Reach
from scheduler.snapshot.records import PublishedDevice, Slice
from solver.domain.device import Withheld
from solver.domain.device_terms import DeviceTerms
from solver.domain.kubernetes import Gate, SchedulerFeatures


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSlice:
    """Devices of one slice that are on one node, and why none of them can be given away, if so."""

    slice: Slice
    devices: tuple[PublishedDevice, ...]
    withheld: Withheld | None
    #: What was found and what was expected of the resource pool, if it is incomplete or invalid.
    complaint: str = ""
    #: Whether other nodes reach them too.
    is_networked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesByNode:
    """The slices of a cluster, sorted out."""

    #: By node, in order of driver, resource pool and slice.
    local: dict[str, list[NodeSlice]]
    #: Slices with those of their devices that no node reaches.
    unattached: tuple[tuple[Slice, tuple[PublishedDevice, ...]], ...]
    #: Slices whose resource pool is incomplete or invalid, with the sentence that says why.
    unusable: tuple[tuple[Slice, str], ...]


def slices_by_node(slices: Iterable[Slice], nodes: Mapping[str, Mapping[str, str]]) -> SlicesByNode:
    """Sort *slices* of one cluster out by node; *nodes* are its nodes with their labels."""
    groups: dict[tuple[str, str], list[Slice]] = defaultdict(list)
    for each in sorted(slices, key=lambda each: (each.driver, each.pool, each.name)):
        groups[each.driver, each.pool].append(each)
    local: dict[str, list[NodeSlice]] = defaultdict(list)
    unattached: list[tuple[Slice, tuple[PublishedDevice, ...]]] = []
    unusable: dict[tuple[str, str], tuple[Slice, str]] = {}
    for group in groups.values():
        reach = Reach(group, nodes)
        for node, node_slice in _group_by_node(group, reach):
            local[node].append(node_slice)
            # What is malformed was reported when it was read.
            if node_slice.complaint and not node_slice.slice.is_malformed:
                key = (node_slice.slice.name, node_slice.complaint)
                unusable.setdefault(key, (node_slice.slice, node_slice.complaint))
        unattached.extend(reach.unattached())
    return SlicesByNode(local=local, unattached=tuple(unattached), unusable=tuple(unusable.values()))


def report_unusable(unusable: Sequence[tuple[Slice, str]], findings: Findings) -> None:
    """One warning for each driver and complaint, with the first slice it is about."""
    groups: dict[tuple[str, str], list[Slice]] = defaultdict(list)
    for each, complaint in unusable:
        groups[each.driver, complaint].append(each)
    for (driver, complaint), slices in groups.items():
        first = slices[0]
        pools = len({each.pool for each in slices})
        more = f" (and {pools - 1} more resource pools of the driver)" if pools > 1 else ""
        message = f"{complaint}; resource pool {driver}/{first.pool} offers nothing{more}"
        findings.warning(first.origin, message, about=f"ResourceSlice {first.name}", path="spec.pool")


def gated_off(terms: DeviceTerms, features: SchedulerFeatures) -> Withheld | None:
    """Why a scheduler with *features* gives no device with *terms* away, None if it does."""
    if terms.consumes and not features.has(Gate.PARTITIONABLE_DEVICES):
        return Withheld.COUNTERS
    if terms.scope is not None and not features.has(Gate.PARTITIONABLE_DEVICES):
        return Withheld.OWN_NODES
    if terms.binding_conditions and not features.has(Gate.BINDING_CONDITIONS):
        return Withheld.BINDING
    return None


def _group_by_node(group: Sequence[Slice], reach: Reach) -> Iterator[tuple[str, NodeSlice]]:
    generations = Counter(each.generation for each in group)
    # Counters are relevant everywhere.
    common = [each for each in group if each.shared_counters]
    drawing = {
        node
        for node, own in reach.by_node.items()
        if any(device.terms.consumes for _, devices in own for device in devices)
    }
    for node, own in sorted(reach.by_node.items()):
        relevant = [each for each, _ in own]
        relevant += [each for each in common if each not in relevant]
        newest = max(each.generation for each in relevant)
        current = [each for each in relevant if each.generation == newest]
        withheld, complaint = _pool_fault(current, newest, generations)
        for each, devices in own:
            if each.generation != newest:
                continue
            for is_networked, part in reach.parts(each, devices):
                reason = withheld
                is_drawn = len(drawing) > 1 and any(device.terms.consumes for device in part)
                if is_drawn or (is_networked and any(device.terms.is_shared for device in part)):
                    # Their counters and capacities are those of other nodes too.
                    reason = withheld or Withheld.NOT_NODE_LOCAL
                yield (
                    node,
                    NodeSlice(
                        slice=each,
                        devices=part,
                        withheld=reason,
                        complaint=complaint,
                        is_networked=is_networked,
                    ),
                )


def _pool_fault(
    current: Sequence[Slice], newest: int, generations: Counter[int]
) -> tuple[Withheld | None, str]:
    if any(each.is_malformed for each in current):
        return Withheld.POOL_INVALID, "found a malformed slice, expected all to be readable"
    wanted = current[0].slice_count
    if any(each.slice_count != wanted for each in current):
        return Withheld.POOL_INCOMPLETE, "found slices that disagree about their number, expected one number"
    if len(current) != wanted and max(generations) > newest:
        return Withheld.POOL_INCOMPLETE, f"found generation {newest}, expected the newest, {max(generations)}"
    if len(current) != wanted and generations[newest] != wanted:
        found = f"{generations[newest]} slice{'' if generations[newest] == 1 else 's'}"
        return Withheld.POOL_INCOMPLETE, f"found {found} of generation {newest}, expected {wanted}"
    complaint = _invalid_because(current)
    return (Withheld.POOL_INVALID if complaint else None), complaint


def _invalid_because(current: Sequence[Slice]) -> str:
    names = [device.name for each in current for device in each.devices]
    if repeated := _repeated(names):
        return f"found device {repeated!r} a second time, expected each name once"
    sets = [shared.name for each in current for shared in each.shared_counters]
    if repeated := _repeated(sets):
        return f"found counter set {repeated!r} a second time, expected each name once"
    shared = {
        (counters.name, counter)
        for each in current
        for counters in each.shared_counters
        for counter in counters.counters
    }
    used = {
        (counter_set, counter)
        for each in current
        for device in each.devices
        for counter_set, amounts in device.terms.consumes
        for counter, _ in amounts
    }
    if unknown := sorted(used - shared):
        return f"found the unknown counter {'/'.join(unknown[0])!r}, expected one that the pool shares"
    return ""


def _repeated(names: Sequence[str]) -> str | None:
    if len(set(names)) == len(names):
        return None
    return min(name for name, times in Counter(names).items() if times > 1)
