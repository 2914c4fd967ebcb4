"""Expected demand: rounding, order, scenarios."""

import numpy as np
import pytest

from solver.stranded.amounts import Grid, Request
from solver.stranded.demand import demand, scenarios

GRID = Grid(host_steps=(500, None))


def test_requests_that_round_to_the_same_steps_are_one_class() -> None:
    """Half a core and ten thousandths tell classes apart; memory does not count here."""
    found = demand(
        [
            (Request(host=(3152, 5600), devices=1, share_milli=465), 2),
            (Request(host=(3400, 1), devices=1, share_milli=470), 3),
        ],
        GRID,
    )

    assert (Request(host=(3500, 0), devices=1, share_milli=470),) == found.classes
    assert (5,) == found.rates


def test_classes_do_not_depend_on_the_order_of_requests() -> None:
    """Same input, same bytes."""
    mix = [(Request(host=(cpu, 0), devices=1, share_milli=cpu), cpu) for cpu in (900, 100, 500)]

    assert demand(mix, GRID) == demand(reversed(mix), GRID)


def test_scenarios_ask_for_about_what_is_idle_and_repeat_with_the_seed() -> None:
    """1.15 times, give or take a tenth: below 1 nothing would have a price."""
    expected = demand([(Request(host=(500, 0), devices=1, share_milli=500), 1)], GRID)

    drawn = scenarios(expected, idle_milli=5_000_000, count=4, seed=7)

    assert 11_500 == pytest.approx(drawn.counts.mean(), rel=0.02)
    again = scenarios(expected, idle_milli=5_000_000, count=4, seed=7)
    assert np.array_equal(drawn.counts, again.counts)


def test_nothing_expected_gives_scenarios_of_nothing() -> None:
    """A mix without devices, or none at all, scales to no number."""
    assert (4, 0) == scenarios(demand([], GRID), idle_milli=1000, count=4, seed=0).counts.shape


def test_a_share_of_several_devices_is_refused() -> None:
    """It contradicts what a request is."""
    with pytest.raises(ValueError, match="500 thousandths of each of 2 devices"):
        Request(host=(0,), devices=2, share_milli=500)
