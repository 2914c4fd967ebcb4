"""Equality, order and run-time types of CEL values."""

from solver.domain.quantity import Quantity
from solver.domain.semver import Semver
from solver.selectors.faults import EvaluationError, no_such_overload
from solver.selectors.network import Cidr, Ip, Url
from solver.selectors.types import DEVICE, DYN, Type
from solver.selectors.values import (
    MISSING,
    CelMap,
    DerivedQuantity,
    DeviceValue,
    DomainMap,
    Duration,
    NamedFormat,
    Optional,
    Timestamp,
    TypeValue,
    Uint,
)

#: The outermost type of a value, by its Python class.
KINDS: dict[type, str] = {
    bool: "bool",
    int: "int",
    Uint: "uint",
    float: "double",
    str: "string",
    bytes: "bytes",
    type(None): "null_type",
    tuple: "list",
    CelMap: "map",
    DomainMap: "map",
    Optional: "optional",
    Duration: "duration",
    Timestamp: "timestamp",
    TypeValue: "type",
    Quantity: "kubernetes.Quantity",
    DerivedQuantity: "kubernetes.Quantity",
    Semver: "kubernetes.Semver",
    Ip: "net.IP",
    Cidr: "net.CIDR",
    Url: "kubernetes.URL",
    NamedFormat: "kubernetes.NamedFormat",
    DeviceValue: DEVICE.name,
}
_ARGUMENTS = {"list": (DYN,), "map": (DYN, DYN), "optional": (DYN,), "type": (DYN,)}
_NUMBERS = frozenset({int, Uint, float})
#: Values that know only their own kind: comparing them with anything else is an error, not false.
_STRICT = {
    Quantity: Quantity,
    # A pointer only as the right operand: that case is refused below.
    DerivedQuantity: Quantity,
    Semver: Semver,
    Ip: Ip,
    Cidr: Cidr,
    Url: Url,
}


def kind_of(value: object) -> str:
    """Name of the outermost type of *value*."""
    return KINDS[type(value)]


def runtime_type(value: object) -> Type:
    """What ``type(value)`` gives."""
    kind = kind_of(value)
    return Type(kind, _ARGUMENTS.get(kind, ()))


def is_kind(value: object, wanted: Type) -> bool:
    """Whether *value* can be passed for *wanted* at run time; only the outermost type counts."""
    return wanted.is_dynamic or wanted.is_variable or KINDS[type(value)] == wanted.name


def equal(one: object, other: object) -> bool:
    """Whether two values are equal; values of different types are not.

    Raises:
        EvaluationError: *one* is of a type that compares only with itself.
    """
    kind, other_kind = type(one), type(other)
    if kind in _NUMBERS:
        return other_kind in _NUMBERS and one == other
    if kind in _STRICT:
        if other_kind is not _STRICT[kind]:
            raise no_such_overload()
        return one == other
    if kind is tuple:
        return other_kind is tuple and _equal_lists(one, other)  # type: ignore[arg-type]
    if isinstance(one, CelMap):
        return isinstance(other, CelMap) and _equal_maps(one, other)
    if isinstance(one, Optional):
        return isinstance(other, Optional) and _equal_optionals(one, other)
    if isinstance(one, DeviceValue):
        return isinstance(other, DeviceValue) and _equal_devices(one, other)
    return kind is other_kind and one == other


def not_equal(one: object, other: object) -> bool:
    """The negation of ``equal``; two values that cannot be compared are not equal."""
    return not quietly_equal(one, other)


def quietly_equal(one: object, other: object) -> bool:
    """Whether two values are equal; False for two that cannot be compared."""
    try:
        return equal(one, other)
    except EvaluationError:
        return False


def contains(item: object, values: tuple[object, ...]) -> bool:
    """Whether *item* equals one of *values*."""
    return any(quietly_equal(item, value) for value in values)


def compare(one: object, other: object) -> int:
    """-1, 0 or 1.

    Raises:
        EvaluationError: the two have no order.
    """
    kind, other_kind = type(one), type(other)
    if kind is not other_kind and not (kind in _NUMBERS and other_kind in _NUMBERS):
        raise no_such_overload()
    if one != one or other != other:  # noqa: PLR0124 - only NaN differs from itself
        raise EvaluationError("NaN values cannot be ordered")
    try:
        return (one > other) - (one < other)  # type: ignore[operator,no-any-return]
    except TypeError:
        raise no_such_overload() from None


def _equal_lists(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and not any(map(_differ, one, other))


def _equal_maps(one: CelMap, other: CelMap) -> bool:
    if len(one) != len(other):
        return False
    pairs = ((value, other.find(key)) for key, value in one.items())
    return not any(found is MISSING or _differ(value, found) for value, found in pairs)


def _equal_optionals(one: Optional, other: Optional) -> bool:
    if not (one.is_present and other.is_present):
        return one.is_present == other.is_present
    return equal(one.value, other.value)


def _equal_devices(one: DeviceValue, other: DeviceValue) -> bool:
    return (
        one.driver == other.driver
        and one.allow_multiple_allocations == other.allow_multiple_allocations
        and _equal_maps(one.attributes, other.attributes)
        and _equal_maps(one.capacity, other.capacity)
    )


def _differ(one: object, other: object) -> bool:
    # Inside a list or a map Kubernetes takes only a definite "no" for a difference.
    try:
        return not equal(one, other)
    except EvaluationError:
        return False
