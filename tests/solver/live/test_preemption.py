"""Huge fleets, one replica at a time: who gives way, who comes back, and what the decision says of it."""

import pytest

from solver.audit import violations
from solver.domain.decision import Path
from solver.domain.policy import Policy, Preemption, TierName
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.live.filling import filled
from solver.matching.compose import compose
from solver.matching.survey import Survey
from solver.measures import measures
from solver.place import place
from solver.search import size
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.oracle.brute_force import best
from tests.solver.oracle.generate import generate


def is_free(problem: Problem) -> bool:
    """Whether placing comes first and nothing has a maximum: what filling one by one is for."""
    tiers = problem.policy.tiers
    return tiers[0].name is TierName.SHORTFALL and all(tier.maximum is None for tier in tiers)


@pytest.mark.parametrize("first", range(0, 160, 10))
def test_plans_are_sound_and_never_better_than_the_best(first: int) -> None:
    """What fills one by one passes every check of the audit, and no tier vector is below the optimum."""
    for seed in range(first, first + 10):
        problem = generate(seed)
        if not is_free(problem):
            continue
        survey = Survey(problem)
        plan = compose(survey, filled(survey))
        tiers = [measure.value for measure in measures(survey, plan)]

        assert [] == [str(found) for found in violations(survey, plan)], seed
        assert tiers >= list(best(problem).tiers.values()), seed


def a_full_node(*, preemption: Preemption = Preemption.LOWER_PRIORITY) -> Problem:
    """One node of eight GPUs that two replicas of four fill; a higher priority wants four."""
    low = a_deployment(2, an_engine(Member(requests=(a_request(4),))), name="low")
    high = a_deployment(1, an_engine(Member(requests=(a_request(4),))), name="high", priority=10)
    running = [a_replica(low, nodes=["default/0"], index=index) for index in range(2)]
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(8),)),)))
    return a_problem(fleet, [low, high], running, policy=Policy(preemption=preemption))


def test_as_few_as_possible_give_way() -> None:
    """One of two replicas of four GPUs goes for another of four; its fellow is not touched."""
    survey = Survey(a_full_node())
    draft = filled(survey)

    assert ["low"] == [standing.replica.key.deployment.name for standing in draft.evicted]
    assert ["low"] == [kept.standing.replica.key.deployment.name for kept in draft.kept]
    assert ["high"] == [new.deployment.key.name for new in draft.new]


def test_nobody_gives_way_where_the_policy_forbids_it() -> None:
    """Preemption Never: the high priority is short, and what runs stays."""
    draft = filled(Survey(a_full_node(preemption=Preemption.NEVER)))

    assert (2, 0, 0) == (len(draft.kept), len(draft.evicted), len(draft.new))


def test_a_huge_fleet_is_planned_one_by_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """The decision says which path was taken, and claims no bound."""
    monkeypatch.setattr(size, "_MOST_PAIRS", 0)
    decision = place(a_full_node())

    assert Path.ONE_BY_ONE is decision.path
    assert [0] * len(decision.tiers) == [tier.bound for tier in decision.tiers]
    assert ["low"] == [evict.replica.deployment.name for evict in decision.plan.evicts]
    assert ["PREEMPTED"] == [evict.reason.name for evict in decision.plan.evicts]
