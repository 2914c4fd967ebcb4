"""A device and verdicts on it, for the tests of selectors."""

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.selectors.selector import CompileError, Environment, compile_selector

DRIVER = Driver("gpu.example.com")
A = 'device.attributes["gpu.example.com"]'
C = 'device.capacity["gpu.example.com"]'
ATTRIBUTES: dict[str, AttributeValue] = {
    "model": "H100",
    "index": 3,
    "healthy": True,
    "driverVersion": VersionText("550.54.15"),
    "resource.kubernetes.io/pcieRoot": "pci0000:00",
}
CAPACITY = {"memory": "80Gi", "multiprocessors": "132", "frac": "500m"}


def a_device(
    attributes: dict[str, AttributeValue] | None = None,
    capacity: dict[str, str] | None = None,
    *,
    driver: str = DRIVER,
    malformed: str | None = None,
) -> Device:
    """A GPU, with the given attributes and capacity instead of the usual ones."""
    attributes = ATTRIBUTES if attributes is None else attributes
    capacity = CAPACITY if capacity is None else capacity
    return Device(
        name="gpu-0",
        driver=Driver(driver),
        attributes={QualifiedName.parse(name, driver): value for name, value in attributes.items()},
        capacity={QualifiedName.parse(name, driver): Quantity.parse(text) for name, text in capacity.items()},
        malformed=malformed,
    )


def outcome(
    expression: str, device: Device | None = None, *, environment: Environment = Environment.STORED
) -> tuple[str, str]:
    """Outcome and message of *expression* on *device*, the usual one unless given."""
    try:
        verdict = compile_selector(expression, environment=environment).match(device or a_device())
    except CompileError as error:
        return "compile_error", error.message
    return verdict.kind.value, verdict.message
