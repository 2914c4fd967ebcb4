"""What is to be done: replicas kept, created and evicted, pod by pod."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.identity import DeploymentKey, DeviceClassName, Driver, NodeKey, NodePoolKey, ReplicaKey
from solver.domain.quantity import Quantity
from solver.domain.workload import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class SlotDevices:
    """Devices of one signature that one request of a pod takes; a request may have several of these."""

    #: ``request``, or ``request/alternative`` where the request has alternatives.
    request: str
    driver: Driver
    #: None: a Synthetic match, nothing is claimed.
    device_class: DeviceClassName | None
    count: int
    #: What the request's selectors read of these devices, as text; never a device name.
    signature: str
    #: Rows of the device table that serve it in the witness: a proof that the plan fits, not a promise.
    rows: tuple[int, ...] = ()
    #: What each of them gives of its capacities, where they are shared.
    consumed: tuple[tuple[str, Quantity], ...] | None = None
    has_admin_access: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """One pod of a replica and the node it goes to."""

    engine: str
    copy: int
    role: Role
    rank: int
    node_pool: NodePoolKey
    #: None: a kept replica in a pool that has no nodes.
    node: NodeKey | None
    is_expected: bool = False
    #: Position in the release order of the plan, from 1; 0 for a pod that already runs.
    order: int = 0
    #: The node was not observed but assumed (best fit in name order).
    is_assumed: bool = False
    devices: tuple[SlotDevices, ...] = ()
    #: Whether its turn among the pods of its node matters to the cluster's device allocator.
    is_ordered: bool = False
    #: What that allocator chooses in the rehearsal: request (or request/alternative) and row of the device table.
    allocated: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Keep:
    """An observed replica that stays; slots it has yet to fill (a larger template) have an order."""

    replica: ReplicaKey
    name: str
    slots: tuple[Slot, ...]
    #: Why it stays although something is wrong with it: "does not fit", "selector cannot be evaluated".
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Create:
    """A new replica."""

    replica: ReplicaKey
    slots: tuple[Slot, ...]


class EvictionReason(StrEnum):
    """Why a replica is left out of the plan."""

    CLUSTER_GONE = "ClusterGone"
    NODE_POOL_GONE = "NodePoolGone"
    UNTOLERATED_TAINT = "UntoleratedTaint"
    TEMPLATE_CHANGED = "TemplateChanged"
    SCALE_DOWN = "ScaleDown"
    PREEMPTED = "Preempted"
    MOVED = "Moved"
    """It did not fit, or did not belong, where it was, and has a place elsewhere; or a rebalance."""

    @property
    def is_forced(self) -> bool:
        """Whether the replica could not have stayed, whatever the plan; such evictions are not counted."""
        return self in _FORCED


_FORCED = frozenset(
    {
        EvictionReason.CLUSTER_GONE,
        EvictionReason.NODE_POOL_GONE,
        EvictionReason.UNTOLERATED_TAINT,
        EvictionReason.TEMPLATE_CHANGED,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Evict:
    """An observed replica that goes, and the sentence that says why."""

    replica: ReplicaKey
    name: str
    reason: EvictionReason
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shortfall:
    """Replicas asked for and not placed."""

    deployment: DeploymentKey
    wanted: int
    missing: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """Keeps, creates and evicts in canonical order; every deployment of the problem is accounted for."""

    keeps: tuple[Keep, ...] = ()
    creates: tuple[Create, ...] = ()
    evicts: tuple[Evict, ...] = ()
    shortfalls: tuple[Shortfall, ...] = ()

    @property
    def replicas(self) -> tuple[Keep | Create, ...]:
        """Every replica that will run: the kept ones, then the new ones."""
        return (*self.keeps, *self.creates)
