"""Huge fleets, one replica at a time: who gives way, who comes back, and what the decision says of it."""

from dataclasses import replace

import pytest

from solver.audit import violations
from solver.domain.decision import Path
from solver.domain.fleet import NodeResources
from solver.domain.policy import Policy, Preemption, Quota, TierName
from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelDeployment
from solver.live.filling import filled
from solver.matching.compose import compose
from solver.matching.survey import Survey
from solver.measures import measures
from solver.place import place
from solver.search import size
from tests.builders import (
    GPU_CLASS,
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


def wants(replicas: int, count: int = 1, *, copies: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count),)), copies=copies)
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def nodes(count: int, devices: int = 8, **changes: object) -> ClusterSpec:
    return ClusterSpec(pools=(PoolSpec(nodes=count, devices=(gpus(devices),), **changes),))  # type: ignore[arg-type]


def shortfalls(problem: Problem) -> dict[str, int]:
    """Replicas short by deployment, one by one; the exact plan is short of as many."""
    survey = Survey(problem)
    plan = compose(survey, filled(survey))
    found = {each.deployment.name: each.missing for each in plan.shortfalls}
    assert found == {each.deployment.name: each.missing for each in place(problem).plan.shortfalls}
    return found


def test_one_victim_is_better_than_two() -> None:
    """Either node would do: that with one replica of four GPUs is cleared, not that with two of two."""
    one, two = wants(1, 4, name="one"), wants(2, 2, name="two")
    running = [
        a_replica(one, nodes=["default/0"]),
        *(a_replica(two, nodes=["default/1"], index=index) for index in range(2)),
    ]
    problem = a_problem(a_fleet(nodes(2, 4)), [one, two, wants(1, 4, name="high", priority=10)], running)

    assert {"one": 1} == shortfalls(problem)


def test_a_misplaced_replica_does_not_take_the_place_of_a_higher_priority() -> None:
    """It should move to cluster b, whose only node a higher priority needs: it stays where it is."""
    low = wants(1, 8, name="low", cluster_selector={"r": "b"})
    high = wants(1, 8, name="high", priority=10, cluster_selector={"r": "b"})
    fleet = a_fleet(*(replace(nodes(1), name=name, labels={"r": name}) for name in "ab"))
    problem = a_problem(fleet, [low, high], [a_replica(low, cluster="a", nodes=["default/0"])])

    assert {} == shortfalls(problem)


def test_who_has_the_cpu_gives_way() -> None:
    """Six of eight GPUs are free, and two of ten cores: what is short is not a device."""

    def heavy(**changes: object) -> ModelDeployment:
        member = Member(requests=(a_request(2),), cpu_millicores=8_000)
        return a_deployment(1, an_engine(member), **changes)  # type: ignore[arg-type]

    low, high = heavy(name="low"), heavy(name="high", priority=10)
    free = NodeResources(cpu_millicores=10_000, memory_bytes=1 << 40, pods=100)
    problem = a_problem(a_fleet(nodes(1, free=free)), [low, high], [a_replica(low, nodes=["default/0"])])

    assert {"low": 1} == shortfalls(problem)


def test_several_pods_of_a_replica_take_one_node() -> None:
    """Two pods of four GPUs on the one node that two replicas of four have."""
    low, high = wants(2, 4, name="low"), wants(1, 4, copies=2, name="high", priority=10)
    running = [a_replica(low, nodes=["default/0"], index=index) for index in range(2)]

    assert {"low": 2} == shortfalls(a_problem(a_fleet(nodes(1)), [low, high], running))


def test_who_has_the_quota_gives_way() -> None:
    """A node is free, and the quota of the namespace is used up by a lower priority on another."""
    low, high = wants(1, 4, name="low"), wants(1, 4, name="high", priority=10)
    policy = Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=4),))
    running = [a_replica(low, nodes=["default/0"])]

    assert {"low": 1} == shortfalls(a_problem(a_fleet(nodes(2, 4)), [low, high], running, policy=policy))


def test_pods_that_have_no_place_use_no_quota() -> None:
    """A larger template wants a second pod that fits nowhere: what it would claim is left to others."""
    before, grown = wants(1, 2, name="old"), wants(1, 2, copies=2, name="old")
    pools = [PoolSpec(name=name, nodes=1, devices=(gpus(2),)) for name in ("default", "second")]
    policy = Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=4),))
    problem = a_problem(
        a_fleet(ClusterSpec(pools=pools)),
        [grown, wants(1, 2, name="other")],
        [a_replica(before, nodes=["default/0"])],
        policy=policy,
    )

    assert {} == shortfalls(problem)
