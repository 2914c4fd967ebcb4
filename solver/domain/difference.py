"""What becomes different between two decisions, in the words of those who own clusters and models."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.explanation import Conflict, Rejection
from solver.domain.identity import ClusterName, DeploymentKey, ReplicaKey


class Fate(StrEnum):
    """What becomes of a replica that runs."""

    MOVED = "Moved"
    """It goes, and its deployment gets another one for it."""
    EVICTED = "Evicted"
    """The plan lets it go, and nothing takes its place."""
    LOST = "Lost"
    """What it ran on, or its deployment, is gone, and nothing takes its place."""
    STAYS = "Stays"
    """It was to go, and stays after all."""


class LossReason(StrEnum):
    """Why a replica is not even in the changed problem; codes beside those of evictions."""

    CLUSTER_LOST = "ClusterLost"
    NODE_LOST = "NodeLost"
    NODE_DRAINED = "NodeDrained"
    DEPLOYMENT_REMOVED = "DeploymentRemoved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """Why a change took a replica away, and the sentence that says it."""

    reason: LossReason
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplicaChange:
    """A replica that runs and whose fate is another one after the change."""

    replica: ReplicaKey
    #: Name of the ModelReplica object.
    name: str
    fate: Fate
    #: Code of an eviction or a loss; for one that stays, why it was to go.
    reason: str
    because: str
    #: Where its deployment gets another one for it, if it moves.
    to: ClusterName | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Whereabouts:
    """*replicas* that are on the same node pools of a cluster."""

    cluster: ClusterName
    #: Sorted; those of all pods of a replica.
    node_pools: tuple[str, ...]
    replicas: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentState:
    """What a decision does for a deployment."""

    #: Replicas asked for; 0 if there is no such deployment. Load without deployment counts as asked for.
    wanted: int = 0
    #: Replicas that run or will run.
    placed: int = 0
    where: tuple[Whereabouts, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class DeploymentChange:
    """A deployment for which the decisions differ."""

    deployment: DeploymentKey
    before: DeploymentState
    after: DeploymentState
    #: Those that run, by key; what is only planned has no fate.
    replicas: tuple[ReplicaChange, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TierValue:
    """Value of a tier of the objective in its unit."""

    value: int
    unit: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TierChange:
    """A tier before and after; None: that decision does not have it."""

    name: str
    before: TierValue | None
    after: TierValue | None

    @property
    def is_changed(self) -> bool:
        """Whether value or unit differ."""
        return self.before != self.after


@dataclass(frozen=True, slots=True, kw_only=True)
class ShortfallChange:
    """Replicas short that appear or vanish, explained by the decision that has more of them."""

    deployment: DeploymentKey
    missing_before: int
    missing_after: int
    rejection: Rejection | None = None
    conflict: Conflict | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """Everything that differs, in canonical order; all tiers, also those that are alike."""

    deployments: tuple[DeploymentChange, ...]
    tiers: tuple[TierChange, ...]
    shortfalls: tuple[ShortfallChange, ...]
    #: All deployments of each decision together.
    wanted_before: int
    wanted_after: int
    placed_before: int
    placed_after: int
    #: None where prices are not counted in money.
    price_before_microdollars_per_hour: int | None
    price_after_microdollars_per_hour: int | None

    @property
    def is_empty(self) -> bool:
        """Whether the decisions are worth the same to everybody."""
        return not (self.deployments or self.shortfalls or any(tier.is_changed for tier in self.tiers))
