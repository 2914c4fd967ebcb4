"""Differences of decisions made by hand, and of those that ``place`` makes."""

from dataclasses import replace

from simulations.what_if import difference, what_if
from solver.domain.change import (
    AddNodes,
    Change,
    DrainCluster,
    DrainNodes,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
)
from solver.domain.difference import (
    DeploymentState,
    Difference,
    Fate,
    TierChange,
    TierValue,
    Whereabouts,
)
from solver.domain.identity import ClusterName, NodeKey, NodePoolKey
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment
from solver.place import place
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica

EU, US = ClusterName("eu"), ClusterName("us")
EU_POOL, US_POOL = NodePoolKey(EU, "gpu"), NodePoolKey(US, "gpu")
N0 = NodeKey(EU, "gpu/0")


def a_small_problem(*deployments: ModelDeployment, us_nodes: int = 1, on_eu: int = 1) -> Problem:
    """eu and us with one-GPU nodes for $1 and $2; the first deployment runs on eu."""
    fleet = a_fleet(
        ClusterSpec(name="eu", pools=[PoolSpec(name="gpu", nodes=1, price=1_000_000)]),
        ClusterSpec(name="us", pools=[PoolSpec(name="gpu", nodes=us_nodes, price=2_000_000)]),
    )
    running = [a_replica(deployments[0], "eu", pool="gpu", nodes=["gpu/0"]) for _ in range(on_eu)]
    return a_problem(fleet, deployments, running)


def asked(problem: Problem, *changes: Change) -> Difference:
    return what_if(problem, changes).difference


def fates(found: Difference) -> list[tuple[str, Fate, str, str, ClusterName | None]]:
    return [
        (str(each.replica), each.fate, each.reason, each.because, each.to)
        for change in found.deployments
        for each in change.replicas
    ]


ONE = a_deployment(1, name="one")
OTHER = a_deployment(1, name="other")


def at(cluster: ClusterName, replicas: int = 1) -> tuple[Whereabouts, ...]:
    return (Whereabouts(cluster=cluster, node_pools=("gpu",), replicas=replicas),)


def test_a_decision_differs_in_nothing_from_itself() -> None:
    decision = place(a_small_problem(ONE, OTHER))
    found = difference(decision, decision)

    assert found.is_empty
    assert () == found.deployments


def test_what_is_lost_moves_if_there_is_room() -> None:
    found = asked(a_small_problem(ONE), LoseCluster(cluster=EU))

    assert [("ml-team/one@eu/0", Fate.MOVED, "ClusterLost", "cluster eu is lost", US)] == fates(found)
    assert [
        (DeploymentState(wanted=1, placed=1, where=at(EU)), DeploymentState(wanted=1, placed=1, where=at(US)))
    ] == [(change.before, change.after) for change in found.deployments]
    assert (1_000_000, 2_000_000) == (
        found.price_before_microdollars_per_hour,
        found.price_after_microdollars_per_hour,
    )
    price = TierChange(
        name="price",
        before=TierValue(value=1_000_000, unit="micro-dollars/h"),
        after=TierValue(value=2_000_000, unit="micro-dollars/h"),
    )
    assert price in found.tiers


def test_what_is_lost_for_good_is_a_shortfall_with_its_reasons() -> None:
    found = asked(a_small_problem(ONE, us_nodes=0), LoseNodes(nodes=(N0,)))
    (short,) = found.shortfalls

    assert [("ml-team/one@eu/0", Fate.LOST, "NodeLost", "node eu/gpu/0 is lost", None)] == fates(found)
    assert (ONE.key, 0, 1) == (short.deployment, short.missing_before, short.missing_after)
    assert short.rejection is not None
    assert (1, 1, 1, 0) == (found.wanted_before, found.wanted_after, found.placed_before, found.placed_after)


def test_a_shortfall_that_vanishes_says_why_it_was_one() -> None:
    found = asked(a_small_problem(ONE, OTHER, us_nodes=0), AddNodes(node_pool=EU_POOL, count=1))
    (short,) = found.shortfalls

    assert (OTHER.key, 1, 0) == (short.deployment, short.missing_before, short.missing_after)
    assert short.rejection is not None
    assert short.conflict is not None
    assert [] == fates(found)


def test_a_drained_cluster_gives_the_reason_of_its_taint() -> None:
    because = "cluster eu has taint modelplane.ai/drain:NoExecute, which it does not tolerate"

    assert [("ml-team/one@eu/0", Fate.MOVED, "UntoleratedTaint", because, US)] == fates(
        asked(a_small_problem(ONE), DrainCluster(cluster=EU))
    )
    assert [("ml-team/one@eu/0", Fate.EVICTED, "UntoleratedTaint", because, None)] == fates(
        asked(a_small_problem(ONE, us_nodes=0), DrainCluster(cluster=EU))
    )


def test_a_drained_node_counts_for_pods_that_are_only_assumed_there() -> None:
    """A plan says that they run there, so a question about the node is about them."""
    problem = a_small_problem(ONE)
    (replica,) = problem.replicas
    unseen = replace(problem, replicas=(replace(replica, slots=()),))

    for each in (problem, unseen):
        assert [("ml-team/one@eu/0", Fate.MOVED, "NodeDrained", "node eu/gpu/0 is drained", US)] == fates(
            asked(each, DrainNodes(nodes=(N0,)))
        )


def test_a_removed_deployment_loses_its_replicas() -> None:
    found = asked(a_small_problem(ONE), RemoveDeployment(deployment=ONE.key))

    assert [
        ("ml-team/one@eu/0", Fate.LOST, "DeploymentRemoved", "deployment ml-team/one is removed", None)
    ] == fates(found)
    assert DeploymentState() == found.deployments[0].after


def test_scaling_down_evicts_and_moves_nothing() -> None:
    found = asked(a_small_problem(ONE), ScaleDeployment(deployment=ONE.key, replicas=0))

    assert [("ml-team/one@eu/0", Fate.EVICTED, "ScaleDown", "0 replicas are wanted", None)] == fates(found)
    assert () == found.shortfalls


def test_what_is_preempted_before_can_stay_after() -> None:
    """A node more, and nobody has to go."""
    first = replace(OTHER, priority=5, cluster_selector={"modelplane.ai/region": "eu"})
    problem = a_small_problem(ONE, OTHER, us_nodes=0)
    fleet = replace(
        problem.fleet,
        clusters=tuple(
            replace(each, labels={"modelplane.ai/region": each.name}) for each in problem.fleet.clusters
        ),
    )
    problem = replace(problem, fleet=fleet, deployments=(ONE, first))
    because = "ml-team/other has priority 5, above 0, and takes its place"

    assert [("ml-team/one@eu/0", Fate.STAYS, "Preempted", because, None)] == fates(
        asked(problem, AddNodes(node_pool=EU_POOL, count=1))
    )
    assert [("ml-team/one@eu/0", Fate.STAYS, "Preempted", because, None)] == fates(
        asked(problem, SetPriority(deployment=first.key, priority=0))
    )


def test_what_goes_anyway_has_no_other_fate() -> None:
    """A replica too many is no loss."""
    problem = a_small_problem(replace(ONE, replicas=0))

    assert [] == fates(asked(problem, LoseCluster(cluster=EU)))


def test_a_running_replica_that_was_to_be_replaced_is_lost_if_it_no_longer_is() -> None:
    """It would have moved within the cluster; now the cluster is gone and it has no place at all."""
    winner = replace(OTHER, priority=5, cluster_selector={"name": "eu"})
    problem = a_small_problem(ONE, OTHER)
    fleet = replace(
        problem.fleet,
        clusters=tuple(replace(each, labels={"name": each.name}) for each in problem.fleet.clusters),
    )
    problem = replace(problem, fleet=fleet, deployments=(ONE, winner))

    assert [("ml-team/one@eu/0", Fate.LOST, "ClusterLost", "cluster eu is lost", None)] == fates(
        asked(problem, LoseCluster(cluster=EU), LoseCluster(cluster=US))
    )


def test_where_planned_replicas_go_is_a_change_without_a_fate() -> None:
    """The cheaper pool is another one: nothing that runs is concerned."""
    found = asked(
        a_small_problem(ONE, on_eu=0), SetPrice(node_pool=EU_POOL, price_microdollars_per_hour=3_000_000)
    )

    assert [(at(EU), at(US))] == [(change.before.where, change.after.where) for change in found.deployments]
    assert [] == fates(found)


def test_a_tier_that_only_one_decision_has_is_absent_in_the_other() -> None:
    """Each priority has a shortfall tier of its own as soon as there are several."""
    found = asked(a_small_problem(ONE, OTHER), SetPriority(deployment=ONE.key, priority=7))
    none = TierValue(value=0, unit="replicas")

    assert [
        TierChange(name="shortfall[7]", before=None, after=none),
        TierChange(name="shortfall[0]", before=None, after=none),
        TierChange(name="shortfall", before=none, after=None),
    ] == [tier for tier in found.tiers if tier.is_changed]
    assert () == found.deployments
    assert not found.is_empty
