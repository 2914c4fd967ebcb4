"""Odd fleets planned one by one: each has an outcome that can be stated, and no plan takes for ever."""

from dataclasses import replace

import pytest

from solver.domain.decision import Decision, Path
from solver.domain.explanation import Reason
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelDeployment, SpreadRule
from solver.place import place
from solver.search import size
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)


@pytest.fixture(autouse=True)
def every_fleet_is_huge(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(size, "_MOST_PAIRS", -1)


def nodes(count: int, devices: int = 8) -> ClusterSpec:
    return ClusterSpec(pools=(PoolSpec(nodes=count, devices=(gpus(devices),)),))


def wants(replicas: int, count: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def decided(problem: Problem) -> Decision:
    decision = place(problem)
    assert Path.ONE_BY_ONE is decision.path
    return decision


def short(decision: Decision) -> dict[str, int]:
    return {each.deployment.name: each.missing for each in decision.plan.shortfalls}


def test_a_fleet_without_nodes_is_short_of_everything() -> None:
    """Nothing to place on: the reason is said of the pool, and nothing fails."""
    decision = decided(a_problem(a_fleet(nodes(0)), [wants(3)]))

    assert {"my-model": 3} == short(decision)


def test_a_million_replicas_fill_what_there_is() -> None:
    """As many as fit are placed, the rest is short: the plan takes as long as what it places."""
    decision = decided(a_problem(a_fleet(nodes(4)), [wants(1_000_000)]))

    assert {"my-model": 1_000_000 - 32} == short(decision)


def test_a_million_of_a_higher_priority_take_everything_that_may_be_taken() -> None:
    """All lower priorities go, equals stay, and the million is short of the rest."""
    low = wants(8, name="low")
    equal = wants(8, name="equal", priority=5)
    running = [a_replica(low, nodes=["default/0"], index=index) for index in range(8)]
    running += [a_replica(equal, nodes=["default/1"], index=index) for index in range(8)]
    many = wants(1_000_000, name="many", priority=5)
    decision = decided(a_problem(a_fleet(nodes(2)), [low, equal, many], running))

    assert {"low": 8, "many": 1_000_000 - 8} == short(decision)


def test_hundreds_of_like_deployments_are_placed_alike() -> None:
    """Two hundred deployments of one shape: one set of candidates, each GPU given once."""
    decision = decided(a_problem(a_fleet(nodes(25)), [wants(1, name=f"model-{n:03}") for n in range(200)]))

    assert {} == short(decision)
    assert 200 == len(decision.plan.creates)


def test_a_class_that_nobody_can_host_says_why() -> None:
    """A selector that no device satisfies: the rejection names it, others are placed."""
    picky = a_deployment(2, an_engine(Member(requests=(a_request(1, at_least("900Gi")),))), name="picky")
    decision = decided(a_problem(a_fleet(nodes(2)), [picky, wants(2)]))
    (rejection,) = decision.rejections

    assert {"picky": 2} == short(decision)
    assert [Reason.DEVICE_SELECTOR_NOT_MATCHED] == [each.reason for each in rejection.rejected]


def test_a_quota_of_zero_keeps_everything_new_out() -> None:
    """What runs stays, although the quota is passed; nothing new is created."""
    deployment = wants(3)
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=0)
    problem = a_problem(
        a_fleet(nodes(2)),
        [deployment],
        [a_replica(deployment, nodes=["default/0"])],
        policy=Policy(quotas=(quota,)),
    )
    decision = decided(problem)

    assert {"my-model": 2} == short(decision)
    assert (1, 0) == (len(decision.plan.keeps), len(decision.plan.creates))


def test_priorities_far_apart_are_still_in_order() -> None:
    """The lowest and the highest int32: the highest has the only place."""
    low, high = wants(1, 8, name="low", priority=-(2**31)), wants(1, 8, name="high", priority=2**31 - 1)
    decision = decided(a_problem(a_fleet(nodes(1)), [low, high], [a_replica(low, nodes=["default/0"])]))

    assert {"low": 1} == short(decision)


def test_a_gang_takes_the_place_of_lower_priorities_on_several_nodes() -> None:
    """Two whole nodes for a gang: whoever is on them goes, and a replica on the third stays."""
    low = wants(3, 2, name="low")
    gang = a_deployment(1, a_gang(2, 8), name="gang", priority=9)
    running = [a_replica(low, nodes=[f"default/{n}"], index=n) for n in range(3)]
    decision = decided(a_problem(a_fleet(nodes(3)), [low, gang], running))

    assert {} == short(decision)
    assert ["gang"] == [c.replica.deployment.name for c in decision.plan.creates if len(c.slots) == 2]
    assert 3 == sum(r.replica.deployment.name == "low" for r in decision.plan.replicas)


def test_a_required_spread_holds_while_filling() -> None:
    """At most half of four replicas on one cluster: two clusters have two each, however full they are."""
    clusters = [replace(nodes(count), name=name) for name, count in (("a", 4), ("b", 1))]
    decision = decided(
        a_problem(
            a_fleet(*clusters), [wants(4, spread=(SpreadRule(topology_key="cluster", max_percent=50),))]
        )
    )

    assert ["a", "a", "b", "b"] == [create.replica.cluster for create in decision.plan.creates]


def test_the_same_fleet_gives_the_same_plan() -> None:
    """Asked twice, and with everything in another order: one plan."""
    deployments = [
        wants(3, 2, name="two"),
        wants(5, name="one", priority=3),
        a_deployment(1, a_gang(2, 4), name="gang"),
    ]
    problem = a_problem(a_fleet(nodes(3)), deployments)
    turned = replace(problem, deployments=tuple(reversed(problem.deployments)))

    assert repr(place(problem).plan) == repr(place(problem).plan) == repr(place(turned).plan)
