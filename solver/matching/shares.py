"""What part of a device a request takes: whole ones count one, partitions what they take of the counters.

Where no device of the problem comes in parts, everything is counted in devices; otherwise in thousandths.
"""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.matching.inventory import Inventory
from solver.matching.kind_terms import counter_stem
from solver.matching.kinds import bits
from solver.matching.node_fit import Need

THOUSANDTHS = 1000


class Shares:
    """Devices of nodes and of needs, in one unit."""

    def __init__(self, inventory: Inventory) -> None:
        self._inventory = inventory
        kinds = inventory.kinds
        self.scale = THOUSANDTHS if kinds.special else 1
        #: What one device of each kind is, Synthetic ones included.
        self.of_kind: NDArray[np.int64] = np.array(
            [self._of_kind(kind) for kind in range(len(kinds))] or [self.scale], dtype=np.int64
        )

    @property
    def has_parts(self) -> bool:
        """Whether some devices come in parts."""
        return self.scale != 1

    @property
    def unit(self) -> str:
        """The unit of every number given here."""
        return "devices" if self.scale == 1 else "thousandths of a device"

    def of_need(self, need: Need) -> int:
        """What a request takes at the least."""
        if need.accepts and need.accepts & ~self._inventory.kinds.networked == 0:
            return 0  # belongs to no node
        if need.part is not None:
            return need.devices * need.part
        return need.devices * min(
            (int(self.of_kind[kind]) for kind in bits(need.accepts)), default=self.scale
        )

    @cached_property
    def _real(self) -> NDArray[np.bool_]:
        """The kinds that are devices of one node."""
        other = self._inventory.kinds.synthetic | self._inventory.kinds.networked
        return np.array([not other >> kind & 1 for kind in range(len(self.of_kind))], dtype=np.bool_)

    @cached_property
    def whole(self) -> NDArray[np.bool_]:
        """The kinds that are whole devices of one node."""
        found: NDArray[np.bool_] = self._real & (self.of_kind == self.scale)
        return found

    @cached_property
    def total(self) -> NDArray[np.int64]:
        """All devices of each node."""
        whole: NDArray[np.int64] = self._inventory.kinds.total[:, self.whole].sum(axis=1, dtype=np.int64)
        return whole * self.scale

    @cached_property
    def free(self) -> NDArray[np.int64]:
        """What of each node nobody holds for whom the plan does not decide."""
        kinds = self._inventory.kinds
        held = (kinds.total - kinds.free)[:, self._real].astype(np.int64) @ self.of_kind[self._real]
        return self.total - held

    def _of_kind(self, kind: int) -> int:
        """The largest part of a counter that a device of *kind* takes; the first one there is stands for all."""
        kinds = self._inventory.kinds
        if not kinds.terms[kind].counters:
            return self.scale
        row = int(np.flatnonzero(kinds.kind_of_row == kind)[0])
        cluster = self._inventory.fleet.nodes[int(kinds.node_of_row[row])].key.cluster
        table = self._inventory.fleet.devices
        key = (kinds.examples[kind].driver, table.resource_pools[row])
        declared: dict[str, int] = {}
        consumed = {name for name, _ in table.terms(row).consumes}
        for each in self._inventory.clusters[cluster].counter_sets.get(key, ()):
            for counter, amount in each.counters.items() if each.name in consumed else ():
                stem = counter_stem(counter)
                declared[stem] = declared.get(stem, 0) + amount.nano
        parts = [
            THOUSANDTHS * amount.nano // declared[stem]
            for stem, amount in kinds.terms[kind].counters
            if declared.get(stem, 0) > 0
        ]
        return min(max(*parts, 1) if parts else 1, THOUSANDTHS)
