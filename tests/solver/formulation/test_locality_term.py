"""The locality term: new replicas on clusters where their cache is not Ready."""

import pytest

from solver.domain.workload import ModelCache
from tests.builders import a_deployment, a_problem, a_replica
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_locality_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["locality"] == found.model["locality"]


def test_kept_replicas_do_not_count() -> None:
    """They have their weights, wherever they run."""
    cache = ModelCache(namespace="ml-team", name="weights")
    deployment = a_deployment(2, cache="weights")

    found = modelled(a_problem(deployments=[deployment], replicas=[a_replica(deployment)], caches=[cache]))

    assert 1 == found.model["locality"]
