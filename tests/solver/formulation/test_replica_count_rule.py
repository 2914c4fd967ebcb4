"""The constraint ReplicaCount: placed and missing replicas are what is wanted."""

import pytest

from solver.domain.problem import Problem
from solver.place import place
from tests.builders import a_deployment, a_problem, a_replica
from tests.solver.formulation.models import PROBLEMS, most_replicas


@pytest.mark.parametrize("name", PROBLEMS)
def test_placed_and_short_are_what_is_wanted(name: str) -> None:
    """The model is always feasible: what finds no place is short."""
    problem = PROBLEMS[name]
    plan = place(problem).plan

    missing = {short.deployment: short.missing for short in plan.shortfalls}
    for deployment in problem.deployments:
        placed = sum(replica.replica.deployment == deployment.key for replica in plan.replicas)
        assert deployment.replicas == placed + missing.get(deployment.key, 0)


@pytest.mark.parametrize(("wanted", "kept", "most"), [(0, 2, 0), (1, 2, 1), (2, 2, 2), (3, 1, 2), (0, 0, 0)])
def test_no_more_than_wanted_and_no_more_than_fit(wanted: int, kept: int, most: int) -> None:
    """Two one-GPU nodes."""
    deployment = a_deployment(wanted)
    replicas = [a_replica(deployment, index=index) for index in range(kept)]

    assert most == most_replicas(a_problem(deployments=[deployment], replicas=replicas))


def _nothing() -> Problem:
    return a_problem()


def test_an_empty_problem_has_an_empty_plan() -> None:
    """Nothing wanted, nothing short, no reasons."""
    decision = place(_nothing())

    assert ((), (), ()) == (decision.plan.replicas, decision.rejections, decision.conflicts)
