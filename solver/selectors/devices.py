"""A device as the variable ``device`` of an expression."""

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.semver import InvalidSemver, Semver
from solver.selectors.faults import EvaluationError
from solver.selectors.values import CelMap, DeviceValue, DomainMap


def device_value(device: Device) -> DeviceValue:
    """*device* with its attributes and capacity by domain.

    Raises:
        EvaluationError: something that the device publishes is unreadable, whether or not it is read.
    """
    if device.malformed is not None:
        raise EvaluationError(device.malformed)
    attributes: dict[object, dict[object, object]] = {}
    # In the order of the names, so that neither verdicts nor messages depend on the order of publishing.
    for name in sorted(device.attributes):
        value = _readable(name, device.attributes[name])
        attributes.setdefault(name.domain, {})[name.identifier] = value
    capacity: dict[object, dict[object, object]] = {}
    for name in sorted(device.capacity):
        capacity.setdefault(name.domain, {})[name.identifier] = device.capacity[name]
    return DeviceValue(
        driver=device.driver,
        attributes=_domains(attributes),
        capacity=_domains(capacity),
        allow_multiple_allocations=device.allow_multiple_allocations,
    )


def is_unreadable(value: object) -> bool:
    """Whether *value* is a version attribute that is no semantic version."""
    if isinstance(value, tuple):
        return any(map(is_unreadable, value))
    if not isinstance(value, VersionText):
        return False
    try:
        Semver.parse(value.text)
    except InvalidSemver:
        return True
    return False


def _readable(name: QualifiedName, value: AttributeValue) -> object:
    if isinstance(value, tuple):
        return tuple(_readable(name, item) for item in value)
    if not isinstance(value, VersionText):
        return value
    try:
        return Semver.parse(value.text)
    except InvalidSemver as error:
        raise EvaluationError(f"attribute {name.domain}/{name.identifier}: {error}") from None


def _domains(by_domain: dict[object, dict[object, object]]) -> DomainMap:
    return DomainMap({domain: CelMap(entries) for domain, entries in by_domain.items()})
