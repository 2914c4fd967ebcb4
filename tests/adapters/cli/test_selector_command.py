import gzip
import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

from solver.domain.device import Device
from solver.selectors.selector import Outcome, Selector
from tests.adapters.cli.command import err, out, run
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_device, a_node, a_slice, write

AT_LEAST_80 = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("80Gi")) >= 0'


def a_fleet(folder: Path) -> Path:
    """A declared cluster, an observed one, and a slice that belongs to none."""
    small = a_device("gpu-1", capacity={"memory": {"value": "46068Mi"}})
    shared = a_device("gpu-2", allowMultipleAllocations=True)
    bare = a_device("gpu-3", capacity={})
    write(
        folder,
        a_class(),
        a_cluster("us", nodeCount=2),
        a_cluster("eu"),
        a_slice("stray", devices=[small]),
        eu=[a_node(), a_slice(devices=[a_device(), small, shared, bare])],
    )
    return folder


def test_counts_first_then_kinds_with_reasons(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "selector", "eval", AT_LEAST_80, "{}")

    assert 0 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
matched 6, not matched 2, failed 1 of 9 devices

DEVICES   VERDICT       DEVICE                           WHERE                    WHY
6         matched       gpu.nvidia.com{memory=80Gi}      eu x2, us x4
2         not matched   gpu.nvidia.com{memory=46068Mi}   (no cluster) x1, eu x1   memory 46068Mi < 80Gi
1         failed        gpu.nvidia.com                   eu x1                    no such key: memory
""")
    assert err(result, tmp_path) == snapshot("")


def test_devices_that_differ_in_what_is_not_read_are_evaluated_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every device of a real fleet has an identifier of its own."""
    devices = [a_device(f"gpu-{n}", attributes={"uuid": {"string": f"u{n}"}}) for n in range(20)]
    write(tmp_path, a_class(), a_cluster(), eu=[a_node(), a_slice(devices=devices)])
    matched: list[Device] = []
    match = Selector.match

    def counting(selector: Selector, device: Device) -> Outcome:
        matched.append(device)
        return match(selector, device)

    monkeypatch.setattr(Selector, "match", counting)
    result = run(tmp_path, "selector", "eval", AT_LEAST_80, "{}")

    assert "matched 20, not matched 0, failed 0 of 20 devices" in result.stdout
    assert 1 == len(matched)


def test_a_fleet_without_devices(tmp_path: Path) -> None:
    write(tmp_path, a_class())

    assert "matched 0, not matched 0, failed 0 of 0 devices\n" == (
        run(tmp_path, "selector", "eval", "true", "{}").stdout
    )


def test_a_broken_selector_has_message_line_and_caret(tmp_path: Path) -> None:
    result = run(a_fleet(tmp_path), "selector", "eval", 'true &&\n  device.drivr == "a"', "{}")

    assert 1 == result.exit_code
    assert "" == result.stdout
    assert err(result, tmp_path) == snapshot("""\
error: selector does not compile: line 2, column 9: undefined field 'drivr' of device; did you mean 'driver'?
      device.drivr == "a"
            ^
""")


def test_an_unreadable_version_is_shown_with_its_sentence(tmp_path: Path) -> None:
    device = a_device(attributes={"driverVersion": {"version": "570"}})
    write(tmp_path, a_class(), a_cluster(), eu=[a_node(), a_slice(devices=[device, a_device("gpu-1")])])
    result = run(tmp_path, "selector", "eval", 'device.driver == "gpu.nvidia.com"', "{}")

    assert out(result, tmp_path) == snapshot("""\
matched 1, not matched 0, failed 1 of 2 devices

DEVICES   VERDICT   DEVICE           WHERE   WHY
1         matched   gpu.nvidia.com   eu x1
1         failed    gpu.nvidia.com   eu x1   attributes[driverVersion]: found '570', expected a semantic version such as 9.0.0
""")


CASES = [
    {"name": "yes", "expr": "true", "driver": "d", "device": {}},
    {"input": {"name": "no", "expr": "device.driver == 'x'", "driver": "d", "device": {}}},
    {"name": "broken", "expr": "device.", "driver": "d", "device": {}},
    {"name": "fails", "expr": "device.attributes['d'].a", "driver": "d", "device": {}},
]


@pytest.mark.parametrize("is_compressed", [False, True])
def test_cases_print_one_line_each(tmp_path: Path, *, is_compressed: bool) -> None:
    data = "\n".join(map(json.dumps, CASES)).encode()
    (tmp_path / "cases").write_bytes(gzip.compress(data) if is_compressed else data)
    result = run(tmp_path, "selector", "cases", "{}/cases")

    assert 0 == result.exit_code
    assert [json.loads(line)["outcome"] for line in result.stdout.splitlines()] == [
        "true",
        "false",
        "compile_error",
        "runtime_error",
    ]
    assert ["name", "outcome", "message"] == list(json.loads(result.stdout.splitlines()[0]))


def test_a_line_that_is_no_case_is_an_invalid_input(tmp_path: Path) -> None:
    lines = ["{", json.dumps(CASES[0]), "[]", "{}", '{"expr": "true", "device": 3}']
    (tmp_path / "cases").write_text("\n".join(lines))
    result = run(tmp_path, "selector", "cases", "{}/cases")

    assert 1 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
{"name":"yes","outcome":"true","message":""}
""")
    assert err(result, tmp_path) == snapshot("""\
error: cases: line 1: found no JSON (unexpected end of data: line 1 column 2 (char 1)), expected an object
error: cases: line 3: found a list, expected an object
error: cases: line 4: expr: found nothing readable, expected the text of an expression
error: cases: line 5: device: found 3, expected an object
""")


def test_cases_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"{}" * 100, mtime=0)[:-10])

    for name in ("absent", "cut.gz"):
        result = run(tmp_path, "selector", "cases", f"{{}}/{name}")
        assert (1, "") == (result.exit_code, result.stdout)
        assert 1 == len(result.stderr.splitlines())
