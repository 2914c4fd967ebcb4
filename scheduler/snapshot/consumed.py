"""What claims hold of shared devices against what the devices have."""

from collections.abc import Iterator, Mapping, Sequence

from scheduler.snapshot.counters import added_up
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.holdings import DeviceName
from scheduler.snapshot.records import AllocatedClaim, HeldDevice, PublishedDevice
from solver.domain.device import QualifiedName
from solver.domain.quantity import Quantity

Share = tuple[AllocatedClaim, HeldDevice]


def report_consumed(
    claims: Sequence[AllocatedClaim], published: Mapping[DeviceName, PublishedDevice], findings: Findings
) -> None:
    """Warn of each share of a capacity that the device does not have, and of each capacity that is overdrawn.

    Args:
        claims: those of one cluster, in order; of an overdrawn capacity the last one that takes from it is named.
        published: the devices of the cluster that claims share.
        findings: gets the warnings.
    """
    shares: dict[DeviceName, list[Share]] = {}
    for claim in claims:
        for device in claim.devices:
            if device.consumed is not None and device.key in published:
                shares.setdefault(device.key, []).append((claim, device))
    for key, found in shares.items():
        capacity = dict(published[key].capacity)
        name = "/".join(key)
        for share in found:
            _report_unknown(share, name, capacity, findings)
        _report_overdrawn(found, name, capacity, findings)


def _report_unknown(
    share: Share, device: str, capacity: Mapping[QualifiedName, Quantity], findings: Findings
) -> None:
    _, held = share
    for name, _ in held.consumed or ():
        if QualifiedName.parse(name, held.driver) not in capacity:
            message = f"found {name!r}, expected the name of a capacity of device {device}"
            _warn(share, name, message, findings)


def _report_overdrawn(
    shares: Sequence[Share], device: str, capacity: Mapping[QualifiedName, Quantity], findings: Findings
) -> None:
    taken = added_up(held.consumed or () for _, held in shares)
    for name, amount in sorted(taken.items()):
        last = list(_taking(shares, name))[-1]
        most = capacity.get(QualifiedName.parse(name, last[1].driver))
        if most is not None and amount > most:
            message = (
                f"claims take {amount} of device {device}, expected at most {most}; it gives no more of it"
            )
            _warn(last, name, message, findings)


def _taking(shares: Sequence[Share], name: str) -> Iterator[Share]:
    for claim, held in shares:
        if any(each == name for each, _ in held.consumed or ()):
            yield claim, held


def _warn(share: Share, name: str, message: str, findings: Findings) -> None:
    claim, held = share
    findings.warning(
        claim.origin,
        message,
        about=f"ResourceClaim {claim.namespace}/{claim.name}",
        path=f"status.allocation.devices.results[{held.position}].consumedCapacity[{name}]",
    )
