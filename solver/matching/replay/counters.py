"""Counters of resource pools: what is there, and what the devices chosen so far take of it."""

from collections.abc import Iterable, Mapping

from solver.domain.claim import AllocatedState
from solver.domain.resource_slice import CounterSet, DeviceId, ResourceSlice
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.pools import Pool

Amounts = dict[tuple[str, str], int]


class Counters:
    """Counters of the pools of one node, for one attempt to allocate.

    What is available is worked out when a pool is first asked and kept under its key, so the pool that is
    asked first decides for all pools with that key: see :attr:`Behaviour.mixes_drivers`.
    """

    def __init__(self, allocated: AllocatedState, behaviour: Behaviour) -> None:
        self._held = allocated.devices
        if behaviour.charges_shares:
            self._held |= allocated.shared | allocated.consumed.keys()
        self._by_slice = behaviour.counts_by_slice
        self._mixes_drivers = behaviour.mixes_drivers
        self._available: dict[object, Amounts] = {}
        self._consumed: dict[object, Amounts] = {}
        self._is_short: dict[object, bool] = {}

    def reserve(self, pool: Pool, own: ResourceSlice, uses: Iterable[tuple[tuple[str, str], int]]) -> bool:
        """Take *uses* for a device of the slice *own* if that much is left."""
        key = self._key(pool, own)
        available = self._available.get(key)
        if available is None:
            available = self._available[key] = self._left(pool, own)
            self._is_short[key] = any(amount < 0 for amount in available.values())
            self._consumed[key] = {}
        # One counter below nought and no device that takes counters can be had, whichever it takes.
        if self._is_short[key]:
            return False
        consumed = self._consumed[key]
        taken: list[tuple[tuple[str, str], int]] = []
        fits = True
        for counter, amount in uses:
            total = consumed.get(counter, 0) + amount
            consumed[counter] = total
            taken.append((counter, amount))
            fits = fits and total <= available.get(counter, total)
        if not fits:
            for counter, amount in taken:
                consumed[counter] -= amount
        return fits

    def release(self, pool: Pool, own: ResourceSlice, uses: Iterable[tuple[tuple[str, str], int]]) -> None:
        """Give back what was taken."""
        consumed = self._consumed[self._key(pool, own)]
        for counter, amount in uses:
            consumed[counter] -= amount

    def _key(self, pool: Pool, own: ResourceSlice) -> object:
        if self._by_slice:
            return own.name
        return pool.id[1] if self._mixes_drivers else pool.id

    def _left(self, pool: Pool, own: ResourceSlice) -> Amounts:
        """What is published less what devices that are held take, on whatever node they are."""
        if self._by_slice:
            left = _published({each.name: each for each in own.shared_counters})
            slices: tuple[ResourceSlice, ...] = (own,)
        else:
            left = _published(pool.counter_sets)
            slices = (*pool.slices, *pool.elsewhere)
        for each in slices:
            for device in each.devices:
                if not device.consumes or DeviceId(each.driver, each.pool, device.name) not in self._held:
                    continue
                for use in device.consumes:
                    for counter, amount in use.counters.items():
                        name = (use.counter_set, counter)
                        if name in left:
                            left[name] -= amount.nano
        return left


def _published(sets: Mapping[str, CounterSet]) -> Amounts:
    return {
        (name, counter): amount.nano
        for name, counted in sets.items()
        for counter, amount in counted.counters.items()
    }
