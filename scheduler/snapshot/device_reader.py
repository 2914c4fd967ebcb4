"""Devices of ResourceSlices: attributes, capacities and what keeps a device from being given away.

The innermost loop of loading: values that repeat are read once and shared, so that a million devices take
some hundred megabytes.
"""

from typing import Protocol

from scheduler.api.faults import shown
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.records import PublishedDevice
from solver.domain.device import AttributeValue, QualifiedName, Scalar, VersionText, Withheld
from solver.domain.quantity import InvalidQuantity, Quantity
from solver.domain.semver import InvalidSemver, Semver
from solver.domain.taint import TaintEffect

_SCALAR_TYPES = {"string": str, "version": str, "int": int, "bool": bool}
_LIST_TYPES = {"strings": "string", "versions": "version", "ints": "int", "bools": "bool"}
_HASHABLE = frozenset({str, int, bool})
_REPELLING = frozenset(TaintEffect)


class Complain(Protocol):
    """Takes what is wrong with a field of a device."""

    def __call__(self, path: str, message: str) -> None:
        """Note that the field at *path* is wrong."""


class UnreadableFieldError(ValueError):
    """A field that cannot be read; the text says what was found and what was expected."""


def attribute_value(kind: str, raw: object) -> AttributeValue:
    """The value of an attribute of type *kind* (``string``, ``version``, ``int``, ``bool`` or a list).

    Raises:
        UnreadableFieldError: it is not of that type, or no semantic version.
    """
    if kind in _LIST_TYPES:
        if not isinstance(raw, list):
            raise UnreadableFieldError(f"found {shown(raw)}, expected a list")
        return tuple(_scalar(_LIST_TYPES[kind], part) for part in raw)
    if kind not in _SCALAR_TYPES:
        raise UnreadableFieldError(f"found the type {kind}, expected string, version, int or bool")
    return _scalar(kind, raw)


def quantity(raw: object) -> Quantity:
    """The quantity that *raw* (text, or a number as YAML may have it) stands for.

    Raises:
        UnreadableFieldError: it is none.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        raise UnreadableFieldError(f"found {shown(raw)}, expected a quantity such as 80Gi")
    try:
        return Quantity.parse(str(raw))
    except InvalidQuantity as error:
        raise UnreadableFieldError(f"found {shown(raw)}, expected a quantity such as 80Gi") from error


class DeviceReader:
    """Reads devices and shares equal values among them."""

    def __init__(self) -> None:
        self._attributes: dict[object, tuple[QualifiedName, AttributeValue]] = {}
        self._capacity: dict[object, tuple[QualifiedName, Quantity]] = {}
        self._names: dict[str, str] = {}

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
        is_shared = body.get("allowMultipleAllocations") is True
        counters = _counters(body, unreadable) if "consumesCounters" in body else ()
        return PublishedDevice(
            self._names.setdefault(name, name),
            attributes,
            capacity,
            _withheld(body, is_shared=is_shared),
            counters,
            is_shared,
            text(body, "nodeName") or None,
            malformed[0] if malformed else None,
        )

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


def _attribute(raw: object) -> AttributeValue:
    given = {kind: value for kind, value in raw.items() if value is not None} if isinstance(raw, dict) else {}
    if len(given) != 1:
        seen = " and ".join(sorted(given)) if given else shown(raw)
        raise UnreadableFieldError(f"found {seen}, expected exactly one of string, version, int and bool")
    ((kind, value),) = given.items()
    return attribute_value(kind, value)


def _scalar(kind: str, raw: object) -> Scalar:
    if kind == "version":
        if isinstance(raw, str) and _is_version(raw):
            return VersionText(raw)
        raise UnreadableFieldError(f"found {shown(raw)}, expected a semantic version such as 9.0.0")
    if type(raw) is not _SCALAR_TYPES[kind]:
        raise UnreadableFieldError(f"found {shown(raw)}, expected a value of type {kind}")
    return raw  # type: ignore[return-value]


def _is_version(text: str) -> bool:
    try:
        Semver.parse(text)
    except InvalidSemver:
        return False
    return True


def _withheld(body: dict[str, object], *, is_shared: bool) -> Withheld | None:
    if body.get("consumesCounters"):
        return Withheld.COUNTERS
    if is_shared:
        return Withheld.SHARED
    if any(text(taint, "effect") in _REPELLING for taint in items(body, "taints")):
        return Withheld.TAINTED
    return Withheld.BINDING if body.get("bindingConditions") else None


def _counters(body: dict[str, object], unreadable: Complain) -> tuple[tuple[str, str], ...]:
    used: list[tuple[str, str]] = []
    for position, consumed in enumerate(items(body, "consumesCounters")):
        counter_set = text(consumed, "counterSet")
        if not counter_set:
            unreadable(f"consumesCounters[{position}].counterSet", "found nothing, expected its name")
        used.extend((counter_set, counter) for counter in mapping(consumed, "counters"))
    return tuple(used)
