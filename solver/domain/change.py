"""Changes to a problem that somebody wonders about: one vocabulary for what-if questions and scenarios.

What each of them does to a problem is said by ``simulations.what_if``; how they travel, by ``change.proto``.
"""

from dataclasses import dataclass

from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.workload import ModelDeployment


class InvalidChange(ValueError):
    """A change names something unknown, or an amount out of range; nothing was changed."""

    def __init__(self, position: int, field: str, complaint: str) -> None:
        super().__init__(position, field, complaint)
        self.position = position  # of the change, from 0
        self.field = field  # "lose_cluster.cluster"
        self.complaint = complaint  # "found 'eu-9', expected the name of a cluster (nearest: eu-1)"

    @property
    def path(self) -> str:
        """Where it is wrong, with the names of ``change.proto``: ``changes[0].lose_cluster.cluster``."""
        return f"changes[{self.position}].{self.field}"

    def __str__(self) -> str:
        return f"{self.path}: {self.complaint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseCluster:
    """The cluster is gone, with everything on it."""

    cluster: ClusterName


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainCluster:
    """The cluster takes nothing new, and what runs there must leave, as for a NoExecute taint."""

    cluster: ClusterName


@dataclass(frozen=True, slots=True, kw_only=True)
class LoseNodes:
    """The nodes are gone, with every replica that has a pod on one of them."""

    nodes: tuple[NodeKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrainNodes:
    """The nodes take nothing new, and every replica with a pod on one of them must leave."""

    nodes: tuple[NodeKey, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class AddNodes:
    """*count* more nodes like the best one of the node pool, empty."""

    node_pool: NodePoolKey
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleDeployment:
    """The deployment wants so many replicas."""

    deployment: DeploymentKey
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ApplyDeployment:
    """The deployment is added, or takes the place of the one with its key."""

    deployment: ModelDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveDeployment:
    """The deployment is deleted, and with it the replicas that it owns."""

    deployment: DeploymentKey


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPrice:
    """A node of the node pool costs so many micro-dollars per hour."""

    node_pool: NodePoolKey
    price_microdollars_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SetQuota:
    """The replicas of the namespace may hold so many devices of the class; None: as many as they want."""

    namespace: str
    device_class: DeviceClassName
    devices: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SetPriority:
    """The deployment has this priority; higher wins."""

    deployment: DeploymentKey
    priority: int


Change = (
    LoseCluster
    | DrainCluster
    | LoseNodes
    | DrainNodes
    | AddNodes
    | ScaleDeployment
    | ApplyDeployment
    | RemoveDeployment
    | SetPrice
    | SetQuota
    | SetPriority
)
