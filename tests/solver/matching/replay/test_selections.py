"""Verdicts that are kept: two devices share one only if the expression cannot tell them apart."""

from dataclasses import replace

import pytest

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.matching.replay.selection import Selections, Verdict, with_faults

GPU = Driver("gpu")
OF_DRIVER = 'device.attributes["gpu"]'


def seen(*, shared: bool = False, mem: str | None = None, **attributes: AttributeValue) -> Device:
    return Device(
        name="d",
        driver=GPU,
        attributes={QualifiedName("gpu", name): value for name, value in attributes.items()},
        capacity={} if mem is None else {QualifiedName("gpu", "mem"): Quantity.parse(mem)},
        allow_multiple_allocations=shared,
    )


def verdicts(expression: str, *devices: Device) -> list[Verdict]:
    """Of one memory, as all nodes of a fleet share it."""
    selections = Selections()
    return [selections.verdict((expression,), device) for device in devices]


@pytest.mark.parametrize(
    ("expression", "is_true", "is_false"),
    [
        ("device.allowMultipleAllocations", seen(shared=True), seen()),
        ('device.driver == "gpu"', seen(), replace(seen(), driver=Driver("nic"))),
        (f'"numa" in {OF_DRIVER}', seen(numa=1), seen()),
        (f"{OF_DRIVER}.exists(key, key.startsWith('nu'))", seen(numa=1), seen(other=1)),
        (f"{OF_DRIVER}[string(device.driver) + 'x'] == 1", seen(gpux=1), seen(gpux=2)),
        (f"{OF_DRIVER}.v.exists(each, each == 1)", seen(v=(1,)), seen(v=(True,))),
        (f"{OF_DRIVER}.v.exists(each, each == 1)", seen(v=(2, 1)), seen(v=(2, 3))),
        (f"{OF_DRIVER}.v == 1", seen(v=1), seen(v=True)),
        ('device.capacity["gpu"].mem.isGreaterThan(quantity("1"))', seen(mem="2"), seen(mem="1")),
        ('"mem" in device.capacity["gpu"]', seen(mem="2"), seen()),
        (f'"numa" in {OF_DRIVER} && "v" in device.attributes[device.driver]', seen(numa=1, v=1), seen(v=1)),
    ],
)
def test_devices_that_the_expression_tells_apart_have_verdicts_of_their_own(
    expression: str, is_true: Device, is_false: Device
) -> None:
    """A shared verdict would put a claim on a device that its selector rejects."""
    assert [True, False, True] == verdicts(expression, is_true, is_false, is_true)
    assert [False, True] == verdicts(expression, is_false, is_true)


def test_a_malformed_device_has_no_share_in_the_verdict_of_one_that_reads_the_same() -> None:
    """Not even with another malformed one, for each says what is wrong with itself."""
    one, two = (replace(seen(numa=1), malformed=f"attribute {name}: unsupported") for name in "xy")

    expected = [
        True,
        "selector 0: runtime error: attribute x: unsupported",
        "selector 0: runtime error: attribute y: unsupported",
    ]
    assert expected == verdicts(f"{OF_DRIVER}.numa == 1", seen(numa=1), one, two)


def test_the_first_selector_that_does_not_hold_decides() -> None:
    """An error behind it does not show, one before it does."""
    selections = Selections()

    assert False is selections.verdict(("true", "false", "nonsense"), seen())
    error = selections.verdict(("true", "nonsense", "false"), seen())
    assert isinstance(error, str)
    assert error.startswith("selector 1: compile error: line 1, column 1: undeclared reference")


def test_a_version_that_is_none_makes_the_device_malformed_and_changes_nothing_else() -> None:
    """Kubernetes converts all attributes before it evaluates, so every selector fails on such a device."""
    device = seen(shared=True, mem="2", version=VersionText("one"), numa=1)

    expected = replace(device, malformed="a version attribute is no semantic version")
    assert expected == with_faults(device)
    assert isinstance(verdicts("true", with_faults(device))[0], str)


def test_a_device_without_faults_or_with_one_already_stays_as_it_is() -> None:
    good = seen(version=VersionText("1.0.0"))
    known = replace(seen(version=VersionText("one")), malformed="other")

    assert [good, known] == [with_faults(good), with_faults(known)]
