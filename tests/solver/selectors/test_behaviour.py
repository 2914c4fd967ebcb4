"""The observed behaviour of Kubernetes 1.35, row by row: errors, absorption, defaults and odd equalities."""

import pytest

from solver.domain.device import VersionText
from solver.selectors.selector import Environment
from tests.solver.selectors.devices import A, C, a_device, outcome

ROWS: list[tuple[str, str]] = [
    # Attributes have the type any: they may be the whole result, and are checked only at run time.
    (f"{A}.healthy", "true"),
    (f"!{A}.healthy", "false"),
    (f"{A}.model", "runtime_error"),
    (f"{A}.index", "runtime_error"),
    (f"{A}.driverVersion", "runtime_error"),
    ("device.attributes", "compile_error"),
    (A, "compile_error"),
    (f"{C}.memory", "compile_error"),
    (f"true ? {A}.healthy : false", "true"),
    (f"false ? {A}.healthy : false", "false"),
    (f"true ? true : {A}.model", "true"),
    (f"true ? {A}.model : true", "runtime_error"),
    # Equality of different types is false, everything else between them is an error.
    (f"{A}.model == 5", "false"),
    (f"{A}.model != 5", "true"),
    (f'{A}.healthy == "true"', "false"),
    (f"{A}.model == null", "false"),
    (f"{A}.model < 5", "runtime_error"),
    (f'{A}.index + "a" == "3a"', "runtime_error"),
    (f"!{A}.model", "runtime_error"),
    (f"{A}.model && true", "runtime_error"),
    (f"{A}.model && false", "false"),
    (f"{A}.healthy || {A}.model", "true"),
    (f"{A}.index > 2.5", "true"),
    (f"{A}.index == 3u", "true"),
    (f"{A}.index in [3.0]", "true"),
    # Missing keys.
    (f'{A}.nope == "x"', "runtime_error"),
    (f'{A}["nope"] == "x"', "runtime_error"),
    ('device.attributes["x.y"].model == "x"', "runtime_error"),
    ('device.attributes["x.y"] == {}', "true"),
    ('size(device.attributes["x.y"]) == 0', "true"),
    ('"x.y" in device.attributes', "false"),
    ('"model" in device.attributes["x.y"]', "false"),
    (f'"model" in {A}', "true"),
    (f"has({A}.nope)", "false"),
    ('has(device.attributes["x.y"].model)', "false"),
    ("has(device.attributes.anything)", "true"),
    (f'has({A}["model"])', "compile_error"),
    ('device.attributes[?"x.y"].hasValue()', "true"),
    ('device.attributes[?"x.y"].?model.orValue("n") == "n"', "true"),
    (f'{A}.?model.orValue("") == "H100"', "true"),
    (f'{A}[?"nope"].hasValue()', "false"),
    (f"{A}.?nope.value() == 1", "runtime_error"),
    (f"{A}.?healthy.orValue(false)", "true"),
    (f"{A}.?nope.orValue(false)", "false"),
    ("device.attributes.gpu.model == 1", "runtime_error"),
    ('device.attributes["gpu.example.com/model"] == "x"', "compile_error"),
    ('device.attributes[device.driver].model == "H100"', "true"),
    ("device.foo == 1", "compile_error"),
    (f"{A}.in == 1", "compile_error"),
    # Quantities.
    (f'{C}.memory.isGreaterThan(quantity("40Gi"))', "true"),
    (f'{C}.memory.compareTo(quantity("80Gi")) >= 0', "true"),
    (f'{C}.memory > quantity("1")', "compile_error"),
    (f'{C}.memory == quantity("81920Mi")', "true"),
    (f'{C}.memory == "80Gi"', "compile_error"),
    (f'{C}.memory != quantity("1")', "true"),
    (f"{C}.frac.asInteger() == 0", "runtime_error"),
    (f"sign({C}.memory) == 1", "true"),
    (f"{C}.memory.sign() == 1", "compile_error"),
    (f'{C}.memory.add(quantity("1Gi")) == quantity("81Gi")', "true"),
    (f'quantity("81Gi") == {C}.memory.add(quantity("1Gi"))', "runtime_error"),
    (f"{C}.memory.add(1) == {C}.memory.add(1)", "runtime_error"),
    (f"{C}.memory.add(1) != {C}.memory", "true"),
    ('quantity("0.1n") == quantity("1n") && quantity("-0.1n") == quantity("-1n")', "true"),
    ('quantity("1.0000000001") == quantity("1.000000001")', "true"),
    ('quantity("100Ei") == quantity("9223372036854775807")', "true"),
    ('quantity("100E") == quantity("100000P")', "true"),
    (
        'isQuantity("inf") || isQuantity("1ki") || isQuantity("1mi") || isQuantity("1e") || isQuantity("")',
        "false",
    ),
    (f"string({C}.memory) == 'x'", "compile_error"),
    # Versions.
    (f'{A}.driverVersion.isGreaterThan(semver("550.0.0"))', "true"),
    (f'{A}.driverVersion > semver("1.0.0")', "compile_error"),
    (f'{A}.driverVersion == semver("550.54.15+build")', "true"),
    (f'{A}.driverVersion == "550.54.15"', "runtime_error"),
    (f'"550.54.15" == {A}.driverVersion', "false"),
    (f'{A}.driverVersion != "550.54.15"', "true"),
    (f'{A}.driverVersion in ["550.54.15"]', "runtime_error"),
    (f'{A}.driverVersion in [semver("550.54.15")]', "true"),
    (f'{A}.model.isGreaterThan(semver("1.0.0"))', "runtime_error"),
    (f'{A}.driverVersion.isGreaterThan(quantity("1"))', "runtime_error"),
    ('semver("v1.0.0") == semver("1.0.0")', "runtime_error"),
    ('isSemver("1.2.3.4") || isSemver("1.0.0-01") || isSemver("18446744073709551616.0.0")', "false"),
    # Errors are absorbed whichever side they are on.
    (f'{A}.nope == "x" && false', "false"),
    (f'false && {A}.nope == "x"', "false"),
    (f'{A}.nope == "x" || true', "true"),
    (f'{A}.nope == "x" && true', "runtime_error"),
    (f'{A}.nope == "x" || false', "runtime_error"),
    (f"{A}.nope ? true : true", "runtime_error"),
    (f'["a", "b"].exists(x, x == "b" || {A}.nope == 1)', "true"),
    (f'["a", "b"].all(x, x == "b" && {A}.nope == 1)', "false"),
    (f'["a", "b"].exists(x, x == "z" || {A}.nope == 1)', "runtime_error"),
    # Macros.
    (f"cel.bind(a, {A}, a.healthy)", "true"),
    (f'{A}.exists(k, k == "model")', "true"),
    (f'{A}.exists(k, v, k == "model" && v == "H100")', "true"),
    (f'{A}.model in ["H100", "H200"]', "true"),
    (f"{A}.model in [1, 2]", "false"),
    (f'{A}.index in [1, "a"]', "compile_error"),
    ("[dyn(1), dyn('a')].size() == 2", "true"),
    (f'[{A}.model, "x"].size() == 2', "compile_error"),
    ("device == device", "true"),
]


@pytest.mark.parametrize(("expression", "expected"), ROWS)
def test_outcome_is_the_one_of_kubernetes(expression: str, expected: str) -> None:
    """A scheduler that disagrees with the cluster plans pods that never start."""
    assert expected == outcome(expression)[0]


def test_missing_key_is_named() -> None:
    """The message of Kubernetes, so that it can be searched for."""
    assert ("runtime_error", "no such key: nope") == outcome(f"{A}.nope == 1")
    assert ("runtime_error", "no such key: model") == outcome('device.attributes["x.y"].model == 1')


def test_malformed_device_is_an_error_for_every_selector() -> None:
    """Kubernetes converts the whole device before it evaluates anything."""
    device = a_device(malformed="attribute broken: no readable value")

    assert ("runtime_error", "attribute broken: no readable value") == outcome("true", device)


def test_unparsable_version_is_an_error_for_every_selector() -> None:
    """Even for one that does not read the version."""
    kind, message = outcome("true", a_device({"driverVersion": VersionText("9.0")}))

    assert "runtime_error" == kind
    assert message.startswith("attribute gpu.example.com/driverVersion: version '9.0'")


def test_new_objects_may_not_read_what_a_gate_hides() -> None:
    """The API server refuses it on creation although the scheduler would evaluate it."""
    expression = "device.allowMultipleAllocations == false"

    assert "true" == outcome(expression)[0]
    assert "compile_error" == outcome(expression, environment=Environment.NEW)[0]
    assert "true" == outcome(expression, environment=Environment.NEW_CONSUMABLE)[0]


def test_expression_that_costs_too_much_is_cancelled() -> None:
    """And no operator absorbs that."""
    numbers = "[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]"
    nested = "true"
    for name in "abcdef":
        nested = f"{numbers}.all({name}, {nested})"

    expected = ("runtime_error", "operation cancelled: actual cost limit exceeded")

    assert expected == outcome(nested)
    assert expected == outcome(f"{nested} || true")


def test_growing_text_is_cancelled_before_it_fills_the_memory() -> None:
    """Doubling forty times would need terabytes."""
    nested = "x.size() > 0"
    for _ in range(40):
        nested = f"cel.bind(x, x + x, {nested})"

    kind, _ = outcome(f'cel.bind(x, "{"y" * 1000}", {nested})')

    assert "runtime_error" == kind
