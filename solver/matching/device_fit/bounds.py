"""Sums that no choice of devices can exceed: they refuse most of what cannot fit at once.

A *measure* adds up counters that are alike, all memory slices of all GPUs for example. What requests still
need of it at the least must not be more than what is left. Only devices taken whole are counted: each is
charged once, while a shared device, or one with admin access, may be charged already.
"""

from collections.abc import Sequence

from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.task import Option, Task
from solver.matching.node_fit import Need, fits

#: More measures than these rarely refuse anything else.
_MOST_MEASURES = 6
#: Hall's unions of more different requests than these cost more than they refuse.
_MOST_MASKS = 8


class Measures:
    """The measures of a node, and what each member takes of them."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        columns = self._columns()
        self.left = tuple(
            sum(layout.vectors[vector].amounts[column] for vector, column in alike) for alike in columns
        )
        self._measure_of = {place: number for number, alike in enumerate(columns) for place in alike}
        self.takes = tuple(self._taken(index) for index in range(len(layout.members)))

    def _columns(self) -> list[list[tuple[int, int]]]:
        """Counters, as vector and column, that islands of one class have in the same place."""
        alike: dict[tuple[int, int, int], list[tuple[int, int]]] = {}
        charged = {vector for group in self._layout.groups for vector, _ in group.takes}
        for island in self._layout.islands:
            for place, vector in enumerate(island.vectors):
                amounts = self._layout.vectors[vector].amounts if vector in charged else ()
                for column, amount in enumerate(amounts):
                    if amount > 0:
                        alike.setdefault((island.class_number, place, amount), []).append((vector, column))
        return sorted(alike.values(), key=len, reverse=True)[:_MOST_MEASURES]

    def _taken(self, index: int) -> tuple[int, ...]:
        member = self._layout.members[index]
        amounts = [0] * len(self.left)
        if member.own_vector is None and not member.is_charged and member.counters is not None:
            for vector, taken in self._layout.groups[member.group].takes:
                for column, amount in enumerate(taken):
                    number = self._measure_of.get((vector, column))
                    if number is not None:
                        amounts[number] += amount
        return tuple(amounts)

    def least(self, options: Sequence[Option]) -> tuple[int, ...]:
        """What the best of *options* takes of each measure."""
        return tuple(
            min((self._least(option, number) for option in options), default=0)
            for number in range(len(self.left))
        )

    def _least(self, option: Option, number: int) -> int:
        amounts = [self.takes[candidate.member][number] for candidate in option.candidates]
        if option.is_admin:
            return 0
        return sum(amounts) if option.is_all else option.count * min(amounts, default=0)


def has_enough_devices(layout: Layout, tasks: Sequence[tuple[Task, Sequence[Option]]]) -> bool:
    """Whether counting devices alone does not rule out that *tasks* are served with these options."""
    held: dict[int, int] = {}
    for member in layout.members:
        if member.own_vector is None:
            kind = layout.groups[member.group].kind
            held[kind] = held.get(kind, 0) + member.free
    needs = []
    for _, options in tasks:
        used = [candidate.member for option in options for candidate in option.candidates]
        is_counted = all(layout.members[index].own_vector is None for index in used)
        if is_counted and not any(option.is_admin for option in options):
            kinds = {layout.groups[layout.members[index].group].kind for index in used}
            least = min((option.count for option in options), default=0)
            needs.append(Need(sum(1 << kind for kind in kinds), least))
    if len({need.accepts for need in needs}) > _MOST_MASKS:
        return True
    return fits(needs, held)
