"""What is left of a node while the search gives devices away, and takes them back."""

from collections.abc import Sequence
from typing import NamedTuple

from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.node_devices import Token
from solver.matching.device_fit.task import BoundConstraint, Candidate, Option

Values = frozenset[Token]
#: For each claim, those with admin access whose devices it must not have.
AdminTies = tuple[tuple[int, ...], ...]
#: What tells an island's state from that of others of its class.
IslandKey = tuple[object, ...]


class Taken(NamedTuple):
    """What undoes one step."""

    candidate: Candidate
    times: int
    charged: bool
    bound: tuple[tuple[int, Values | None], ...]


class State:
    """Free devices, amounts left, and the values that constraints have settled on."""

    def __init__(self, layout: Layout, constraints: Sequence[BoundConstraint], admin_ties: AdminTies) -> None:
        self.layout = layout
        self.free = [member.free for member in layout.members]
        self.left = [vector.packed for vector in layout.vectors]
        self.guards = [vector.guards for vector in layout.vectors]
        #: How often a single device was given; the first time charges its counters.
        self.given = [0] * len(layout.members)
        #: By member and claim with admin access: its devices, and those that it must not have.
        self.held: dict[tuple[int, int], int] = {}
        self.constraints = constraints
        #: matchAttribute: the values all have so far; distinctAttribute: all values so far.
        self.bound: list[Values | None] = [None] * len(constraints)
        self.admin_ties = admin_ties
        #: Keys of islands, until something changes there.
        self._keys: list[IslandKey | None] = [None] * len(layout.islands)

    def most(self, candidate: Candidate, option: Option, claim: int, *, wanted: int) -> int:
        """How many devices of *candidate* the option can have now, at most *wanted*."""
        index, need = candidate
        member = self.layout.members[index]
        if member.own_vector is not None:
            times = wanted if self.free[index] or option.is_admin else 0
        else:
            times = min(member.total if option.is_admin else self.free[index], wanted)
            for tie in self._ties(option, claim):
                times = min(times, member.total - self.held.get((index, tie), 0))
        if times <= 0:
            return 0
        if not member.is_charged and not self.given[index] and not self._has_counters(index):
            return 0
        if option.constraints:
            times = self._bound_most(index, option, times)
        if member.own_vector is not None:
            times = self._capacity_most(member.own_vector, need, times)
        return times

    def _ties(self, option: Option, claim: int) -> Sequence[int]:
        """Claims with admin access that cannot have what the option is given."""
        return (claim,) if option.is_admin else self.admin_ties[claim]

    def _has_counters(self, index: int) -> bool:
        counters = self.layout.members[index].counters
        if counters is None:
            return False
        left, guards = self.left, self.guards
        return all((left[vector] - need) & guards[vector] == guards[vector] for vector, need in counters)

    def _bound_most(self, index: int, option: Option, times: int) -> int:
        values = self.layout.groups[self.layout.members[index].group].values
        for number in option.constraints:
            constraint = self.constraints[number]
            own = values.get(constraint.attribute)
            bound = self.bound[number]
            if not own:
                return 0
            if bound is not None and constraint.is_distinct != (not bound & own):
                return 0
            if constraint.is_distinct:
                times = 1
        return times

    def _capacity_most(self, vector: int, need: int, times: int) -> int:
        left, guards = self.left[vector], self.guards[vector]
        for taken in range(times):
            left -= need
            if left & guards != guards:
                return taken
        return times

    def take(self, candidate: Candidate, option: Option, claim: int, times: int) -> Taken:
        """Give *times* devices of *candidate*, which ``most`` allows."""
        index, need = candidate
        member = self.layout.members[index]
        charged = not member.is_charged and not self.given[index]
        if charged:
            for vector, amount in member.counters or ():
                self.left[vector] -= amount
        if member.own_vector is not None:
            self.left[member.own_vector] -= need * times
        else:
            self.free[index] -= 0 if option.is_admin else times
            for tie in self._ties(option, claim):
                self.held[index, tie] = self.held.get((index, tie), 0) + times
        self.given[index] += times
        bound = tuple((number, self.bound[number]) for number in option.constraints)
        for number in option.constraints:
            self._bind(number, index)
        self._forget_key(index)
        return Taken(candidate, times, charged, bound)

    def _bind(self, number: int, index: int) -> None:
        constraint = self.constraints[number]
        own = self.layout.groups[self.layout.members[index].group].values[constraint.attribute]
        bound = self.bound[number]
        if bound is None:
            self.bound[number] = own
        else:
            self.bound[number] = bound | own if constraint.is_distinct else bound & own

    def give_back(self, taken: Taken, option: Option, claim: int) -> None:
        """Undo ``take``."""
        index, need = taken.candidate
        member = self.layout.members[index]
        if taken.charged:
            for vector, amount in member.counters or ():
                self.left[vector] += amount
        if member.own_vector is not None:
            self.left[member.own_vector] += need * taken.times
        else:
            self.free[index] += 0 if option.is_admin else taken.times
            for tie in self._ties(option, claim):
                self.held[index, tie] -= taken.times
        self.given[index] -= taken.times
        for number, bound in taken.bound:
            self.bound[number] = bound
        self._forget_key(index)

    def _forget_key(self, index: int) -> None:
        place = self.layout.places[index]
        if place is not None:
            self._keys[place[0]] = None

    def is_available(self, index: int) -> bool:
        """Whether a request that asks for nothing special could have the member."""
        member = self.layout.members[index]
        if not self.free[index]:
            return False
        return member.is_charged or self.given[index] > 0 or self._has_counters(index)

    def island_key(self, number: int, live: Sequence[int]) -> IslandKey:
        """Equal for islands that could change places; *live* constraints may still bind devices."""
        island = self.layout.islands[number]
        key = self._keys[number]
        if key is None:
            given = [p for p, index in enumerate(island.members) if self.given[index]]
            free = [self.free[island.members[place]] for place in given]
            left = [self.left[vector] for vector in island.vectors]
            key = (island.class_number, *left, *given, *free)
            self._keys[number] = key
        if self.held:
            inside = set(island.members)
            key += (
                tuple(
                    sorted(
                        (island.members.index(index), claim, times)
                        for (index, claim), times in self.held.items()
                        if times and index in inside
                    )
                ),
            )
        if live and island.own_values:
            own = island.own_values
            key += (
                tuple(
                    frozenset(own[token] for token in self.bound[constraint] or () if token in own)
                    for constraint in live
                ),
            )
        return key
