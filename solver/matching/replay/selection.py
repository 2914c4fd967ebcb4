"""Verdicts of selectors on devices, evaluated once for each combination of what an expression reads."""

from collections.abc import Callable, Hashable, Mapping

from solver.domain.device import Device, QualifiedName
from solver.domain.device_table import Field
from solver.domain.quantity import Quantity
from solver.selectors.devices import is_unreadable
from solver.selectors.selector import CompileError, Outcome, OutcomeKind, Selector, compile_selector

Verdict = bool | str
"""Whether a device matches, or why that cannot be said."""

_Read = Callable[[Device], Hashable]


class Selections:
    """Verdicts, kept for any number of nodes: most devices of a fleet look alike to most selectors."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def verdict(self, selectors: tuple[str, ...], device: Device) -> Verdict:
        """Whether *device* matches all of *selectors*, asked one after the other.

        The first that does not hold decides, so an error behind it does not show.
        """
        for number, text in enumerate(selectors):
            known = self._known.get(text)
            if known is None:
                known = self._known[text] = _Known(text)
            outcome = known.outcome(device)
            if outcome.kind is OutcomeKind.TRUE:
                continue
            if outcome.kind is OutcomeKind.FALSE:
                return False
            when = "compile" if outcome.kind is OutcomeKind.COMPILE_ERROR else "runtime"
            return f"selector {number}: {when} error: {outcome.message}"
        return True


class _Known:
    """The outcomes of one expression."""

    __slots__ = ("_by_fields", "_error", "_reads", "_selector")

    def __init__(self, text: str) -> None:
        self._error: Outcome | None = None
        self._selector: Selector | None = None
        self._reads: tuple[_Read, ...] = ()
        self._by_fields: dict[Hashable, Outcome] = {}
        try:
            self._selector = compile_selector(text)
        except CompileError as error:
            self._error = Outcome(kind=OutcomeKind.COMPILE_ERROR, message=error.sentence())
        else:
            self._reads = tuple(_read(field) for field in sorted(self._selector.reads, key=str))

    def outcome(self, device: Device) -> Outcome:
        if self._selector is None or self._error is not None:
            return self._error or Outcome(kind=OutcomeKind.FALSE)
        if device.malformed is not None:
            return self._selector.match(device)
        key = tuple(read(device) for read in self._reads)
        found = self._by_fields.get(key)
        if found is None:
            found = self._by_fields[key] = self._selector.match(device)
        return found


def with_faults(device: Device) -> Device:
    """*device*, malformed if a version of it is none: then every selector fails on it, whatever it reads."""
    if device.malformed is None and any(map(is_unreadable, device.attributes.values())):
        return Device(
            name=device.name,
            driver=device.driver,
            attributes=device.attributes,
            capacity=device.capacity,
            allow_multiple_allocations=device.allow_multiple_allocations,
            malformed="a version attribute is no semantic version",
        )
    return device


def _read(field: Field) -> _Read:
    match field.kind:
        case "driver":
            return lambda device: device.driver
        case "allowMultipleAllocations":
            return lambda device: device.allow_multiple_allocations
        case "attributes":
            return _reader(field, lambda device: device.attributes, _attribute)
        case _:
            return _reader(field, lambda device: device.capacity, _amount)


def _reader(
    field: Field,
    published: Callable[[Device], Mapping[QualifiedName, object]],
    key: Callable[[object], Hashable],
) -> _Read:
    if field.domain is not None and field.identifier is not None:
        name = QualifiedName(field.domain, field.identifier)
        return lambda device: key(published(device).get(name))
    # A whole domain, or all of them: everything that is published counts.
    return lambda device: tuple((name, key(value)) for name, value in sorted(published(device).items()))


def _attribute(value: object) -> Hashable:
    # The type is part of the key: True, 1 and "1" are different values.
    return (value.__class__, tuple(map(_attribute, value)) if isinstance(value, tuple) else value)


def _amount(value: object) -> Hashable:
    return (value.nano, value.scale, value.big, value.format) if isinstance(value, Quantity) else None
