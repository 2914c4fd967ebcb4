"""What the claims of one or more pods ask of one node, with acceptance already decided."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from solver.domain.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternative:
    """One way to serve a request."""

    #: Kinds of devices that would do, as a bit mask.
    accepts: int
    #: None: every accepted device of the node, at least one.
    count: int | None = 1
    #: Whoever holds a device does not matter; it must only not be given twice to the claim (shared devices
    #: are charged as without).
    is_admin: bool = False
    #: Amounts asked by capacity name; a shared device is charged for them.
    capacity: Mapping[str, Quantity] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestDemand:
    """A request: its alternatives, the preferred one first."""

    alternatives: tuple[Alternative, ...]


class Scope(NamedTuple):
    """A request of a claim, or one alternative of it, that a constraint covers."""

    request: int
    alternative: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """All devices in scope share a value of *attribute*, or no two of them do; all must have it."""

    attribute: str
    is_distinct: bool = False
    scopes: frozenset[Scope]

    def covers(self, request: int, alternative: int) -> bool:
        """Whether devices for *alternative* of *request* are bound by it."""
        return Scope(request) in self.scopes or Scope(request, alternative) in self.scopes


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimDemand:
    """A claim that has to be satisfied."""

    requests: tuple[RequestDemand, ...]
    constraints: tuple[Constraint, ...] = ()
    #: Claims of one pod are allocated in order: a device that admin access was given to is taken for what
    #: the pod asks for after that.
    pod: int = 0
