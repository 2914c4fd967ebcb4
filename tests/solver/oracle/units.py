"""Pods as a node sees them, and whether each can have the devices that it needs."""

from dataclasses import dataclass

from solver.domain.identity import DeviceClassName

#: Seats of a pod: for each device it needs, a bit mask of the rows of its cluster that would do.
Seats = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Unit:
    """A pod as a node sees it."""

    #: (rows that would do, how many), for devices that are not held by claims already.
    needs: tuple[tuple[int, int], ...]
    held: int
    #: Devices that count as used: those of claims.
    claimed: int
    cpu: int
    memory: int
    price: int
    is_new: bool


def claimed_of(needs: tuple[tuple[int, int], ...], classes: tuple[DeviceClassName | None, ...]) -> int:
    return sum(count for (_, count), name in zip(needs, classes, strict=True) if name is not None)


def seats_of(needs: tuple[tuple[int, int], ...]) -> Seats:
    return tuple(rows for rows, count in needs for _ in range(count))


def seated(seats: Seats, free: int) -> bool:
    """Whether each seat can have a device of its own (augmenting paths on single devices)."""
    owner: dict[int, int] = {}

    def seat(index: int, visited: set[int]) -> bool:
        rows = seats[index] & free
        while rows:
            row = (rows & -rows).bit_length() - 1
            rows &= rows - 1
            if row in visited:
                continue
            visited.add(row)
            if row not in owner or seat(owner[row], visited):
                owner[row] = index
                return True
        return False

    return all(seat(index, set()) for index in range(len(seats)))


def no_worse(units: list[Unit], free: int, here: int) -> bool:
    """What runs already asks for too much: new pods may not ask for any of what there is too little of.

    Each union of the sets of devices that would do is a rule of its own (Hall): it holds, or what runs
    breaks it and nothing new takes part in it.
    """
    masks = sorted({rows & here for unit in units for rows, count in unit.needs if count})
    unions = {0}
    for mask in masks:
        unions |= {union | mask for union in unions}
    for union in sorted(unions):
        kept = sum(_within(unit.needs, here, union) for unit in units if not unit.is_new)
        new = sum(_within(unit.needs, here, union) for unit in units if unit.is_new)
        most = (union & free).bit_count()
        if kept + new > most and (kept <= most or new):
            return False
    return True


def _within(needs: tuple[tuple[int, int], ...], here: int, union: int) -> int:
    return sum(count for rows, count in needs if rows & here & ~union == 0)
