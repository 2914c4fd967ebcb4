"""Section 2 of semantics.md, sentence by sentence: who may be evicted, and for whom."""

from solver.domain.fleet import Fleet
from solver.domain.policy import Policy, Preemption
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import Member
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.outcomes import created, decided, evicted, kept, missing, nodes, running, tier
from tests.solver.semantics import _fleet

# --- who may be evicted ---

ONE = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1),)))


def _high_and_low(high: int, low: int, policy: Policy | None = None, fleet: Fleet = ONE) -> Problem:
    lower = a_deployment(name="low", priority=low)
    return a_problem(
        fleet, [a_deployment(name="high", priority=high), lower], [a_replica(lower)], policy=policy
    )


def test_a_strictly_higher_priority_takes_the_place() -> None:
    """And the plan names who took it."""
    decision = decided(_high_and_low(1, 0))

    assert ["cluster-a/0"] == running(decision.plan, "high")
    (evict,) = decision.plan.evicts
    assert "ml-team/high has priority 1, above 0, and takes its place" == evict.because
    assert ["shortfall[1]", "shortfall[0]"] == [t.name for t in decision.tiers if "shortfall" in t.name]
    assert 1 == tier(decision, "evictions")


def test_an_equal_priority_never_evicts() -> None:
    """First come, first served."""
    plan = decided(_high_and_low(0, 0)).plan

    assert (["cluster-a/0"], (), {"ml-team/high": 1}) == (running(plan, "low"), plan.evicts, missing(plan))


def test_a_lower_priority_never_evicts() -> None:
    """Not even two for one."""
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(2),)))
    high = a_deployment(1, an_engine(Member(requests=(a_request(2),))), name="high", priority=1)
    low = a_deployment(2, name="low")

    plan = decided(a_problem(fleet, [high, low], [a_replica(high)])).plan

    assert (["cluster-a/0"], {"ml-team/low": 2}) == (running(plan, "high"), missing(plan))


def test_preemption_never_is_never() -> None:
    """The policy can say that what runs, runs."""
    plan = decided(_high_and_low(9, 0, Policy(preemption=Preemption.NEVER))).plan

    assert (["cluster-a/0"], (), {"ml-team/high": 1}) == (running(plan, "low"), plan.evicts, missing(plan))


def test_preemption_takes_no_more_than_it_needs() -> None:
    """One of two is enough, and a free node is used first."""
    low = a_deployment(2, name="low")
    high = a_deployment(2, name="high", priority=1)
    replicas = [a_replica(low, index=index, nodes=(f"default/{index}",)) for index in (0, 1)]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=3)), [high, low], replicas)).plan

    assert ["cluster-a/0"] == running(plan, "low")
    assert [("cluster-a/1", "Preempted")] == evicted(plan)


def test_preemption_prefers_the_victim_that_is_not_ready() -> None:
    """Evicting what serves nobody costs nothing in the first eviction tier."""
    low, high = a_deployment(2, name="low"), a_deployment(name="high", priority=1)
    replicas = [
        a_replica(low, index=0, nodes=("default/0",), health=Health.NOT_READY),
        a_replica(low, index=1, nodes=("default/1",), health=Health.READY),
    ]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=2)), [high, low], replicas)).plan

    assert [("cluster-a/0", "Preempted")] == evicted(plan)


def test_a_growing_replica_of_a_higher_priority_takes_the_room_it_needs() -> None:
    """A kept replica is charged its current template, at its own priority."""
    before = a_deployment(name="high", priority=1)
    after = a_deployment(1, an_engine(copies=2), name="high", priority=1)
    low = a_deployment(name="low")
    replicas = [a_replica(before, nodes=("default/0",)), a_replica(low, nodes=("default/1",))]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=2)), [after, low], replicas)).plan

    assert {"cluster-a/0": ["default/0", "default/1"]} == nodes(plan, "high")
    assert [("cluster-a/0", "Preempted")] == evicted(plan)


def test_a_growing_replica_takes_no_room_from_its_equals() -> None:
    """Its new pod waits, and the replica runs on with what it has."""
    before, after = a_deployment(name="grows"), a_deployment(1, an_engine(copies=2), name="grows")
    other = a_deployment(name="other")
    replicas = [a_replica(before, nodes=("default/0",)), a_replica(other, nodes=("default/1",))]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=2)), [after, other], replicas)).plan

    assert () == plan.evicts
    assert {"cluster-a/0": ["default/0", None]} == nodes(plan, "grows")


def test_a_growing_gang_keeps_each_copy_on_its_fabric() -> None:
    """The new worker of a copy must talk at full speed with the rest of that copy, not of the other one."""
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"}, {"rack": "2"}, {"rack": "1"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=6, domain_label="rack", labels=racks))
    before, after = a_deployment(1, a_gang(2, copies=2)), a_deployment(1, a_gang(3, copies=2))
    observed = a_replica(before, nodes=("default/2", "default/3", "default/0", "default/1"))

    (keep,) = decided(a_problem(fleet, [after], [observed])).plan.keeps

    by_copy = [{slot.node.name for slot in keep.slots if slot.node and slot.copy == c} for c in (0, 1)]
    assert [{"default/2", "default/3", "default/5"}, {"default/0", "default/1", "default/4"}] == by_copy


def test_NoExecute_evicts_without_being_asked_for_a_place() -> None:  # noqa: N802
    """Forced, so the eviction tier does not count it."""
    taint = Taint(key="gone", effect=TaintEffect.NO_EXECUTE)
    deployment = a_deployment()

    decision = decided(
        a_problem(a_fleet(ClusterSpec(taints=(taint,))), [deployment], [a_replica(deployment)])
    )

    assert [("cluster-a/0", "UntoleratedTaint")] == evicted(decision.plan)
    assert (0, 1) == (tier(decision, "evictions"), tier(decision, "shortfall"))


def test_a_cluster_that_is_gone_loses_its_replicas_only_if_clusters_are_known() -> None:
    """If no InferenceCluster was read at all, everything stays."""
    deployment = a_deployment()
    replicas = [a_replica(deployment, "cluster-x")]

    known = decided(a_problem(a_fleet(ClusterSpec()), [deployment], replicas)).plan
    unknown = decided(a_problem(a_fleet(), [deployment], replicas, knows_clusters=False)).plan

    assert ([("cluster-x/0", "ClusterGone")], ["cluster-a/0"]) == (evicted(known), created(known))
    assert (["cluster-x/0"], []) == (kept(unknown), evicted(unknown))


def test_a_replica_without_its_deployment_is_immovable_load() -> None:
    """Whatever the priority of who wants its node."""
    foreign = a_replica(a_deployment(name="foreign"), is_immovable=True)

    plan = decided(a_problem(ONE, [a_deployment(priority=100)], [foreign])).plan

    assert (["cluster-a/0"], {"ml-team/my-model": 1}) == (kept(plan), missing(plan))


def test_nothing_moves_for_a_nicer_plan_without_a_budget() -> None:
    """Both on one cluster is not even, but moving is not free."""
    deployment = a_deployment(2)
    replicas = [a_replica(deployment, index=index) for index in (0, 1)]
    fleet = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b"))

    plan = decided(a_problem(fleet, [deployment], replicas)).plan

    assert ["cluster-a/0", "cluster-a/1"] == kept(plan)


def test_an_eviction_budget_lets_one_replica_move_to_place_another() -> None:
    """Defragmentation: two nodes of 2 with one device used on each give a pod of 2 no place."""
    small, large = (
        a_deployment(2, name="small"),
        a_deployment(1, an_engine(Member(requests=(a_request(2),))), name="large"),
    )
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(2),)))
    replicas = [a_replica(small, index=index, nodes=(f"default/{index}",)) for index in (0, 1)]

    still = decided(a_problem(fleet, [small, large], replicas)).plan
    moved = decided(a_problem(fleet, [small, large], replicas, policy=Policy(eviction_budget=1))).plan

    assert ({"ml-team/large": 1}, ()) == (missing(still), still.evicts)
    assert ({}, ["Moved"]) == (missing(moved), [evict.reason.value for evict in moved.evicts])


def test_an_eviction_budget_moves_replicas_and_loses_none() -> None:
    """Evicting one of equal priority to place two others is no move: nothing takes its place."""
    large = a_deployment(1, an_engine(Member(requests=(a_request(2),))), name="large")
    small = a_deployment(2, name="small")
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(2),)))

    plan = decided(
        a_problem(fleet, [large, small], [a_replica(large)], policy=Policy(eviction_budget=1))
    ).plan

    assert (["cluster-a/0"], {"ml-team/small": 2}) == (running(plan, "large"), missing(plan))


def test_an_eviction_budget_is_no_way_around_preemption_never() -> None:
    """The higher priority does not take the place of the lower, budget or not."""
    policy = Policy(preemption=Preemption.NEVER, eviction_budget=1)

    plan = decided(_high_and_low(1, 0, policy)).plan

    assert (["cluster-a/0"], {"ml-team/high": 1}) == (running(plan, "low"), missing(plan))
