"""Which rules together keep a replica out: golden texts, each of them checked for truth.

The texts are snapshots: ``pytest --inline-snapshot=fix`` writes them anew, and a person reviews the difference.
"""

from dataclasses import replace

import pytest
from inline_snapshot import snapshot

from solver.domain.decision import Decision
from solver.domain.explanation import Conflict
from solver.domain.fleet import NodeResources
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.workload import SpreadRule
from solver.formulation.matrix import Rule
from solver.matching.survey import Survey
from solver.search.held import held
from tests.builders import GPU_CLASS, ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, at_least, gpus
from tests.solver.explanations import _on, _takes
from tests.solver.outcomes import decided

# --- conflicts ---


def _verified(problem: Problem) -> list[str]:
    """The sentences of the one conflict, after its members were shown to be guilty together and only together."""
    decision = decided(problem)
    (conflict,) = decision.conflicts
    assert conflict.is_minimal
    _verify(problem, decision, conflict)
    return [f"{member.reason}: {member.sentence}" for member in conflict.members]


def _verify(problem: Problem, decision: Decision, conflict: Conflict) -> None:
    one_more = held(Survey(problem), decision.plan, conflict.deployment)
    guilty = {Rule(member.reason, member.subject) for member in conflict.members}
    innocent = frozenset(one_more.variables.matrix.rules) - guilty
    assert one_more.places_all(without=innocent) is False
    for rule in guilty:
        assert one_more.places_all(without=innocent | {rule}) is True


def _two_clusters(nodes: int = 1) -> tuple[ClusterSpec, ClusterSpec]:
    return tuple(  # type: ignore[return-value]
        ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=nodes),)) for name in "ab"
    )


def test_a_conflict_of_two_full_pools() -> None:
    """Either one with a free node would do, so both are named."""
    assert _verified(a_problem(a_fleet(*_two_clusters()), [a_deployment(3)])) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has no device left that would do, on 1 node; a pod needs 1",
            "InsufficientFreeCapacity: node pool cluster-b/default has no device left that would do, on 1 node; a pod needs 1",
        ]
    )


def test_a_conflict_of_a_quota_alone() -> None:
    """There is room everywhere, so no pool is blamed."""
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=2)
    problem = a_problem(a_fleet(*_two_clusters(4)), [a_deployment(3)], policy=Policy(quotas=(quota,)))

    assert _verified(problem) == snapshot(
        [
            "QuotaExceeded: namespace ml-team may hold 2 devices of class gpu.nvidia.com, and one more replica would pass that"
        ]
    )


def test_a_conflict_of_a_full_cluster_and_the_spread_that_forbids_the_other() -> None:
    """Neither alone keeps the replica out."""
    rule = SpreadRule(topology_key="cluster", max_skew=1)
    full, roomy = _two_clusters(1)
    roomy = replace(roomy, pools=(PoolSpec(nodes=5),))

    assert _verified(a_problem(a_fleet(full, roomy), [a_deployment(4, spread=(rule,))])) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has no device left that would do, on 1 node; a pod needs 1",
            "SpreadRequired: the required spread of ml-team/my-model over cluster allows no further replica where there is room",
        ]
    )


def test_a_conflict_of_pod_slots() -> None:
    """The devices are free."""
    free = NodeResources(cpu_millicores=1000, memory_bytes=1 << 30, pods=1)

    assert _verified(_on(a_deployment(2), PoolSpec(nodes=1, devices=(gpus(8),), free=free))) == snapshot(
        [
            "InsufficientNodeResources: the nodes of node pool cluster-a/default have 0 pod slots left, or too little CPU or memory"
        ]
    )


def test_a_conflict_of_fragments() -> None:
    """Two devices are free, on two nodes."""
    assert _verified(_on(_takes(2, replicas=3), PoolSpec(nodes=2, devices=(gpus(3),)))) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has 2 devices left that would do, on 2 nodes, at most 1 on one; a pod needs 2"
        ]
    )


def test_no_conflict_without_candidates() -> None:
    """Nothing matches, so the rejections say it all."""
    assert () == decided(_on(_takes(1, at_least("1Ti")))).conflicts


@pytest.mark.parametrize("count", [1, 2])
def test_a_conflict_never_blames_what_a_fix_would_not_touch(count: int) -> None:
    """What a fix adds belongs to a pool that the conflict names."""
    decision = decided(_on(_takes(1, replicas=2 * count + 1), PoolSpec(nodes=2, devices=(gpus(count),))))

    subjects = {member.subject for conflict in decision.conflicts for member in conflict.members}
    assert {fix.subject for fix in decision.fixes} <= subjects
