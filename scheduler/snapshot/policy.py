"""The PlacementPolicy named default to the policy of a problem."""

from scheduler.api.placement_policy import PlacementPolicy, TierEntry
from solver.domain.identity import ClusterName, DeviceClassName, NodePoolKey
from solver.domain.policy import Policy, Preemption, Quota, ShortfallUnit, TierName, TierPolicy


def policy(model: PlacementPolicy) -> Policy:
    """What *model* says, and the defaults for what it does not say."""
    spec = model.spec
    return Policy(
        tiers=_tiers(spec.tiers),
        quotas=tuple(
            sorted(
                Quota(
                    namespace=quota.namespace,
                    device_class=DeviceClassName(quota.device_class_name),
                    devices=quota.devices,
                )
                for quota in spec.quotas
            )
        ),
        eviction_budget=spec.eviction_budget,
        preemption=Preemption(spec.preemption),
        shortfall_unit=ShortfallUnit(spec.shortfall_unit),
        price_overrides={
            NodePoolKey(ClusterName(override.cluster), override.node_pool): override.price_per_node_hour
            for override in sorted(spec.price_overrides, key=lambda entry: (entry.cluster, entry.node_pool))
        },
        prefers_ready_caches=spec.prefer_ready_caches,
        requires_gateway=spec.require_gateway,
    )


def _tiers(entries: tuple[TierEntry, ...]) -> tuple[TierPolicy, ...]:
    """The listed tiers in their order, then the others in default order; none that is switched off."""
    listed = {TierName(entry.name) for entry in entries}
    first = [
        TierPolicy(name=TierName(entry.name), maximum=entry.maximum) for entry in entries if entry.enabled
    ]
    return (*first, *(TierPolicy(name=name) for name in TierName if name not in listed))
