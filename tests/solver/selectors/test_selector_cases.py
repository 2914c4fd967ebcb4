"""Cases are read from files that others wrote: no line may stop the run."""

import json

import pytest

from adapters.cli.selector_cases import run_cases


@pytest.mark.parametrize(
    "line",
    [
        "{",
        "[]",
        "1",
        "null",
        "{}",
        '{"expr": 1}',
        '{"input": {}}',
        '{"expr": "true", "device": []}',
        '{"expr": "true", "driver": 3}',
        '{"expr": "true", "device": {"attributes": []}}',
        b"\xff\xfe",
    ],
)
def test_line_that_is_no_case_is_said_to_be_none(line: str | bytes) -> None:
    """With its number, so that it can be found."""
    (verdict,) = run_cases([line])

    assert "invalid_case" == verdict["outcome"]
    assert verdict["message"].startswith("line 1: ")


@pytest.mark.parametrize(
    "device",
    [
        {"attributes": {"a": {}}},
        {"attributes": {"a": {"version": "1"}}},
        {"attributes": {"a": {"int": "1"}}},
        {"attributes": {"a": 5}},
        {"capacity": {"a": {"value": "10Mo"}}},
        {"capacity": {"a": {}}},
    ],
)
def test_unreadable_device_is_a_runtime_error(device: dict[str, object]) -> None:
    """As in Kubernetes, where the conversion of the device fails."""
    line = json.dumps({"name": "x", "expr": "true", "driver": "d", "device": device})

    (verdict,) = run_cases([line])

    assert "runtime_error" == verdict["outcome"]


def test_both_layouts_are_read_and_blank_lines_skipped() -> None:
    """The battery nests the input, Kubernetes' own table does not."""
    case = {"name": "x", "expr": 'device.driver == "d"', "driver": "d", "device": {"name": "gpu-0"}}
    lines: list[bytes | str] = [json.dumps({"input": case}), "", json.dumps(case), b" \n"]

    assert [{"name": "x", "outcome": "true", "message": ""}] * 2 == list(run_cases(lines))
