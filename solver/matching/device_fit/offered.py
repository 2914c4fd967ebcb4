"""The devices that a node's resource pools offer, with what earlier allocations left of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from solver.domain.claim import AllocatedState
from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId, NodeScope, SliceDevice
from solver.matching.device_fit.node_devices import CapacityOfGroup
from solver.matching.device_fit.visible_pools import VisiblePool

_NOTHING = Quantity(nano=0)
#: From a counter set of which more is taken than there is: nobody can have the device.
_NOBODY = ((0, (0,)),)


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferedDevice:
    """A device on the node."""

    id: DeviceId
    device: SliceDevice
    #: From where it can be reached.
    scope: NodeScope
    is_shared: bool
    is_in_use: bool
    is_partly_held: bool
    takes: tuple[tuple[int, tuple[int, ...]], ...]
    capacities: Mapping[str, CapacityOfGroup] = field(default_factory=dict)


class Offer:
    """Collects the devices of the pools, and what is left of their counter sets."""

    def __init__(self, allocated: AllocatedState, features: SchedulerFeatures) -> None:
        self._allocated = allocated
        self._features = features
        self.devices: list[OfferedDevice] = []
        #: The first one is that of devices which nobody can have.
        self.counter_sets: list[tuple[int, ...]] = [(-1,)]

    def add(self, pool: VisiblePool) -> None:
        """Add what *pool* offers."""
        has_binding = self._features.has(Gate.BINDING_CONDITIONS)
        columns = self._add_counters(pool) if pool.devices else {}
        for device, scope in pool.devices:
            if device.binding_conditions and not has_binding:
                continue
            at = DeviceId(pool.driver, pool.name, device.name)
            self.devices.append(self._offered(at, device, scope, columns))

    def _add_counters(self, pool: VisiblePool) -> dict[str, tuple[int, tuple[str, ...]]]:
        """Add the counter sets of *pool*; by name, their number and the order of their counters."""
        left = {
            found.name: {name: amount.nano for name, amount in found.counters.items()}
            for found in pool.counter_sets
        }
        for device in pool.all_devices:
            if not self._is_allocated(DeviceId(pool.driver, pool.name, device.name)):
                continue
            for use in device.consumes:
                counters = left.get(use.counter_set, {})
                for name, amount in use.counters.items():
                    if name in counters:
                        counters[name] -= amount.nano
        # A pool of which more is taken than there is admits nothing that takes from any of its counters.
        is_overdrawn = any(amount < 0 for counters in left.values() for amount in counters.values())
        columns: dict[str, tuple[int, tuple[str, ...]]] = {}
        for name, counters in left.items():
            columns[name] = (len(self.counter_sets), tuple(counters))
            self.counter_sets.append(tuple(-1 if is_overdrawn else amount for amount in counters.values()))
        return columns

    def _is_allocated(self, at: DeviceId) -> bool:
        return at in self._allocated.devices or at in self._allocated.shared

    def _offered(
        self,
        at: DeviceId,
        device: SliceDevice,
        scope: NodeScope,
        columns: Mapping[str, tuple[int, tuple[str, ...]]],
    ) -> OfferedDevice:
        is_shared = device.is_shared and self._features.has(Gate.CONSUMABLE_CAPACITY)
        is_partly_held = at in self._allocated.shared
        takes = self._takes(device, columns)
        consumed = self._allocated.consumed.get(at, {}) if is_shared else {}
        return OfferedDevice(
            id=at,
            device=device,
            scope=scope,
            is_shared=is_shared,
            is_in_use=at in self._allocated.devices or (is_partly_held and not is_shared),
            is_partly_held=is_shared and is_partly_held and takes != _NOBODY,
            takes=takes,
            capacities={
                name: CapacityOfGroup(
                    value=amount,
                    policy=device.policies.get(name),
                    consumed=consumed.get(name, _NOTHING),
                )
                for name, amount in sorted(device.capacity.items())
            },
        )

    def _takes(
        self, device: SliceDevice, columns: Mapping[str, tuple[int, tuple[str, ...]]]
    ) -> tuple[tuple[int, tuple[int, ...]], ...]:
        if not device.consumes:
            return ()
        if not self._features.has(Gate.PARTITIONABLE_DEVICES):
            return _NOBODY
        totals: dict[int, list[int]] = {}
        for use in device.consumes:
            number, names = columns[use.counter_set]
            amounts = totals.setdefault(number, [0] * len(names))
            for place, name in enumerate(names):
                amounts[place] += use.counters[name].nano if name in use.counters else 0
        return tuple((number, tuple(amounts)) for number, amounts in sorted(totals.items()))


def offered(
    pools: Iterable[VisiblePool], allocated: AllocatedState, features: SchedulerFeatures
) -> tuple[tuple[OfferedDevice, ...], tuple[tuple[int, ...], ...]]:
    """All devices of *pools*, and what is left of their counters; devices of other pools keep apart."""
    offer = Offer(allocated, features)
    for pool in pools:
        offer.add(pool)
    return tuple(offer.devices), tuple(offer.counter_sets)
