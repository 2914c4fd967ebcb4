"""Optional values (the operators ``.?`` and ``[?]`` are the compiler's)."""

from solver.selectors.faults import EvaluationError, no_such_overload
from solver.selectors.overloads import Overload, function, member, per_new_list
from solver.selectors.values import NONE, CelMap, Duration, Optional


def overloads() -> tuple[Overload, ...]:
    """The functions of this library; ``or`` and ``orValue`` are lazy and compiled apart."""
    return (
        function("optional.of", "V", "optional<V>", Optional),
        function("optional.ofNonZeroValue", "V", "optional<V>", _of_non_zero),
        function("optional.none", "", "optional<V>", lambda: NONE),
        function("optional.unwrap", "list<optional<V>>", "list<V>", _unwrapped, per_new_list),
        member("unwrapOpt", "list<optional<V>>", "list<V>", _unwrapped, per_new_list),
        member("value", "optional<V>", "V", _value),
        member("hasValue", "optional<V>", "bool", lambda optional: optional.is_present),
        member(
            "or",
            "optional<V>, optional<V>",
            "optional<V>",
            lambda one, other: one if one.is_present else other,
        ),
        member("orValue", "optional<V>, V", "V", lambda one, other: one.value if one.is_present else other),
        member("first", "list<V>", "optional<V>", lambda values: Optional(values[0]) if values else NONE),
        member("last", "list<V>", "optional<V>", lambda values: Optional(values[-1]) if values else NONE),
    )


def _value(optional: Optional) -> object:
    if not optional.is_present:
        raise EvaluationError("optional.none() dereference")
    return optional.value


def _of_non_zero(value: object) -> Optional:
    return NONE if _is_zero(value) else Optional(value)


def _is_zero(value: object) -> bool:
    match value:
        case None:
            return True
        case bool() | int() | float() | str() | bytes() | tuple():
            return not value
        case CelMap():
            return len(value) == 0
        case Duration():
            return value.nanoseconds == 0
        case Optional():
            return not value.is_present
        case _:
            return False


def _unwrapped(values: tuple[object, ...]) -> tuple[object, ...]:
    optionals = [value for value in values if isinstance(value, Optional)]
    if len(optionals) < len(values):
        raise no_such_overload()
    return tuple(optional.value for optional in optionals if optional.is_present)
