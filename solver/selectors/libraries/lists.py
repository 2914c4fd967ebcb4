"""Lists (version 3 of the extension and those of Kubernetes) and sets."""

from collections.abc import Callable
from functools import cmp_to_key
from itertools import pairwise

from solver.selectors.faults import EvaluationError
from solver.selectors.libraries.standard import checked, checked_unsigned
from solver.selectors.operations import compare, contains, quietly_equal
from solver.selectors.overloads import Overload, function, member, per_element, per_new_list, per_pair
from solver.selectors.values import Duration, Uint

Values = tuple[object, ...]
ORDERED = ("int", "uint", "double", "bool", "duration", "timestamp", "string", "bytes")
_LONGEST_RANGE = 1_000_000


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (*_extension(), *_kubernetes(), *_sets())


def _extension() -> tuple[Overload, ...]:
    return (
        member("slice", "list<T>, int, int", "list<T>", _slice, per_new_list),
        member("flatten", "list<list<T>>", "list<T>", lambda values: _flattened(values, 1), per_new_list),
        member("flatten", "list<dyn>, int", "list<dyn>", _flattened, per_new_list),
        member(
            "distinct",
            "list<T>",
            "list<T>",
            _distinct,
            lambda arguments: 10 + per_pair((arguments[0], arguments[0])),
        ),
        member("reverse", "list<T>", "list<T>", lambda values: values[::-1], per_new_list),
        function(
            "lists.range", "int", "list<int>", _range, lambda arguments: 10 + max(0, int(str(arguments[0])))
        ),
        *(member("sort", f"list<{kind}>", f"list<{kind}>", ordered, per_new_list) for kind in ORDERED),
    )


def _kubernetes() -> tuple[Overload, ...]:
    return (
        *(member("isSorted", f"list<{kind}>", "bool", _is_sorted, per_element) for kind in ORDERED),
        *(
            member("min", f"list<{kind}>", kind, lambda values: _extreme(values, -1), per_element)
            for kind in ORDERED
        ),
        *(
            member("max", f"list<{kind}>", kind, lambda values: _extreme(values, 1), per_element)
            for kind in ORDERED
        ),
        *(member("sum", f"list<{kind}>", kind, _sum(zero), per_element) for kind, zero in _ZEROS.items()),
        member("indexOf", "list<T>, T", "int", _index_of, per_element),
        member("lastIndexOf", "list<T>, T", "int", _last_index_of, per_element),
    )


def _sets() -> tuple[Overload, ...]:
    return (
        function("sets.contains", "list<T>, list<T>", "bool", _covers, per_pair),
        function(
            "sets.equivalent",
            "list<T>, list<T>",
            "bool",
            lambda one, other: _covers(one, other) and _covers(other, one),
            per_pair,
        ),
        function(
            "sets.intersects",
            "list<T>, list<T>",
            "bool",
            lambda one, other: any(contains(item, other) for item in one),
            per_pair,
        ),
    )


_ZEROS: dict[str, object] = {"int": 0, "uint": Uint(0), "double": 0.0, "duration": Duration(0)}


def ordered(values: Values) -> Values:
    """*values* in ascending order; the order of equal ones is kept.

    Raises:
        EvaluationError: two of them have no order.
    """
    if len({type(value) for value in values}) > 1:
        raise EvaluationError("list elements must have the same type")
    return tuple(sorted(values, key=cmp_to_key(compare)))


def ordered_by(values: Values, keys: Values) -> Values:
    """*values* in the ascending order of their *keys*.

    Raises:
        EvaluationError: two keys have no order.
    """
    if len({type(key) for key in keys}) > 1:
        raise EvaluationError("list elements must have the same type")
    by_key = cmp_to_key(compare)
    positions = sorted(range(len(values)), key=lambda position: by_key(keys[position]))
    return tuple(values[position] for position in positions)


def _slice(values: Values, start: int, end: int) -> Values:
    if start < 0 or end < 0:
        raise EvaluationError(f"cannot slice({start}, {end}), negative indexes not supported")
    if start > end:
        raise EvaluationError(
            f"cannot slice({start}, {end}), start index must be less than or equal to end index"
        )
    if end > len(values):
        raise EvaluationError(f"cannot slice({start}, {end}), list is length {len(values)}")
    return values[start:end]


def _flattened(values: Values, depth: int) -> Values:
    if depth < 0:
        raise EvaluationError("level must be non-negative")
    flat: list[object] = list(values)
    for _ in range(depth):
        if not any(isinstance(value, tuple) for value in flat):
            break
        flat = [part for value in flat for part in (value if isinstance(value, tuple) else (value,))]
    return tuple(flat)


def _distinct(values: Values) -> Values:
    kept: list[object] = []
    for value in values:
        if not any(quietly_equal(value, other) for other in kept):
            kept.append(value)
    return tuple(kept)


def _range(length: int) -> Values:
    if length > _LONGEST_RANGE:
        raise EvaluationError(f"lists.range({length}) is too long")
    return tuple(range(length))


def _is_sorted(values: Values) -> bool:
    return all(compare(one, other) <= 0 for one, other in pairwise(values))


def _extreme(values: Values, sign: int) -> object:
    if not values:
        raise EvaluationError(f"{'max' if sign > 0 else 'min'} called on empty list")
    best = values[0]
    for value in values[1:]:
        if compare(value, best) == sign:
            best = value
    return best


def _sum(zero: object) -> Callable[[Values], object]:
    def total(values: Values) -> object:
        if any(type(value) is not type(zero) for value in values):
            raise EvaluationError("no such overload")
        if isinstance(zero, float):
            return sum((value for value in values if isinstance(value, float)), 0.0)
        if isinstance(zero, Duration):
            spans = [value.nanoseconds for value in values if isinstance(value, Duration)]
            return Duration(checked(sum(spans)))
        whole = sum(value for value in values if isinstance(value, int))
        return checked_unsigned(whole) if isinstance(zero, Uint) else checked(whole)

    return total


def _index_of(values: Values, wanted: object) -> int:
    return next((at for at, value in enumerate(values) if quietly_equal(value, wanted)), -1)


def _last_index_of(values: Values, wanted: object) -> int:
    return next((at for at in range(len(values) - 1, -1, -1) if quietly_equal(values[at], wanted)), -1)


def _covers(one: Values, other: Values) -> bool:
    return all(contains(item, one) for item in other)
