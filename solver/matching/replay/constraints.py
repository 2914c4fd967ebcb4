"""Constraints of a claim, as they stand after the devices that were added and removed so far."""

from collections.abc import Callable, Hashable
from typing import Protocol

from solver.domain.claim import Claim, ClaimConstraint
from solver.domain.device import AttributeValue, Device, QualifiedName, Scalar
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.faults import AllocationFailed

Values = frozenset[tuple[type, Hashable]]


class Constraint(Protocol):
    """Takes devices as they are chosen; every device it took is given back later."""

    def applies(self, request: str, alternative: str) -> bool:
        """Whether devices of the request count."""

    def add(self, request: str, device: Device) -> bool:
        """Take *device* for *request*; False if it must not be chosen."""

    def remove(self, request: str) -> None:
        """Give back the device that was taken last."""


def constraints_of(claim: Claim, title: str, behaviour: Behaviour) -> list[Constraint]:
    """The constraints of *claim*, of no device yet.

    Raises:
        AllocationFailed: one is of a kind that the allocator does not know.
    """
    return [
        _constraint(constraint, f"claim {title}, constraint {number}", behaviour)
        for number, constraint in enumerate(claim.constraints)
    ]


def _constraint(constraint: ClaimConstraint, title: str, behaviour: Behaviour) -> Constraint:
    requests = frozenset(constraint.requests)
    compare = _as_list if behaviour.lists else _as_scalar
    if constraint.match_attribute is not None:
        return _Same(requests, constraint.match_attribute, compare, needs_values=behaviour.lists)
    if constraint.distinct_attribute is not None and behaviour.knows_sharing:
        if not behaviour.forgets_values:
            return _AllDistinct(requests, constraint.distinct_attribute, compare)
        return _Distinct(requests, constraint.distinct_attribute, compare)
    raise AllocationFailed(f"{title}: found neither matchAttribute nor distinctAttribute")


class _Attribute:
    """An attribute of the devices of some requests."""

    __slots__ = ("_compare", "_name", "_requests")

    def __init__(
        self, requests: frozenset[str], name: str, compare: Callable[[AttributeValue], Values]
    ) -> None:
        self._requests = requests
        self._name = name
        self._compare = compare

    def applies(self, request: str, alternative: str) -> bool:
        requests = self._requests
        if not requests or request in requests:
            return True
        return bool(alternative) and f"{request}/{alternative}" in requests

    def values(self, device: Device) -> Values | None:
        """Its values on *device*, None where it is not published."""
        value = device.attributes.get(QualifiedName.parse(self._name, device.driver))
        return None if value is None else self._compare(value)


class _Same(_Attribute):
    """matchAttribute: what all devices have in common."""

    __slots__ = ("_common", "_needs_values")

    def __init__(
        self,
        requests: frozenset[str],
        name: str,
        compare: Callable[[AttributeValue], Values],
        *,
        needs_values: bool,
    ) -> None:
        super().__init__(requests, name, compare)
        self._common: list[Values] = []
        self._needs_values = needs_values

    def add(self, request: str, device: Device) -> bool:
        del request
        values = self.values(device)
        if values is None or (self._needs_values and not values):
            return False
        if self._common:
            values &= self._common[-1]
            if not values:
                return False
        self._common.append(values)
        return True

    def remove(self, request: str) -> None:
        del request
        self._common.pop()


class _Distinct(_Attribute):
    """distinctAttribute: no two devices share a value.

    As in ``constraint.go`` up to 1.36 the values are kept by the name of the request: of several devices of
    one request only the last counts, and giving one back forgets the request altogether.
    """

    __slots__ = ("_count", "_last")

    def __init__(
        self, requests: frozenset[str], name: str, compare: Callable[[AttributeValue], Values]
    ) -> None:
        super().__init__(requests, name, compare)
        self._last: dict[str, Values] = {}
        self._count = 0

    def add(self, request: str, device: Device) -> bool:
        values = self.values(device)
        if values is None:
            return False
        if self._count and any(not values or values & other for other in self._last.values()):
            return False
        self._last[request] = values
        self._count += 1
        return True

    def remove(self, request: str) -> None:
        self._last.pop(request, None)
        self._count -= 1


class _AllDistinct(_Attribute):
    """distinctAttribute since 1.37: the values of all devices are kept."""

    __slots__ = ("_values",)

    def __init__(
        self, requests: frozenset[str], name: str, compare: Callable[[AttributeValue], Values]
    ) -> None:
        super().__init__(requests, name, compare)
        self._values: list[Values] = []

    def add(self, request: str, device: Device) -> bool:
        del request
        values = self.values(device)
        if values is None or any(not values or values & other for other in self._values):
            return False
        self._values.append(values)
        return True

    def remove(self, request: str) -> None:
        del request
        self._values.pop()


def _as_scalar(value: AttributeValue) -> Values:
    # Without the gate a list is of an unknown type: it can be the first value and equals none.
    if isinstance(value, tuple):
        return frozenset()
    return frozenset({_typed(value)})


def _as_list(value: AttributeValue) -> Values:
    return frozenset(map(_typed, value)) if isinstance(value, tuple) else frozenset({_typed(value)})


def _typed(value: Scalar) -> tuple[type, Hashable]:
    return type(value), value
