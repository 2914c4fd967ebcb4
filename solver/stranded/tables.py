"""The best joint packing of a node, by dynamic programming over levels of its devices.

A table gives, for every cell of host amounts, the most that can be packed into them. There is one for each level of a
single device (shares on it), for requests without devices, for so many whole devices together (shares, single
devices, gangs), and for each combination of whole and partly used devices that is asked for. Two tables are joined by
handing every useful amount to the second one: exact, and cheap because few amounts are useful.

All scenarios are worked out at once: the first axes of a table are the device kind and the scenario. Values are int32
in the unit of the weights.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.stranded.amounts import FreeNode
from solver.stranded.demand import Demand
from solver.stranded.joining import Cell, Table, canonical, joined, moved, served, useful

#: Row of the tables (kinds that serve the same), whole devices, levels of the partly used ones, highest first.
Devices = tuple[int, int, tuple[int, ...]]


class Tables:
    """Values of nodes of up to *most_host* amounts and *most_devices* devices, at *weights*[scenario, class].

    Device kinds are numbers below *kinds*. Weights are at least 0; those of one node must add up to less than 2^31.
    """

    def __init__(
        self,
        expected: Demand,
        weights: NDArray[np.int32],
        *,
        kinds: int,
        most_host: tuple[int, ...],
        most_devices: int,
    ) -> None:
        self.expected = expected
        self.grid = expected.grid
        self.weights = weights
        self.kinds = kinds
        self.shape = tuple(most + 1 for most in self.grid.host_down(most_host))
        self.hosts = [self.grid.host_up(request.host) for request in expected.classes]
        self.shares = [self.grid.level_up(request.share_milli) for request in expected.classes]
        #: Which classes each row serves; kinds that serve the same ones share a row.
        self.serves, self._rows = served(expected.classes, kinds)
        #: Weights by row: what a row does not serve is worth nothing on it.
        self.gains: Table = self.serves[:, None, :] * weights[None]
        self.levels = self._levels()
        self.whole = self._whole(most_devices)
        self._canonical = canonical(self.levels)
        self._joint: dict[Devices, Table] = {}
        self._useful: dict[tuple[int, int], list[Cell]] = {}
        self._values: dict[tuple[Devices, Cell], NDArray[np.int32]] = {}

    def devices(self, kind: int, free_milli: Sequence[int]) -> Devices:
        """Devices with *free_milli*, in the form that tables go by: what makes no difference looks the same."""
        row = self._rows[kind]
        canonical = self._canonical[row]
        whole, partial = 0, []
        for milli in free_milli:
            level = self.grid.level_down(milli)
            if level == self.grid.device_levels:
                whole += 1
            elif canonical[level]:
                partial.append(canonical[level])
        partial.sort(reverse=True)
        return row, whole, tuple(partial)

    def reduced(self, devices: Devices) -> Devices:
        """The form of *devices* that came from tables with other weights."""
        kind, whole, partial = devices
        lower = (self._canonical[kind][level] for level in partial)
        return kind, whole, tuple(sorted((level for level in lower if level), reverse=True))

    def cell(self, host: tuple[int, ...]) -> Cell:
        """The cell of free *host* amounts."""
        return self.grid.host_down(host)

    def value(self, node: FreeNode) -> NDArray[np.int32]:
        """The most that can be packed into *node*, for each scenario."""
        return self.value_at(self.devices(node.kind, node.devices), self.cell(node.host))

    def value_at(self, devices: Devices, cell: Cell) -> NDArray[np.int32]:
        """The same, for a node in the form that tables go by."""
        found = self._values.get((devices, cell))
        if found is None:
            found = self._values[devices, cell] = self._value_at(devices, cell)
        return found

    def joint(self, devices: Devices) -> Table:
        """The table of these devices together, with an axis for the scenario and those of the host amounts."""
        kind, whole, partial = devices
        if not partial:
            alone: Table = self.whole[whole][kind]
            return alone
        found = self._joint.get(devices)
        if found is None:
            rest = self.joint((kind, whole, partial[:-1]))
            level = self.levels[partial[-1], kind]
            found = self._joint[devices] = joined(rest, level, self.useful(kind, partial[-1]))
        return found

    def useful(self, kind: int, level: int) -> list[Cell]:
        """Host amounts above nothing at which one device of this *level* gives more than with less."""
        found = self._useful.get((kind, level))
        if found is None:
            found = self._useful[kind, level] = useful(self.levels[level, kind], batch=1)
        return found

    def _value_at(self, devices: Devices, cell: Cell) -> NDArray[np.int32]:
        kind, whole, partial = devices
        if not partial:
            alone: Table = self.whole[whole][kind][(slice(None), *cell)]
            return alone
        # The last device needs no table of its own where only one cell is asked for.
        rest = self.joint((kind, whole, partial[:-1]))
        level = self.levels[partial[-1], kind]
        ahead = (slice(None), *(slice(0, at + 1) for at in cell))
        back = (slice(None), *(slice(at, None, -1) for at in cell))
        both = rest[ahead] + level[back]
        best: NDArray[np.int32] = both.reshape(len(both), -1).max(axis=1)
        return best

    def _levels(self) -> Table:
        """Shares on one device: axes are its level, the kind, the scenario and the host amounts."""
        top = self.grid.device_levels
        levels = np.zeros((top + 1, *self.gains.shape[:2], *self.shape), dtype=np.int32)
        single = [
            (self.shares[number], moved(self.shape, self.hosts[number]), self._gain(number))
            for number in self._undominated()
        ]
        for level in range(1, top + 1):
            table = levels[level]
            table[...] = levels[level - 1]
            for share, (there, here), gain in single:
                if share <= level:
                    part = table[there]
                    np.maximum(part, levels[level - share][here] + gain, out=part)
        return levels

    def _undominated(self) -> list[int]:
        """Classes of single devices, but those that another one beats: it takes no more and gives no less."""
        singles = [
            number
            for number, request in enumerate(self.expected.classes)
            if request.devices == 1 and self._counts(number)
        ]
        takes = np.array([[self.shares[number], *self.hosts[number]] for number in singles], dtype=np.int64)
        gives = np.array([self.gains[:, :, number].ravel() for number in singles])
        kept: list[int] = []
        for at, number in enumerate(singles):
            beats = (takes <= takes[at]).all(axis=1) & (gives >= gives[at]).all(axis=1)
            equal = (takes == takes[at]).all(axis=1) & (gives == gives[at]).all(axis=1)
            # Of equals the first stays.
            if not (beats & ~equal).any() and not equal[:at].any():
                kept.append(number)
        return kept

    def _whole(self, most_devices: int) -> list[Table]:
        """So many whole devices and all requests without devices, for each number of devices up to the most."""
        tables = [self._host_only()]
        amounts = useful(self.levels[-1], batch=2)
        gangs = [
            (request.devices, moved(self.shape, self.hosts[number]), self._gain(number))
            for number, request in enumerate(self.expected.classes)
            if request.devices > 1 and self._counts(number)
        ]
        for count in range(1, most_devices + 1):
            table = joined(tables[-1], self.levels[-1], amounts)
            for devices, (there, here), gain in gangs:
                if devices <= count:
                    part = table[there]
                    np.maximum(part, tables[count - devices][here] + gain, out=part)
            tables.append(table)
        return tables

    def _host_only(self) -> Table:
        table = np.zeros((*self.gains.shape[:2], *self.shape), dtype=np.int32)
        for number, request in enumerate(self.expected.classes):
            if request.devices == 0 and self._counts(number) and any(self.hosts[number]):
                self._fill(table, self.hosts[number], self._gain(number))
        return table

    def _fill(self, table: Table, host: Cell, gain: Table) -> None:
        """Any number of one class: one more, then two, four and so on, make up every number."""
        times = 1
        while all(times * amount < size for amount, size in zip(host, self.shape, strict=True)):
            there, here = moved(self.shape, tuple(times * amount for amount in host))
            part = table[there]
            np.maximum(part, table[here] + times * gain, out=part)
            times *= 2

    def _counts(self, number: int) -> bool:
        fits = all(amount < size for amount, size in zip(self.hosts[number], self.shape, strict=True))
        return fits and bool(self.gains[:, :, number].any())

    def _gain(self, number: int) -> Table:
        gain: Table = self.gains[:, :, number].reshape(*self.gains.shape[:2], *(1 for _ in self.shape))
        return gain
