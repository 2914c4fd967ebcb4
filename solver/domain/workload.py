"""What a team wants served: a deployment, its engines, their members and what each pod requests."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceToleration
from solver.domain.identity import DeploymentKey, DeviceClassName
from solver.domain.quantity import Quantity
from solver.domain.taint import Toleration


class Role(StrEnum):
    """What a member is within its engine."""

    STANDALONE = "Standalone"
    LEADER = "Leader"
    WORKER = "Worker"


class Phase(StrEnum):
    """Which half of a PrefillDecode replica an engine serves."""

    PREFILL = "Prefill"
    DECODE = "Decode"


class ServingMode(StrEnum):
    """How the engines of a replica work together."""

    UNIFIED = "Unified"
    PREFILL_DECODE = "PrefillDecode"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceRequest:
    """*count* devices of one class for which every selector (CEL text) is true, on the pod's node.

    With *alternatives* it is the first of them that leads to a solution, and all its other fields count nothing.
    """

    name: str
    count: int = 1
    selectors: tuple[str, ...] = ()
    #: None: whatever class of the node pool has matching devices.
    device_class: DeviceClassName | None = None
    #: All devices of the node that match, at least one; *count* is then 1.
    takes_all: bool = False
    #: Also devices that others use; it takes none of them away.
    has_admin_access: bool = False
    tolerations: tuple[DeviceToleration, ...] = ()
    #: Amounts of a shared device by capacity name, as written.
    capacity: tuple[tuple[str, Quantity], ...] = ()
    alternatives: tuple["DeviceRequest", ...] = ()

    @property
    def queries(self) -> tuple["DeviceRequest", ...]:
        """Its alternatives in order of preference, or itself."""
        return self.alternatives or (self,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """Pods of one role in each copy of an engine; no requests: they claim nothing."""

    role: Role = Role.STANDALONE
    pods_per_copy: int = 1
    requests: tuple[DeviceRequest, ...] = ()
    #: What ties the devices of one pod to each other.
    constraints: tuple[ClaimConstraint, ...] = ()
    #: What each pod requests of its node besides devices; 0 unless the manifest says so.
    cpu_millicores: int = 0
    memory_bytes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Engine:
    """*copies* of one Standalone member, or of a gang of a Leader and Workers."""

    name: str
    members: tuple[Member, ...]
    copies: int = 1
    phase: Phase | None = None

    @property
    def is_gang(self) -> bool:
        """Whether a copy is several pods that must talk at full speed."""
        return len(self.members) > 1


class SpreadMode(StrEnum):
    """Whether a spread rule forbids or only prefers."""

    REQUIRED = "Required"
    PREFERRED = "Preferred"


@dataclass(frozen=True, slots=True, kw_only=True)
class SpreadRule:
    """How replicas divide over the domains of a topology key: ``cluster``, ``zone`` or a cluster label."""

    topology_key: str
    #: Replicas in the fullest eligible domain minus those in the emptiest; None: no limit.
    max_skew: int | None = None
    #: Share of the wanted replicas that one domain may hold, at least one replica; None: no limit.
    max_percent: int | None = None
    mode: SpreadMode = SpreadMode.REQUIRED


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelDeployment:
    """A model to be served: *replicas* equal serving instances."""

    key: DeploymentKey
    replicas: int
    engines: tuple[Engine, ...]
    serving_mode: ServingMode = ServingMode.UNIFIED
    #: Higher wins; a strictly higher one may take the place of what runs.
    priority: int = 0
    cluster_selector: Mapping[str, str] = field(default_factory=dict)
    #: Name of a ModelCache in the same namespace.
    cache: str | None = None
    tolerations: tuple[Toleration, ...] = ()
    spread: tuple[SpreadRule, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCache:
    """Weights staged on clusters; its selector narrows where those who name it can go."""

    namespace: str
    name: str
    cluster_selector: Mapping[str, str] = field(default_factory=dict)
    #: Clusters on which it is Ready.
    ready_clusters: frozenset[str] = frozenset()
