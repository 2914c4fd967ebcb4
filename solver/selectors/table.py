"""A selector over a whole table of devices, evaluated once for each distinct signature."""

import weakref
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.domain.device import VersionText
from solver.domain.device_table import Column, DeviceTable, Field
from solver.selectors.devices import is_unreadable
from solver.selectors.selector import OutcomeKind, Selector

#: Whether a column holds unreadable versions, by the identity of its codes (columns are immutable).
_UNREADABLE: dict[int, tuple[weakref.ref[NDArray[np.int32]], bool]] = {}


@dataclass(frozen=True, slots=True)
class TableVerdicts:
    """Verdicts of one selector, a row for each device.

    ``errors`` are the distinct run-time errors in the order of their first device: message, that device's
    row, and how many devices have it.
    """

    matched: NDArray[np.bool_]
    failed: NDArray[np.bool_]
    errors: tuple[tuple[str, int, int], ...]


def evaluate(selector: Selector, table: DeviceTable) -> TableVerdicts:
    """What *selector* says about every device of *table*."""
    unreadable = {field for field, column in table.columns.items() if _is_unreadable(field, column)}
    signatures = table.signatures(selector.reads | unreadable)
    outcomes = [selector.match(table.device(int(row))) for row in signatures.examples]
    kinds = [outcome.kind for outcome in outcomes]
    matched = np.array([kind is OutcomeKind.TRUE for kind in kinds], dtype=np.bool_)
    failed = np.array([kind is OutcomeKind.RUNTIME_ERROR for kind in kinds], dtype=np.bool_)
    if not failed.any():
        return TableVerdicts(
            matched=matched[signatures.ids], failed=np.zeros(len(table), dtype=np.bool_), errors=()
        )
    counts = np.bincount(signatures.ids, minlength=len(kinds))
    errors: dict[str, tuple[int, int]] = {}
    for number in np.flatnonzero(failed):
        message, row = outcomes[number].message, int(signatures.examples[number])
        first, count = errors.get(message, (row, 0))
        errors[message] = (min(first, row), count + int(counts[number]))
    ordered = sorted((row, message, count) for message, (row, count) in errors.items())
    return TableVerdicts(
        matched=matched[signatures.ids],
        failed=failed[signatures.ids],
        errors=tuple((message, row, count) for row, message, count in ordered),
    )


def _is_unreadable(field: Field, column: Column) -> bool:
    """Whether *column* has a version that no selector survives; remembered, columns can be long."""
    if field.kind != "attributes":
        return False
    key = id(column.codes)
    known = _UNREADABLE.get(key)
    if known is not None and known[0]() is column.codes:
        return known[1]
    kinds = set(map(type, column.values))
    has_versions = VersionText in kinds or tuple in kinds
    found = has_versions and any(map(is_unreadable, column.values))
    _UNREADABLE[key] = (weakref.ref(column.codes, lambda _: _UNREADABLE.pop(key, None)), found)
    return found
