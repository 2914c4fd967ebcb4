"""What a bench hands to the runner, and how a process of its own is measured."""

import json
import resource
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TypedDict

ROOT = Path(__file__).parent.parent
LONGEST_SECONDS = 900
_KIBIBYTES_PER_GIBIBYTE = 2**20


class Figure(TypedDict):
    """One measured figure; *target* is the most it may be, *baseline* the same figure of the plain way."""

    bench: str
    case: str
    metric: str
    value: float
    unit: str
    target: float | None
    baseline: float | None


def figure(
    bench: str,
    case: str,
    metric: str,
    value: float,
    unit: str,
    *,
    target: float | None = None,
    baseline: float | None = None,
) -> Figure:
    """A figure, rounded to what can be measured."""
    return Figure(
        bench=bench,
        case=case,
        metric=metric,
        value=round(value, 3),
        unit=unit,
        target=target,
        baseline=None if baseline is None else round(baseline, 3),
    )


def measured(module: str, *arguments: str) -> dict[str, object]:
    """What ``python -m benchmarks.MODULE ARGUMENT...`` prints as JSON, in a fresh process.

    Raises:
        RuntimeError: the process failed; the message is the last line that it wrote to stderr.
        TimeoutExpired: it took longer than LONGEST_SECONDS.
    """
    command = [sys.executable, "-m", f"benchmarks.{module}", *arguments]
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, cwd=ROOT, timeout=LONGEST_SECONDS
    )
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
        raise RuntimeError(lines[-1])
    found: dict[str, object] = json.loads(done.stdout)
    return found


def median_seconds(command: list[str], rounds: int) -> float:
    """Median wall seconds of *command*, which may end with status 0 or 1.

    Raises:
        RuntimeError: it ended with another status, or wrote an internal error.
    """
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        seconds.append(time.perf_counter() - started)
        if done.returncode not in (0, 1) or "internal error" in done.stderr:
            lines = done.stderr.strip().splitlines() or [f"exit status {done.returncode}"]
            raise RuntimeError(lines[-1])
    return statistics.median(seconds)


def peak_gibibytes() -> float:
    """The most memory that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / _KIBIBYTES_PER_GIBIBYTE
