"""The canonical term: ranks of the nodes of all pods, from 1."""

import pytest

from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, gpus
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_canonical_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["canonical"] == found.model["canonical"]


def test_a_node_that_is_used_twice_counts_twice() -> None:
    """It is the pods that have ranks."""
    fleet = a_fleet(
        ClusterSpec(pools=(PoolSpec(name="a", nodes=1, devices=()), PoolSpec(name="b", devices=(gpus(2),))))
    )

    assert 2 + 2 == modelled(a_problem(fleet, [a_deployment(2)])).model["canonical"]
