"""A table is evaluated once for each signature, with the verdicts of one device at a time."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.domain.device import Device, QualifiedName, VersionText
from solver.domain.device_table import DeviceTableBuilder, Field
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.selectors.selector import OutcomeKind, compile_selector
from solver.selectors.table import evaluate
from tests.solver.selectors.devices import A, C, a_device

EXPRESSIONS = [
    "true",
    'device.driver == "gpu.example.com"',
    f'{A}.model == "H100"',
    f"{A}.healthy && {A}.index > 1",
    f'has({A}.model) && {A}.model.startsWith("H")',
    f'{C}.memory.compareTo(quantity("60Gi")) >= 0',
    f'{A}.exists(k, k == "model")',
    f'cel.bind(a, {A}, a.?model.orValue("") == "A100" || a.index == 2)',
    "device.attributes[device.driver].healthy",
    f'"model" in {A}',
]
VALUES = st.sampled_from(["H100", "A100", True, False, 1, 2, VersionText("1.0.0"), VersionText("1.0")])
DEVICES = st.builds(
    Device,
    name=st.just("d"),
    driver=st.sampled_from([Driver("gpu.example.com"), Driver("x.y")]),
    attributes=st.dictionaries(
        st.sampled_from(["model", "healthy", "index"]).map(
            lambda name: QualifiedName("gpu.example.com", name)
        ),
        VALUES,
    ),
    capacity=st.dictionaries(
        st.just(QualifiedName("gpu.example.com", "memory")),
        st.sampled_from(["40Gi", "80Gi"]).map(Quantity.parse),
    ),
    malformed=st.sampled_from([None, None, None, "broken"]),
)


@given(st.lists(DEVICES, min_size=1, max_size=12), st.sampled_from(EXPRESSIONS))
def test_table_agrees_with_one_device_at_a_time(devices: list[Device], expression: str) -> None:
    """Signatures may only merge devices that no selector can tell apart."""
    selector = compile_selector(expression)
    builder = DeviceTableBuilder()
    for device in devices:
        builder.add(device)
    expected = [selector.match(device) for device in devices]

    verdicts = evaluate(selector, builder.build())

    assert [outcome.kind is OutcomeKind.TRUE for outcome in expected] == verdicts.matched.tolist()
    failed = [outcome.kind is OutcomeKind.RUNTIME_ERROR for outcome in expected]
    assert failed == verdicts.failed.tolist()
    assert sum(failed) == sum(count for _, _, count in verdicts.errors)
    for message, row, _ in verdicts.errors:
        assert message == expected[row].message


def test_errors_are_grouped_and_in_order() -> None:
    """The first device of each error stands for all of them."""
    builder = DeviceTableBuilder()
    for model in ("H100", None, "A100", None):
        builder.add(a_device({} if model is None else {"model": model}))
    builder.add(a_device({"model": "H100"}, malformed="broken"))

    verdicts = evaluate(compile_selector(f'{A}.model == "H100"'), builder.build())

    assert np.array_equal([True, False, False, False, False], verdicts.matched)
    assert (("no such key: model", 1, 2), ("broken", 4, 1)) == verdicts.errors


def test_reads_are_as_narrow_as_the_text() -> None:
    """A selector that does not read the uuid must not tell a million devices apart."""
    selector = compile_selector(
        f'device.driver == "d" && cel.bind(a, {A}, a.model == "x" && "id" in a && has(a.b)) '
        f'&& {C}.memory == quantity("1") && device.attributes[device.driver].z == 1 && {A}.?opt.orValue(true)'
    )

    assert selector.reads == {
        Field("driver"),
        Field("attributes", "gpu.example.com", "model"),
        Field("attributes", "gpu.example.com", "id"),
        Field("attributes", "gpu.example.com", "b"),
        Field("attributes", "gpu.example.com", "opt"),
        Field("capacity", "gpu.example.com", "memory"),
        Field("attributes", None, "z"),
    }
    assert compile_selector("true").reads == frozenset()
    assert compile_selector(f"{A}.all(k, k != 'x')").reads == {Field("attributes", "gpu.example.com")}
    assert Field("attributes") in compile_selector("device == device").reads
