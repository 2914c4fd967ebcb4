"""Which requests a best joint packing holds: the tables, read backwards.

A table says how much; the way there is found again step by step, and kept, for nodes have steps in common.
"""

import numpy as np
from numpy.typing import NDArray

from solver.stranded.joining import Cell
from solver.stranded.tables import Devices, Tables

Counts = NDArray[np.int64]


class Packings:
    """Best packings of nodes in one scenario after another."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._nothing = np.zeros(len(tables.expected.classes), dtype=np.int64)
        self._known: dict[tuple[int, Devices, Cell], Counts] = {}
        self._on_one: dict[tuple[int, int, int, Cell], Counts] = {}
        classes = tables.expected.classes
        self._hosts = np.array(tables.hosts, dtype=np.intp).reshape(len(classes), len(tables.shape))
        self._shares = np.array(tables.shares, dtype=np.intp)
        self._devices = np.array([request.devices for request in classes], dtype=np.intp)

    def best(self, scenario: int, devices: Devices, cell: Cell) -> Counts:
        """How many requests of each class a best packing of these devices and host amounts holds."""
        key = (scenario, devices, cell)
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = self._best(scenario, devices, cell)
        return found

    def _best(self, scenario: int, devices: Devices, cell: Cell) -> Counts:
        kind, whole, partial = devices
        tables = self._tables
        if partial:
            rest = (kind, whole, partial[:-1])
            part = self._split(
                tables.joint(rest)[scenario],
                tables.levels[partial[-1], kind, scenario],
                tables.useful(kind, partial[-1]),
                cell,
                int(tables.value_at(devices, cell)[scenario]),
            )
            return self.best(scenario, rest, _less(cell, part)) + self._device(
                kind, scenario, partial[-1], part
            )
        if whole:
            return self._whole(scenario, kind, whole, cell)
        return self._host_only(scenario, kind, cell)

    def _whole(self, scenario: int, kind: int, whole: int, cell: Cell) -> Counts:
        tables = self._tables
        target = int(tables.whole[whole][kind, scenario][cell])
        if target == 0:
            return self._nothing
        for number in map(int, np.flatnonzero((self._devices > 1) & (self._devices <= whole))):
            before = self._before(kind, scenario, number, cell)
            if before is None:
                continue
            left = whole - int(self._devices[number])
            if int(tables.whole[left][kind, scenario][before]) + self._gain(kind, scenario, number) == target:
                return self.best(scenario, (kind, left, ()), before) + self._one(number)
        top = tables.grid.device_levels
        rest = tables.whole[whole - 1][kind, scenario]
        level = tables.levels[top, kind, scenario]
        part = self._split(rest, level, tables.useful(kind, top), cell, target)
        return self.best(scenario, (kind, whole - 1, ()), _less(cell, part)) + self._device(
            kind, scenario, top, part
        )

    def _host_only(self, scenario: int, kind: int, cell: Cell) -> Counts:
        table = self._tables.whole[0][kind, scenario]
        counts = self._nothing.copy()
        alone = [int(number) for number in np.flatnonzero(self._devices == 0)]
        while int(table[cell]):
            number, cell = self._last(alone, table, kind, scenario, cell)
            counts[number] += 1
        return counts

    def _last(
        self, alone: list[int], table: NDArray[np.int32], kind: int, scenario: int, cell: Cell
    ) -> tuple[int, Cell]:
        for number in alone:
            before = self._before(kind, scenario, number, cell)
            if before is None:
                continue
            if int(table[before]) + self._gain(kind, scenario, number) == int(table[cell]):
                return number, before
        raise AssertionError("a table holds a value that no request explains")

    def _before(self, kind: int, scenario: int, number: int, cell: Cell) -> Cell | None:
        if not self._gain(kind, scenario, number):
            return None
        before = _less(cell, self._tables.hosts[number])
        return before if min(before, default=0) >= 0 else None

    def _gain(self, kind: int, scenario: int, number: int) -> int:
        return int(self._tables.gains[kind, scenario, number])

    def _one(self, number: int) -> Counts:
        one = self._nothing.copy()
        one[number] = 1
        return one

    def _device(self, kind: int, scenario: int, level: int, cell: Cell) -> Counts:
        """What one device of *level* holds in a best packing of *cell*."""
        key = (kind, scenario, level, cell)
        found = self._on_one.get(key)
        if found is None:
            found = self._on_one[key] = self._shared(kind, scenario, level, cell)
        return found

    def _shared(self, kind: int, scenario: int, level: int, cell: Cell) -> Counts:
        counts = self._nothing.copy()
        levels, gains = self._tables.levels, self._tables.gains[kind, scenario]
        single = np.flatnonzero((self._devices == 1) & (gains > 0))
        while target := int(levels[(level, kind, scenario, *cell)]):
            before = np.array(cell, dtype=np.intp) - self._hosts[single]
            below = level - self._shares[single]
            fits = (below >= 0) & (before >= 0).all(axis=1)
            single, before, below = single[fits], before[fits], below[fits]
            values = levels[(below, kind, scenario, *before.T)] + gains[single]
            chosen = np.flatnonzero(values == target)[0]
            counts[single[chosen]] += 1
            level, cell = int(below[chosen]), tuple(int(at) for at in before[chosen])
        return counts

    def _split(
        self,
        rest: NDArray[np.int32],
        level: NDArray[np.int32],
        useful: list[Cell],
        cell: Cell,
        target: int,
    ) -> Cell:
        """The host amounts that go to the device of *level*; the others go to the rest."""
        nothing = (0,) * len(cell)
        tried = np.array([nothing, *useful], dtype=np.intp).reshape(-1, len(cell))
        left = np.array(cell, dtype=np.intp) - tried
        fits = (left >= 0).all(axis=1)
        tried, left = tried[fits], left[fits]
        values = rest[tuple(left.T)] + level[tuple(tried.T)]
        return tuple(int(at) for at in tried[np.flatnonzero(values == target)[0]])


def _less(cell: Cell, by: Cell) -> Cell:
    return tuple(at - amount for at, amount in zip(cell, by, strict=True))
