"""Reading a field, a key or an element of a value, and whether it is there."""

import math

from solver.selectors.faults import EvaluationError, no_such_overload
from solver.selectors.operations import contains
from solver.selectors.overloads import Overload, function, size_of
from solver.selectors.values import MISSING, NONE, CelMap, DeviceValue, Optional

_FIELDS = {
    "driver": "driver",
    "attributes": "attributes",
    "capacity": "capacity",
    "allowMultipleAllocations": "allow_multiple_allocations",
}


def overloads() -> tuple[Overload, ...]:
    """Indexing, membership and the conditional."""
    return (
        function("_[_]", "list<A>, int", "A", value_at),
        function("_[_]", "map<A, B>, A", "B", value_at),
        function("_[_]", "optional<list<V>>, int", "optional<V>", value_at),
        function("_[_]", "optional<map<K, V>>, K", "optional<V>", value_at),
        function("_[?_]", "list<V>, int", "optional<V>", optional_at),
        function("_[?_]", "optional<list<V>>, int", "optional<V>", optional_at),
        function("_[?_]", "map<K, V>, K", "optional<V>", optional_at),
        function("_[?_]", "optional<map<K, V>>, K", "optional<V>", optional_at),
        function("@in", "A, list<A>", "bool", contains, lambda arguments: size_of(arguments[1])),
        function("@in", "A, map<A, B>", "bool", _is_key),
        function("_?_:_", "bool, T, T", "T", _never),
    )


def value_at(container: object, key: object) -> object:
    """``container[key]``, which is also ``container.key``.

    Raises:
        EvaluationError: there is no such key or element, or *container* has none.
    """
    found = _found(container, key)
    if found is MISSING:
        missing = f"{key}".lower() if isinstance(key, bool) else str(key)
        noun = "index out of bounds" if isinstance(container, tuple) else "no such key"
        raise EvaluationError(f"{noun}: {missing}")
    return found


def optional_at(container: object, key: object) -> Optional:
    """``container[?key]``, which is also ``container.?key``.

    Raises:
        EvaluationError: *container* has neither keys nor elements.
    """
    if isinstance(container, Optional):
        return optional_at(container.value, key) if container.is_present else NONE
    found = _found(container, key)
    return NONE if found is MISSING else Optional(found)


def is_there(container: object, field: str) -> bool:
    """``has(container.field)``.

    Raises:
        EvaluationError: *container* has no fields.
    """
    if isinstance(container, Optional):
        return container.is_present and is_there(container.value, field)
    if not isinstance(container, CelMap | DeviceValue):
        raise no_such_overload()
    return _found(container, field) is not MISSING


def _found(container: object, key: object) -> object:
    if isinstance(container, CelMap):
        if isinstance(key, bool | int | float | str):
            return container.find(key)
        raise EvaluationError("unsupported key type")
    if isinstance(container, tuple):
        return _element(container, key)
    if isinstance(container, DeviceValue):
        return getattr(container, _FIELDS.get(str(key), ""), MISSING)
    if isinstance(container, Optional):
        return optional_at(container, key)
    raise no_such_overload()


def _element(values: tuple[object, ...], key: object) -> object:
    if isinstance(key, bool) or not isinstance(key, int | float):
        raise EvaluationError("unsupported index type")
    if not math.isfinite(key) or key != int(key):
        raise EvaluationError(f"unsupported index value: {key}")
    return values[int(key)] if 0 <= key < len(values) else MISSING


def _is_key(key: object, entries: CelMap) -> bool:
    return entries.has(key) if isinstance(key, bool | int | float | str) else False


def _never(*_: object) -> object:
    raise NotImplementedError  # the compiler evaluates only one branch
