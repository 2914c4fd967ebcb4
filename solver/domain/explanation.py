"""Why something is not placed, and what would help."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.identity import DeploymentKey, NodePoolKey


class Reason(StrEnum):
    """Stable codes, in the order in which a node pool is checked; a pool counts at the first that fails."""

    CLUSTER_SELECTOR_NOT_MATCHED = "ClusterSelectorNotMatched"
    CLUSTER_NOT_READY = "ClusterNotReady"
    UNTOLERATED_TAINT = "UntoleratedTaint"
    DEVICE_SELECTOR_NOT_MATCHED = "DeviceSelectorNotMatched"
    INSUFFICIENT_DEVICES = "InsufficientDevices"
    INSUFFICIENT_NODE_RESOURCES = "InsufficientNodeResources"
    FABRIC_TOO_SMALL = "FabricTooSmall"
    INSUFFICIENT_FREE_CAPACITY = "InsufficientFreeCapacity"
    QUOTA_EXCEEDED = "QuotaExceeded"
    EVICTION_BUDGET = "EvictionBudget"
    SPREAD_REQUIRED = "SpreadRequired"
    LOWER_PRIORITY = "LowerPriority"
    MODEL_CACHE_NOT_FOUND = "ModelCacheNotFound"
    REFUSED_BY_ALLOCATOR = "RefusedByAllocator"
    TIER_MAXIMUM = "TierMaximum"
    """A maximum that the policy sets for an objective tier."""


REASON_ORDER = {reason: position for position, reason in enumerate(Reason)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PoolRejection:
    """The first check that a node pool fails for a deployment."""

    node_pool: NodePoolKey
    reason: Reason
    #: Down to the attribute: "gpu: memory 80Gi < 141Gi".
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejection:
    """What every node pool says to a deployment that is short."""

    deployment: DeploymentKey
    node_pools: int
    rejected: tuple[PoolRejection, ...]
    #: Something that holds for the deployment as a whole, such as a cache that does not exist.
    general: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ConflictMember:
    """One rule without which the deployment would be placed, in one sentence."""

    reason: Reason
    subject: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """A set of rules that together keep one more replica out; none can be spared if it is minimal."""

    deployment: DeploymentKey
    members: tuple[ConflictMember, ...]
    is_minimal: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Fix:
    """A change that was tried and places one more replica."""

    deployment: DeploymentKey
    #: AddNode, RelaxSelector, MoveReplica, RaiseQuota.
    change: str
    subject: str
    sentence: str
