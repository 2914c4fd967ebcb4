"""The reason why a device does not match is what a user reads first."""

import pytest

from solver.domain.device import VersionText
from solver.selectors.mismatch import mismatch
from solver.selectors.selector import compile_selector
from tests.solver.selectors.devices import A, C, a_device

DEVICE = a_device(
    {
        "productName": "NVIDIA A100",
        "type": "gpu",
        "driverVersion": VersionText("550.1.0"),
        "healthy": True,
        "index": 3,
    },
    {"memory": "80Gi"},
)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("true", ""),
        (f'{C}.memory.compareTo(quantity("141Gi")) >= 0', "memory 80Gi < 141Gi"),
        (f'{C}.memory.isGreaterThan(quantity("141Gi"))', "memory 80Gi <= 141Gi"),
        (f'{C}.memory == quantity("1Gi")', "memory 80Gi != 1Gi"),
        (f'{A}.productName == "H100"', 'productName "NVIDIA A100" != "H100"'),
        (f'{A}["productName"] == "H100"', 'productName "NVIDIA A100" != "H100"'),
        ('device.driver == "dra.net"', "driver gpu.example.com != dra.net"),
        ('"dra.net" == device.driver', "driver gpu.example.com != dra.net"),
        (f"{A}.foo == 1", "no attribute gpu.example.com/foo"),
        (f'{A}.prodctName == "H100"', "no attribute gpu.example.com/prodctName, nearest is productName"),
        (f"has({A}.foo)", "no attribute gpu.example.com/foo"),
        (f'"foo" in {A}', "no attribute gpu.example.com/foo"),
        (f'{C}.foo.isGreaterThan(quantity("1"))', "no capacity gpu.example.com/foo"),
        ('"dra.net" in device.attributes', "no attributes of domain dra.net"),
        (f'{A}.driverVersion.compareTo(semver("570.0.0")) >= 0', "driverVersion 550.1.0 < 570.0.0"),
        (f'{A}.driverVersion.isLessThan(semver("550.0.0"))', "driverVersion 550.1.0 >= 550.0.0"),
        (f'{A}.type in ["mig"]', 'type "gpu" not in ["mig"]'),
        (f"!{A}.healthy", "healthy is true"),
        (f"{A}.index > 5", "index 3 <= 5"),
        (f"5 < {A}.index", "index 3 <= 5"),
        (f"{A}.productName < 5", "no such overload"),
        (
            f'{A}.productName.lowerAscii().contains("h100")',
            'productName.lowerAscii() "nvidia a100" does not contain "h100"',
        ),
        (f'device.driver == "gpu.example.com" && {A}.type == "gpu" && {A}.index == 4', "index 3 != 4"),
        (f'{A}.foo == 1 && {A}.type == "mig"', 'type "gpu" != "mig"'),
        (f'cel.bind(a, {A}, a.type == "gpu" && a.foo)', "no attribute gpu.example.com/foo"),
        (f'{A}.exists(k, k == "z")', f'{A}.exists(k, k == "z") is false'),
    ],
)
def test_reason_names_the_attribute_and_both_values(expression: str, expected: str) -> None:
    """The shortest text that says what to change."""
    assert expected == mismatch(compile_selector(expression), DEVICE)


def test_reason_of_a_malformed_device_is_its_sentence() -> None:
    """Whatever the selector asks for."""
    assert "it is broken" == mismatch(compile_selector("true"), a_device(malformed="it is broken"))
