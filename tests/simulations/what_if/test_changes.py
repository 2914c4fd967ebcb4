"""Each kind of change against what it has to make of a problem."""

from dataclasses import replace

import pytest

from simulations.what_if import changed
from simulations.what_if.changes import DRAIN_TAINT
from solver.domain.change import (
    AddNodes,
    ApplyDeployment,
    Change,
    DrainCluster,
    DrainNodes,
    InvalidChange,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    gpus,
)
from tests.simulations.what_if.tables import contents

EU, US = ClusterName("eu"), ClusterName("us")
H100 = NodePoolKey(EU, "h100")
QWEN, GANG = a_deployment(2, name="qwen"), a_deployment(1, a_gang(2), name="gang")
EU_SPEC = ClusterSpec(name="eu", pools=[PoolSpec(name="h100", nodes=3, expected=1, devices=[gpus(2)])])
US_SPEC = ClusterSpec(name="us", pools=[PoolSpec(name="l40s", nodes=2)])


def a_running_problem() -> Problem:
    """Two clusters; qwen runs on both, a gang on two nodes of eu, load of nobody on the third."""
    replicas = [
        a_replica(QWEN, "eu", pool="h100", nodes=["h100/0"]),
        a_replica(QWEN, "us", pool="l40s", nodes=["l40s/0"]),
        a_replica(GANG, "eu", pool="h100", nodes=["h100/0", "h100/1"]),
        a_replica(a_deployment(name="load"), "eu", pool="h100", nodes=["h100/2"], is_immovable=True),
    ]
    return a_problem(a_fleet(EU_SPEC, US_SPEC), [QWEN, GANG], replicas)


def keys(problem: Problem) -> list[str]:
    return [f"{replica.key.deployment.name}@{replica.key.cluster}" for replica in problem.replicas]


def nodes(problem: Problem) -> list[str]:
    return [str(node.key) for node in problem.fleet.nodes]


def eu_node(number: int) -> NodeKey:
    return NodeKey(EU, f"h100/{number}")


def test_a_lost_cluster_takes_everything_on_it() -> None:
    """Also load of nobody: it cannot be kept where nothing is."""
    after = changed(a_running_problem(), [LoseCluster(cluster=EU)])
    us_alone = a_fleet(US_SPEC)

    assert us_alone.clusters == after.fleet.clusters
    assert us_alone.node_pools == after.fleet.node_pools
    assert us_alone.nodes == after.fleet.nodes
    assert contents(us_alone.devices) == contents(after.fleet.devices)
    assert ["qwen@us"] == keys(after)


def test_a_lost_node_takes_gangs_with_a_pod_on_it() -> None:
    after = changed(a_running_problem(), [LoseNodes(nodes=(eu_node(1),))])

    assert ["eu/h100/0", "eu/h100/2", "eu/h100/3", "us/l40s/0", "us/l40s/1"] == nodes(after)
    assert [0, 2, 4, 6, 7, 8] == list(after.fleet.devices.starts)
    assert ["load@eu", "qwen@eu", "qwen@us"] == keys(after)


def test_what_is_left_holds_the_same_devices_in_their_new_rows() -> None:
    problem = a_running_problem()
    held = problem.replicas[-1]
    assert "qwen@us" == keys(problem)[-1]
    holding = replace(held, slots=(replace(held.slots[0], devices=(8,)),))
    problem = replace(problem, replicas=(*problem.replicas[:-1], holding))

    after = changed(problem, [LoseNodes(nodes=(eu_node(1), eu_node(3)))])

    assert (4,) == after.replicas[-1].slots[0].devices
    assert contents(problem.fleet.devices)[8] == contents(after.fleet.devices)[4]


def test_a_drained_cluster_is_tainted_and_keeps_its_replicas() -> None:
    """They leave as for any NoExecute taint: the plan says so, with the reason."""
    problem = a_running_problem()
    after = changed(problem, [DrainCluster(cluster=EU), DrainCluster(cluster=EU)])

    assert [(DRAIN_TAINT,), ()] == [cluster.taints for cluster in after.fleet.clusters]
    assert problem.replicas == after.replicas


def test_a_drained_node_takes_nothing_new_and_loses_what_can_move() -> None:
    after = changed(a_running_problem(), [DrainNodes(nodes=(eu_node(0), eu_node(2)))])
    closed = [str(node.key) for node in after.fleet.nodes if not node.is_schedulable]

    assert ["eu/h100/0", "eu/h100/2"] == closed
    assert ["load@eu", "qwen@us"] == keys(after)


def test_added_nodes_stand_after_the_existing_ones() -> None:
    """They are new, real and empty, with the devices of the best node."""
    after = changed(a_running_problem(), [AddNodes(node_pool=H100, count=2)])
    added = after.fleet.nodes[3:5]

    assert [
        "eu/h100/0",
        "eu/h100/1",
        "eu/h100/2",
        "eu/h100/added-0",
        "eu/h100/added-1",
        "eu/h100/3",
        "us/l40s/0",
        "us/l40s/1",
    ] == nodes(after)
    assert all(node.is_schedulable and not node.is_expected for node in added)
    assert [0, 2, 4, 6, 8, 10, 12, 13, 14] == list(after.fleet.devices.starts)


def test_nodes_can_be_added_twice() -> None:
    change = AddNodes(node_pool=H100, count=1)

    assert ["eu/h100/added-0", "eu/h100/added-1"] == nodes(changed(a_running_problem(), [change, change]))[
        3:5
    ]


def test_a_pool_of_expected_nodes_gets_real_ones() -> None:
    fleet = a_fleet(ClusterSpec(name="eu", pools=[PoolSpec(name="h100", nodes=0, expected=1)]))
    after = changed(a_problem(fleet), [AddNodes(node_pool=H100, count=1)])

    assert [("eu/h100/added-0", False), ("eu/h100/0", True)] == [
        (str(node.key), node.is_expected) for node in after.fleet.nodes
    ]


def test_a_pool_without_an_open_node_has_nothing_to_copy() -> None:
    """Where every node is closed the reason may hold for new ones too."""
    fleet = a_fleet(ClusterSpec(name="eu", pools=[PoolSpec(name="h100", nodes=1)]))
    empty = a_fleet(ClusterSpec(name="eu", pools=[PoolSpec(name="h100", nodes=0)]))
    closed = replace(fleet, nodes=(replace(fleet.nodes[0], is_schedulable=False),))
    for each in (empty, closed):
        with pytest.raises(InvalidChange) as error:
            changed(a_problem(each), [AddNodes(node_pool=H100, count=1)])

        assert "add_nodes.node_pool" == error.value.field
        expected = "found 'eu/h100', expected a node pool with a node to copy that takes new pods"
        assert expected == error.value.complaint


def test_a_real_node_is_a_better_example_than_an_expected_one() -> None:
    """It has the labels and taints that the next one will have."""
    spec = PoolSpec(
        name="h100", nodes=1, expected=1, labels=[{"zone": "a", "kubernetes.io/hostname": "n"}, {}]
    )
    after = changed(
        a_problem(a_fleet(ClusterSpec(name="eu", pools=[spec]))), [AddNodes(node_pool=H100, count=1)]
    )

    assert {"zone": "a", "kubernetes.io/hostname": "h100/added-0"} == after.fleet.nodes[1].labels


def test_scale_priority_apply_and_remove_change_one_deployment() -> None:
    problem = a_running_problem()
    new = a_deployment(1, name="new")
    edited = a_deployment(1, a_gang(3), name="qwen")
    by_change: list[tuple[Change, list[object]]] = [
        (ScaleDeployment(deployment=QWEN.key, replicas=0), [GANG, replace(QWEN, replicas=0)]),
        (SetPriority(deployment=QWEN.key, priority=-3), [GANG, replace(QWEN, priority=-3)]),
        (ApplyDeployment(deployment=new), [GANG, new, QWEN]),
        (ApplyDeployment(deployment=edited), [GANG, edited]),
        (RemoveDeployment(deployment=QWEN.key), [GANG]),
    ]

    for change, deployments in by_change:
        assert deployments == list(changed(problem, [change]).deployments), change


def test_a_deployment_that_is_added_gets_the_replicas_that_are_there() -> None:
    """They could not move only because nobody had read it."""
    load = a_deployment(1, name="load")
    after = changed(a_running_problem(), [ApplyDeployment(deployment=load)])

    assert not any(replica.is_immovable for replica in after.replicas)


def test_a_removed_deployment_takes_the_replicas_it_owns() -> None:
    after = changed(a_running_problem(), [RemoveDeployment(deployment=QWEN.key)])

    assert ["gang@eu", "load@eu"] == keys(after)


def test_a_price_wins_over_the_one_of_the_policy() -> None:
    problem = replace(
        a_running_problem(), policy=Policy(price_overrides={H100: 5, NodePoolKey(US, "l40s"): 6})
    )
    after = changed(problem, [SetPrice(node_pool=H100, price_microdollars_per_hour=98_500_000)])

    assert {H100: 98_500_000, NodePoolKey(US, "l40s"): 6} == after.policy.price_overrides


def test_a_quota_is_added_replaced_and_taken_away() -> None:
    def quota(devices: int | None) -> SetQuota:
        return SetQuota(namespace="ml-team", device_class=GPU_CLASS, devices=devices)

    def quotas(*changes: Change) -> list[Quota]:
        return list(changed(a_running_problem(), changes).policy.quotas)

    one = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=1)
    assert [one] == quotas(quota(1))
    assert [replace(one, devices=2)] == quotas(quota(1), quota(2))
    assert [] == quotas(quota(1), quota(None))
    assert [] == quotas(quota(None))


NOBODY = DeploymentKey("ml-team", "qwn")
INVALID: list[tuple[Change, str]] = [
    (
        LoseCluster(cluster=ClusterName("eu1")),
        "lose_cluster.cluster: found 'eu1', expected the name of a cluster (nearest: eu)",
    ),
    (
        DrainCluster(cluster=ClusterName("x")),
        "drain_cluster.cluster: found 'x', expected the name of a cluster",
    ),
    (
        LoseNodes(nodes=(NodeKey(EU, "h100/9"),)),
        (
            "lose_nodes.nodes: found 'eu/h100/9', expected CLUSTER/NODE of a node that hosts replicas"
            " (nearest: eu/h100/0)"
        ),
    ),
    (DrainNodes(nodes=()), "drain_nodes.nodes: found none, expected at least one node"),
    (
        AddNodes(node_pool=NodePoolKey(EU, "h200"), count=1),
        "add_nodes.node_pool: found 'eu/h200', expected CLUSTER/NODEPOOL of a node pool (nearest: eu/h100)",
    ),
    (AddNodes(node_pool=H100, count=0), "add_nodes.count: found 0, expected a number from 1 to 10000"),
    (
        ScaleDeployment(deployment=NOBODY, replicas=1),
        (
            "scale_deployment.deployment: found 'ml-team/qwn', expected NAMESPACE/NAME of a deployment"
            " (nearest: ml-team/qwen)"
        ),
    ),
    (
        ScaleDeployment(deployment=QWEN.key, replicas=-1),
        "scale_deployment.replicas: found -1, expected a number from 0 to 2147483647",
    ),
    (
        RemoveDeployment(deployment=NOBODY),
        (
            "remove_deployment.deployment: found 'ml-team/qwn', expected NAMESPACE/NAME of a deployment"
            " (nearest: ml-team/qwen)"
        ),
    ),
    (
        SetPrice(node_pool=H100, price_microdollars_per_hour=-1),
        "set_price.price_microdollars_per_hour: found -1, expected a number from 0 to 9223372036854775807",
    ),
    (
        SetQuota(namespace="ml-tam", device_class=GPU_CLASS, devices=1),
        "set_quota.namespace: found 'ml-tam', expected a namespace with a deployment (nearest: ml-team)",
    ),
    (
        SetQuota(namespace="ml-team", device_class=DeviceClassName("gpu.nvidia"), devices=1),
        (
            "set_quota.device_class: found 'gpu.nvidia', expected the name of a DeviceClass of a cluster"
            " (nearest: gpu.nvidia.com)"
        ),
    ),
    (
        SetPriority(deployment=QWEN.key, priority=2**31),
        "set_priority.priority: found 2147483648, expected a number from -2147483648 to 2147483647",
    ),
]


@pytest.mark.parametrize(("change", "message"), INVALID)
def test_an_invalid_change_is_refused_with_its_place(change: Change, message: str) -> None:
    fine = ScaleDeployment(deployment=QWEN.key, replicas=5)
    with pytest.raises(InvalidChange) as error:
        changed(a_running_problem(), [fine, change])

    assert f"changes[1].{message}" == str(error.value)


def test_changes_build_on_each_other() -> None:
    """What one added the next can name; what one took away it cannot."""
    added = changed(
        a_running_problem(),
        [AddNodes(node_pool=H100, count=1), LoseNodes(nodes=(NodeKey(EU, "h100/added-0"),))],
    )
    assert nodes(a_running_problem()) == nodes(added)

    with pytest.raises(InvalidChange) as error:
        changed(a_running_problem(), [LoseCluster(cluster=EU), DrainCluster(cluster=EU)])
    assert 1 == error.value.position
