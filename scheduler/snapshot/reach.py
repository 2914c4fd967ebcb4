"""Which nodes of a cluster reach which devices of a resource pool."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from scheduler.snapshot.records import PublishedDevice, Slice, SliceScope
from solver.domain.resource_slice import NodeScope

Part = tuple[Slice, tuple[PublishedDevice, ...]]


class Reach:
    """The slices of one resource pool and the nodes (with labels) that reach their devices.

    A slice that names its node is reached from there whether or not the node was read.
    """

    def __init__(self, group: Sequence[Slice], nodes: Mapping[str, Mapping[str, str]]) -> None:
        self._nodes = nodes
        self._group = group
        self._reached_by: dict[tuple[str, str], tuple[str, ...]] = {}
        #: For each node the slices that concern it, with the devices that it reaches.
        self.by_node: dict[str, list[Part]] = defaultdict(list)
        for each in group:
            if each.scope is SliceScope.NODE and each.node:
                self.by_node[each.node].append((each, each.devices))
                continue
            reached: dict[str, list[PublishedDevice]] = defaultdict(list)
            for device in each.devices:
                for node in self._reaching(each, device):
                    reached[node].append(device)
            for node, devices in reached.items():
                self.by_node[node].append((each, tuple(devices)))

    def parts(
        self, each: Slice, devices: tuple[PublishedDevice, ...]
    ) -> Iterator[tuple[bool, tuple[PublishedDevice, ...]]]:
        """*devices* of a slice: those of one node alone, then those that others reach too."""
        if each.scope is SliceScope.NODE:
            yield False, devices
            return
        for is_networked in (False, True):
            part = tuple(d for d in devices if (len(self._reaching(each, d)) > 1) == is_networked)
            if part:
                yield is_networked, part

    def unattached(self) -> Iterator[Part]:
        """Slices with devices that no node reaches."""
        for each in self._group:
            lost = tuple(
                d for d in each.devices if each.scope is not SliceScope.NODE and not self._reaching(each, d)
            )
            if lost:
                yield each, lost

    def _reaching(self, each: Slice, device: PublishedDevice) -> tuple[str, ...]:
        key = (each.name, device.name if each.scope is SliceScope.EACH_DEVICE else "")
        if key not in self._reached_by:
            self._reached_by[key] = tuple(self._nodes_of(each, device))
        return self._reached_by[key]

    def _nodes_of(self, each: Slice, device: PublishedDevice) -> Iterator[str]:
        match each.scope:
            case SliceScope.ALL_NODES:
                yield from self._nodes
            case SliceScope.SELECTED_NODES:
                scope = NodeScope(selector=each.selector)
                yield from (name for name, labels in self._nodes.items() if scope.reaches(name, labels))
            case SliceScope.EACH_DEVICE:
                own = device.terms.scope
                if own is not None and own.node is not None:
                    yield own.node
                elif own is not None:
                    yield from (name for name, labels in self._nodes.items() if own.reaches(name, labels))
            case _:
                return
