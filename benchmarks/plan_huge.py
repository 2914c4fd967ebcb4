"""Plan of a fleet of 100 clusters, 85,000 GPUs and 43,000 replicas, most of which run: seconds, memory, values.

The fleet is that of ``modelplane simulate fleet --size F100``: drained clusters, lost nodes, quotas, caps. Targets
are those of the project; what is planned one by one has no bound yet, so no gap is given.
"""

import json
import statistics
import sys
import time
from typing import cast

from benchmarks.figure import Figure, figure, measured, peak_gibibytes

BENCH = "plan_huge"
_SECONDS_TARGET = 30.0
_GIBIBYTES_TARGET = 1.5
_SEEDS = (0, 1, 2)


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """Seconds of ``place`` and what it is short of, over three seeds; *quick* takes a fleet a third of the size."""
    size = "F30" if quick else "F100"
    runs = [measured("plan_huge", size, str(seed)) for seed in (_SEEDS[:1] if quick else _SEEDS)]
    seconds = statistics.median(cast(float, each["seconds"]) for each in runs)
    memory = max(cast(float, each["gibibytes"]) for each in runs)
    figures = [
        figure(BENCH, size, "place", seconds, "s", target=None if quick else _SECONDS_TARGET),
        figure(BENCH, size, "peak memory", memory, "GiB", target=_GIBIBYTES_TARGET),
    ]
    for seed, each in enumerate(runs):
        for tier in cast(list[dict[str, object]], each["tiers"]):
            name, unit = cast(str, tier["name"]), cast(str, tier["unit"])
            figures.append(figure(BENCH, f"{size}, seed {seed}", name, cast(int, tier["value"]), unit))
    return figures


def _measure(size: str, seed: int) -> None:
    from dataclasses import replace  # noqa: PLC0415 (only the measured process loads it)

    from simulations.fleets import PRESETS, generate  # noqa: PLC0415
    from solver.place import place  # noqa: PLC0415

    problem = generate(replace(PRESETS[size], seed=seed))
    started = time.perf_counter()
    decision = place(problem)
    seconds = time.perf_counter() - started
    tiers = [{"name": tier.name, "value": tier.value, "unit": tier.unit} for tier in decision.tiers]
    print(json.dumps({"seconds": seconds, "gibibytes": peak_gibibytes(), "tiers": tiers}))


if __name__ == "__main__":
    _measure(sys.argv[1], int(sys.argv[2]))
