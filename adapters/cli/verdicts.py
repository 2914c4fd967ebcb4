"""What every node pool says to one deployment, whether it is short or not."""

from collections import Counter
from dataclasses import dataclass

from solver.domain.decision import Decision
from solver.domain.explanation import REASON_ORDER, PoolRejection
from solver.domain.fleet import NodePool
from solver.domain.identity import DeploymentKey, NodePoolKey
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment
from solver.matching.pool_rejections import PoolRejections
from solver.matching.survey import Survey

ELIGIBLE = "eligible"


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolVerdict:
    """A node pool, the replicas of the deployment with a pod on it, and the first check that it fails."""

    node_pool: NodePoolKey
    replicas: int
    rejection: PoolRejection | None


def pool_verdicts(problem: Problem, decision: Decision, key: DeploymentKey) -> tuple[PoolVerdict, ...]:
    """A verdict for each node pool of *problem*, in order.

    Those of a deployment that is short are the decision's. For others only what can never change is checked:
    the cluster, the device selectors and whether one pod fits on an empty node.
    """
    said = {
        each.node_pool: each
        for rejection in decision.rejections
        if rejection.deployment == key
        for each in rejection.rejected
    }
    is_short = any(rejection.deployment == key for rejection in decision.rejections)
    hosted = _hosted(decision, key)
    survey = Survey(problem) if not is_short else None
    return tuple(
        PoolVerdict(
            node_pool=pool.key,
            replicas=hosted[pool.key],
            rejection=said.get(pool.key)
            if survey is None
            else _rejection(survey, survey.deployments[key], pool),
        )
        for pool in problem.fleet.node_pools
    )


def _hosted(decision: Decision, key: DeploymentKey) -> Counter[NodePoolKey]:
    counts: Counter[NodePoolKey] = Counter()
    for replica in decision.plan.replicas:
        if replica.replica.deployment == key:
            counts.update({slot.node_pool for slot in replica.slots})
    return counts


def _rejection(survey: Survey, deployment: ModelDeployment, pool: NodePool) -> PoolRejection | None:
    verdict = survey.verdict(deployment, pool.key.cluster)
    if verdict is not None:
        return PoolRejection(node_pool=pool.key, reason=verdict.reason, detail=verdict.detail)
    complaints = PoolRejections(survey.options)
    said = [
        complaints.of(member, pool.key)
        for engine in deployment.engines
        for member in engine.members
        if member.requests
    ]
    refused = [each for each in said if each is not None]
    if not refused or len(refused) < len(said):
        return None
    return max(refused, key=lambda each: REASON_ORDER[each.reason])
