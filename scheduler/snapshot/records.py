"""What is kept of the objects of a cluster: as little as a plan needs, so that raw objects can be forgotten."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from scheduler.snapshot.findings import Origin
from solver.domain.device import AttributeValue, Device, QualifiedName
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import DeviceClass, NodeResources
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.node_selector import NodeSelector
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet
from solver.domain.taint import Taint


class PublishedDevice(NamedTuple):
    """A device of a slice. A tuple, as there may be a million of them."""

    name: str
    attributes: tuple[tuple[QualifiedName, AttributeValue], ...]
    capacity: tuple[tuple[QualifiedName, Quantity], ...]
    terms: DeviceTerms
    malformed: str | None

    @property
    def node(self) -> str | None:
        """With per-device node selection, the node it is on."""
        return self.terms.node

    def device(self, driver: Driver) -> Device:
        """The device as selectors see it."""
        return Device(
            name=self.name,
            driver=driver,
            attributes=dict(self.attributes),
            capacity=dict(self.capacity),
            allow_multiple_allocations=self.terms.is_shared,
            malformed=self.malformed,
        )


class SliceScope(StrEnum):
    """Which nodes can reach the devices of a slice."""

    NODE = "nodeName"
    ALL_NODES = "allNodes"
    SELECTED_NODES = "nodeSelector"
    EACH_DEVICE = "perDeviceNodeSelection"
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A ResourceSlice."""

    name: str
    driver: Driver
    pool: str
    generation: int
    slice_count: int
    scope: SliceScope
    node: str | None
    #: With a node selector, which nodes it selects.
    selector: NodeSelector | None
    devices: tuple[PublishedDevice, ...]
    shared_counters: tuple[CounterSet, ...]
    origin: Origin
    #: Its driver or its pool cannot be read.
    is_malformed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord:
    """A Node."""

    name: str
    labels: Mapping[str, str]
    taints: tuple[Taint, ...]
    is_schedulable: bool
    allocatable: NodeResources | None
    origin: Origin
    kubelet_version: str = ""
    #: What keeps pods off it cannot be read, so it takes nothing new.
    is_unreadable: bool = False


class PodRecord(NamedTuple):
    """A Pod. ``requests`` are milli-cores and bytes."""

    namespace: str
    name: str
    uid: str
    node: str
    is_finished: bool
    is_terminating: bool
    cpu_millicores: int
    memory_bytes: int
    labels: Mapping[str, str]
    slot: str | None


class PodReference(NamedTuple):
    """A pod as a claim names it; no uid: whatever its uid."""

    namespace: str
    name: str
    uid: str


class HeldDevice(NamedTuple):
    """A device that a claim holds; *consumed* (amounts by capacity name) if it is shared."""

    driver: str
    pool: str
    device: str
    consumed: tuple[tuple[str, Quantity], ...] | None = None
    #: Where it stands among the results of its claim.
    position: int = 0

    @property
    def key(self) -> tuple[str, str, str]:
        """Driver, resource pool and device."""
        return (self.driver, self.pool, self.device)


class AllocatedClaim(NamedTuple):
    """A ResourceClaim with an allocation."""

    namespace: str
    name: str
    #: One for each result without admin access.
    devices: tuple[HeldDevice, ...]
    pods: tuple[PodReference, ...]
    origin: Origin


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectorUse:
    """A CEL selector and where it stands."""

    expression: str
    about: str
    path: str
    origin: Origin


class ClassUse(NamedTuple):
    """The name of a DeviceClass in a claim that is not allocated, and where it stands."""

    name: str
    about: str
    path: str
    origin: Origin


@dataclass(slots=True, kw_only=True)
class ClusterRecords:
    """Everything read of one cluster; the last one read of each name counts."""

    name: str
    slices: dict[str, Slice] = field(default_factory=dict)
    nodes: dict[str, NodeRecord] = field(default_factory=dict)
    pods: dict[tuple[str, str], PodRecord] = field(default_factory=dict)
    claims: dict[tuple[str, str], AllocatedClaim | None] = field(default_factory=dict)
    device_classes: dict[DeviceClassName, DeviceClass] = field(default_factory=dict)
    #: The classes that claims without an allocation, and templates, name.
    class_uses: list[ClassUse] = field(default_factory=list)
    #: Claims that are allocated, and nobody can tell what they hold.
    unreadable_claims: list[str] = field(default_factory=list)
    #: The first of its files by name.
    origin: Origin
    #: Slices found, readable or not.
    slice_count: int = 0
    #: The file that could not be read to its end, so that what is missing from it is not known.
    broken_file: str | None = None
