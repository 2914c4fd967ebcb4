"""Names and levels of tiers that have several: priorities of the shortfall, health of evictions."""

from collections.abc import Iterable

from solver.domain.policy import TierName
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment

#: The tier of replicas that may be evicted although they are not ready.
NOT_READY = "evictions[not ready]"
#: Pods that a larger template adds to kept replicas and that find no place; before the shortfall.
UNFILLED = "unfilled"
#: Replicas that stay although they do not fit or belong where they are; after the shortfall.
MISPLACED = "misplaced"


def priorities(problem: Problem) -> tuple[int, ...]:
    """The distinct priorities of the deployments, highest first."""
    return tuple(sorted({deployment.priority for deployment in problem.deployments}, reverse=True))


def tier_name(problem: Problem, tier: TierName, priority: int) -> str:
    """``shortfall``, or ``shortfall[PRIORITY]`` where there are several priorities."""
    return tier.value if len(priorities(problem)) == 1 else f"{tier.value}[{priority}]"


def filling_order(deployments: Iterable[ModelDeployment]) -> list[ModelDeployment]:
    """*deployments* in the order in which they are filled: high priorities first, then large replicas."""
    return sorted(deployments, key=lambda d: (-d.priority, -devices_per_replica(d), d.key))


def devices_per_replica(deployment: ModelDeployment) -> int:
    """Devices that one replica requests, over all its pods; at least 1."""
    total = sum(
        engine.copies * member.pods_per_copy * request.count
        for engine in deployment.engines
        for member in engine.members
        for request in member.requests
    )
    return max(1, total)
