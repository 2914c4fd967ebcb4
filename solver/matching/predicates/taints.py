"""Does the deployment tolerate the cluster's taints?"""

from solver.domain.fleet import Cluster
from solver.domain.policy import Policy
from solver.domain.taint import TaintEffect, untolerated
from solver.domain.workload import ModelCache, ModelDeployment

_REPELS = (TaintEffect.NO_SCHEDULE, TaintEffect.NO_EXECUTE)


def complaint(
    cluster: Cluster, deployment: ModelDeployment, cache: ModelCache | None, policy: Policy
) -> str | None:
    """The first taint it does not tolerate."""
    del cache, policy
    found = untolerated(cluster.taints, deployment.tolerations, _REPELS)
    return f"taint {found[0]}" if found else None
