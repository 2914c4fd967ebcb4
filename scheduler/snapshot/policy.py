"""The PlacementPolicy named default to the policy of a problem."""

from collections.abc import Iterator

from scheduler.api.placement_policy import PlacementPolicy, TierEntry
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.intake import ControlObject
from solver.domain.identity import ClusterName, DeviceClassName, NodePoolKey
from solver.domain.policy import Policy, Preemption, Quota, ShortfallUnit, TierName, TierPolicy


def policy(read: ControlObject, model: PlacementPolicy, findings: Findings) -> Policy:
    """What *model* says, and the defaults for what it does not say."""
    spec = model.spec
    return Policy(
        tiers=tuple(_tiers(spec.tiers, read, findings)),
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


def _tiers(entries: tuple[TierEntry, ...], read: ControlObject, findings: Findings) -> Iterator[TierPolicy]:
    """All tiers but those switched off; the listed ones trade places among themselves, no other moves."""
    listed = {entry.name for entry in entries}
    in_order = enumerate(entries)
    for name in TierName:
        if name not in listed:
            yield TierPolicy(name=name)
            continue
        position, entry = next(in_order)
        listed_name = TierName(entry.name)
        if listed_name is TierName.SHORTFALL:
            _check_shortfall(entry, f"spec.tiers[{position}]", read, findings)
            yield TierPolicy(name=listed_name)
        elif entry.enabled:
            yield TierPolicy(name=listed_name, maximum=entry.maximum)


def _check_shortfall(entry: TierEntry, path: str, read: ControlObject, findings: Findings) -> None:
    """The tier that places replicas is always on, and nothing is placed to keep it below a limit."""
    if not entry.enabled:
        message = "found false, expected true: the shortfall tier cannot be switched off; it stays on"
        findings.warning(read.origin, message, about=read.about, path=f"{path}.enabled")
    if entry.maximum is not None:
        message = f"found {entry.maximum}, expected none on the shortfall tier; it is ignored"
        findings.warning(read.origin, message, about=read.about, path=f"{path}.maximum")
