"""Pods that a larger template adds to kept replicas: before the shortfall of their priority."""

import pytest

from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica, an_engine
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_unfilled_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    wanted = {tier: value for tier, value in found.measured.items() if tier.startswith("unfilled")}
    assert wanted == {tier: value for tier, value in found.model.items() if tier.startswith("unfilled")}


def test_what_a_kept_replica_lacks_comes_before_a_new_one() -> None:
    """A kept replica is charged its current template: of four nodes it takes three."""
    before, after = a_deployment(), a_deployment(1, an_engine(copies=3))
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=4),)))
    other = a_deployment(2, name="other")

    found = modelled(a_problem(fleet, [after, other], [a_replica(before, nodes=("default/0",))]))

    assert (0, 1) == (found.model["unfilled"], found.model["shortfall"])
