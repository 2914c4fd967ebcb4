"""Replicas that a change took out of a problem, each with the reason."""

from collections.abc import Iterator, Mapping

from solver.domain.difference import Loss, LossReason
from solver.domain.identity import NodeKey, ReplicaKey
from solver.domain.problem import Problem
from solver.domain.replica import Replica


def losses(problem: Problem, changed: Problem) -> Mapping[ReplicaKey, Loss]:
    """Why each replica of *problem* that *changed* does not have is gone, by key."""
    left = {replica.key for replica in changed.replicas}
    clusters = {cluster.name for cluster in changed.fleet.clusters}
    nodes = {node.key: node.is_schedulable for node in changed.fleet.nodes}
    existed = {node.key for node in problem.fleet.nodes}
    found: dict[ReplicaKey, Loss] = {}
    for replica in problem.replicas:
        if replica.key in left:
            continue
        own = [node for node in _nodes(replica) if node in existed]
        lost = [node for node in own if node not in nodes]
        drained = [node for node in own if not nodes.get(node, True)]
        if replica.key.cluster not in clusters:
            because = f"cluster {replica.key.cluster} is lost"
            found[replica.key] = Loss(reason=LossReason.CLUSTER_LOST, because=because)
        elif lost:
            found[replica.key] = Loss(reason=LossReason.NODE_LOST, because=f"node {lost[0]} is lost")
        elif drained and any(each.key == replica.key.deployment for each in changed.deployments):
            found[replica.key] = Loss(reason=LossReason.NODE_DRAINED, because=f"node {drained[0]} is drained")
        else:
            because = f"deployment {replica.key.deployment} is removed"
            found[replica.key] = Loss(reason=LossReason.DEPLOYMENT_REMOVED, because=because)
    return found


def _nodes(replica: Replica) -> Iterator[NodeKey]:
    return iter(sorted({slot.node for slot in replica.slots}))
