"""Prices: the bound they prove, and that they repeat."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.search.stranded_prices import Effort, stranded_prices
from solver.stranded.amounts import FreeNode, Grid, Request
from solver.stranded.demand import Demand, Scenarios, demand, scenarios
from solver.stranded.prices import MICRO, worth
from tests.solver.stranded.by_hand import best_worth
from tests.solver.stranded.strategies import demands, nodes

GRID = Grid(host_steps=(500, None))
NODES = [FreeNode(host=(96_000, 0), kind=number % 2, devices=(1000,) * 8) for number in range(6)]
MIX = [
    (Request(host=(3500, 0), devices=1, share_milli=810), 6),
    (Request(host=(11_500, 0), devices=1, share_milli=1000), 8),
    (Request(host=(12_000, 0), devices=1, share_milli=470, kinds=(1,)), 4),
    (Request(host=(12_500, 0), devices=0, share_milli=0), 3),
    (Request(host=(88_000, 0), devices=8, share_milli=1000), 1),
]


@given(
    free=st.lists(nodes(most_host=4, most_devices=2), min_size=1, max_size=2),
    expected=demands(most=3),
    rounds=st.integers(min_value=1, max_value=6),
    data=st.data(),
)
def test_a_bound_is_never_below_the_optimum(
    free: list[FreeNode], expected: Demand, rounds: int, data: st.DataObject
) -> None:
    """Proven after any number of rounds: weights that are cut short still prove something."""
    wanted = [data.draw(st.integers(min_value=0, max_value=2)) for _ in expected.classes]
    value = worth(expected, host_micro_per_step=(100, 100))
    drawn = Scenarios(counts=np.array([wanted], dtype=np.int64))

    prices = stranded_prices(free, expected, drawn, value, effort=Effort(rounds=rounds))

    assert prices.bounds[0] >= best_worth(free, expected, wanted, [int(one) for one in value])


def test_prices_repeat_whatever_the_order_of_the_nodes() -> None:
    """Same input, same bytes: groups are sorted, GLOP runs on one thread to its end."""
    expected = demand(MIX, GRID)
    drawn = scenarios(expected, idle_milli=48_000, count=4, seed=1)
    value = worth(expected, host_micro_per_step=(50_000,))

    first = stranded_prices(NODES, expected, drawn, value)
    second = stranded_prices(NODES[::-1], expected, drawn, value)

    assert first.bounds == second.bounds
    assert first.weights.tobytes() == second.weights.tobytes()


def test_demand_that_is_met_elsewhere_makes_room_worth_nothing() -> None:
    """Two nodes and one pod: one more node would change nothing, so the pod weighs next to nothing."""
    expected = demand(MIX[1:2], GRID)

    prices = stranded_prices(
        NODES[:2], expected, Scenarios(counts=np.array([[1]])), worth(expected), effort=Effort(rounds=16)
    )

    # Drawn duals come near the optimum, and stop at two thousandths of it.
    assert int(prices.weights.max()) <= MICRO
    assert 1_000_000 <= prices.bounds[0] <= 1_002_000


def test_a_fleet_without_nodes_has_prices() -> None:
    """Nothing fits, and the bound says so."""
    expected = demand(MIX, GRID)
    drawn = scenarios(expected, idle_milli=0, count=2, seed=0)

    assert (0, 0) == stranded_prices([], expected, drawn, worth(expected)).bounds
