"""Pods that nobody saw, where a plan assumes them: what happens to a node happens to them too."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from solver.domain.fleet import Node
from solver.domain.identity import ClusterName
from solver.domain.problem import Problem
from solver.domain.replica import ObservedSlot, Replica
from solver.matching.standing import Footing, Standing
from solver.matching.survey import Survey


def with_assumed_nodes(problem: Problem, clusters: Collection[ClusterName]) -> Problem:
    """*problem* with every pod on *clusters* on the node on which a plan assumes it, as if it had been seen there."""
    if all(_is_seen(each) for each in problem.replicas if each.key.cluster in clusters):
        return problem  # to work out what is assumed takes seconds on a large fleet
    nodes = problem.fleet.nodes
    assumed = {
        each.replica.key: _assumed(each, nodes)
        for each in Survey(problem).observed.standing
        if each.replica.key.cluster in clusters
    }
    replicas = tuple(
        replace(each, slots=(*each.slots, *assumed[each.key])) if assumed.get(each.key) else each
        for each in problem.replicas
    )
    return replace(problem, replicas=replicas)


def _is_seen(replica: Replica) -> bool:
    pods = sum(
        engine.copies * member.pods_per_copy for engine in replica.engines for member in engine.members
    )
    return pods <= len(replica.slots)


def _assumed(standing: Standing, nodes: Sequence[Node]) -> tuple[ObservedSlot, ...]:
    return tuple(
        ObservedSlot(engine=pod.engine, copy=pod.copy, role=pod.role, rank=pod.rank, node=nodes[pod.node].key)
        for pod in standing.pods
        if pod.footing is Footing.ASSUMED and pod.node is not None
    )
