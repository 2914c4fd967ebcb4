"""Static types, and which of them may stand in for which.

The rules are those of the CEL checker of Kubernetes: ``dyn`` and ``any`` (a device attribute) are assignable
both ways, type variables are bound by the first use and widened by later ones.
"""

from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Type:
    """A type constructor and its arguments. A variable has the name ``$`` and a number or a letter."""

    name: str
    arguments: tuple["Type", ...] = ()

    @property
    def is_variable(self) -> bool:
        """Whether this is a type variable."""
        return self.name.startswith("$")

    @property
    def is_dynamic(self) -> bool:
        """Whether anything can stand in for this type."""
        return self.name in _DYNAMIC

    def __str__(self) -> str:
        name = _SPOKEN.get(self.name, self.name)
        if self.is_variable:
            return "dyn"
        return f"{name}({', '.join(map(str, self.arguments))})" if self.arguments else name


_DYNAMIC = frozenset({"dyn", "any", "error"})
_SPOKEN = {
    "any": "any",
    "duration": "google.protobuf.Duration",
    "timestamp": "google.protobuf.Timestamp",
    "optional": "optional_type",
}
_NULLABLE = frozenset({"null_type", "dyn", "any", "duration", "timestamp", "optional", "error"})
_OPAQUE = frozenset({"optional", "list", "map"})

BOOL, INT, UINT, DOUBLE = Type("bool"), Type("int"), Type("uint"), Type("double")
STRING, BYTES, NULL = Type("string"), Type("bytes"), Type("null_type")
DURATION, TIMESTAMP = Type("duration"), Type("timestamp")
DYN, ANY, ERROR = Type("dyn"), Type("any"), Type("error")
DEVICE = Type("kubernetes.DRADevice")


def list_of(element: Type) -> Type:
    """``list(element)``."""
    return Type("list", (element,))


def map_of(key: Type, value: Type) -> Type:
    """``map(key, value)``."""
    return Type("map", (key, value))


def optional_of(value: Type) -> Type:
    """``optional(value)``."""
    return Type("optional", (value,))


def type_of(value: Type) -> Type:
    """``type(value)``, the type of a type."""
    return Type("type", (value,))


def unwrapped(type_: Type) -> tuple[Type, bool]:
    """What an optional type wraps and True, any other type and False."""
    return (type_.arguments[0], True) if type_.name == "optional" else (type_, False)


@lru_cache(maxsize=4096)
def variables(type_: Type) -> frozenset[Type]:
    """The type variables in *type_*."""
    if type_.is_variable:
        return frozenset({type_})
    return frozenset().union(*map(variables, type_.arguments))


class Substitution:
    """What the type variables of one expression stand for, so far."""

    def __init__(self) -> None:
        self._bound: dict[Type, Type] = {}
        self._fresh = 0

    def fresh(self) -> Type:
        """A new type variable."""
        self._fresh += 1
        return Type(f"${self._fresh}")

    def instance(self, types: tuple[Type, ...]) -> tuple[Type, ...]:
        """*types* with their variables replaced by fresh ones."""
        names = frozenset().union(*map(variables, types))
        if not names:
            return types
        mapping = {name: self.fresh() for name in sorted(names, key=lambda name: name.name)}
        return tuple(_replaced(type_, mapping) for type_ in types)

    def resolve(self, type_: Type) -> Type:
        """*type_* with every bound variable replaced."""
        return _replaced(type_, self._bound) if variables(type_) else type_

    def finished(self, type_: Type) -> Type:
        """*type_* with bound variables replaced and free ones taken for dyn."""
        resolved = self.resolve(type_)
        return _replaced(resolved, dict.fromkeys(variables(resolved), DYN))

    def assigns(self, given: tuple[Type, ...], wanted: tuple[Type, ...]) -> bool:
        """Whether *given* can be passed for *wanted*; binds variables only if so."""
        if len(given) != len(wanted):
            return False
        before = dict(self._bound)
        if all(self._assignable(one, other) for one, other in zip(given, wanted, strict=True)):
            return True
        self._bound = before
        return False

    def _assignable(self, one: Type, other: Type) -> bool:
        if other.is_variable:
            is_valid, was_bound = self._bind(one, other)
            if is_valid or was_bound:
                return is_valid
        if one.is_variable:
            return self._bind(other, one)[0]
        if one.is_dynamic or other.is_dynamic:
            return True
        if one.name == "null_type":
            return other.name in _NULLABLE
        if other.name == "null_type":
            return one.name in _NULLABLE
        if one.name != other.name:
            return False
        if one.name not in _OPAQUE:
            return True  # all types of types are assignable to each other
        return all(map(self._assignable, one.arguments, other.arguments))

    def _bind(self, type_: Type, variable: Type) -> tuple[bool, bool]:
        if type_ == variable:
            return True, True
        bound = self._bound.get(variable)
        if bound is None:
            if self._occurs(variable, type_):
                return False, False
            self._bound[variable] = type_
            return True, False
        if type_ == bound:
            return True, True
        if not self._assignable(type_, bound):
            return False, True
        wider = most_general(type_, bound)
        if not self._occurs(variable, wider):
            self._bound[variable] = wider
        return True, True

    def _occurs(self, variable: Type, type_: Type) -> bool:
        return variable in variables(self.resolve(type_))


def most_general(one: Type, other: Type) -> Type:
    """*one* if it is at least as general as *other*, else *other*."""
    return one if _is_as_general(one, other) else other


def _is_as_general(one: Type, other: Type) -> bool:
    if one.is_dynamic or one.is_variable:
        return True
    if other.is_dynamic or other.is_variable or one.name != other.name:
        return False
    if one.name == "type":
        return True
    return all(map(_is_as_general, one.arguments, other.arguments))


def _replaced(type_: Type, mapping: dict[Type, Type]) -> Type:
    if type_.is_variable:
        target = mapping.get(type_)
        return type_ if target is None else _replaced(target, mapping)
    if not type_.arguments:
        return type_
    return Type(type_.name, tuple(_replaced(argument, mapping) for argument in type_.arguments))
