"""ResourceSlices as drivers publish them, with everything that the device allocator reads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from solver.domain.device import Device
from solver.domain.device_taint import DeviceTaint
from solver.domain.identity import Driver
from solver.domain.node_selector import NodeSelector
from solver.domain.quantity import Quantity


class DeviceId(NamedTuple):
    """What tells a device from all others of a cluster; prints as ``driver/pool/device``."""

    driver: Driver
    pool: str
    device: str

    def __str__(self) -> str:
        return f"{self.driver}/{self.pool}/{self.device}"


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeScope:
    """Which nodes reach a slice or a device: one of three ways, or (for a slice) each device says."""

    node: str | None = None
    selector: NodeSelector | None = None
    all_nodes: bool = False
    #: Only for slices: every device has a scope of its own.
    per_device: bool = False

    def reaches(self, name: str, labels: Mapping[str, str]) -> bool:
        """Whether the node *name* with *labels* is in scope; False where each device says."""
        if self.node is not None:
            return self.node == name
        if self.all_nodes:
            return True
        return self.selector is not None and self.selector.selects(name, labels)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestPolicy:
    """What may be asked of a capacity that is shared: one of the valid values, or a range."""

    default: Quantity | None = None
    valid_values: tuple[Quantity, ...] = ()
    #: A range has at least a minimum.
    minimum: Quantity | None = None
    maximum: Quantity | None = None
    step: Quantity | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterUse:
    """Amounts that a device takes from the counters of one set of its resource pool."""

    counter_set: str
    counters: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True, kw_only=True)
class CounterSet:
    """Counters that the devices of a resource pool share."""

    name: str
    counters: Mapping[str, Quantity]


@dataclass(frozen=True, slots=True, kw_only=True)
class SliceDevice:
    """A device of a slice: what selectors see, and what else decides who can have it."""

    device: Device
    #: Capacity names as written, which is how requests for capacity name them.
    capacity: Mapping[str, Quantity] = field(default_factory=dict)
    policies: Mapping[str, RequestPolicy] = field(default_factory=dict)
    consumes: tuple[CounterUse, ...] = ()
    #: Only where the slice leaves it to its devices.
    scope: NodeScope | None = None
    taints: tuple[DeviceTaint, ...] = ()
    binds_to_node: bool = False
    binding_conditions: tuple[str, ...] = ()
    binding_failure_conditions: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Its name in the resource pool."""
        return self.device.name

    @property
    def is_shared(self) -> bool:
        """Whether several requests may have it at once."""
        return self.device.allow_multiple_allocations


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceSlice:
    """Devices, or counters, of one resource pool of a driver."""

    name: str
    driver: Driver
    pool: str
    generation: int
    #: Slices that make the pool complete.
    slice_count: int
    scope: NodeScope
    devices: tuple[SliceDevice, ...] = ()
    shared_counters: tuple[CounterSet, ...] = ()
