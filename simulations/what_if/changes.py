"""What each kind of change does to a problem: one small function for each.

What a change takes away takes its replicas with it; what they lose is placed again if it fits. What is
drained takes nothing new and what runs there must leave, whether or not there is room elsewhere: the answer
is about the end of the drain. Replicas without deployment belong to nobody's plan, so they stay through a
drain; a deployment that tolerates every taint stays on a drained cluster.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import assert_never

from simulations.what_if.fleet import stands_on, with_nodes, without_cluster, without_nodes
from simulations.what_if.names import (
    INT32,
    InvalidField,
    check_amount,
    known_cluster,
    known_deployment,
    known_node_pool,
    known_nodes,
    unknown,
)
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
from solver.domain.fleet import Node
from solver.domain.identity import NodePoolKey
from solver.domain.policy import Quota
from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import ModelDeployment

#: What a drained cluster has.
DRAIN_TAINT = Taint(key="modelplane.ai/drain", effect=TaintEffect.NO_EXECUTE)

#: More would not be a question but a load test.
_NODES_ADDED = range(1, 10_001)
_REPLICAS = range(2**31)
_AMOUNTS = range(2**63)


def changed(problem: Problem, changes: Sequence[Change]) -> Problem:
    """*problem* after *changes*, in their order.

    Raises:
        InvalidChange: one of them names something unknown, or an amount out of range.
    """
    for position, change in enumerate(changes):
        try:
            problem = _changed(problem, change)
        except InvalidField as error:
            raise InvalidChange(position, error.field, error.complaint) from None
    return problem


def _changed(problem: Problem, change: Change) -> Problem:  # noqa: C901 - one line for each kind
    match change:
        case LoseCluster():
            return _lose_cluster(problem, change)
        case DrainCluster():
            return _drain_cluster(problem, change)
        case LoseNodes():
            return without_nodes(problem, known_nodes(problem, change.nodes, "lose_nodes.nodes"))
        case DrainNodes():
            return _drain_nodes(problem, change)
        case AddNodes():
            return _add_nodes(problem, change)
        case ScaleDeployment():
            return _scale(problem, change)
        case ApplyDeployment():
            return _apply(problem, change)
        case RemoveDeployment():
            return _remove(problem, change)
        case SetPrice():
            return _set_price(problem, change)
        case SetQuota():
            return _set_quota(problem, change)
        case SetPriority():
            return _set_priority(problem, change)
        case _:
            assert_never(change)


def _lose_cluster(problem: Problem, change: LoseCluster) -> Problem:
    return without_cluster(problem, known_cluster(problem, change.cluster, "lose_cluster.cluster").name)


def _drain_cluster(problem: Problem, change: DrainCluster) -> Problem:
    cluster = known_cluster(problem, change.cluster, "drain_cluster.cluster")
    drained = replace(cluster, taints=tuple(sorted({*cluster.taints, DRAIN_TAINT})))
    clusters = tuple(drained if each is cluster else each for each in problem.fleet.clusters)
    return replace(problem, fleet=replace(problem.fleet, clusters=clusters))


def _drain_nodes(problem: Problem, change: DrainNodes) -> Problem:
    # A NoExecute taint of a node moves nothing in a plan: an unreachable node has one too. So those that have
    # to leave are taken out here, and what they hold on other nodes is free for who takes their place.
    drained = known_nodes(problem, change.nodes, "drain_nodes.nodes")
    nodes = tuple(
        replace(node, is_schedulable=False) if node.key in drained else node for node in problem.fleet.nodes
    )
    replicas = tuple(each for each in problem.replicas if each.is_immovable or not stands_on(each, drained))
    return replace(problem, fleet=replace(problem.fleet, nodes=nodes), replicas=replicas)


def _add_nodes(problem: Problem, change: AddNodes) -> Problem:
    pool = known_node_pool(problem, change.node_pool, "add_nodes.node_pool")
    check_amount(change.count, _NODES_ADDED, "add_nodes.count")
    open_nodes = [
        position
        for position, node in enumerate(problem.fleet.nodes)
        if node.node_pool == pool and node.is_schedulable
    ]
    if not open_nodes:
        # Where no node takes anything new the reason may be the pool's, such as a class that nobody has read.
        complaint = f"found {str(pool)!r}, expected a node pool with a node to copy that takes new pods"
        raise InvalidField("add_nodes.node_pool", complaint)
    best = max(open_nodes, key=lambda position: _worth(problem, position))
    return with_nodes(problem, pool, best, change.count)


def _worth(problem: Problem, position: int) -> tuple[int, bool, bool, int, int]:
    """What makes a node a good example of its pool: devices, being real, no taints, most room; then the first."""
    node: Node = problem.fleet.nodes[position]
    rows = problem.fleet.devices.rows(position)
    usable = sum(not problem.fleet.devices.withheld[row] for row in rows)
    pods = node.free.pods if node.free is not None else 0
    return usable, not node.is_expected, not node.taints, pods, -position


def _scale(problem: Problem, change: ScaleDeployment) -> Problem:
    deployment = known_deployment(problem, change.deployment, "scale_deployment.deployment")
    check_amount(change.replicas, _REPLICAS, "scale_deployment.replicas")
    return _with_deployment(problem, replace(deployment, replicas=change.replicas))


def _set_priority(problem: Problem, change: SetPriority) -> Problem:
    deployment = known_deployment(problem, change.deployment, "set_priority.deployment")
    check_amount(change.priority, INT32, "set_priority.priority")
    return _with_deployment(problem, replace(deployment, priority=change.priority))


def _apply(problem: Problem, change: ApplyDeployment) -> Problem:
    key = change.deployment.key
    is_new = all(each.key != key for each in problem.deployments)
    replicas = problem.replicas
    if (
        is_new
    ):  # what could not move for want of its deployment has one now, as if both had been read together
        replicas = tuple(
            replace(each, is_immovable=False) if each.key.deployment == key else each for each in replicas
        )
    return _with_deployment(replace(problem, replicas=replicas), change.deployment)


def _remove(problem: Problem, change: RemoveDeployment) -> Problem:
    key = known_deployment(problem, change.deployment, "remove_deployment.deployment").key
    return replace(
        problem,
        deployments=tuple(each for each in problem.deployments if each.key != key),
        # One that cannot be moved is no longer its own, or is being deleted already.
        replicas=tuple(each for each in problem.replicas if each.is_immovable or each.key.deployment != key),
    )


def _with_deployment(problem: Problem, deployment: ModelDeployment) -> Problem:
    others = (each for each in problem.deployments if each.key != deployment.key)
    return replace(problem, deployments=(*others, deployment))


def _set_price(problem: Problem, change: SetPrice) -> Problem:
    pool = known_node_pool(problem, change.node_pool, "set_price.node_pool")
    check_amount(change.price_microdollars_per_hour, _AMOUNTS, "set_price.price_microdollars_per_hour")
    prices: dict[NodePoolKey, int] = {
        **problem.policy.price_overrides,
        pool: change.price_microdollars_per_hour,
    }
    policy = replace(problem.policy, price_overrides=dict(sorted(prices.items())))
    return replace(problem, policy=policy)


def _set_quota(problem: Problem, change: SetQuota) -> Problem:
    policy = problem.policy
    namespaces = {each.key.namespace for each in problem.deployments} | {q.namespace for q in policy.quotas}
    if change.namespace not in namespaces:
        raise unknown("set_quota.namespace", change.namespace, "a namespace with a deployment", namespaces)
    classes = {name for cluster in problem.fleet.clusters for name in cluster.device_classes}
    classes |= {quota.device_class for quota in policy.quotas}
    if change.device_class not in classes:
        expected = "the name of a DeviceClass of a cluster"
        raise unknown("set_quota.device_class", change.device_class, expected, classes)
    others = [
        q for q in policy.quotas if (q.namespace, q.device_class) != (change.namespace, change.device_class)
    ]
    if change.devices is not None:
        check_amount(change.devices, _AMOUNTS, "set_quota.devices")
        others.append(
            Quota(namespace=change.namespace, device_class=change.device_class, devices=change.devices)
        )
    return replace(problem, policy=replace(policy, quotas=tuple(sorted(others))))
