"""A device table for other nodes than the one it is made from: some left out, some copied."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.domain.device_table import ABSENT, Column, DeviceTable, Field
from solver.domain.device_terms import DeviceTerms


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSource:
    """Where the devices of a node come from: a node of the old table, by position."""

    position: int
    #: Name of the new node if it is a copy of the old one; None: it is the old one.
    copy_name: str | None = None
    #: Name of the old node; copies of a resource pool that is named for it are named for the new one.
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rebuilt:
    """The new table, and where the rows of the old one went."""

    table: DeviceTable
    #: New row by old one; rows of nodes that are left out are missing.
    rows: Mapping[int, int]


def rebuilt(table: DeviceTable, sources: Sequence[NodeSource]) -> Rebuilt:
    """The devices of *sources*, node by node, as if only they had been read.

    A copied device is in nobody's hands and belongs to a resource pool of its own. Devices that say for
    themselves which nodes reach them are not copied: the new node is none that they name.
    """
    anchored = table.where(_is_anchored)
    blocks = [_block(table, source, anchored) for source in sources]
    chosen = np.concatenate(blocks) if blocks else np.zeros(0, dtype=np.int64)
    starts = np.cumsum([0, *(len(block) for block in blocks)], dtype=np.int64)
    is_copy = np.repeat([source.copy_name is not None for source in sources], np.diff(starts)).astype(
        np.bool_
    )
    rows = {int(old): new for new, old in enumerate(chosen) if not is_copy[new]}
    owners = [source for source, block in zip(sources, blocks, strict=True) for _ in range(len(block))]
    pairs = list(zip(chosen.tolist(), owners, strict=True))
    return Rebuilt(
        table=DeviceTable(
            columns=dict(_columns(table, chosen)),
            names=tuple(table.names[row] for row, _ in pairs),
            resource_pools=tuple(copied_name(table.resource_pools[row], source) for row, source in pairs),
            slices=tuple(copied_name(table.slices[row], source) for row, source in pairs),
            starts=starts,
            withheld=table.withheld[chosen],
            in_use=table.in_use[chosen] & ~is_copy,
            consumed={rows[row]: held for row, held in table.consumed.items() if row in rows},
        ),
        rows=rows,
    )


def copied_name(name: str, source: NodeSource) -> str:
    """The name that a resource pool or slice of *source* has on its node; no two nodes share one."""
    if source.copy_name is None or not name:
        return name
    return source.copy_name if name == source.name else f"{name}@{source.copy_name}"


def _is_anchored(terms: DeviceTerms) -> bool:
    return terms.is_networked or terms.scope is not None


def _block(table: DeviceTable, source: NodeSource, anchored: NDArray[np.bool_]) -> NDArray[np.int64]:
    own = table.rows(source.position)
    rows = np.arange(own.start, own.stop, dtype=np.int64)
    return rows if source.copy_name is None else rows[~anchored[rows]]


def _columns(table: DeviceTable, chosen: NDArray[np.int64]) -> Iterator[tuple[Field, Column]]:
    """Columns with the values that still occur, numbered in order of appearance as the builder does."""
    for field, column in table.columns.items():
        codes = column.codes[chosen]
        present, first = np.unique(codes, return_index=True)
        ordered = [int(code) for _, code in sorted(zip(first, present, strict=True)) if code != ABSENT]
        if not ordered:
            continue
        number = np.full(len(column.values) + 1, ABSENT, dtype=np.int32)  # the last entry is that of ABSENT
        number[ordered] = np.arange(len(ordered), dtype=np.int32)
        yield field, Column(codes=number[codes], values=tuple(column.values[code] for code in ordered))
