"""Topology domains of spread rules: clusters, zones, or the values of a cluster label."""

from solver.domain.identity import ClusterName
from solver.domain.workload import SpreadRule
from solver.matching.candidates import Candidate
from solver.matching.inventory import Inventory
from solver.matching.standing import Standing

CLUSTER = "cluster"


def domain_of(inventory: Inventory, rule: SpreadRule, cluster: ClusterName, zone: str | None) -> str | None:
    """The domain of *rule* that a replica on *cluster* (in *zone*) belongs to, None if it has none."""
    match rule.topology_key:
        case "cluster":
            return cluster
        case "zone":
            return zone
        case label:
            known = inventory.clusters.get(cluster)
            return None if known is None else known.labels.get(label)


def candidate_domain(inventory: Inventory, rule: SpreadRule, candidate: Candidate) -> str | None:
    """The domain that a new replica on *candidate* would belong to."""
    return domain_of(inventory, rule, candidate.cluster, candidate.zone)


def standing_domain(inventory: Inventory, rule: SpreadRule, standing: Standing) -> str | None:
    """The domain that an observed replica belongs to: its zone is that of its first pod with a node."""
    return domain_of(inventory, rule, standing.replica.key.cluster, standing_zone(inventory, standing))


def standing_zone(inventory: Inventory, standing: Standing) -> str | None:
    """The zone of the first pod of an observed replica that has a node, None if it is not known."""
    nodes = [pod.node for pod in standing.pods if pod.node is not None]
    return inventory.places[nodes[0]].zone if nodes else None
