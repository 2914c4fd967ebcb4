"""Who holds which device of a cluster: a slot of a replica, or somebody else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.records import AllocatedClaim, PodRecord
from scheduler.snapshot.slots import JoinedPods, OwnedSlot
from solver.domain.quantity import Quantity

DeviceName = tuple[str, str, str]
"""Driver, resource pool and device."""

Shares = tuple[tuple[str, Quantity], ...]
"""Amounts by capacity name."""


@dataclass(slots=True)
class Holdings:
    """The devices that claims hold; None: held by others."""

    holders: dict[DeviceName, OwnedSlot | None]
    #: Who holds what of a shared device.
    shares: dict[DeviceName, list[tuple[OwnedSlot | None, Shares]]]
    #: Those of both that no slice has shown so far.
    unseen: set[DeviceName]


def holdings(
    claims: Iterable[AllocatedClaim], pods: Mapping[tuple[str, str], PodRecord], joined: JoinedPods
) -> Holdings:
    """Who holds what. A claim that pods of different replicas share, or that others use too, is theirs."""
    holders: dict[DeviceName, OwnedSlot | None] = {}
    shares: dict[DeviceName, list[tuple[OwnedSlot | None, Shares]]] = defaultdict(list)
    for claim in claims:
        holder = _holder(claim, pods, joined)
        for device in claim.devices:
            if device.consumed is not None:
                shares[device.key].append((holder, device.consumed))
            else:
                holders[device.key] = None if device.key in holders else holder
    return Holdings(holders=holders, shares=dict(shares), unseen={*holders, *shares})


def report_unknown_devices(cluster: str, held: Holdings, findings: Findings, origin: Origin) -> None:
    """One warning for all devices that claims hold and no slice shows."""
    if held.unseen:
        driver, pool, device = min(held.unseen)
        findings.warning(
            origin,
            f"claims hold {len(held.unseen)} devices that no ResourceSlice shows, such as {driver}/{pool}/{device},"
            " expected each in a slice",
            about=f"InferenceCluster {cluster}",
        )


def _holder(
    claim: AllocatedClaim, pods: Mapping[tuple[str, str], PodRecord], joined: JoinedPods
) -> OwnedSlot | None:
    owners = []
    for reference in claim.pods:
        pod = pods.get((reference.namespace, reference.name))
        is_same = pod is not None and (not reference.uid or not pod.uid or pod.uid == reference.uid)
        owned = joined.slots.get((reference.namespace, reference.name)) if is_same else None
        if owned is None:
            return None
        owners.append(owned)
    if len({owned.replica for owned in owners}) != 1:
        return None
    return min(owners)
