"""The claim of a pod that is more than counts of whole devices, with acceptance worked out for a cluster."""

from dataclasses import dataclass
from typing import NamedTuple

from solver.domain.quantity import Quantity


class ClaimScope(NamedTuple):
    """A request of the claim by position, or one of its alternatives, that a constraint covers."""

    request: int
    alternative: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PodConstraint:
    """All devices in scope share the value of *attribute*, or no two of them do."""

    attribute: str
    is_distinct: bool
    scopes: frozenset[ClaimScope]


@dataclass(frozen=True, slots=True, kw_only=True)
class PodQuery:
    """One way to serve a request."""

    #: Position among the request's alternatives.
    alternative: int
    #: Kinds that would do, as a bit mask.
    accepts: int
    #: None: all of them that the node has.
    count: int | None
    is_admin: bool = False
    capacity: tuple[tuple[str, Quantity], ...] = ()
    #: Kinds of which a node that is to serve it must have none.
    forbids: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class PodClaim:
    """The requests of a pod: for each the ways to serve it, the preferred one first."""

    requests: tuple[tuple[PodQuery, ...], ...]
    constraints: tuple[PodConstraint, ...] = ()

    @property
    def attributes(self) -> frozenset[str]:
        """The attributes that its constraints name."""
        return frozenset(each.attribute for each in self.constraints)
