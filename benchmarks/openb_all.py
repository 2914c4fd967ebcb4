"""All 17 traces of openb with all ten seeds, through FGD, BestFit and prices: hours on two cores.

Every comparison is printed to stderr as it ends, as a row of a Markdown table.
"""

import os
import statistics
import sys
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor

from benchmarks.figure import Figure, figure
from benchmarks.openb.compare import (
    LEAST_GAIN_PERCENT,
    LEAST_MEAN_GAIN_PERCENT,
    MOST_DECISION_MILLISECONDS,
    MOST_UNALLOCATED_PERCENT,
    Comparison,
    compare,
)
from benchmarks.openb.trace import TRACES

#: Runs only when it is asked for by name.
ONLY_BY_NAME = True

_BENCH = "openb_all"
_SEEDS = range(42, 52)
_QUICK_SEEDS = range(42, 43)


def run(quick: bool) -> list[Figure]:  # noqa: FBT001 (the runner calls it)
    """A figure for each trace, over all seeds; over one seed where *quick*."""
    seeds = _QUICK_SEEDS if quick else _SEEDS
    # Seed by seed, so that a run that is stopped has said something about every trace.
    cases = [(trace, seed) for seed in seeds for trace in TRACES]
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        found = list(_told(workers.map(compare, *zip(*cases, strict=True))))
    by_trace = [[one for one in found if one.trace == trace] for trace in TRACES]
    entries = [entry for comparisons in by_trace for entry in _trace_figures(comparisons)]
    gain = statistics.fmean(one.gain_percent for one in found)
    all_traces = figure(_BENCH, "all traces", "mean over FGD", -gain, "%", target=-LEAST_MEAN_GAIN_PERCENT)
    return [*entries, all_traces]


def _trace_figures(comparisons: list[Comparison]) -> list[Figure]:
    case = comparisons[0].trace
    unallocated = [100 - one.prices_percent for one in comparisons]
    fragments = [100 - one.fgd_percent for one in comparisons]
    most = MOST_UNALLOCATED_PERCENT if case == "default" else None
    mean = statistics.fmean(unallocated)
    slowest = max(one.decision_ms for one in comparisons)
    return [
        figure(_BENCH, case, "unallocated", mean, "%", target=most, baseline=statistics.fmean(fragments)),
        figure(_BENCH, case, "unallocated, worst seed", max(unallocated), "%", baseline=max(fragments)),
        figure(
            _BENCH,
            case,
            "unallocated over FGD",
            mean - statistics.fmean(fragments),
            "%",
            target=-LEAST_GAIN_PERCENT,
        ),
        figure(_BENCH, case, "decision", slowest, "ms", target=MOST_DECISION_MILLISECONDS),
    ]


def _told(found: Iterable[Comparison]) -> Iterable[Comparison]:
    print("| trace | seed | FGD | BestFit | prices | gain | ms | refresh s |", file=sys.stderr)
    print("|---|---:|---:|---:|---:|---:|---:|---:|", file=sys.stderr, flush=True)
    for one in found:
        print(
            f"| {one.trace} | {one.seed} | {one.fgd_percent:.2f} | {one.best_fit_percent:.2f} "
            f"| {one.prices_percent:.2f} | {one.gain_percent:+.2f} | {one.decision_ms:.2f} "
            f"| {one.refresh_seconds / one.refreshes:.1f} |",
            file=sys.stderr,
            flush=True,
        )
        yield one
