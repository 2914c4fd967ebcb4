"""Which slices count on which node: complete and valid resource pools of the newest generation.

Follows the allocator of Kubernetes node by node, with one exception on the safe side: counters and shared
capacity that more than one node draws on are not given out.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from scheduler.snapshot.pool_faults import PoolFault, pool_fault
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
    #: What is wrong with the resource pool, if it is incomplete or invalid.
    fault: PoolFault | None = None
    #: Whether other nodes reach them too.
    is_networked: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlicesByNode:
    """The slices of a cluster, sorted out."""

    #: By node, in order of driver, resource pool and slice.
    local: dict[str, list[NodeSlice]]
    #: Slices with those of their devices that no node reaches.
    unattached: tuple[tuple[Slice, tuple[PublishedDevice, ...]], ...]
    #: Slices that make their resource pool incomplete or invalid, or are of one, with what is wrong.
    unusable: tuple[tuple[Slice, PoolFault], ...]


def slices_by_node(slices: Iterable[Slice], nodes: Mapping[str, Mapping[str, str]]) -> SlicesByNode:
    """Sort *slices* of one cluster out by node; *nodes* are its nodes with their labels."""
    groups: dict[tuple[str, str], list[Slice]] = defaultdict(list)
    for each in sorted(slices, key=lambda each: (each.driver, each.pool, each.name)):
        groups[each.driver, each.pool].append(each)
    local: dict[str, list[NodeSlice]] = defaultdict(list)
    unattached: list[tuple[Slice, tuple[PublishedDevice, ...]]] = []
    unusable: dict[tuple[str, str], tuple[Slice, PoolFault]] = {}
    for group in groups.values():
        reach = Reach(group, nodes)
        for node, node_slice in _group_by_node(group, reach):
            local[node].append(node_slice)
            # What is malformed was reported when it was read.
            fault = node_slice.fault
            if fault is not None and not node_slice.slice.is_malformed:
                at = fault.slice or node_slice.slice
                unusable.setdefault((at.name, fault.complaint), (at, fault))
        unattached.extend(reach.unattached())
    return SlicesByNode(local=local, unattached=tuple(unattached), unusable=tuple(unusable.values()))


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
        fault = pool_fault(current, newest, generations)
        withheld = fault.withheld if fault is not None else None
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
                        fault=fault,
                        is_networked=is_networked,
                    ),
                )
