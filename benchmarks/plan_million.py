"""One deployment planned on 1,000,000 devices in 20 clusters: seconds and peak memory, in a fresh process."""

import json
import sys
import time
from typing import cast

from benchmarks.figure import Figure, figure, measured, peak_gibibytes

BENCH = "plan_million"
GIBIBYTES_TARGET = 8.0
_NODES = 125_000
_DEVICES_PER_NODE = 8


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """Seconds of ``place`` and the peak of the whole process; *quick* takes a tenth of the nodes."""
    nodes = _NODES // 10 if quick else _NODES
    found = measured("plan_million", str(nodes))
    case = f"{nodes * _DEVICES_PER_NODE:,} devices, 20 clusters"
    build, seconds, gibibytes = (cast(float, found[key]) for key in ("build_seconds", "seconds", "gibibytes"))
    return [
        figure(BENCH, case, "build the problem", build, "s"),
        figure(BENCH, case, "place", seconds, "s"),
        figure(BENCH, case, "peak memory", gibibytes, "GiB", target=GIBIBYTES_TARGET),
        figure(BENCH, case, "replicas short", cast(int, found["short"]), "replicas", target=0),
    ]


def _measure(nodes: int) -> None:
    from benchmarks.fleets import million  # noqa: PLC0415 (only the measured process loads it)
    from solver.place import place  # noqa: PLC0415

    started = time.perf_counter()
    problem = million(nodes)
    built = time.perf_counter()
    decision = place(problem)
    found = {
        "build_seconds": built - started,
        "seconds": time.perf_counter() - built,
        "gibibytes": peak_gibibytes(),
        "short": sum(shortfall.missing for shortfall in decision.plan.shortfalls),
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _measure(int(sys.argv[1]))
