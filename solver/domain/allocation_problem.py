"""What the device allocator of a cluster is asked: can these claims be satisfied on this node."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from solver.domain.claim import AllocatedState, Claim
from solver.domain.fleet import DeviceClass
from solver.domain.resource_slice import ResourceSlice


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationProblem:
    """The claims of one pod, in the order of the pod, and one node of the cluster."""

    node: str
    labels: Mapping[str, str] = field(default_factory=dict)
    claims: tuple[Claim, ...]
    #: All slices of the cluster: whether a pool is complete is not decided by those of the node alone.
    slices: tuple[ResourceSlice, ...]
    classes: Mapping[str, DeviceClass]
    allocated: AllocatedState = field(default_factory=AllocatedState)
