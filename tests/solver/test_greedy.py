"""The fallback is always sound, and never evicts but to scale down."""

from solver.audit import violations
from solver.domain.plan import Plan
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.greedy import greedy
from solver.matching.compose import compose
from solver.matching.survey import Survey
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    an_engine,
)
from tests.solver.outcomes import kept, running

FOUR = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=4),)))


def _greedy(problem: Problem) -> Plan:
    survey = Survey(problem)
    plan = compose(survey, greedy(survey))
    assert () == violations(survey, plan)
    return plan


def test_greedy_does_not_preempt() -> None:
    """It is what a plan falls back to when something is wrong; that is no time to evict."""
    low, high = a_deployment(4, name="low"), a_deployment(name="high", priority=1)
    replicas = [a_replica(low, index=index) for index in range(4)]

    assert 4 == len(kept(_greedy(a_problem(FOUR, [low, high], replicas))))


def test_greedy_places_the_higher_priority_first() -> None:
    """Whatever the names."""
    problem = a_problem(FOUR, [a_deployment(1, a_gang(3), name="z", priority=1), a_deployment(4, name="a")])

    plan = _greedy(problem)

    assert (["cluster-a/0"], ["cluster-a/0"]) == (running(plan, "z"), running(plan, "a"))


def test_greedy_spreads_over_clusters() -> None:
    """As the reference does."""
    fleet = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b"))

    assert ["cluster-a/0", "cluster-a/1", "cluster-b/0"] == running(
        _greedy(a_problem(fleet, [a_deployment(3)]))
    )


def test_greedy_fills_no_pod_past_a_quota() -> None:
    """If the fallback is refused there is no plan at all."""
    policy = Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=2),))
    observed = a_replica(a_deployment(), nodes=("default/0",))
    problem = a_problem(FOUR, [a_deployment(1, an_engine(copies=3))], [observed], policy=policy)

    (keep,) = _greedy(problem).keeps

    assert 2 == sum(slot.node is not None for slot in keep.slots)
