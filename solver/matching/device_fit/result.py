"""A witness that claims fit: which devices serve which request."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.quantity import Quantity


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """One device for one request: the group, and which of its devices.

    The last ``in_use`` devices of a group are those that earlier allocations hold.
    """

    group: int
    ordinal: int
    #: Of each capacity, what the request takes; None: the device is not shared.
    consumed: Mapping[str, Quantity] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """The devices of a request, and the alternative that they serve."""

    alternative: int
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """For each claim, its requests served, in their order."""

    claims: tuple[tuple[Served, ...], ...]
