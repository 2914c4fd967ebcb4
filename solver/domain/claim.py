"""ResourceClaims: what a pod asks of the devices of its node, and what the allocator gave it.

Shapes follow ``resource.k8s.io/v1``. What a release does not know (an allocation mode, a selector that is not
CEL, a constraint of no kind) is kept, because the allocator has a verdict on it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.domain.device_taint import DeviceToleration
from solver.domain.node_selector import NodeSelector
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId

EXACT_COUNT = "ExactCount"
ALL = "All"

#: Devices that one claim may be given, requests and subrequests together.
MOST_DEVICES_OF_A_CLAIM = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceQuery:
    """Which devices would do, and how many: a request, or one alternative of it (a subrequest)."""

    name: str
    #: Empty: none is named, which is an error.
    device_class: str
    #: CEL texts; an empty one is a selector of a kind that is not known.
    selectors: tuple[str, ...] = ()
    allocation_mode: str = EXACT_COUNT
    #: Only with ExactCount.
    count: int = 1
    #: None: the field is absent. Alternatives have no such field.
    admin_access: bool | None = None
    tolerations: tuple[DeviceToleration, ...] = ()
    #: Amounts by capacity name as written; None: the field is absent.
    capacity: Mapping[str, Quantity] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """One request of a claim: exactly this query, or the first of several that leads to a solution."""

    name: str
    exactly: DeviceQuery | None = None
    first_available: tuple[DeviceQuery, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimConstraint:
    """Ties the devices of *requests* (``name`` or ``name/alternative``; none: of all requests) to each other."""

    requests: tuple[str, ...] = ()
    #: The attribute, in full, that all must share.
    match_attribute: str | None = None
    #: The attribute, in full, in which all must differ.
    distinct_attribute: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """A ResourceClaim without its allocation."""

    name: str
    namespace: str = ""
    requests: tuple[ClaimRequest, ...] = ()
    constraints: tuple[ClaimConstraint, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedDevice:
    """A device that a claim was given, for which request (``name`` or ``name/alternative``)."""

    request: str
    device: DeviceId
    has_admin_access: bool = False
    #: What it takes of a shared device, by capacity name as written; None: the device is not shared.
    consumed: Mapping[str, Quantity] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Allocation:
    """What one claim was given, and the nodes from which all of it can be reached."""

    devices: tuple[AllocatedDevice, ...]
    #: None: from every node.
    node_selector: NodeSelector | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatedState:
    """What the claims of a cluster hold already, those with admin access left out."""

    #: Held whole.
    devices: frozenset[DeviceId] = frozenset()
    #: Held in part, by any number of claims.
    shared: frozenset[DeviceId] = frozenset()
    #: What is taken of devices held in part, by capacity name as written.
    consumed: Mapping[DeviceId, Mapping[str, Quantity]] = field(default_factory=dict)


class AllocationOutcome(StrEnum):
    """What became of an attempt to allocate the claims of a pod on one node."""

    ALLOCATED = "allocated"
    NONE = "none"
    """Nothing that is free satisfies them."""
    ERROR = "error"
    """The allocator gives up; Kubernetes then tries no other node either."""
    ORDER_DEPENDENT = "order_dependent"
    """The verdict depends on an order that Kubernetes leaves to chance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocationVerdict:
    """An outcome, with one allocation for each claim (ALLOCATED only) and the sentence that explains it."""

    outcome: AllocationOutcome
    allocations: tuple[Allocation, ...] = ()
    message: str = ""
