"""Run-time values of CEL that Python has no type for.

bool, int (int64), float, str, bytes and None stand for themselves, a list is a tuple.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from solver.domain.quantity import Quantity
from solver.selectors.types import Type

INT_MIN, INT_MAX, UINT_MAX = -(2**63), 2**63 - 1, 2**64 - 1


class Uint(int):
    """An unsigned 64-bit integer; equal to the int and the double of the same number, as in CEL."""

    __slots__ = ()


class DerivedQuantity(Quantity):
    """A sum or difference. Kubernetes hands out a pointer, which ``==`` refuses as its right operand."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class BoolKey:
    """A bool as a map key; Python takes True and 1 for the same key, CEL does not."""

    value: bool


def key_of(value: object) -> object:
    """*value* as a key of a ``CelMap``."""
    return BoolKey(value) if isinstance(value, bool) else value


def value_of(key: object) -> object:
    """The value whose ``key_of`` is *key*."""
    return key.value if isinstance(key, BoolKey) else key


class CelMap:
    """A map in the order of insertion; int, uint and double keys of one number are the same key."""

    __slots__ = ("entries",)

    def __init__(self, entries: dict[object, object]) -> None:
        self.entries = entries

    @classmethod
    def of(cls, pairs: Iterable[tuple[object, object]]) -> "CelMap":
        """The map of *pairs*; keys must be bool, int, uint or string."""
        return cls({key_of(key): value for key, value in pairs})

    def keys(self) -> Iterator[object]:
        """The keys as values."""
        return map(value_of, self.entries)

    def items(self) -> Iterator[tuple[object, object]]:
        """Keys and values."""
        return ((value_of(key), value) for key, value in self.entries.items())

    def find(self, key: object) -> object:
        """The value of *key*, or MISSING."""
        return self.entries.get(key_of(key), MISSING)

    def has(self, key: object) -> bool:
        """Whether *key* is present, for the ``in`` operator."""
        return key_of(key) in self.entries

    def __len__(self) -> int:
        return len(self.entries)


class DomainMap(CelMap):
    """Attributes or capacity by domain: reading an unknown domain gives an empty map."""

    __slots__ = ()

    def find(self, key: object) -> object:
        """The map of the domain *key*, an empty one if the device publishes nothing there."""
        return self.entries.get(key_of(key), EMPTY_MAP)


class _Missing:
    __slots__ = ()


MISSING = _Missing()
EMPTY_MAP = CelMap({})


@dataclass(frozen=True, slots=True)
class Optional:
    """``optional.of(value)``, or ``optional.none()`` when the value is MISSING."""

    value: object

    @property
    def is_present(self) -> bool:
        """Whether there is a value."""
        return self.value is not MISSING


NONE = Optional(MISSING)


@dataclass(frozen=True, slots=True)
class DeviceValue:
    """What the variable ``device`` stands for."""

    driver: str
    attributes: DomainMap
    capacity: DomainMap
    allow_multiple_allocations: bool


@dataclass(frozen=True, slots=True, order=True)
class Duration:
    """A span in nanoseconds."""

    nanoseconds: int


@dataclass(frozen=True, slots=True, order=True)
class Timestamp:
    """Nanoseconds since 1970 in UTC."""

    nanoseconds: int


@dataclass(frozen=True, slots=True)
class TypeValue:
    """What ``type(x)`` gives; types are equal when their outermost constructors are."""

    type: Type

    def __eq__(self, other: object) -> bool:
        return isinstance(other, TypeValue) and self.type.name == other.type.name

    def __hash__(self) -> int:
        return hash(self.type.name)


@dataclass(frozen=True, slots=True)
class NamedFormat:
    """One of the formats of the ``format`` library."""

    name: str
