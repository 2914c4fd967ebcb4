"""A plain group of devices, or one device of another group."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """What the search gives away."""

    group: int
    #: The device; of a plain group the first.
    ordinal: int
    #: How many can be had; a shared device that nobody holds whole counts as one.
    free: int
    total: int
    #: All that it takes from.
    vectors: tuple[int, ...] = ()
    #: What it takes of counters, packed, once however often it is given; None: there is not enough.
    counters: tuple[tuple[int, int], ...] | None = ()
    is_charged: bool = True
    #: The vector of its own capacities; None: it is not shared.
    own_vector: int | None = None
    #: The largest part of a counter that it takes, in thousandths.
    share: int = 0
