"""Every recorded verdict of the real Kubernetes 1.35, when the recordings are at hand."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from adapters.cli.selector_cases import run_cases

RECORDINGS = Path(__file__).parents[4] / "shared" / "data" / "dra"
FILES = {"cel_battery.jsonl": 219, "upstream_cel_table.jsonl": 37}


def recorded(line: str) -> str:
    """The outcome that the recording has."""
    record = json.loads(line)
    output = record.get("output", record)
    if output.get("runtimeError"):
        return "runtime_error"
    if output.get("compileError") or "match" not in output:
        return "compile_error"
    return "true" if output["match"] else "false"


def lines(name: str) -> Iterator[str]:
    with (RECORDINGS / name).open() as file:
        yield from file


@pytest.mark.parametrize(("name", "count"), FILES.items())
def test_verdicts_agree_with_the_recorded_ones(name: str, count: int) -> None:
    """The recordings are the contract; a single disagreement is a wrong placement."""
    if not (RECORDINGS / name).exists():
        pytest.skip(f"{RECORDINGS / name} is not here")
    expected = [recorded(line) for line in lines(name)]

    verdicts = list(run_cases(lines(name)))

    assert count == len(verdicts)
    assert expected == [verdict["outcome"] for verdict in verdicts]
    assert all(verdict["message"] for verdict in verdicts if verdict["outcome"].endswith("error"))
