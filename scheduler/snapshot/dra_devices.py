"""Devices of slices, with everything that the device allocator reads of them."""

from collections.abc import Mapping
from typing import TypeVar

from scheduler.snapshot.device_values import UnreadableFieldError, attribute_value, quantity
from scheduler.snapshot.dra_nodes import node_scope
from scheduler.snapshot.raw import items, mapping, text
from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.device_taint import DeviceTaint
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterUse, RequestPolicy, SliceDevice

_Value = TypeVar("_Value")
_KINDS = ("int", "bool", "string", "version", "ints", "bools", "strings", "versions")


def read_slice_device(raw: object, driver: Driver, *, has_own_scope: bool) -> SliceDevice:
    """The device *raw* of a slice of *driver*; every selector fails on one with a malformed attribute.

    Raises:
        UnreadableFieldError: an amount is not a quantity.
    """
    body = mapping(raw, "basic") or mapping(raw)
    attributes, malformed = _attributes(mapping(body, "attributes"), driver)
    published = mapping(body, "capacity")
    capacity = quantities(published)
    return SliceDevice(
        device=Device(
            name=text(raw, "name"),
            driver=driver,
            attributes=attributes,
            capacity={QualifiedName.parse(name, driver): value for name, value in _bare_first(capacity)},
            allow_multiple_allocations=body.get("allowMultipleAllocations") is True,
            malformed=malformed,
        ),
        capacity=capacity,
        policies={
            name: _policy(mapping(value, "requestPolicy"))
            for name, value in published.items()
            if mapping(value, "requestPolicy")
        },
        consumes=tuple(
            CounterUse(counter_set=text(each, "counterSet"), counters=quantities(mapping(each, "counters")))
            for each in items(body, "consumesCounters")
        ),
        scope=node_scope(body) if has_own_scope else None,
        taints=tuple(
            DeviceTaint(key=text(each, "key"), value=text(each, "value"), effect=text(each, "effect"))
            for each in items(body, "taints")
        ),
        binds_to_node=body.get("bindsToNode") is True,
        binding_conditions=_texts(body, "bindingConditions"),
        binding_failure_conditions=_texts(body, "bindingFailureConditions"),
    )


def quantities(raw: Mapping[str, object]) -> dict[str, Quantity]:
    """Amounts by name, each given as it is or under ``value``.

    Raises:
        UnreadableFieldError: one of them is not a quantity.
    """
    return {
        name: quantity(value.get("value") if isinstance(value, dict) else value)
        for name, value in raw.items()
    }


def _attributes(
    raw: Mapping[str, object], driver: Driver
) -> tuple[dict[QualifiedName, AttributeValue], str | None]:
    """The attributes, and why one of them cannot be read."""
    found: dict[QualifiedName, AttributeValue] = {}
    malformed: list[str] = []
    for name, published in _bare_first(raw):
        fields = mapping(published)
        kind = next((kind for kind in _KINDS if fields.get(kind) is not None), None)
        if kind is None:
            malformed.append(f"attribute {name}: unsupported attribute value")
            continue
        value = fields[kind]
        try:
            found[QualifiedName.parse(name, driver)] = attribute_value(kind, value)
        except UnreadableFieldError as error:
            malformed.append(f"attribute {name}: {error}")
            if kind == "version" and isinstance(value, str):
                # Constraints compare versions as texts, so they do not mind.
                found[QualifiedName.parse(name, driver)] = VersionText(value)
    return found, malformed[0] if malformed else None


def _bare_first(raw: Mapping[str, _Value]) -> list[tuple[str, _Value]]:
    # A name with the driver as its domain wins over the same name without: constraints look it up first.
    return sorted(raw.items(), key=lambda item: "/" in item[0])


def _policy(raw: Mapping[str, object]) -> RequestPolicy:
    valid_range = mapping(raw, "validRange")
    return RequestPolicy(
        default=_amount(raw, "default"),
        valid_values=tuple(quantity(value) for value in items(raw, "validValues")),
        minimum=_amount(valid_range, "min"),
        maximum=_amount(valid_range, "max"),
        step=_amount(valid_range, "step"),
    )


def _amount(raw: Mapping[str, object], name: str) -> Quantity | None:
    value = raw.get(name)
    return None if value is None else quantity(value)


def _texts(raw: Mapping[str, object], name: str) -> tuple[str, ...]:
    return tuple(value for value in items(raw, name) if isinstance(value, str))
