import gzip
import json
from pathlib import Path

import pytest
from inline_snapshot import snapshot

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
of the matched, 1 offers nothing: each allows multiple allocations

DEVICES   VERDICT       DEVICE                           WHERE                    WHY
6         matched       gpu.nvidia.com{memory=80Gi}      eu x2, us x4
2         not matched   gpu.nvidia.com{memory=46068Mi}   (no cluster) x1, eu x1   memory 46068Mi < 80Gi
1         failed        gpu.nvidia.com                   eu x1                    no such key: memory
""")
    assert err(result, tmp_path) == snapshot("")


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
    (tmp_path / "cases").write_text("{\n")
    result = run(tmp_path, "selector", "cases", "{}/cases")

    assert (1, 1) == (result.exit_code, len(result.stdout.splitlines()))


def test_cases_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"{}" * 100, mtime=0)[:-10])

    for name in ("absent", "cut.gz"):
        result = run(tmp_path, "selector", "cases", f"{{}}/{name}")
        assert (1, "") == (result.exit_code, result.stdout)
        assert 1 == len(result.stderr.splitlines())
