"""Who holds which device of a cluster: a slot of a replica, or somebody else."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from scheduler.snapshot.findings import Findings
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
    #: Those of both that no slice has shown so far, with the first claim that holds each.
    unseen: dict[DeviceName, AllocatedClaim]
    #: Devices that two claims hold whole, with the second one.
    twice: list[tuple[DeviceName, AllocatedClaim]]


def holdings(
    claims: Iterable[AllocatedClaim], pods: Mapping[tuple[str, str], PodRecord], joined: JoinedPods
) -> Holdings:
    """Who holds what. A claim that pods of different replicas share, or that others use too, is theirs."""
    holders: dict[DeviceName, OwnedSlot | None] = {}
    shares: dict[DeviceName, list[tuple[OwnedSlot | None, Shares]]] = defaultdict(list)
    unseen: dict[DeviceName, AllocatedClaim] = {}
    twice: list[tuple[DeviceName, AllocatedClaim]] = []
    for claim in claims:
        holder = _holder(claim, pods, joined)
        for device in claim.devices:
            unseen.setdefault(device.key, claim)
            if device.consumed is None and device.key in holders:
                twice.append((device.key, claim))
            if device.consumed is not None:
                shares[device.key].append((holder, device.consumed))
            else:
                holders[device.key] = None if device.key in holders else holder
    return Holdings(holders=holders, shares=dict(shares), unseen=unseen, twice=twice)


def report_holdings(held: Holdings, findings: Findings) -> None:
    """One warning for all devices that claims hold and no slice shows, one for all that two claims hold."""
    _report([*held.unseen.items()], "that no ResourceSlice shows, expected each in a slice", findings)
    _report(held.twice, "that another claim holds too, expected each with one claim", findings)


def _report(found: Sequence[tuple[DeviceName, AllocatedClaim]], what: str, findings: Findings) -> None:
    if not found:
        return
    device, claim = min(found, key=lambda each: (each[1].namespace, each[1].name, each[0]))
    claims = {(each.namespace, each.name) for _, each in found}
    more = f" (and {len(found) - 1} more devices of {len(claims)} claims)" if len(found) > 1 else ""
    findings.warning(
        claim.origin,
        f"found device {'/'.join(device)}{more} {what}",
        about=f"ResourceClaim {claim.namespace}/{claim.name}",
        path="status.allocation",
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
