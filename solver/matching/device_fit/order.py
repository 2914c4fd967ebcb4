"""The order in which members are tried: spare what is scarce, do not break what is whole.

Every order finds the same answer; this one finds witnesses that leave the most behind. Devices that take the
smallest part of an island come first, then islands that are broken already, the fullest of them first, and in
an island the device that takes away the fewest others.
"""

from collections.abc import Iterable, Sequence

from solver.matching.device_fit.state import IslandKey, State
from solver.matching.device_fit.task import Candidate, Option, Task


class TryingOrder:
    """Sorts the candidates of an option by what taking them would waste."""

    def __init__(self, state: State, tasks: Iterable[Task]) -> None:
        self._state = state
        self._layout = state.layout
        self._wanted = [0] * len(self._layout.members)
        for task in tasks:
            for index in {candidate.member for option in task.options for candidate in option.candidates}:
                self._wanted[index] += 1
        self._left_cache: dict[IslandKey, frozenset[int]] = {}
        self._loss_cache: dict[tuple[IslandKey, int], int] = {}

    def candidates(self, option: Option, claim: int, live: Sequence[int]) -> list[Candidate]:
        """The candidates that *option* can have now, in order.

        Of islands that could change places only the first is looked at where the option takes one device.
        """
        keys: dict[int, IslandKey | None] = {}
        seen: set[IslandKey] = set()
        found: list[tuple[tuple[int, ...], Candidate]] = []
        for candidate in option.candidates:
            place = self._layout.places[candidate.member]
            if place is None:
                if self._state.most(candidate, option, claim, wanted=1):
                    found.append((self._plain_rank(candidate.member), candidate))
                continue
            island = place[0]
            if island not in keys:
                key = self._state.island_key(island, live)
                is_repeated = option.count == 1 and key in seen
                keys[island] = None if is_repeated else key
                seen.add(key)
            known = keys[island]
            if known is not None and self._state.most(candidate, option, claim, wanted=1):
                found.append((self._island_rank(candidate.member, island, place[1], known), candidate))
        found.sort()
        return [candidate for _, candidate in found]

    def _plain_rank(self, index: int) -> tuple[int, ...]:
        group = self._layout.groups[self._layout.members[index].group]
        return (int(group.is_last_resort), 0, self._wanted[index], 0, self._state.free[index], 0, index)

    def _island_rank(self, index: int, island: int, place: int, key: IslandKey) -> tuple[int, ...]:
        member = self._layout.members[index]
        group = self._layout.groups[member.group]
        available = self._available(island, key)
        inside = self._layout.islands[island].members
        is_whole = len(available) == len(inside)
        loss = self._loss_cache.get((key, place))
        if loss is None:
            loss = self._loss(index, island, available)
            self._loss_cache[key, place] = loss
        return (
            int(group.is_last_resort),
            member.share,
            self._wanted[index],
            int(is_whole),
            len(available),
            loss,
            index,
        )

    def _available(self, island: int, key: IslandKey) -> frozenset[int]:
        """Places of the devices of *island* that can still be had."""
        available = self._left_cache.get(key)
        if available is None:
            members = self._layout.islands[island].members
            available = frozenset(p for p, index in enumerate(members) if self._state.is_available(index))
            self._left_cache[key] = available
        return available

    def _loss(self, index: int, island: int, available: frozenset[int]) -> int:
        """Parts of the island, in thousandths, of the devices that cannot be had any more without this one."""
        member = self._layout.members[index]
        if member.own_vector is not None or member.is_charged or member.counters is None:
            return 0
        left = self._state.left
        for vector, need in member.counters:
            left[vector] -= need
        inside = self._layout.islands[island].members
        lost = sum(
            self._layout.members[inside[place]].share
            for place in available
            if not self._state.is_available(inside[place])
        )
        for vector, need in member.counters:
            left[vector] += need
        return lost
