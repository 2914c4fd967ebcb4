"""Victims that no best plan has: leaving them out changes no value of any tier."""

import pytest

from solver.baseline import baseline
from solver.domain.policy import Policy, Preemption
from solver.formulation.build import build
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.search.budget import Budget
from solver.search.sparing import spared
from solver.search.tiers import solve
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica, gpus
from tests.solver.oracle.generate import generate
from tests.solver.search.fleets import like_nodes


def optimum(survey: Survey) -> dict[str, int]:
    """The values of the tiers but 0, solved node by node."""
    formulation = build(Scene(survey, single=True), baseline=baseline(survey))
    staged = solve(formulation.matrix, formulation.stages, Budget())
    assert all(result.value == result.bound for result in staged.results)
    return {r.stage.objective.name: r.value for r in staged.results if r.stage.is_tier and r.value}


@pytest.mark.parametrize("seed", range(60))
def test_optimum_stays(seed: int) -> None:
    """On tiny problems with replicas that run, solved with all victims and without those left out."""
    survey = Survey(generate(seed))

    assert optimum(survey) == optimum(spared(survey))


@pytest.mark.parametrize("seed", range(20))
def test_optimum_stays_on_like_nodes(seed: int) -> None:
    """With more priorities, gangs and quotas."""
    survey = Survey(like_nodes(seed, most_nodes=2, observed=0.8))

    assert optimum(survey) == optimum(spared(survey))


def victims(*wanted: tuple[str, int, int], nodes: int, policy: Policy | None = None) -> list[str]:
    """Names of those who may be evicted: (name, priority, replicas) of which two run, on nodes of one GPU."""
    deployments = [a_deployment(count, name=name, priority=priority) for name, priority, count in wanted]
    replicas = [
        a_replica(deployment, index=index, nodes=[str(2 * number + index)])
        for number, deployment in enumerate(deployments)
        for index in range(min(2, deployment.replicas) if deployment.priority < 2 else 0)
    ]
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=nodes, devices=[gpus(1)])]))
    survey = spared(Survey(a_problem(fleet, deployments, replicas, policy=policy)))
    return sorted({key.deployment.name for key in survey.movable})


def test_nobody_is_a_victim_where_all_fit() -> None:
    """One free node is enough for the replica that is missing."""
    assert [] == victims(("low", 0, 2), ("middle", 1, 2), ("high", 2, 1), nodes=5)


def test_only_those_below_are_victims() -> None:
    """The high priority finds a place once the lowest goes, so the middle one is never asked."""
    assert ["low"] == victims(("low", 0, 2), ("middle", 1, 2), ("high", 2, 1), nodes=4)


def test_all_below_are_victims_where_the_lowest_are_not_enough() -> None:
    """Three replicas of the high priority need more than the two of the lowest."""
    assert ["low", "middle"] == victims(("low", 0, 2), ("middle", 1, 2), ("high", 2, 3), nodes=4)


def test_budget_leaves_everybody_movable() -> None:
    """Whoever may be moved within a budget is not spared."""
    policy = Policy(eviction_budget=1, preemption=Preemption.LOWER_PRIORITY)
    assert ["low", "middle"] == victims(
        ("low", 0, 2), ("middle", 1, 2), ("high", 2, 1), nodes=5, policy=policy
    )
