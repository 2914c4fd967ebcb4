"""Questions about a cluster, asked before any node is looked at; each no has a reason and a detail."""

from collections.abc import Callable, Mapping

from solver.domain.explanation import Reason
from solver.domain.fleet import Cluster
from solver.domain.policy import Policy
from solver.domain.workload import ModelCache, ModelDeployment
from solver.matching.predicates import cluster_selector, readiness, taints

#: (cluster, deployment, its cache if it names one, policy) -> what is wrong, None if nothing is.
Predicate = Callable[[Cluster, ModelDeployment, ModelCache | None, Policy], str | None]

#: In the order in which a cluster is asked; it counts at the first no.
PREDICATES: Mapping[Reason, Predicate] = {
    Reason.CLUSTER_SELECTOR_NOT_MATCHED: cluster_selector.complaint,
    Reason.CLUSTER_NOT_READY: readiness.complaint,
    Reason.UNTOLERATED_TAINT: taints.complaint,
}
