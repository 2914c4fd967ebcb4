"""Patterns to begin with: a quick placement of all demand, class by class, on all nodes at once.

Column generation from nothing first learns what anybody could have told it. The placement takes gangs first, then the
largest shares, and fills the nodes that have least left; its patterns are usually within some percent of the best.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.stranded.demand import Demand
from solver.stranded.joining import Cell
from solver.stranded.tables import Devices


def first_patterns(
    keys: Sequence[tuple[Devices, Cell]],
    nodes: NDArray[np.int64],
    expected: Demand,
    wanted: NDArray[np.int64],
    serves: NDArray[np.int32],
) -> list[tuple[int, NDArray[np.int64]]]:
    """Patterns (group, requests of each class) that together serve much of *wanted* on *nodes* of each group.

    *serves*: which classes (columns) each row of the tables serves.
    """
    if not keys:
        return []
    placement = _Placement(keys, nodes, expected, serves)
    for number in _order(expected):
        placement.place(number, int(wanted[number]))
    found = np.unique(np.column_stack([placement.groups, placement.counts]), axis=0)
    return [(int(row[0]), row[1:]) for row in found if row[1:].any()]


def _order(expected: Demand) -> list[int]:
    """Classes as they are placed: most devices first, then the largest share, then most host amounts."""
    return sorted(
        range(len(expected.classes)),
        key=lambda number: (
            -expected.classes[number].device_milli,
            tuple(-amount for amount in expected.classes[number].host),
            number,
        ),
    )


class _Placement:
    def __init__(
        self,
        keys: Sequence[tuple[Devices, Cell]],
        nodes: NDArray[np.int64],
        expected: Demand,
        serves: NDArray[np.int32],
    ) -> None:
        self._expected = expected
        self.groups = np.repeat(np.arange(len(keys)), nodes)
        top = expected.grid.device_levels
        width = max(whole + len(partial) for (_, whole, partial), _ in keys)
        levels = [
            [top] * whole + list(partial) + [0] * (width - whole - len(partial))
            for (_, whole, partial), _ in keys
        ]
        self._levels = np.array(levels, dtype=np.int64).reshape(len(keys), width)[self.groups]
        self._host = np.array([cell for _, cell in keys], dtype=np.int64).reshape(len(keys), -1)[self.groups]
        self._serves = serves[np.array([row for (row, _, _), _ in keys])[self.groups]]
        self.counts = np.zeros((len(self.groups), len(expected.classes)), dtype=np.int64)

    def place(self, number: int, wanted: int) -> None:
        """Up to *wanted* requests of class *number*, on the nodes with least left."""
        request = self._expected.classes[number]
        host = np.array(self._expected.grid.host_up(request.host), dtype=np.int64)
        most = np.full(len(self.groups), wanted, dtype=np.int64)
        for at in np.flatnonzero(host):
            np.minimum(most, self._host[:, at] // host[at], out=most)
        share = self._expected.grid.level_up(request.share_milli)
        if request.devices:
            per_device = self._levels // share
            np.minimum(most, per_device.sum(axis=1) // request.devices, out=most)
            most *= self._serves[:, number]
        order = np.lexsort((self._host.sum(axis=1), self._levels.sum(axis=1)))
        before = np.cumsum(most[order]) - most[order]
        taken = np.empty_like(most)
        taken[order] = np.clip(wanted - before, 0, most[order])
        self.counts[:, number] += taken
        self._host -= taken[:, None] * host
        if request.devices:
            self._take(taken * request.devices, per_device, share)

    def _take(self, taken: NDArray[np.int64], per_device: NDArray[np.int64], share: int) -> None:
        """*taken* shares of each node, from its fullest devices first."""
        order = np.argsort(
            np.where(per_device > 0, self._levels, np.iinfo(np.int64).max), axis=1, kind="stable"
        )
        room = np.take_along_axis(per_device, order, axis=1)
        before = np.cumsum(room, axis=1) - room
        parts = np.empty_like(room)
        np.put_along_axis(parts, order, np.clip(taken[:, None] - before, 0, room), axis=1)
        self._levels -= parts * share
