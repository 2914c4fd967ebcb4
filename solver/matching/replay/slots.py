"""Devices of a node as candidates, in the order of their pools and slices."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from solver.domain.device import Device
from solver.domain.device_taint import DeviceTaint
from solver.domain.resource_slice import DeviceId, ResourceSlice, SliceDevice
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.pools import Pool, reaches
from solver.matching.replay.selection import with_faults


@dataclass(slots=True, kw_only=True, eq=False)
class Slot:
    """A device that may be chosen."""

    #: Its number among the slots of the node.
    number: int
    id: DeviceId
    published: SliceDevice
    #: What selectors see of it.
    seen: Device
    own: ResourceSlice
    pool: Pool
    #: Its number in its slice.
    position: int
    #: Number of its slice among the slices of the node.
    slice_number: int
    #: Several requests may have it, and the gate for that is on.
    is_shared: bool
    #: Amounts in nano units by counter set and counter.
    uses: tuple[tuple[tuple[str, str], int], ...]
    #: Taints that a request has to tolerate.
    taints: tuple[DeviceTaint, ...]
    #: Nothing can select it: it has binding conditions, and the gate for those is off.
    is_barred: bool
    #: Its slice leaves the nodes to its devices, and this one is not for the node.
    is_elsewhere: bool


def slots_of(pools: Sequence[Pool], node: str, labels: Mapping[str, str], behaviour: Behaviour) -> list[Slot]:
    """The devices of *pools*, pool by pool and slice by slice."""
    found: list[Slot] = []
    slice_number = 0
    for pool in pools:
        for own in pool.slices:
            for position, published in enumerate(own.devices):
                found.append(_slot(len(found), pool, own, slice_number, position, behaviour))
                if own.scope.per_device:
                    scope = published.scope
                    found[-1].is_elsewhere = scope is None or not reaches(scope, node, labels)
            slice_number += 1
    return found


def _slot(
    number: int,
    pool: Pool,
    own: ResourceSlice,
    slice_number: int,
    position: int,
    behaviour: Behaviour,
) -> Slot:
    published = own.devices[position]
    seen = with_faults(published.device)
    if not behaviour.knows_sharing and seen.allow_multiple_allocations:
        seen = replace(seen, allow_multiple_allocations=False)
    taints = published.taints if behaviour.taints else ()
    return Slot(
        number=number,
        id=DeviceId(own.driver, own.pool, published.name),
        published=published,
        seen=seen,
        own=own,
        pool=pool,
        position=position,
        slice_number=slice_number,
        is_shared=behaviour.consumable and published.is_shared,
        uses=tuple(
            ((use.counter_set, counter), amount.nano)
            for use in published.consumes
            for counter, amount in use.counters.items()
        ),
        taints=tuple(taint for taint in taints if taint.repels or behaviour.sees_all_taints),
        is_barred=bool(published.binding_conditions) and not behaviour.binding,
        is_elsewhere=False,
    )
