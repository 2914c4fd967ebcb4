"""PlacementPolicy: what the platform team trades for what. A kind of ours; one object named ``default``."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, model_validator

from scheduler.api.base import (
    ApiModel,
    Metadata,
    Name253,
    NotEmpty,
    Resource,
    UniqueByName,
    rule_broken,
    unique_by,
)
from scheduler.api.price import PriceText

POLICY_NAME = "default"

Tier = Literal[
    "shortfall",
    "evictions",
    "expected",
    "spread",
    "distance",
    "locality",
    "price",
    "stranded",
    "canonical",
]
NonNegative = Annotated[StrictInt, Field(ge=0)]


class TierEntry(ApiModel):
    """A tier of the objective in its place; ``maximum`` is in the tier's own unit."""

    name: Tier
    maximum: NonNegative | None = None
    enabled: StrictBool = True


class QuotaEntry(ApiModel):
    """The most devices of a class that a namespace may hold over the fleet."""

    namespace: NotEmpty
    device_class_name: Name253
    devices: NonNegative


class PriceOverride(ApiModel):
    """A price that wins over the node pool's own."""

    cluster: NotEmpty
    node_pool: NotEmpty
    price_per_node_hour: PriceText


class PolicySpec(ApiModel):
    """Everything has a default that changes nothing."""

    tiers: Annotated[tuple[TierEntry, ...], UniqueByName] = ()
    quotas: Annotated[tuple[QuotaEntry, ...], unique_by("namespace", "device_class_name")] = ()
    eviction_budget: NonNegative = 0
    preemption: Literal["LowerPriority", "Never"] = "LowerPriority"
    shortfall_unit: Literal["replicas", "devices"] = "replicas"
    price_overrides: Annotated[tuple[PriceOverride, ...], unique_by("cluster", "node_pool")] = ()
    prefer_ready_caches: StrictBool = True
    require_gateway: StrictBool = True


class PlacementPolicy(Resource):
    """The policy of the fleet."""

    metadata: Metadata
    spec: PolicySpec

    @model_validator(mode="after")
    def _is_the_default(self) -> Self:
        if self.metadata.name != POLICY_NAME:
            raise rule_broken(
                at="metadata.name", found=repr(self.metadata.name), expected=f"{POLICY_NAME!r}, the only one"
            )
        return self
