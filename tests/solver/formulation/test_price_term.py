"""The price term: the largest share of a node, or the bytes of memory taken."""

import pytest

from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica, gpus
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_price_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["price"] == found.model["price"]


def test_every_pod_is_rounded_up_on_its_own() -> None:
    """Three pods of a third of a dollar cost 1,000,002 micro-dollars."""
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(3),), price=1_000_000),)))

    assert 1_000_002 == modelled(a_problem(fleet, [a_deployment(3)])).model["price"]


def test_kept_replicas_cost_too() -> None:
    """A plan's price is what will be paid, not what is added."""
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(price=5),)))
    deployment = a_deployment(2)

    assert 10 == modelled(a_problem(fleet, [deployment], [a_replica(deployment)])).model["price"]
