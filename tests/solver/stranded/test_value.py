"""Values of nodes: the best joint packing, and what it leaves."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from solver.stranded.amounts import FreeNode, Grid, Request
from solver.stranded.demand import Demand, demand
from solver.stranded.prices import Prices, worth
from solver.stranded.value import Stranded, Valuation
from tests.solver.stranded.by_hand import best_value
from tests.solver.stranded.strategies import KINDS, demands, nodes

CPU_ONLY_GRID = Grid(host_steps=(500, None))


def valuation(expected: Demand, *weights: list[int], most_host: int = 6) -> Valuation:
    prices = Prices(
        expected=expected,
        worth=np.array(weights[0], dtype=np.int64),
        weights=np.array(weights, dtype=np.int32),
        bounds=(0,) * len(weights),
    )
    resources = len(expected.grid.host_steps)
    return Valuation(prices, kinds=KINDS, most_host=(most_host,) * resources, most_devices=8)


@given(node=nodes(), expected=demands(), data=st.data())
def test_a_value_is_that_of_the_best_packing_there_is(
    node: FreeNode, expected: Demand, data: st.DataObject
) -> None:
    """Exact: every way to pack two host resources, shares and gangs jointly has been considered."""
    weights = [[data.draw(st.integers(min_value=0, max_value=9)) for _ in expected.classes] for _ in range(2)]

    assert tuple(best_value(node, expected.classes, row) for row in weights) == valuation(
        expected, *weights
    ).value(node)


@given(node=nodes(), expected=demands(), data=st.data())
def test_a_packing_is_worth_its_value_and_leaves_nothing_below_zero(
    node: FreeNode, expected: Demand, data: st.DataObject
) -> None:
    """What the tables are read back to is what they counted."""
    weights = [data.draw(st.integers(min_value=0, max_value=9)) for _ in expected.classes]
    valued = valuation(expected, weights)

    packing = valued.packing(node, 0)

    assert valued.value(node) == (sum(map(int.__mul__, packing, weights)),)
    (left,) = valued.stranded(node)
    assert min(left.device_milli, *left.host) >= 0


def test_devices_without_cpu_for_anything_expected_are_stranded() -> None:
    """Three free devices beside five cores: only one pod of four cores can ever use one."""
    pod = Request(host=(4000, 8), devices=1, share_milli=1000)
    expected = demand([(pod, 1)], CPU_ONLY_GRID)
    valued = valuation(expected, [1_000_000], most_host=8000)
    node = FreeNode(host=(5000, 64), kind=0, devices=(1000, 1000, 1000))

    assert (Stranded(host=(1000, 0), device_milli=2000),) == valued.stranded(node)


def test_what_demand_makes_together_counts_and_not_what_each_could_alone() -> None:
    """Two pods of 500 use a device that one of 810 leaves a rest of."""
    expected = demand(
        [
            (Request(host=(1000, 0), devices=1, share_milli=810), 1),
            (Request(host=(1000, 0), devices=1, share_milli=500), 1),
        ],
        CPU_ONLY_GRID,
    )
    valued = valuation(expected, list(map(int, worth(expected))), most_host=8000)

    assert (1_000_000,) == valued.value(FreeNode(host=(8000, 0), kind=0, devices=(1000,)))
    assert (810_000,) == valued.value(FreeNode(host=(1500, 0), kind=0, devices=(1000,)))
