"""Expected demand: classes of like requests with rates, and scenarios drawn from them.

The rates come from recent arrivals, from deployments known to grow, or from a stated mix: whoever calls decides.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.stranded.amounts import DEVICE_MILLI, Grid, Request

#: Demand of a scenario over what is idle, in thousandths: on average, and the most it deviates.
#: Demand must exceed what is idle: where everything fits, nothing has a price.
MEAN_SCALE_MILLI = 1150
SPREAD_SCALE_MILLI = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """Classes of requests, each rounded up to a grid, and how often each is asked for (any common unit)."""

    grid: Grid
    classes: tuple[Request, ...]
    rates: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenarios:
    """How many requests of each class to expect: a row for each scenario, a column for each class."""

    counts: NDArray[np.int64]


def demand(requests: Iterable[tuple[Request, int]], grid: Grid) -> Demand:
    """The classes of *requests*, each given with its rate, in a fixed order whatever theirs."""
    rates: dict[tuple[tuple[int, ...], int, int, tuple[int, ...] | None], int] = defaultdict(int)
    for request, rate in requests:
        host = tuple(
            0 if step is None else -(-amount // step) * step
            for amount, step in zip(request.host, grid.host_steps, strict=True)
        )
        share = grid.level_up(request.share_milli) * grid.share_step
        rates[host, request.devices, share, request.kinds] += rate
    ordered = sorted(rates.items(), key=lambda entry: (*entry[0][:3], entry[0][3] or (), entry[0][3] is None))
    return Demand(
        grid=grid,
        classes=tuple(
            Request(host=host, devices=devices, share_milli=share, kinds=kinds)
            for (host, devices, share, kinds), _ in ordered
        ),
        rates=tuple(rate for _, rate in ordered),
    )


def scenarios(expected: Demand, *, idle_milli: int, count: int, seed: int) -> Scenarios:
    """*count* scenarios in which *expected* asks for about 1.15 times the idle devices; Poisson counts.

    Their scales lie evenly between 1.05 and 1.25, so that a few of them stand for many. Of gangs of one size none
    expects fewer than the mean, rounded up: a scenario without any would give the last wholly free nodes away.
    """
    chance = np.random.default_rng(seed)
    asked = sum(
        rate * request.device_milli for request, rate in zip(expected.classes, expected.rates, strict=True)
    )
    rates = np.array(expected.rates, dtype=np.float64)
    takes_devices = np.array([request.devices > 0 for request in expected.classes], dtype=bool)
    rows = []
    for scale in _scales(count):
        # Requests without devices are not inflated: that would make CPU scarce where it is not.
        scales = np.where(takes_devices, scale, DEVICE_MILLI)
        means = rates * scales * (idle_milli / (DEVICE_MILLI * asked)) if asked else rates * 0
        rows.append(_with_gangs(expected.classes, means, chance.poisson(means)))
    return Scenarios(counts=np.array(rows, dtype=np.int64).reshape(count, len(expected.classes)))


def _with_gangs(
    classes: Sequence[Request], means: NDArray[np.float64], drawn: NDArray[np.int64]
) -> NDArray[np.int64]:
    """*drawn*, with the gangs of each size that it lacks added to the most common class of them."""
    devices = np.array([request.devices for request in classes], dtype=np.int64)
    for size in sorted({int(one) for one in devices if one > 1}):
        of_size = np.flatnonzero(devices == size)
        lacking = math.ceil(means[of_size].sum()) - int(drawn[of_size].sum())
        drawn[of_size[means[of_size].argmax()]] += max(lacking, 0)
    return drawn


def _scales(count: int) -> Sequence[float]:
    if count == 1:
        return [MEAN_SCALE_MILLI]
    step = 2 * SPREAD_SCALE_MILLI / (count - 1)
    return [MEAN_SCALE_MILLI - SPREAD_SCALE_MILLI + step * number for number in range(count)]
