"""Compiled macros: quantifiers, transformations, bindings and sorting.

The charges are those of the folds that Kubernetes expands the macros to.
"""

from collections.abc import Iterator

from solver.selectors.faults import EvaluationError, no_such_overload
from solver.selectors.frame import Frame, Run
from solver.selectors.libraries.lists import ordered_by
from solver.selectors.values import MISSING, NONE, CelMap, Optional, key_of

_LIST_STEP = 12  # read the accumulator, make a list of one, append it
_MAP_STEP = 3
_ALL_STEP, _ALL_END = 3, 1
_EXISTS_STEP, _EXISTS_STOP, _EXISTS_END = 4, 3, 1


class _Failed:
    __slots__ = ("error",)

    def __init__(self, error: EvaluationError) -> None:
        self.error = error


def conjunction(operands: tuple[Run, ...], *, decides: bool) -> Run:
    """``&&`` when False *decides*, ``||`` when True does: an operand that decides absorbs the errors of others."""

    def run(frame: Frame) -> bool:
        error: EvaluationError | None = None
        for operand in operands:
            try:
                value = operand(frame)
            except EvaluationError as caught:
                error = error or caught
                continue
            if value is decides:
                return decides
            if not isinstance(value, bool):
                error = error or no_such_overload()
        if error is not None:
            raise error
        return not decides

    return run


def quantifier(source: Run, variables: tuple[int, ...], predicate: Run, *, decides: bool) -> Run:
    """``exists`` when True *decides*, ``all`` when False does."""
    step = _EXISTS_STEP if decides else _ALL_STEP
    end = _EXISTS_END + (_EXISTS_STOP if decides else 2)

    def run(frame: Frame) -> bool:
        error: EvaluationError | None = None
        for _ in _bindings(frame, source(frame), variables):
            frame.charge(step)
            try:
                value = predicate(frame)
            except EvaluationError as caught:
                error = error or caught
                continue
            if value is decides:
                frame.cost += end
                return decides
            if not isinstance(value, bool):
                error = error or no_such_overload()
        frame.cost += _ALL_END
        if error is not None:
            raise error
        return not decides

    return run


def exactly_one(source: Run, variables: tuple[int, ...], predicate: Run) -> Run:
    """``exists_one``: every element counts, so no error is absorbed."""

    def run(frame: Frame) -> bool:
        found = 0
        for _ in _bindings(frame, source(frame), variables):
            frame.charge(0)
            if _is_true(predicate(frame)):
                frame.cost += 2
                found += 1
        frame.cost += 2
        return found == 1

    return run


def transformed_list(source: Run, variables: tuple[int, ...], condition: Run | None, result: Run) -> Run:
    """``map``, ``filter`` and ``transformList``."""

    def run(frame: Frame) -> tuple[object, ...]:
        values: list[object] = []
        for _ in _bindings(frame, source(frame), variables):
            frame.charge(0)
            if condition is None or _is_true(condition(frame)):
                values.append(result(frame))
                frame.charge(_LIST_STEP)
        frame.cost += 1
        return tuple(values)

    return run


def transformed_map(
    source: Run, variables: tuple[int, ...], condition: Run | None, result: Run, *, gives_entries: bool
) -> Run:
    """``transformMap``, or ``transformMapEntry`` when each result is a map of its own."""

    def run(frame: Frame) -> CelMap:
        entries: dict[object, object] = {}
        for _ in _bindings(frame, source(frame), variables):
            frame.charge(_MAP_STEP)
            if condition is not None and not _is_true(condition(frame)):
                continue
            value = result(frame)
            added = _entries(value) if gives_entries else {key_of(frame.values[variables[0]]): value}
            for key, item in added.items():
                if key in entries:
                    raise EvaluationError(f"insert failed: key {key} already exists")
                entries[key] = item
        frame.cost += 1
        return CelMap(entries)

    return run


def binding(variable: int, body: Run) -> Run:
    """``cel.bind``: the value is computed when it is first read, see ``bound``."""

    def run(frame: Frame) -> object:
        frame.values[variable] = MISSING
        return body(frame)

    return run


def bound(variable: int, value: Run) -> Run:
    """A read of a variable of ``cel.bind``."""

    def run(frame: Frame) -> object:
        frame.charge(1)
        found = frame.values[variable]
        if found is MISSING:
            try:
                found = value(frame)
            except EvaluationError as error:
                found = _Failed(error)
            frame.values[variable] = found
        if isinstance(found, _Failed):
            raise found.error
        return found

    return run


def optional_map(target: Run, variable: int, body: Run, *, is_flat: bool) -> Run:
    """``optMap``, or ``optFlatMap`` when the body gives an optional itself."""

    def run(frame: Frame) -> object:
        optional = target(frame)
        if not isinstance(optional, Optional):
            raise no_such_overload()
        if not optional.is_present:
            return NONE
        frame.charge(2)
        frame.values[variable] = optional.value
        value = body(frame)
        return value if is_flat else Optional(value)

    return run


def sorted_by(source: Run, variable: int, key: Run) -> Run:
    """``sortBy``."""

    def run(frame: Frame) -> object:
        values = source(frame)
        if not isinstance(values, tuple):
            raise no_such_overload()
        keys: list[object] = []
        for _ in _bindings(frame, values, (variable,)):
            frame.charge(_LIST_STEP)
            keys.append(key(frame))
        frame.charge(len(values))
        return ordered_by(values, tuple(keys))

    return run


def _bindings(frame: Frame, value: object, variables: tuple[int, ...]) -> Iterator[None]:
    """Set *variables* to each element of *value* in turn."""
    pairs: Iterator[tuple[object, ...]]
    if isinstance(value, tuple):
        pairs = enumerate(value) if len(variables) > 1 else ((item,) for item in value)
    elif isinstance(value, CelMap):
        pairs = value.items() if len(variables) > 1 else ((key,) for key in value.keys())  # noqa: SIM118
    else:
        raise EvaluationError("the range of a comprehension is neither a list nor a map")
    for pair in pairs:
        for variable, part in zip(variables, pair, strict=True):
            frame.values[variable] = part
        yield


def _is_true(value: object) -> bool:
    if not isinstance(value, bool):
        raise no_such_overload()
    return value


def _entries(value: object) -> dict[object, object]:
    if not isinstance(value, CelMap):
        raise no_such_overload()
    return value.entries
