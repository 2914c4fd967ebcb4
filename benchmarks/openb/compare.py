"""FGD, BestFit and prices on the same arrivals, and the figures of that."""

from dataclasses import dataclass

from benchmarks.figure import Figure, figure
from benchmarks.openb.arrivals import arrivals, until_read
from benchmarks.openb.best_fit import best_fit
from benchmarks.openb.fgd import fgd, typical
from benchmarks.openb.priced import PricedPolicy
from benchmarks.openb.replay import Outcome, replay
from benchmarks.openb.trace import DEVICE_MILLI, nodes, pods

#: Unallocated devices may be at most this share on the default trace, and so much less than FGD's on every trace.
MOST_UNALLOCATED_PERCENT = 4.0
LEAST_GAIN_PERCENT = 0.2
LEAST_MEAN_GAIN_PERCENT = 1.2
MOST_DECISION_MILLISECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One trace with one seed; *refresh_seconds* are those of all prices together, and not in *decision_ms*."""

    trace: str
    seed: int
    fgd_percent: float
    best_fit_percent: float
    prices_percent: float
    decision_ms: float
    fgd_decision_ms: float
    refresh_seconds: float
    refreshes: int

    @property
    def gain_percent(self) -> float:
        """Allocated devices above FGD's, in percent of all devices."""
        return self.prices_percent - self.fgd_percent


def compare(trace: str, seed: int) -> Comparison:
    """Replay *trace* with *seed* through the three policies.

    Raises:
        LimitBroken: one of them broke a limit.
    """
    cluster, mix = nodes(), pods(trace)
    capacity = sum(node.devices for node in cluster) * DEVICE_MILLI
    sequence = until_read(arrivals(mix, capacity_milli=capacity, seed=seed), capacity_milli=capacity)
    by_fragments = replay(cluster, sequence, fgd(cluster, typical(mix)))
    by_fit = replay(cluster, sequence, best_fit(cluster))
    priced = PricedPolicy(cluster, mix)
    by_prices = replay(cluster, sequence, priced)
    refresh_seconds = sum(priced.refresh_seconds)
    return Comparison(
        trace=trace,
        seed=seed,
        fgd_percent=by_fragments.allocated_percent,
        best_fit_percent=by_fit.allocated_percent,
        prices_percent=by_prices.allocated_percent,
        decision_ms=_milliseconds(by_prices, but_seconds=refresh_seconds),
        fgd_decision_ms=_milliseconds(by_fragments),
        refresh_seconds=refresh_seconds,
        refreshes=len(priced.refresh_seconds),
    )


def figures_of(bench: str, found: Comparison) -> list[Figure]:
    """The figures of one comparison; what is better is smaller, so devices *not* allocated are counted."""
    case = f"{found.trace}, seed {found.seed}"
    unallocated = 100 - found.prices_percent
    return [
        figure(bench, case, "unallocated", unallocated, "%", baseline=100 - found.fgd_percent),
        figure(bench, case, "unallocated, BestFit", 100 - found.best_fit_percent, "%"),
        figure(bench, case, "unallocated, over FGD", -found.gain_percent, "%", target=-LEAST_GAIN_PERCENT),
        figure(
            bench,
            case,
            "decision",
            found.decision_ms,
            "ms",
            target=MOST_DECISION_MILLISECONDS,
            baseline=found.fgd_decision_ms,
        ),
        figure(bench, case, "prices, each refresh", found.refresh_seconds / max(found.refreshes, 1), "s"),
    ]


def _milliseconds(outcome: Outcome, *, but_seconds: float = 0.0) -> float:
    return 1000 * (outcome.seconds - but_seconds) / max(outcome.decisions, 1)
