"""Sums that no choice of devices can exceed: they refuse most of what cannot fit at once.

A *measure* adds up amounts that are alike: all memory slices of all GPUs, a capacity of all shared devices.
What requests still need of it at the least must not be more than what is left. Counters are summed over devices
taken whole only: each of those is charged once, while a shared device, or one with admin access, may be charged
already. Any sum is a bound; those chosen here do not depend on what is left, so that a GPU in part used counts
with the others.
"""

from collections.abc import Iterator, Sequence

from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.task import Option, Task
from solver.matching.node_fit import Need, fits

#: More measures than these rarely refuse anything else.
_MOST_MEASURES = 8
#: Hall's unions of more different requests than these cost more than they refuse.
_MOST_MASKS = 8


class Measures:
    """The measures of a node, and what each member takes of them."""

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        alike: dict[tuple[object, ...], list[tuple[int, int]]] = {}
        for key, vector, column in _columns(layout):
            alike.setdefault(key, []).append((vector, column))
        chosen = sorted(alike.values(), key=len, reverse=True)[:_MOST_MEASURES]
        self._measure_of = {place: number for number, columns in enumerate(chosen) for place in columns}
        #: What the node has of each measure.
        self.left = tuple(
            sum(max(layout.vectors[vector].amounts[column], 0) for vector, column in columns)
            for columns in chosen
        )
        self._counters = tuple(self._counted(index) for index in range(len(layout.members)))

    def _counted(self, index: int) -> tuple[tuple[int, int], ...]:
        member = self._layout.members[index]
        if member.own_vector is not None or member.is_charged or member.counters is None:
            return ()
        amounts: dict[int, int] = {}
        for vector, taken in self._layout.groups[member.group].takes:
            for column, amount in enumerate(taken):
                number = self._measure_of.get((vector, column))
                if number is not None and amount:
                    amounts[number] = amounts.get(number, 0) + amount
        return tuple(sorted(amounts.items()))

    def taken(self, option: Option, index: int) -> tuple[tuple[int, int], ...]:
        """The measures, with amounts, that *option* takes with one device of a member."""
        member = self._layout.members[index]
        if member.own_vector is None:
            return () if option.is_admin else self._counters[index]
        return tuple(
            (self._measure_of[member.own_vector, column], amount.nano)
            for column, amount in enumerate(option.consumed[member.group].values())
            if (member.own_vector, column) in self._measure_of
        )

    def least(self, options: Sequence[Option]) -> tuple[int, ...]:
        """What the best of *options* takes of each measure."""
        found = [self._least(option) for option in options]
        return tuple(min((each[n] for each in found), default=0) for n in range(len(self.left)))

    def _least(self, option: Option) -> tuple[int, ...]:
        rows = []
        for candidate in option.candidates:
            row = [0] * len(self.left)
            for number, amount in self.taken(option, candidate.member):
                row[number] += amount
            rows.append(row)
        if not rows:
            return (0,) * len(self.left)
        columns = zip(*rows, strict=True)
        if option.is_all:
            return tuple(sum(column) for column in columns)
        return tuple(option.count * min(column) for column in columns)


def _columns(layout: Layout) -> Iterator[tuple[tuple[object, ...], int, int]]:
    """What may be summed with what, and where it is: vector and column."""
    most: dict[tuple[int, int], int] = {}
    for member in layout.members:
        group = layout.groups[member.group]
        for vector, amounts in group.takes:
            for column, amount in enumerate(amounts):
                most[vector, column] = max(most.get((vector, column), 0), amount)
        if member.own_vector is not None:
            for column, name in enumerate(group.capacities):
                yield ("share", name), member.own_vector, column
    for (vector, column), amount in sorted(most.items()):
        if amount:
            yield ("counter", len(layout.vectors[vector].amounts), amount), vector, column


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
