"""Steps of the dynamic programme: what moves, what is useful, how two tables are joined.

A table has any axes in front (kinds, scenarios) and one axis for each host resource behind them.
"""

from collections.abc import Sequence
from types import EllipsisType

import numpy as np
from numpy.typing import NDArray

from solver.stranded.amounts import Request

Table = NDArray[np.int32]
Cell = tuple[int, ...]
View = tuple[EllipsisType | slice, ...]


def served(classes: Sequence[Request], kinds: int) -> tuple[Table, list[int]]:
    """Which classes each row serves (1 or 0), and the row of each kind."""
    by_kind = [
        tuple(
            int(request.devices == 0 or request.kinds is None or kind in request.kinds) for request in classes
        )
        for kind in range(kinds)
    ]
    rows = sorted(set(by_kind))
    serves = np.array(rows, dtype=np.int32).reshape(len(rows), len(classes))
    return serves, [rows.index(served) for served in by_kind]


def canonical(levels: Table) -> list[list[int]]:
    """For each kind and level, the lowest level of a device that is worth exactly as much."""
    differs = (levels[1:] != levels[:-1]).any(axis=tuple(range(2, levels.ndim)))
    found = []
    for kind in range(levels.shape[1]):
        lowest = [0]
        for level in range(1, len(levels)):
            lowest.append(level if differs[level - 1, kind] else lowest[-1])
        found.append(lowest)
    return found


def useful(table: Table, *, batch: int) -> list[Cell]:
    """Cells but the first that are worth more than every smaller one, in any row of the first *batch* axes."""
    best_before = np.full(table.shape, -1, dtype=np.int32)
    for axis in range(batch, table.ndim):
        here = [slice(None)] * table.ndim
        there = [slice(None)] * table.ndim
        here[axis], there[axis] = slice(None, -1), slice(1, None)
        part = best_before[tuple(there)]
        np.maximum(part, table[tuple(here)], out=part)
    better = (table > best_before).any(axis=tuple(range(batch)))
    cells = [tuple(int(at) for at in cell) for cell in np.argwhere(better)]
    return [cell for cell in cells if any(cell)]


def joined(first: Table, second: Table, useful: Sequence[Cell]) -> Table:
    """The best of both together in every cell; *useful* are the cells of the second that are worth trying."""
    joined = first.copy()
    dimensions = len(useful[0]) if useful else 0
    shape = first.shape[first.ndim - dimensions :]
    ones = (1,) * dimensions
    for cell in useful:
        there, here = moved(shape, cell)
        part = joined[there]
        at: tuple[EllipsisType | int, ...] = (..., *cell)
        gain = second[at]
        np.maximum(part, first[here] + gain.reshape(*gain.shape, *ones), out=part)
    return joined


def moved(shape: tuple[int, ...], by: Cell) -> tuple[View, View]:
    """Two views of a table: what a request of *by* leaves behind it, and where that is looked up."""
    there: View = (..., *(slice(amount, None) for amount in by))
    here: View = (..., *(slice(0, max(size - amount, 0)) for size, amount in zip(shape, by, strict=True)))
    return there, here
