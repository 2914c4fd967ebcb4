"""Devices that no plan can use: of slices outside a cluster, of absent nodes, or reached by no node."""

from dataclasses import dataclass

from scheduler.snapshot.holdings import Holdings
from scheduler.snapshot.records import PublishedDevice, Slice, SliceScope
from scheduler.snapshot.resource_pools import NodeSlice
from solver.domain.device import Withheld
from solver.domain.device_table import DeviceTable, DeviceTableBuilder


@dataclass(frozen=True, slots=True, kw_only=True)
class LooseDevices:
    """A device table like the fleet's, with the name of each owner where the fleet has nodes.

    An owner is ``cluster/node``, ``cluster/slice`` or, outside the clusters, the node or the slice alone.
    """

    table: DeviceTable
    owners: tuple[str, ...]


class LooseBuilder:
    """Collects them, one owner for each slice."""

    def __init__(self) -> None:
        self._devices = DeviceTableBuilder()
        self._owners: list[str] = []

    def add_slice(
        self,
        owner: str,
        each: Slice,
        devices: tuple[PublishedDevice, ...] | None = None,
        held: Holdings | None = None,
    ) -> None:
        """The *devices* of a slice that no node reaches; None: all but those that name their own node."""
        if devices is None:
            devices = tuple(d for d in each.devices if each.scope is not SliceScope.EACH_DEVICE or not d.node)
        is_local = each.scope is SliceScope.NODE
        self._add(owner, each, devices, None if is_local else Withheld.UNREACHED, held)

    def add_devices(self, owner: str, node_slice: NodeSlice, held: Holdings | None = None) -> None:
        """The devices that a slice has on one node."""
        self._add(owner, node_slice.slice, node_slice.devices, node_slice.withheld, held)

    def build(self) -> LooseDevices:
        """Everything added so far."""
        return LooseDevices(table=self._devices.build(), owners=tuple(self._owners))

    def _add(
        self,
        owner: str,
        each: Slice,
        devices: tuple[PublishedDevice, ...],
        withheld: Withheld | None,
        held: Holdings | None,
    ) -> None:
        for published in devices:
            name = (each.driver, each.pool, published.name)
            if held is not None:
                held.unseen.pop(name, None)
            self._devices.add(
                published.device(each.driver),
                resource_pool=each.pool,
                withheld=withheld,
                terms=published.terms,
                in_use=held is not None and name in held.holders,
            )
        self._devices.end_node()
        self._owners.append(owner)
