"""Ways through the devices of a node: pool by pool, slice by slice."""

from collections.abc import Iterable, Mapping, Sequence

from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.pools import Pool
from solver.matching.replay.slots import Slot

Order = tuple[int, ...]
"""Numbers of slots and barriers, in the order in which they are tried."""


class Walk:
    """Pools, slices and slots of a node by number."""

    def __init__(
        self,
        pools: Sequence[Pool],
        slots: Sequence[Slot],
        barriers: Mapping[int, Pool],
        behaviour: Behaviour,
    ) -> None:
        #: Numbers of the slices of each pool.
        self.slices: list[list[int]] = [[] for _ in pools]
        self._slots: dict[int, list[int]] = {}
        self._barrier: dict[int, int] = {}
        self._pool_of: dict[int, int] = {}
        numbers = {id(pool): number for number, pool in enumerate(pools)}
        for slot in slots:
            pool = numbers[id(slot.pool)]
            if slot.slice_number not in self._slots:
                self._slots[slot.slice_number] = []
                self.slices[pool].append(slot.slice_number)
            self._slots[slot.slice_number].append(slot.number)
            self._pool_of[slot.number] = pool
        for number, invalid in barriers.items():
            self._pool_of[number] = numbers[id(invalid)]
            self._barrier[numbers[id(invalid)]] = number
        self._is_last = [behaviour.puts_binding_last and pool.binds for pool in pools]

    def order(self, pools: Iterable[int], shuffled: Mapping[int, Order]) -> Order:
        """Slots pool by pool, those of pools with binding conditions last."""
        found: list[int] = []
        for pool in sorted(pools, key=self._is_last.__getitem__):
            if pool in self._barrier:
                found.append(self._barrier[pool])
            for each in shuffled.get(pool, self.slices[pool]):
                found.extend(self._slots[each])
        return tuple(found)

    def pools_of(self, concerned: Iterable[frozenset[int]]) -> list[int]:
        """The pools of what requests can come across."""
        return sorted({self._pool_of[number] for each in concerned for number in each})
