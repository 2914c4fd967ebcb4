"""Plan of 20 clusters, 1,000 nodes, 8,000 GPUs, 200 deployments, 2,000 replicas: seconds, and proven gap by tier.

Each plan is made in a fresh process. The baseline is the greedy plan of the same problem: its seconds, its values,
and its gaps to the same bounds.
"""

import json
import statistics
import sys
import time
from typing import cast

from benchmarks.figure import Figure, figure, measured, peak_gibibytes

BENCH = "plan_mid_fleet"
SECONDS_TARGET = 10.0
GAP_TARGET_PERCENT = 1.0
SEED = 1
_CASES = {"new": "from nothing", "observed": "85 % in place, 15 nodes lost"}
#: Tiers that count something; the gap is over the replicas wanted. Price is measured over its bound.
_COUNTED = ("shortfall", "evictions", "expected", "spread", "distance", "locality")


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """Seconds of ``place``, then value and proven gap of each tier; *quick* measures once."""
    return [found for case in _CASES for found in _case(case, rounds=1 if quick else 3)]


def _case(case: str, rounds: int) -> list[Figure]:
    runs = [measured("plan_mid_fleet", case, str(SEED)) for _ in range(rounds)]
    first, name = runs[0], _CASES[case]
    seconds = statistics.median(cast(float, each["seconds"]) for each in runs)
    greedy_seconds = cast(float, first["greedy_seconds"])
    figures = [
        figure(BENCH, name, "place", seconds, "s", target=SECONDS_TARGET, baseline=greedy_seconds),
        figure(BENCH, name, "peak memory", cast(float, first["gibibytes"]), "GiB"),
        figure(BENCH, name, "replicas wanted", cast(int, first["wanted"]), "replicas"),
    ]
    for tier in cast(list[dict[str, object]], first["tiers"]):
        figures += _tier(name, tier, cast(int, first["wanted"]))
    return figures


def _tier(case: str, tier: dict[str, object], wanted: int) -> list[Figure]:
    name, unit = cast(str, tier["name"]), cast(str, tier["unit"])
    value, bound, greedy = (cast(int, tier[key]) for key in ("value", "bound", "greedy"))
    is_counted = name.startswith(_COUNTED)
    whole = wanted if is_counted else max(1, bound)
    return [
        figure(BENCH, case, name, value, unit, baseline=greedy),
        figure(
            BENCH,
            case,
            f"gap of {name}",
            100 * (value - bound) / whole,
            "% of wanted" if is_counted else "% of bound",
            target=GAP_TARGET_PERCENT if is_counted else None,
            baseline=100 * (greedy - bound) / whole,
        ),
    ]


def _measure(case: str, seed: int) -> None:
    from benchmarks.fleets import mid_fleet  # noqa: PLC0415 (only the measured process loads it)
    from solver.greedy import greedy  # noqa: PLC0415
    from solver.matching.compose import compose  # noqa: PLC0415
    from solver.matching.survey import Survey  # noqa: PLC0415
    from solver.measures import measures  # noqa: PLC0415
    from solver.place import place  # noqa: PLC0415
    from solver.selectors.selector import compile_selector  # noqa: PLC0415

    problem = mid_fleet(seed, is_observed=case == "observed")
    # Whoever reads a fleet compiles selectors, and the first one loads the grammar.
    compile_selector("true")
    started = time.perf_counter()
    decision = place(problem)
    seconds = time.perf_counter() - started
    gibibytes = peak_gibibytes()
    started = time.perf_counter()
    survey = Survey(problem)
    plain = compose(survey, greedy(survey))
    greedy_seconds = time.perf_counter() - started
    plain_values = {measure.name: measure.value for measure in measures(survey, plain)}
    found = {
        "seconds": seconds,
        "greedy_seconds": greedy_seconds,
        "gibibytes": gibibytes,
        "path": decision.path,
        "wanted": sum(deployment.replicas for deployment in problem.deployments),
        "tiers": [
            {
                "name": tier.name,
                "value": tier.value,
                "bound": tier.bound,
                "unit": tier.unit,
                "greedy": plain_values[tier.name],
            }
            for tier in decision.tiers
        ],
    }
    print(json.dumps(found))


if __name__ == "__main__":
    _measure(sys.argv[1], int(sys.argv[2]))
