"""Does the cluster have the labels that the deployment and its cache select?"""

from solver.domain.fleet import Cluster
from solver.domain.policy import Policy
from solver.domain.workload import ModelCache, ModelDeployment


def complaint(
    cluster: Cluster, deployment: ModelDeployment, cache: ModelCache | None, policy: Policy
) -> str | None:
    """The first label that differs; a label that deployment and cache want different matches nothing."""
    del policy
    wanted = deployment.cluster_selector
    staged = cache.cluster_selector if cache is not None else {}
    for key in sorted({*wanted, *staged}):
        if key in wanted and key in staged and wanted[key] != staged[key]:
            return f"{key} must be {wanted[key]} for the deployment and {staged[key]} for its cache"
        value = wanted.get(key, staged.get(key))
        if cluster.labels.get(key) != value:
            found = f"is {cluster.labels[key]}" if key in cluster.labels else "is missing"
            return f"label {key} {found}, {value} is selected"
    return None
