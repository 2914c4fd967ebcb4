"""The spread term: pairs that share a cluster, or a domain of a preferred rule."""

import pytest

from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_spread_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["spread"] == found.model["spread"]


@pytest.mark.parametrize(("replicas", "pairs"), [(0, 0), (1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (6, 6)])
def test_pairs_rise_with_every_replica_of_a_cluster(replicas: int, pairs: int) -> None:
    """Two clusters: 3 is 2 + 1, 5 is 3 + 2."""
    pools = (PoolSpec(nodes=4),)
    fleet = a_fleet(ClusterSpec(pools=pools), ClusterSpec(name="cluster-b", pools=pools))

    assert pairs == modelled(a_problem(fleet, [a_deployment(replicas)])).model["spread"]


def test_other_deployments_do_not_count() -> None:
    """Two deployments on one cluster are no pair."""
    problem = a_problem(deployments=[a_deployment(name="a"), a_deployment(name="b")])

    assert 0 == modelled(problem).model["spread"]
