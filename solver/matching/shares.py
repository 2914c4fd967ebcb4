"""What part of a device a request takes: whole ones count one, partitions what they take of the counters.

Where no device of the problem comes in parts, everything is counted in devices; otherwise in thousandths.
"""

from collections.abc import Iterable, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from solver.domain.identity import DeviceClassName
from solver.matching.inventory import Inventory
from solver.matching.kind_terms import counter_stem
from solver.matching.kinds import bits
from solver.matching.node_fit import Need

THOUSANDTHS = 1000


class Shares:
    """Devices of nodes and of needs, in one unit."""

    def __init__(self, inventory: Inventory, tolerated: int) -> None:
        """Devices of *inventory*; kinds that are not in *tolerated* have taints that nobody can live with."""
        self._inventory = inventory
        kinds = inventory.kinds
        self.scale = THOUSANDTHS if kinds.special else 1
        self._usable = tolerated
        self._sets_of: dict[int, tuple[int, ...]] = {}
        #: Bit mask of the kinds that no node can be left with: nobody's, several nodes', several pods'.
        self.elsewhere = kinds.synthetic | kinds.networked | kinds.shared
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
        """What a request takes at the least, shares of devices that several serve included."""
        if need.accepts and need.accepts & ~self._inventory.kinds.networked == 0:
            return 0  # belongs to no node
        if need.part is not None:
            return need.devices * need.part
        return need.devices * min(
            (int(self.of_kind[kind]) for kind in bits(need.accepts)), default=self.scale
        )

    def of_node(self, need: Need) -> int:
        """What a request takes of the devices that a node can be left with."""
        return 0 if need.accepts & self.elsewhere else self.of_need(need)

    def of_pod(self, needs: Sequence[Need], classes: Sequence[DeviceClassName | None]) -> int:
        """What a pod takes of the devices that its node can be left with; Synthetic requests take nothing."""
        return sum(self.of_node(need) for need, name in zip(needs, classes, strict=True) if name is not None)

    def of_kinds(self, devices: Iterable[tuple[int, int]]) -> int:
        """Devices by kind, those that a node can be left with."""
        return sum(count * int(self.of_kind[kind]) for kind, count in devices if self.real[kind])

    def owned(self, node: int, mask: int) -> int:
        """Devices on *node* of the kinds in *mask*; parts count as the devices that they are parts of."""
        total = self._inventory.kinds.total[node]
        usable = mask & self._usable
        whole = sum(
            int(total[kind]) for kind in bits(usable) if not self._inventory.kinds.terms[kind].counters
        )
        return self.scale * (whole + sum(1 for kinds in self._counter_sets(node) if kinds & usable))

    @cached_property
    def real(self) -> NDArray[np.bool_]:
        """The kinds that a node can be left with."""
        here = self._usable & ~self.elsewhere
        return np.array([bool(here >> kind & 1) for kind in range(len(self.of_kind))], dtype=np.bool_)

    @cached_property
    def total(self) -> NDArray[np.int64]:
        """All devices of each node."""
        kinds = self._inventory.kinds
        in_parts = [bool(terms.counters) for terms in kinds.terms] or [False]
        whole = self.real & ~np.array(in_parts, dtype=np.bool_)
        total: NDArray[np.int64] = kinds.total[:, whole].sum(axis=1, dtype=np.int64) * self.scale
        if any(in_parts):
            usable = self._usable & ~self.elsewhere
            for node in kinds.total[:, np.array(in_parts)].sum(axis=1).nonzero()[0]:
                sets = sum(1 for found in self._counter_sets(int(node)) if found & usable)
                total[node] += self.scale * sets
        return total

    @cached_property
    def free(self) -> NDArray[np.int64]:
        """What of each node nobody holds for whom the plan does not decide."""
        kinds = self._inventory.kinds
        held = (kinds.total - kinds.free)[:, self.real].astype(np.int64) @ self.of_kind[self.real]
        return self.total - held

    def _counter_sets(self, node: int) -> tuple[int, ...]:
        """For each counter set of *node* the kinds that take from it."""
        if node not in self._sets_of:
            kinds, table = self._inventory.kinds, self._inventory.fleet.devices
            found: dict[tuple[str, str, str], int] = {}
            for row in table.rows(node):
                kind = int(kinds.kind_of_row[row])
                if table.withheld[row] or not kinds.terms[kind].counters:
                    continue
                for name, _ in table.terms(row).consumes:
                    key = (kinds.examples[kind].driver, table.resource_pools[row], name)
                    found[key] = found.get(key, 0) | 1 << kind
            self._sets_of[node] = tuple(found.values())
        return self._sets_of[node]

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
