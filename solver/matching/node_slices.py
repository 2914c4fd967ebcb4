"""The slices of one node, put together again from the device table, as its cluster's allocator sees them."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from solver.domain.claim import AllocatedState
from solver.domain.device import Device, QualifiedName, Withheld
from solver.domain.device_table import WITHHELD, Field
from solver.domain.fleet import CapacitySource, DeviceClass
from solver.domain.identity import ClusterName, DeviceClassName, Driver
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import (
    CounterSet,
    DeviceId,
    NodeScope,
    ResourceSlice,
    SliceDevice,
)
from solver.matching.inventory import Inventory
from solver.matching.kind_terms import written_capacity
from solver.matching.node_grouping import Held

#: Declared devices belong to the class that their entry names, and have no other way to say so.
_DECLARED = QualifiedName("modelplane.ai", "declaredClass")
_BROKEN = Withheld.POOL_INCOMPLETE, Withheld.POOL_INVALID


def device_ids(inventory: Inventory, node: int) -> dict[int, DeviceId]:
    """The devices of the node at position *node* that claims can be given, by row."""
    table = inventory.fleet.devices
    declared = table.columns.get(Field("declaredClass"))
    drivers = table.columns.get(Field("driver"))
    found: dict[int, DeviceId] = {}
    seen: dict[DeviceId, int] = {}
    for row in table.rows(node):
        if declared is not None and declared.codes[row] >= 0 and declared.values[declared.codes[row]] == "":
            continue  # Synthetic: matched, never claimed
        driver = "" if drivers is None else str(drivers.values[drivers.codes[row]])
        device = DeviceId(Driver(driver), table.resource_pools[row] or driver, table.names[row])
        if not table.resource_pools[row] and device in seen:
            # Entries of a class may declare devices of one name; slices never do.
            seen[device] += 1
            device = device._replace(device=f"{device.device}-{seen[device]}")
        seen.setdefault(device, 1)
        found[row] = device
    return found


def node_slices(inventory: Inventory, node: int) -> tuple[ResourceSlice, ...]:
    """The slices of the node at position *node*; a pool that was incomplete or invalid is so here too."""
    table = inventory.fleet.devices
    scope = NodeScope(node=inventory.fleet.nodes[node].key.name)
    groups: dict[tuple[str, str, str], list[SliceDevice]] = {}
    broken: dict[tuple[str, str], Withheld] = {}
    for row, device in device_ids(inventory, node).items():
        published = _published(inventory, row, device.device)
        groups.setdefault((device.driver, device.pool, table.slices[row]), []).append(published)
        if table.withheld[row] and WITHHELD[table.withheld[row] - 1] in _BROKEN:
            broken[device.driver, device.pool] = WITHHELD[table.withheld[row] - 1]
    cluster = inventory.clusters[inventory.fleet.nodes[node].key.cluster]
    found = [
        ResourceSlice(
            name=name or f"{driver}-{pool}",
            driver=Driver(driver),
            pool=pool,
            generation=1,
            slice_count=1,
            scope=scope,
            devices=tuple(devices),
        )
        for (driver, pool, name), devices in groups.items()
    ]
    pools = {(each.driver, each.pool) for each in found}
    found += [
        ResourceSlice(
            name=f"{driver}-{pool}-counters",
            driver=driver,
            pool=pool,
            generation=1,
            slice_count=1,
            scope=scope,
            shared_counters=sets,
        )
        for (driver, pool), sets in sorted(cluster.counter_sets.items())
        if (driver, pool) in pools
    ]
    return tuple(_counted(found, broken))


def node_classes(inventory: Inventory, cluster: ClusterName) -> Mapping[str, DeviceClass]:
    """The device classes of *cluster*; those of a declared one select what their entries declare."""
    found = inventory.clusters[cluster]
    if found.source is CapacitySource.OBSERVED:
        return {str(name): each for name, each in found.device_classes.items()}
    names = {
        entry.device_class
        for pool in inventory.pools_of_cluster[cluster]
        for entry in inventory.pools[pool].declared_devices
        if entry.device_class is not None
    }
    return {str(name): _declared_class(name) for name in sorted(names)}


def allocated_state(inventory: Inventory, held: Held, ids: Mapping[int, DeviceId]) -> AllocatedState:
    """What is in use of the devices *ids* of a node: by others, and by pods that stay."""
    table = inventory.fleet.devices
    consumed: dict[DeviceId, dict[str, Quantity]] = {}
    for row in ids:
        if row in table.consumed:
            _add(consumed.setdefault(ids[row], {}), table.consumed[row].items())
    for row, used in held.shares:
        _add(consumed.setdefault(ids[row], {}), used)
    whole = {ids[row] for row in ids if table.in_use[row]} | {ids[row] for row in held.rows if row in ids}
    return AllocatedState(devices=frozenset(whole), shared=frozenset(consumed), consumed=consumed)


def _declared_class(name: DeviceClassName) -> DeviceClass:
    text = f'device.attributes["{_DECLARED.domain}"].{_DECLARED.identifier} == "{name}"'
    return DeviceClass(name=name, selectors=(text,))


def _published(inventory: Inventory, row: int, name: str) -> SliceDevice:
    table = inventory.fleet.devices
    device: Device = replace(table.device(row), name=name)
    terms = table.terms(row)
    declared = table.columns.get(Field("declaredClass"))
    if declared is not None and declared.codes[row] >= 0:
        of_class = str(declared.values[declared.codes[row]])
        device = replace(device, attributes={**device.attributes, _DECLARED: of_class})
    return SliceDevice(
        device=device,
        capacity=written_capacity(device, terms),
        policies=dict(terms.policies),
        consumes=terms.counter_uses(),
        taints=terms.taints,
        binds_to_node=terms.binds_to_node,
        binding_conditions=terms.binding_conditions,
        binding_failure_conditions=terms.binding_failure_conditions,
    )


def _counted(
    slices: list[ResourceSlice], broken: Mapping[tuple[str, str], Withheld]
) -> Iterator[ResourceSlice]:
    """*slices* with the number that makes their pool complete, or that shows that something is wrong with it."""
    for each in slices:
        key = (each.driver, each.pool)
        count = sum((other.driver, other.pool) == key for other in slices)
        match broken.get(key):
            case Withheld.POOL_INCOMPLETE:
                yield replace(each, slice_count=count + 1)
            case Withheld.POOL_INVALID:
                # A counter set twice is invalid, whatever else is.
                twice = CounterSet(name="invalid", counters={})
                yield replace(each, slice_count=count, shared_counters=(*each.shared_counters, twice, twice))
            case _:
                yield replace(each, slice_count=count)


def _add(total: dict[str, Quantity], used: Iterable[tuple[str, Quantity]]) -> None:
    for name, amount in used:
        total[name] = total[name].add(amount) if name in total else amount
