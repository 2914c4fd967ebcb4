"""A replica as it was observed: where it is, what shape it had, what it holds."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.identity import DeviceClassName, NodeKey, ReplicaKey
from solver.domain.quantity import Quantity
from solver.domain.workload import Role


class Health(StrEnum):
    """Readiness of a replica; unknown counts as healthy when something must go."""

    READY = "ready"
    NOT_READY = "not ready"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedRequest:
    """One device request as the ModelReplica records it."""

    name: str
    device_class: DeviceClassName
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedMember:
    """A member as the ModelReplica records it; no requests: it claims nothing."""

    role: Role
    node_pool: str
    pods_per_copy: int
    requests: tuple[ObservedRequest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedEngine:
    """An engine as the ModelReplica records it."""

    name: str
    copies: int
    members: tuple[ObservedMember, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservedSlot:
    """One pod of the replica that was found, or that the plan annotation names."""

    engine: str
    copy: int
    role: Role
    #: Position among the pods of this role in this copy, from 0.
    rank: int
    node: NodeKey
    #: Rows of the fleet's device table that its claims hold whole.
    devices: tuple[int, ...] = ()
    #: Rows of shared devices, each with what its claims take of it, by capacity name as written.
    shares: tuple[tuple[int, tuple[tuple[str, Quantity], ...]], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Replica:
    """An observed replica. Pods without a slot are assumed somewhere in the pool of their member."""

    key: ReplicaKey
    #: Name of the ModelReplica object.
    name: str
    engines: tuple[ObservedEngine, ...]
    health: Health = Health.UNKNOWN
    slots: tuple[ObservedSlot, ...] = ()
    #: Its ModelDeployment is not in the input: it stays where it is, whatever the plan.
    is_immovable: bool = False
