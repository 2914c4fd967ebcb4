"""Quantities and semantic versions of Kubernetes."""

from collections.abc import Callable

from solver.domain.quantity import InvalidQuantity, Quantity
from solver.domain.semver import InvalidSemver, Semver
from solver.selectors.faults import EvaluationError
from solver.selectors.overloads import Overload, function, member, per_text
from solver.selectors.values import DerivedQuantity


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (*_quantities(), *_versions())


def _quantities() -> tuple[Overload, ...]:
    return (
        function("quantity", "string", "Quantity", _quantity, per_text),
        function("isQuantity", "string", "bool", _is_quantity, per_text),
        function("sign", "Quantity", "int", lambda quantity: quantity.sign()),
        member("isGreaterThan", "Quantity, Quantity", "bool", lambda one, other: one > other),
        member("isLessThan", "Quantity, Quantity", "bool", lambda one, other: one < other),
        member("compareTo", "Quantity, Quantity", "int", lambda one, other: (one > other) - (one < other)),
        member("isInteger", "Quantity", "bool", lambda quantity: quantity.is_integer()),
        member("asInteger", "Quantity", "int", _as_integer),
        member("asApproximateFloat", "Quantity", "double", lambda quantity: quantity.as_approximate_float()),
        member("add", "Quantity, Quantity", "Quantity", lambda one, other: _derived(one.add(other))),
        member("add", "Quantity, int", "Quantity", lambda one, other: _derived(one.add(Quantity.of(other)))),
        member("sub", "Quantity, Quantity", "Quantity", lambda one, other: _derived(one.sub(other))),
        member("sub", "Quantity, int", "Quantity", lambda one, other: _derived(one.sub(Quantity.of(other)))),
    )


def _versions() -> tuple[Overload, ...]:
    return (
        function("semver", "string", "Semver", _semver(normalizes=False), per_text),
        function("semver", "string, bool", "Semver", _lenient_semver, per_text),
        function("isSemver", "string", "bool", _is_semver, per_text),
        function("isSemver", "string, bool", "bool", _is_semver, per_text),
        member("isGreaterThan", "Semver, Semver", "bool", lambda one, other: one > other),
        member("isLessThan", "Semver, Semver", "bool", lambda one, other: one < other),
        member("compareTo", "Semver, Semver", "int", lambda one, other: one.compare(other)),
        member("major", "Semver", "int", lambda version: _int64(version.major)),
        member("minor", "Semver", "int", lambda version: _int64(version.minor)),
        member("patch", "Semver", "int", lambda version: _int64(version.patch)),
    )


def _quantity(text: str) -> Quantity:
    try:
        return Quantity.parse(text)
    except InvalidQuantity as error:
        raise EvaluationError(str(error)) from None


def _is_quantity(text: str) -> bool:
    try:
        Quantity.parse(text)
    except InvalidQuantity:
        return False
    return True


def _as_integer(quantity: Quantity) -> int:
    try:
        return quantity.as_integer()
    except ValueError as error:
        raise EvaluationError(str(error)) from None


def _derived(quantity: Quantity) -> DerivedQuantity:
    return DerivedQuantity(nano=quantity.nano, format=quantity.format, scale=quantity.scale, big=quantity.big)


def _semver(*, normalizes: bool) -> Callable[[str], Semver]:
    def parse(text: str) -> Semver:
        try:
            return Semver.parse(text, normalize=normalizes)
        except InvalidSemver as error:
            raise EvaluationError(str(error)) from None

    return parse


def _lenient_semver(text: str, normalizes: bool) -> Semver:  # noqa: FBT001
    return _semver(normalizes=normalizes)(text)


def _is_semver(text: str, normalizes: bool = False) -> bool:  # noqa: FBT001, FBT002
    try:
        Semver.parse(text, normalize=normalizes)
    except InvalidSemver:
        return False
    return True


def _int64(number: int) -> int:
    # Kubernetes converts the unsigned component to a signed integer, bit for bit.
    return number - 2**64 if number >= 2**63 else number
