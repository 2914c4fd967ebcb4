"""What may be traded for what: the order of the objective tiers, limits and quotas."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.domain.identity import DeviceClassName, NodePoolKey


class TierName(StrEnum):
    """The objective tiers; ``measures`` says what each one counts. All are to be small."""

    SHORTFALL = "shortfall"
    EVICTIONS = "evictions"
    EXPECTED = "expected"
    SPREAD = "spread"
    DISTANCE = "distance"
    LOCALITY = "locality"
    PRICE = "price"
    STRANDED = "stranded"
    CANONICAL = "canonical"


class Preemption(StrEnum):
    """Whom a new replica may displace."""

    LOWER_PRIORITY = "LowerPriority"
    NEVER = "Never"


class ShortfallUnit(StrEnum):
    """What one missing replica counts in the shortfall tier."""

    REPLICAS = "replicas"
    DEVICES = "devices"


@dataclass(frozen=True, slots=True, kw_only=True)
class TierPolicy:
    """A tier that is on; *maximum* is a limit in its own unit that no plan may pass for what is new."""

    name: TierName
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Quota:
    """The most devices of a class that the replicas of a namespace may hold over the fleet."""

    namespace: str
    device_class: DeviceClassName
    devices: int


DEFAULT_TIERS = tuple(TierPolicy(name=name) for name in TierName)


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """The defaults change nothing that the API of old did not have."""

    tiers: tuple[TierPolicy, ...] = DEFAULT_TIERS
    quotas: tuple[Quota, ...] = ()
    #: Healthy replicas that one plan may move without being forced to.
    eviction_budget: int = 0
    preemption: Preemption = Preemption.LOWER_PRIORITY
    shortfall_unit: ShortfallUnit = ShortfallUnit.REPLICAS
    #: Micro-dollars per node and hour; win over what the node pool says.
    price_overrides: Mapping[NodePoolKey, int] = field(default_factory=dict)
    #: Whether the locality tier counts (off: it is left out).
    prefers_ready_caches: bool = True
    #: Whether a ready cluster without a gateway address takes new replicas.
    requires_gateway: bool = True
