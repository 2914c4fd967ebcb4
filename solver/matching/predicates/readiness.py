"""Can the cluster take new replicas at all?"""

from solver.domain.fleet import Cluster
from solver.domain.policy import Policy
from solver.domain.workload import ModelCache, ModelDeployment


def complaint(
    cluster: Cluster, deployment: ModelDeployment, cache: ModelCache | None, policy: Policy
) -> str | None:
    """Why it is not ready; a cluster without a gateway address cannot serve what it hosts."""
    del deployment, cache
    if not cluster.is_ready:
        return cluster.not_ready_because or "it is not ready"
    if policy.requires_gateway and not cluster.has_gateway:
        return "it has no gateway address"
    return None
