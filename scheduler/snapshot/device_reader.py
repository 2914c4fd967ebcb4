"""Devices of ResourceSlices: attributes, capacities and what keeps a device from being given away.

The innermost loop of loading: values that repeat are read once and shared, so that a million devices take
some hundred megabytes.
"""

from typing import NamedTuple, Protocol

from scheduler.api.faults import shown
from scheduler.snapshot.device_values import UnreadableFieldError, attribute_value, quantity
from scheduler.snapshot.dra_devices import read_slice_device
from scheduler.snapshot.dra_faults import device_faults
from scheduler.snapshot.dra_shapes import DEVICE_TERMS
from scheduler.snapshot.raw import items, text
from scheduler.snapshot.records import PublishedDevice
from scheduler.snapshot.shapes import Misfit
from solver.domain.device import AttributeValue, QualifiedName
from solver.domain.device_terms import PLAIN, DeviceTerms, terms_of
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity

_HASHABLE = frozenset({str, int, bool})
#: Fields that make more of a device than something given away whole.
_WITH_TERMS = frozenset(
    {
        "allowMultipleAllocations",
        "allNodes",
        "bindingConditions",
        "bindingFailureConditions",
        "bindsToNode",
        "consumesCounters",
        "nodeName",
        "nodeSelector",
        "taints",
    }
)


#: Everything that the terms of a device are read from.
_READ_FOR_TERMS = (*sorted(_WITH_TERMS), "capacity")


class _ReadTerms(NamedTuple):
    """The terms of a device; what makes it unreadable, and what else is wrong with them."""

    terms: DeviceTerms
    misfits: tuple[Misfit, ...] = ()
    faults: tuple[Misfit, ...] = ()


class Complain(Protocol):
    """Takes what is wrong with a field of a device."""

    def __call__(self, path: str, message: str) -> None:
        """Note that the field at *path* is wrong."""


class DeviceReader:
    """Reads devices and shares equal values among them."""

    def __init__(self) -> None:
        self._attributes: dict[object, tuple[QualifiedName, AttributeValue]] = {}
        self._capacity: dict[object, tuple[QualifiedName, Quantity]] = {}
        self._names: dict[str, str] = {}
        self._terms: dict[DeviceTerms, DeviceTerms] = {}
        self._read: dict[str, _ReadTerms] = {}

    def forget(self) -> None:
        """Drop what was kept for sharing; what was read stays as it is."""
        self.__init__()  # type: ignore[misc]

    def device(self, raw: object, driver: str, complain: Complain) -> PublishedDevice | None:
        """The device that *raw* is, None if it has no name."""
        if type(raw) is not dict or type(name := raw.get("name")) is not str or not name:
            complain("name", "found nothing, expected a device with a name")
            return None
        basic = raw.get("basic")  # v1beta1 wraps all but the name
        body = basic if type(basic) is dict else raw
        malformed: list[str] = []

        def unreadable(path: str, message: str) -> None:
            complain(path, message)
            malformed.append(f"{path}: {message}")

        attributes = self._read_attributes(body.get("attributes"), driver, unreadable)
        capacity = self._read_capacity(body.get("capacity"), driver, unreadable)
        terms = self._read_terms(raw, body, driver, unreadable, complain)
        for position, used in enumerate(items(body, "consumesCounters")):
            if not text(used, "counterSet"):
                unreadable(f"consumesCounters[{position}].counterSet", "found nothing, expected its name")
        return PublishedDevice(
            self._names.setdefault(name, name),
            attributes,
            capacity,
            terms,
            malformed[0] if malformed else None,
        )

    def _read_terms(
        self,
        raw: dict[str, object],
        body: dict[str, object],
        driver: str,
        unreadable: Complain,
        complain: Complain,
    ) -> DeviceTerms:
        """Equal terms are one object, as nearly all devices of a fleet have the same ones."""
        if not _WITH_TERMS.intersection(body) and not _has_policies(body.get("capacity"), driver):
            return PLAIN
        # Nearly all parts of nearly all devices are on the same terms, and a text tells 1 from True and "1".
        key = f"{driver} {[body.get(field) for field in _READ_FOR_TERMS]}"
        if key not in self._read:
            self._read[key] = _terms(raw, body, driver)
        terms, misfits, faults = self._read[key]
        for path, message in misfits:
            unreadable(path, message)
        for path, message in faults:
            complain(path, message)
        return self._terms.setdefault(terms, terms)

    def _read_attributes(
        self, raw: object, driver: str, unreadable: Complain
    ) -> tuple[tuple[QualifiedName, AttributeValue], ...]:
        if type(raw) is not dict:
            if raw is not None:
                unreadable("attributes", f"found {shown(raw)}, expected an object")
            return ()
        found = []
        known = self._attributes
        for name, value in raw.items():
            key = None
            if type(value) is dict and len(value) == 1:  # what nearly all of them look like
                ((kind, scalar),) = value.items()
                if scalar.__class__ in _HASHABLE:
                    # The type is part of the key: True, 1 and "1" are different values.
                    key = (driver, name, kind, scalar.__class__, scalar)
                    pair = known.get(key)
                    if pair is not None:
                        found.append(pair)
                        continue
            try:
                pair = (QualifiedName.parse(name, driver), _attribute(value))
            except UnreadableFieldError as error:
                unreadable(f"attributes[{name}]", str(error))
                continue
            if key is not None:
                known[key] = pair
            found.append(pair)
        return tuple(found)

    def _read_capacity(
        self, raw: object, driver: str, unreadable: Complain
    ) -> tuple[tuple[QualifiedName, Quantity], ...]:
        if type(raw) is not dict:
            if raw is not None:
                unreadable("capacity", f"found {shown(raw)}, expected an object")
            return ()
        found = []
        for name, value in raw.items():
            amount = value.get("value") if type(value) is dict else value
            key = (driver, name, amount) if type(amount) is str else None
            pair = self._capacity.get(key) if key is not None else None
            if pair is None:
                try:
                    pair = (QualifiedName.parse(name, driver), quantity(amount))
                except UnreadableFieldError as error:
                    unreadable(f"capacity[{name}].value", str(error))
                    continue
                if key is not None:
                    self._capacity[key] = pair
            found.append(pair)
        return tuple(found)


def _terms(raw: object, body: dict[str, object], driver: str) -> _ReadTerms:
    misfits = tuple(DEVICE_TERMS(body, ""))
    if misfits:
        return _ReadTerms(PLAIN, misfits)
    faults = tuple(device_faults(body))
    try:
        published = read_slice_device(raw, Driver(driver), has_own_scope=True)
    except UnreadableFieldError:
        # Its capacities are no quantities, which is told when they are read for selectors.
        return _ReadTerms(PLAIN, (), faults)
    return _ReadTerms(terms_of(published), (), faults)


def _attribute(raw: object) -> AttributeValue:
    given = {kind: value for kind, value in raw.items() if value is not None} if isinstance(raw, dict) else {}
    if len(given) != 1:
        seen = " and ".join(sorted(given)) if given else shown(raw)
        raise UnreadableFieldError(f"found {seen}, expected exactly one of string, version, int and bool")
    ((kind, value),) = given.items()
    return attribute_value(kind, value)


def _has_policies(capacity: object, driver: str) -> bool:
    """Whether a capacity has a policy, or a name in full where the bare one would do."""
    if type(capacity) is not dict:
        return False
    return any(
        (type(value) is dict and "requestPolicy" in value) or name.startswith(f"{driver}/")
        for name, value in capacity.items()
    )
