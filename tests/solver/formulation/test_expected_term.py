"""The expected term: pods on nodes that a pool has yet to add."""

import pytest

from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_gang, a_problem
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_expected_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["expected"] == found.model["expected"]


def test_every_pod_on_an_expected_node_counts() -> None:
    """A gang of three with one existing node has two."""
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, expected=3),)))

    assert 2 == modelled(a_problem(fleet, [a_deployment(1, a_gang(3))])).model["expected"]
