"""Kubernetes releases, and the feature gates that change what the device allocator does."""

import re
from dataclasses import dataclass
from enum import StrEnum

_VERSION = re.compile(r"v?(\d+)\.(\d+)")


class Release(StrEnum):
    """A minor release; the allocator of each differs from that of the one before."""

    V1_34 = "1.34"
    V1_35 = "1.35"
    V1_36 = "1.36"
    V1_37 = "1.37"

    @classmethod
    def of_kubelet(cls, version: str) -> "Release | None":
        """The release of a ``kubeletVersion`` such as ``v1.35.4-gke.100``.

        One older or newer than what is known here is taken for the nearest; None: the text has no version.
        """
        found = _VERSION.match(version)
        if found is None:
            return None
        wanted = (int(found[1]), int(found[2]))
        known = {tuple(int(part) for part in release.split(".")): release for release in cls}
        return known[min(max(wanted, min(known)), max(known))]


class Gate(StrEnum):
    """A feature gate of the scheduler that the allocator reads; values are the names of the gates."""

    ADMIN_ACCESS = "DRAAdminAccess"
    PRIORITIZED_LIST = "DRAPrioritizedList"
    PARTITIONABLE_DEVICES = "DRAPartitionableDevices"
    DEVICE_TAINTS = "DRADeviceTaints"
    CONSUMABLE_CAPACITY = "DRAConsumableCapacity"
    #: Two gates that only count together.
    BINDING_CONDITIONS = "DRADeviceBindingConditions+DRAResourceClaimDeviceStatus"
    LIST_ATTRIBUTES = "DRAListTypeAttributes"


_SINCE_1_34 = frozenset({Gate.ADMIN_ACCESS, Gate.PRIORITIZED_LIST})
_SINCE_1_36 = _SINCE_1_34 | {
    Gate.PARTITIONABLE_DEVICES,
    Gate.DEVICE_TAINTS,
    Gate.CONSUMABLE_CAPACITY,
    Gate.BINDING_CONDITIONS,
}


class AllocatorVariant(StrEnum):
    """The three copies of the allocator; the first that supports all enabled gates is used."""

    STABLE = "stable"
    INCUBATING = "incubating"
    EXPERIMENTAL = "experimental"


@dataclass(frozen=True, slots=True, kw_only=True)
class SchedulerFeatures:
    """What a cluster's scheduler is: its release and the gates that are on."""

    release: Release = Release.V1_35
    gates: frozenset[Gate] = _SINCE_1_34

    @classmethod
    def default(cls, release: Release = Release.V1_35) -> "SchedulerFeatures":
        """*release* with the gates that are on unless somebody changes them."""
        return cls(release=release, gates=_SINCE_1_36 if release >= Release.V1_36 else _SINCE_1_34)

    def has(self, gate: Gate) -> bool:
        """Whether *gate* is on."""
        return gate in self.gates

    @property
    def variant(self) -> AllocatorVariant:
        """The copy of the allocator that the scheduler picks."""
        stable = frozenset[Gate]()
        incubating = _SINCE_1_34 | {Gate.PARTITIONABLE_DEVICES, Gate.DEVICE_TAINTS}
        if self.release >= Release.V1_36:
            stable, incubating = incubating, _SINCE_1_36
        if self.gates <= stable:
            return AllocatorVariant.STABLE
        return AllocatorVariant.INCUBATING if self.gates <= incubating else AllocatorVariant.EXPERIMENTAL
