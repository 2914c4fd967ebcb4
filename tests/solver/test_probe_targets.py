"""Our target for every probe of R3.9 that concerns placement: what the reference gets wrong, we do not."""

from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.workload import Member
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import created, decided, evicted, kept, missing, nodes, pools, running


def _one_node(devices: int = 1) -> ClusterSpec:
    return ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(devices),)),))


def test_a_selector_edited_to_nonsense_removes_nothing() -> None:
    """The reference deletes everything that runs; ours keeps it and says what is wrong."""
    broken = a_deployment(1, an_engine(Member(requests=(a_request(1, "device.("),))))

    decision = decided(a_problem(deployments=[broken], replicas=[a_replica(broken)]))

    assert (["cluster-a/0"], ()) == (kept(decision.plan), decision.plan.evicts)
    assert any("selector does not compile" in note for note in decision.notes)


def test_a_cluster_selector_that_matches_nothing_keeps_what_runs() -> None:
    """It has nowhere to go, so it runs on, and the plan says that it is not where it was asked to be."""
    deployment = a_deployment(cluster_selector={"region": "moon"})

    decision = decided(a_problem(deployments=[deployment], replicas=[a_replica(deployment)]))

    assert (["cluster-a/0"], ()) == (kept(decision.plan), decision.plan.evicts)
    assert ("its cluster is no longer selected",) == decision.plan.keeps[0].flags


def test_two_wanted_and_room_for_one_is_partial_with_a_reason_for_each_cluster() -> None:
    """The reference calls that done."""
    fleet = a_fleet(_one_node(), ClusterSpec(name="cluster-b", is_ready=False))

    decision = decided(a_problem(fleet, [a_deployment(2)]))

    assert {"ml-team/my-model": 1} == missing(decision.plan)
    (rejection,) = decision.rejections
    assert [
        ("cluster-a/default", "InsufficientFreeCapacity"),
        ("cluster-b/default", "ClusterNotReady"),
    ] == [(str(said.node_pool), said.reason.value) for said in rejection.rejected]


def test_deployments_of_one_name_in_two_namespaces_are_two() -> None:
    """The reference places both on the one node, under one name."""
    problem = a_problem(a_fleet(_one_node()), [a_deployment(namespace="a"), a_deployment(namespace="b")])

    plan = decided(problem).plan

    assert (["cluster-a/0"], []) == (running(plan, namespace="a"), running(plan, namespace="b"))
    assert {"b/my-model": 1} == missing(plan)


def test_three_copies_of_one_gpu_share_an_eight_gpu_node() -> None:
    """A pod takes its devices, not its node."""
    problem = a_problem(a_fleet(_one_node(8)), [a_deployment(1, an_engine(copies=3))])

    assert {"cluster-a/0": ["default/0"] * 3} == nodes(decided(problem).plan)


def test_eight_replicas_of_one_gpu_share_an_eight_gpu_node() -> None:
    """The reference places one."""
    plan = decided(a_problem(a_fleet(_one_node(8)), [a_deployment(8)])).plan

    assert [f"cluster-a/{index}" for index in range(8)] == running(plan)


def test_the_order_of_requests_does_not_matter() -> None:
    """The one that takes any device must leave the big one to the request that needs it."""
    anything, big = a_request(1, at_least("1Gi"), name="any"), a_request(1, at_least("141Gi"), name="big")
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(1, "141Gi"), gpus(1, "80Gi"))),)))

    for requests in ((anything, big), (big, anything)):
        plan = decided(a_problem(fleet, [a_deployment(1, an_engine(Member(requests=requests)))])).plan

        assert {
            "any": "gpu.nvidia.com{memory=80Gi}",
            "big": "gpu.nvidia.com{memory=141Gi}",
        } == {devices.request: devices.signature for devices in plan.creates[0].slots[0].devices}


def test_the_order_of_engines_does_not_matter() -> None:
    """The engine that fits anywhere must not take the only place of the other."""
    anywhere = an_engine(Member(requests=(a_request(1, at_least("1Gi")),)), name="a")
    picky = an_engine(Member(requests=(a_request(1, at_least("141Gi")),)), name="b")
    fleet = a_fleet(
        ClusterSpec(
            pools=(
                PoolSpec(name="one", nodes=1, devices=(gpus(1, "141Gi"),)),
                PoolSpec(name="two", nodes=1, devices=(gpus(1, "80Gi"),)),
            )
        )
    )

    for engines in ((anywhere, picky), (picky, anywhere)):
        (create,) = decided(a_problem(fleet, [a_deployment(1, *engines)])).plan.creates

        assert {"a": "two", "b": "one"} == {slot.engine: slot.node_pool.name for slot in create.slots}


def test_a_request_may_be_served_by_several_entries() -> None:
    """Eight devices are eight devices, however the class lists them."""
    fleet = a_fleet(
        ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(4, name="front"), gpus(4, name="back"))),))
    )
    eight = a_deployment(1, an_engine(Member(requests=(a_request(8),))))

    assert ["cluster-a/0"] == running(decided(a_problem(fleet, [eight])).plan)


def test_a_template_that_outgrows_its_pool_is_flagged() -> None:
    """The reference says nothing; ours keeps what runs and says that pods are without a place."""
    before = a_deployment()
    grown = a_deployment(1, an_engine(copies=64))

    decision = decided(a_problem(deployments=[grown], replicas=[a_replica(before, nodes=("default/0",))]))

    assert (["cluster-a/0"], ()) == (kept(decision.plan), decision.plan.evicts)
    assert ("has pods without a place",) == decision.plan.keeps[0].flags


def test_a_pool_that_lost_its_nodes_is_left_when_there_is_somewhere_to_go() -> None:
    """A planned move, not silence."""
    deployment = a_deployment()
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=0),)), ClusterSpec(name="cluster-b"))

    plan = decided(a_problem(fleet, [deployment], [a_replica(deployment)])).plan

    assert [("cluster-a/0", "Moved")] == evicted(plan)
    assert ["cluster-b/0"] == created(plan)


def test_a_pool_that_lost_its_nodes_is_flagged_when_there_is_nowhere_to_go() -> None:
    """What cannot be moved is at least not called fine."""
    deployment = a_deployment()
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=0),)))

    plan = decided(a_problem(fleet, [deployment], [a_replica(deployment)])).plan

    assert ["cluster-a/0"] == kept(plan)
    assert ("does not fit where it is", "has pods without a place") == plan.keeps[0].flags


def test_scaling_down_takes_the_replica_that_is_not_ready() -> None:
    """The reference drops the one that works."""
    deployment = a_deployment()
    replicas = [
        a_replica(deployment, index=0, health=Health.NOT_READY),
        a_replica(deployment, index=1, health=Health.READY),
    ]

    plan = decided(a_problem(deployments=[deployment], replicas=replicas)).plan

    assert (["cluster-a/1"], [("cluster-a/0", "ScaleDown")]) == (kept(plan), evicted(plan))


def test_a_renamed_engine_is_replaced_in_place() -> None:
    """The replica keeps its index, and with it its object."""
    before = a_deployment(1, an_engine(name="old"))
    after = a_deployment(1, an_engine(name="new"))

    plan = decided(a_problem(a_fleet(_one_node()), [after], [a_replica(before)])).plan

    assert ([("cluster-a/0", "TemplateChanged")], ["cluster-a/0"]) == (evicted(plan), created(plan))


def _h200_and_l4(price: int | None) -> Problem:
    fleet = a_fleet(
        ClusterSpec(
            pools=(
                PoolSpec(name="h200", devices=(gpus(1, "141Gi"),), price=price and 4 * price),
                PoolSpec(name="l4", devices=(gpus(1, "24Gi"),), price=price),
            )
        )
    )
    request = a_request(1, at_least("20Gi"))
    return a_problem(fleet, [a_deployment(1, an_engine(Member(requests=(request,))))])


def test_a_small_request_leaves_the_large_devices_alone() -> None:
    """The reference takes the pool that is listed first."""
    assert {"cluster-a/0": ["l4"]} == pools(decided(_h200_and_l4(None)).plan)
    assert {"cluster-a/0": ["l4"]} == pools(decided(_h200_and_l4(1_000_000)).plan)


def test_a_pool_of_an_unknown_class_does_not_disturb_the_others() -> None:
    """The reference drops the whole cluster."""
    deployment = a_deployment(2)
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(), PoolSpec(name="unknown", devices=(), is_published=False))))

    plan = decided(a_problem(fleet, [deployment], [a_replica(deployment)])).plan

    assert (["cluster-a/0"], ["cluster-a/1"]) == (kept(plan), created(plan))
    assert {"cluster-a/0": ["default"], "cluster-a/1": ["default"]} == pools(plan)
