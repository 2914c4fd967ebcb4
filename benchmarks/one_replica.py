"""One replica or gang at a time on a fleet that is 90 % full: milliseconds of a decision, audit included.

What runs stays, what is missing is put, and then more until 90 % of the GPUs of nodes that take new pods are in
use. Replicas of random deployments are put and random ones taken away, so that the fleet stays as full as it is. Each
fleet is loaded in a fresh process; the first decisions, which fill the tables, are figures of their own.
"""

import json
import statistics
import sys
import time
from random import Random
from typing import TYPE_CHECKING, cast

from benchmarks.figure import Figure, figure, measured, peak_gibibytes

if TYPE_CHECKING:
    from solver.domain.workload import ModelDeployment
    from solver.matching.survey import Survey

BENCH = "one_replica"
_FLEETS = {"F100": (1.0, 5.0), "F1000": (None, 15.0)}
_SEEDS = (0, 1, 2)
_FIRST = 500
_FULL = 0.9
_MOST_REFUSED = 2_000
_DECISIONS = 2_000


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """Median and 99th percentile of a decision, over three seeds; *quick* takes the smaller fleet and one seed."""
    figures = []
    for fleet, (median, late) in _FLEETS.items():
        if quick and fleet != "F100":
            continue
        seeds = _SEEDS[:1] if quick else _SEEDS
        runs = [measured("one_replica", fleet, str(seed)) for seed in seeds]

        def middle(key: str, runs: list[dict[str, object]] = runs) -> float:
            return statistics.median(cast(float, each[key]) for each in runs)

        figures += [
            figure(BENCH, fleet, "load", middle("load_seconds"), "s"),
            figure(BENCH, fleet, "GPUs in use", middle("full_percent"), "%"),
            figure(BENCH, fleet, "one decision, p50", middle("p50"), "ms", target=median),
            figure(BENCH, fleet, "one decision, p99", middle("p99"), "ms", target=late),
            figure(BENCH, fleet, f"first {_FIRST} decisions, p99", middle("first_p99"), "ms"),
            figure(BENCH, fleet, "decisions that found a place", middle("found_percent"), "%"),
            figure(BENCH, fleet, "peak memory", middle("gibibytes"), "GiB"),
        ]
    return figures


def _measure(size: str, seed: int) -> None:
    from dataclasses import replace  # noqa: PLC0415 (only the measured process loads it)

    from simulations.fleets import PRESETS, generate  # noqa: PLC0415
    from solver.greedy import kept_only  # noqa: PLC0415
    from solver.live import LiveFleet  # noqa: PLC0415
    from solver.matching.survey import Survey  # noqa: PLC0415

    problem = generate(replace(PRESETS[size], seed=seed))
    started = time.perf_counter()
    survey = Survey(problem)
    live = LiveFleet(survey, kept_only(survey))
    live.prepare(problem.deployments)
    loaded = time.perf_counter() - started
    random = Random(seed)  # noqa: S311 (a benchmark, not a secret)
    put = []
    for deployment in problem.deployments:
        while live.count(deployment.key) < deployment.replicas:
            placed = live.put(deployment)
            if placed is None:
                break
            put.append(placed.replica)
    total, refused = _gpus(survey), 0
    taken = sum(_asked(deployment) * live.count(deployment.key) for deployment in problem.deployments)
    # Then whatever still fits, until the fleet is as full as it is to be.
    while taken < _FULL * total and refused < _MOST_REFUSED:
        deployment = random.choice(problem.deployments)
        placed = live.put(deployment)
        if placed is None:
            refused += 1
        else:
            put.append(placed.replica)
            taken += _asked(deployment)
    times, found = [], 0
    for _ in range(_FIRST + _DECISIONS):
        deployment = random.choice(problem.deployments)
        begun = time.perf_counter()
        placed = live.put(deployment)
        times.append(1000 * (time.perf_counter() - begun))
        if placed is not None:
            found += 1
            put.append(placed.replica)
            live.take_away(put.pop(random.randrange(len(put))))
    first, rest = sorted(times[:_FIRST]), sorted(times[_FIRST:])
    print(
        json.dumps(
            {
                "load_seconds": loaded,
                "full_percent": 100 * taken / total,
                "p50": rest[len(rest) // 2],
                "p99": rest[len(rest) * 99 // 100],
                "first_p99": first[len(first) * 99 // 100],
                "found_percent": 100 * found / len(times),
                "gibibytes": peak_gibibytes(),
            }
        )
    )


def _gpus(survey: "Survey") -> int:
    """GPUs of nodes that take new pods."""
    kinds = survey.kinds
    gpus = [kind for kind, example in enumerate(kinds.examples) if example.driver.startswith("gpu")]
    nodes = [node for node in range(len(kinds.total)) if survey.inventory.takes_new(node)]
    return int(kinds.total[nodes][:, gpus].sum())


def _asked(deployment: "ModelDeployment") -> int:
    """GPUs of one replica."""
    return sum(
        engine.copies * member.pods_per_copy * request.count
        for engine in deployment.engines
        for member in engine.members
        for request in member.requests
        if request.name == "gpu"
    )


if __name__ == "__main__":
    _measure(sys.argv[1], int(sys.argv[2]))
