"""Section 2 of semantics.md, sentence by sentence: the index and the charge of a replica that stays."""

from solver.domain.fleet import NodeResources
from solver.domain.workload import Member
from tests.builders import (
    ClusterSpec,
    DeviceSpec,
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
from tests.solver.outcomes import created, decided, evicted, kept, missing, nodes, pools, tier
from tests.solver.semantics import _fleet

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
