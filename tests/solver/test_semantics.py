"""Section 2 of semantics.md, sentence by sentence: replicas, fabrics, what stays and what goes."""

from dataclasses import replace

import pytest

from solver.domain.fleet import Fleet, NodeResources
from solver.domain.policy import Policy, Preemption
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import Engine, Member, ModelDeployment, Role, ServingMode
from tests.builders import (
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import (
    created,
    decided,
    evicted,
    kept,
    missing,
    nodes,
    pools,
    running,
    tier,
)


def _fleet(*specs: PoolSpec) -> Fleet:
    return a_fleet(ClusterSpec(pools=specs))


def _pair_of(prefill: int = 1, decode: int = 1, replicas: int = 1) -> ModelDeployment:
    return a_deployment(replicas, *a_pair(prefill, decode), serving_mode=ServingMode.PREFILL_DECODE)


# --- pods, copies, fabrics ---


def test_all_copies_of_a_member_use_one_node_pool() -> None:
    """The published ModelReplica records one pool, so two half-full pools do not make one replica."""
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1))

    assert {"ml-team/my-model": 1} == missing(
        decided(a_problem(fleet, [a_deployment(1, an_engine(copies=2))])).plan
    )


def test_all_pods_of_a_member_get_one_device_class() -> None:
    """The published ModelReplica records one class for each request."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(1), gpus(1, device_class="other"))))
    problem = a_problem(fleet, [a_deployment(1, an_engine(copies=2))])

    (create,) = decided(problem).plan.creates

    assert 1 == len({devices.device_class for slot in create.slots for devices in slot.devices})


def test_different_engines_may_use_different_pools() -> None:
    """They share only the cluster."""
    big = an_engine(Member(requests=(a_request(1, at_least("141Gi")),)), name="big")
    small = an_engine(name="small")
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1, devices=(gpus(1, "80Gi"),)))

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(fleet, [a_deployment(1, big, small)])).plan)


def test_pods_copies_and_phases_may_share_a_node() -> None:
    """A node is not taken as a whole."""
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(8),)))

    assert {"cluster-a/0": ["default/0"] * 4} == nodes(
        decided(a_problem(fleet, [a_deployment(1, a_gang(2, copies=2))])).plan
    )
    assert {"cluster-a/0": ["default/0"] * 2} == nodes(decided(a_problem(fleet, [_pair_of(4, 4)])).plan)


def test_a_gang_stays_in_one_domain_of_the_label() -> None:
    """Two nodes on different racks are not full speed, though they are one pool."""
    rack = {"rack": "1"}, {"rack": "2"}
    fleet = _fleet(PoolSpec(nodes=2, domain_label="rack", labels=rack))

    assert [] == running(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan)


def test_a_gang_picks_the_rack_that_holds_it() -> None:
    """One rack has two nodes, the other one."""
    racks = ({"rack": "1"}, {"rack": "2"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=3, domain_label="rack", labels=racks))

    (found,) = nodes(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan).values()
    assert {"default/1", "default/2"} == set(found)


def test_a_node_without_the_domain_label_is_a_domain_of_its_own() -> None:
    """Nothing is known of its links."""
    fleet = _fleet(PoolSpec(nodes=2, domain_label="rack"))

    assert [] == running(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan)


def test_each_copy_of_a_gang_may_lie_on_its_own_fabric() -> None:
    """Only the pods of one copy talk at full speed."""
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=4, domain_label="rack", labels=racks))

    decision = decided(a_problem(fleet, [a_deployment(1, a_gang(2, copies=2))]))

    (create,) = decision.plan.creates
    by_copy = [{slot.node.name for slot in create.slots if slot.node and slot.copy == c} for c in (0, 1)]
    assert [{"default/0", "default/1"}, {"default/2", "default/3"}] == sorted(by_copy, key=sorted)
    assert 3 == tier(decision, "distance")


def test_pools_that_share_a_domain_label_and_value_are_one_fabric() -> None:
    """Prefill in one pool and decode in the other talk at full speed."""
    first = PoolSpec(name="a", nodes=1, domain_label="rack", labels=({"rack": "1"},))
    second = replace(first, name="b")
    other_rack = replace(second, labels=({"rack": "2"},))

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(_fleet(first, second), [_pair_of()])).plan)
    assert {} == pools(decided(a_problem(_fleet(first, other_rack), [_pair_of()])).plan)


def test_pools_of_one_infiniband_fabric_are_one_fabric() -> None:
    """That is what the fabric says."""
    first = PoolSpec(name="a", nodes=1, infiniband_fabric="ib-1")
    same, other = replace(first, name="b"), PoolSpec(name="b", nodes=1, infiniband_fabric="ib-2")

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(_fleet(first, same), [_pair_of()])).plan)
    assert {} == pools(decided(a_problem(_fleet(first, other), [_pair_of()])).plan)


def test_pools_without_a_fabric_are_separate() -> None:
    """Undeclared means separate, even on one cluster."""
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1))

    assert {} == pools(decided(a_problem(fleet, [_pair_of()])).plan)


def test_all_copies_of_both_phases_lie_on_one_fabric() -> None:
    """The key-value cache travels between any two of them."""
    prefill, decode = a_pair(1, 1)
    two_copies = a_deployment(1, prefill, replace(decode, copies=2), serving_mode=ServingMode.PREFILL_DECODE)
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=3, domain_label="rack", labels=racks))

    assert [] == running(decided(a_problem(fleet, [two_copies])).plan)


@pytest.mark.parametrize(
    ("labels", "level"),
    [
        (({},), 2),
        (({"nvidia.com/gpu.clique": "1"}, {}, {"nvidia.com/gpu.clique": "1"}), 1),
    ],
    ids=["fabric", "nvlink"],
)
def test_phases_are_joined_as_near_as_is_free(labels: tuple[dict[str, str], ...], level: int) -> None:
    """An NVLink domain is nearer than the fabric; one node is not to be had."""
    fleet = _fleet(PoolSpec(nodes=3, labels=labels))

    decision = decided(a_problem(fleet, [_pair_of()]))

    assert level == tier(decision, "distance")
    if level == 1:
        (found,) = nodes(decision.plan).values()
        assert {"default/0", "default/2"} == set(found)


def test_phases_share_a_node_if_one_has_room() -> None:
    """Distance 0."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(2),)))

    assert 0 == tier(decided(a_problem(fleet, [_pair_of()])), "distance")


def test_nearness_does_not_cost_a_replica() -> None:
    """Distance comes after the shortfall: of two pairs on nodes of 3, the second is split."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(3),)))

    decision = decided(a_problem(fleet, [_pair_of(2, 1, replicas=2)]))

    assert ["cluster-a/0", "cluster-a/1"] == running(decision.plan)
    assert 0 == tier(decision, "distance")


# --- indices ---


def test_kept_replicas_keep_their_index_and_new_ones_take_the_lowest_unused() -> None:
    """An index is part of the name of remote objects."""
    deployment = a_deployment(3)
    replicas = [a_replica(deployment, index=index) for index in (1, 4)]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=4)), [deployment], replicas)).plan

    assert (["cluster-a/1", "cluster-a/4"], ["cluster-a/0"]) == (kept(plan), created(plan))


def test_among_equal_victims_the_highest_index_goes() -> None:
    """So that indices stay dense."""
    deployment = a_deployment(1)
    replicas = [a_replica(deployment, index=index) for index in (0, 1)]

    assert ["cluster-a/0"] == kept(decided(a_problem(deployments=[deployment], replicas=replicas)).plan)


def test_an_index_is_not_used_again_while_its_former_owner_is_being_removed() -> None:
    """A moved replica's objects are still there, so its successor on the cluster gets another index."""
    deployment = a_deployment(1, cluster_selector={"tier": "gold"})
    gold = ClusterSpec(name="cluster-b", labels={"tier": "gold"})
    observed = [a_replica(deployment, "cluster-a", 0)]

    plan = decided(a_problem(a_fleet(ClusterSpec(), gold), [deployment], observed)).plan

    assert ([("cluster-a/0", "Moved")], ["cluster-b/0"]) == (evicted(plan), created(plan))


# --- the current template is charged ---


def test_a_kept_replica_is_charged_its_current_template() -> None:
    """It grew from 1 to 2 devices on its node of 2, so nothing is left for a second."""
    before, after = a_deployment(2), a_deployment(2, an_engine(Member(requests=(a_request(2),))))
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(2),)))

    plan = decided(a_problem(fleet, [after], [a_replica(before, nodes=("default/0",))])).plan

    assert (["cluster-a/0"], {"ml-team/my-model": 1}) == (kept(plan), missing(plan))
    assert [2] == [devices.count for devices in plan.keeps[0].slots[0].devices]


def test_a_replica_that_no_longer_fits_moves_for_free() -> None:
    """The eviction tier does not count it."""
    before, after = a_deployment(), a_deployment(1, an_engine(Member(requests=(a_request(2),))))
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(2),)))
    foreign = a_replica(a_deployment(name="other"), nodes=("default/0",), is_immovable=True)

    decision = decided(a_problem(fleet, [after], [foreign, a_replica(before, nodes=("default/0",))]))

    assert [("cluster-a/0", "Moved")] == evicted(decision.plan)
    assert {"cluster-a/1": ["default/1"]} == nodes(decision.plan)
    assert 0 == tier(decision, "evictions")


def test_a_replica_that_no_longer_fits_stays_flagged_if_nothing_fits() -> None:
    """Running work is not removed because it does not add up."""
    before, after = a_deployment(), a_deployment(1, an_engine(Member(requests=(a_request(2),))))

    plan = decided(a_problem(_fleet(PoolSpec()), [after], [a_replica(before, nodes=("default/0",))])).plan
    # One GPU a node: no node could ever give two.
    assert [] == evicted(plan)
    assert ("does not fit where it is",) == plan.keeps[0].flags


def test_a_replica_whose_node_lacks_the_cpu_of_its_new_template_moves() -> None:
    """Node resources count like devices when what is kept is charged its current template."""
    before = a_deployment()
    after = a_deployment(1, an_engine(Member(requests=(a_request(),), cpu_millicores=2000)))
    small, large = (
        PoolSpec(name=name, nodes=1, free=NodeResources(cpu_millicores=cpu, memory_bytes=1 << 30, pods=9))
        for name, cpu in (("a", 1000), ("b", 4000))
    )

    plan = decided(
        a_problem(_fleet(small, large), [after], [a_replica(before, pool="a", nodes=("a/0",))])
    ).plan

    assert ([("cluster-a/0", "Moved")], {"cluster-a/1": ["b"]}) == (evicted(plan), pools(plan))


def test_a_cluster_selector_that_no_longer_matches_keeps_until_a_replacement_fits() -> None:
    """First somewhere to go, then gone."""
    deployment = a_deployment(cluster_selector={"tier": "gold"})
    full = ClusterSpec(name="cluster-b", labels={"tier": "gold"}, pools=(PoolSpec(nodes=0),))

    plan = decided(a_problem(a_fleet(ClusterSpec(), full), [deployment], [a_replica(deployment)])).plan

    assert (["cluster-a/0"], [], {}) == (kept(plan), created(plan), missing(plan))


def test_a_selector_error_keeps_a_replica() -> None:
    """An attribute that a driver update dropped is no proof that the device is the wrong one."""
    broken = a_request(1, 'device.attributes["gpu.nvidia.com"].architecture == "Hopper"')
    deployment = a_deployment(1, an_engine(Member(requests=(broken,))))

    plan = decided(a_problem(deployments=[deployment], replicas=[a_replica(deployment)])).plan

    assert (["cluster-a/0"], ("a selector cannot be evaluated",)) == (kept(plan), plan.keeps[0].flags)


def test_a_selector_that_errs_on_devices_of_another_kind_is_no_error() -> None:
    """A NIC on the node publishes no GPU memory; that says nothing about the replica's GPU."""
    nic = DeviceSpec(
        driver="nic.example.com",  # type: ignore[arg-type]
        device_class="nic.example.com",
        memory="",
        name="nic",
    )
    deployment = a_deployment()
    fleet = _fleet(PoolSpec(devices=(gpus(1), nic)))

    plan = decided(a_problem(fleet, [deployment], [a_replica(deployment)])).plan

    assert (["cluster-a/0"], ()) == (kept(plan), plan.keeps[0].flags)


def test_a_false_selector_drops_a_replica_although_a_nic_is_beside_the_gpus() -> None:
    """The error on the NIC must not hide that no GPU matches any more (N16)."""
    nic = DeviceSpec(
        driver="nic.example.com",  # type: ignore[arg-type]
        device_class="nic.example.com",
        memory="",
        name="nic",
    )
    deployment = a_deployment(1, an_engine(Member(requests=(a_request(1, at_least("1Ti")),))))

    plan = decided(
        a_problem(_fleet(PoolSpec(devices=(gpus(1), nic))), [deployment], [a_replica(deployment)])
    ).plan

    assert [("cluster-a/0", "TemplateChanged")] == evicted(plan)


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


def test_cordoned_nodes_take_nothing_new_and_keep_what_they_have() -> None:
    """A drain is a decision of somebody else."""
    deployment = a_deployment(2)
    fleet = _fleet(PoolSpec(nodes=2))
    cordoned = replace(fleet, nodes=tuple(replace(node, is_schedulable=False) for node in fleet.nodes))

    plan = decided(a_problem(cordoned, [deployment], [a_replica(deployment)])).plan

    assert (["cluster-a/0"], {"ml-team/my-model": 1}) == (kept(plan), missing(plan))


@pytest.mark.parametrize(
    ("key", "placed"), [("nvidia.com/gpu", ["cluster-a/0"]), ("dedicated", [])], ids=["gpu", "other"]
)
def test_on_nodes_engine_pods_tolerate_the_gpu_taint_only(key: str, placed: list[str]) -> None:
    """The tolerations of a template are for cluster taints."""
    fleet = _fleet(PoolSpec(nodes=1))
    taint = Taint(key=key, value="present", effect=TaintEffect.NO_SCHEDULE)
    tainted = replace(fleet, nodes=tuple(replace(node, taints=(taint,)) for node in fleet.nodes))

    assert placed == running(decided(a_problem(tainted, [a_deployment()])).plan)


def test_a_misfit_does_not_keep_others_from_devices_it_does_not_use() -> None:
    """Two kept pods charged the one GPU of a node are no reason to refuse its free NIC."""
    nic = DeviceSpec(
        driver="nic.example.com",  # type: ignore[arg-type]
        device_class="nic.example.com",
        memory="",
        name="nic",
    )
    wants_nic = a_request(1, 'device.driver == "nic.example.com"', name="nic")
    foreign = [
        a_replica(a_deployment(name=name), nodes=("default/0",), is_immovable=True) for name in ("x", "y")
    ]
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(1), nic)))
    deployment = a_deployment(1, an_engine(Member(requests=(wants_nic,))))

    assert ["cluster-a/0"] == running(decided(a_problem(fleet, [deployment], foreign)).plan)


def test_workers_and_leaders_may_use_different_classes_of_devices() -> None:
    """Each member has its own requests."""
    engine = Engine(
        name="main",
        members=(
            Member(role=Role.LEADER, requests=(a_request(1, at_least("141Gi")),)),
            Member(role=Role.WORKER, pods_per_copy=2, requests=(a_request(1, at_least("1Gi")),)),
        ),
    )
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(1, "141Gi"), gpus(2, "80Gi"))))

    assert {"cluster-a/0": ["default/0"] * 3} == nodes(
        decided(a_problem(fleet, [a_deployment(1, engine)])).plan
    )


def test_replicas_that_fit_together_are_never_called_misfits() -> None:
    """Which device each of them holds is not known; one that takes anything leaves the big one to the other."""
    anything = a_deployment(name="anything")
    big = a_deployment(1, an_engine(Member(requests=(a_request(1, at_least("141Gi")),))), name="big")
    devices = gpus(1, "141Gi"), gpus(1, "80Gi")
    fleet = _fleet(PoolSpec(nodes=2, devices=(*devices, gpus(1, "24Gi", name="odd"))))
    node = ("default/0",)
    replicas = [
        a_replica(anything, index=0, nodes=node),
        a_replica(anything, index=1, nodes=node),
        a_replica(big, nodes=node),
    ]

    plan = decided(a_problem(fleet, [replace(anything, replicas=2), big], replicas)).plan

    assert [(), (), ()] == [keep.flags for keep in plan.keeps]
    assert (3, (), ()) == (len(plan.keeps), plan.creates, plan.evicts)
