"""Depth-first search for requests that compete with each other; the rest of a demand is another component.

What only counts (``Task.is_simple``) is left to the end and to ``node_fit``. States from which the rest could
not be served are remembered; islands that could change places are one state.
"""

from collections import Counter
from collections.abc import Sequence

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.matching.device_fit.bounds import has_enough_devices
from solver.matching.device_fit.contest import Contest, Service
from solver.matching.device_fit.order import TryingOrder
from solver.matching.device_fit.sequence import Sequenced
from solver.matching.device_fit.state import State, Taken
from solver.matching.device_fit.steps import GaveUp
from solver.matching.device_fit.task import Candidate, Option, Task
from solver.matching.node_fit import Need, assign, fits


class ComponentSearch:
    """Serves *tasks*, each with one of the options that *allowed* gives for it."""

    def __init__(self, contest: Contest, tasks: Sequence[Task], allowed: Sequence[Sequence[Option]]) -> None:
        self._contest = contest
        self._places = contest.layout.places
        self._tasks = tuple(zip(tasks, allowed, strict=True))
        self._order = Sequenced(contest.layout, self._tasks, contest.measures, contest.limited_claims)
        self._simple = [(task, options[0]) for task, options in self._tasks if task.is_simple and options]
        self._state = State(contest.layout, contest.constraints, contest.admin_ties)
        self._trying = TryingOrder(self._state, tasks)
        members = sorted({c.member for _, options in self._tasks for o in options for c in o.candidates})
        self._plain = [member for member in members if self._places[member] is None]
        self._islands = sorted({place[0] for m in members if (place := self._places[m]) is not None})
        self._left = list(contest.measures.left)
        self._results: Counter[int] = Counter()
        self._given: list[tuple[Candidate, int]] = []
        self._services: dict[Task, Service] = {}
        self._failed: set[tuple[object, ...]] = set()

    def solve(self) -> dict[Task, Service] | None:
        """How each task is served; None: they cannot be, all at once.

        Raises:
            GaveUp: there were not enough steps to tell.
        """
        if not all(options for _, options in self._tasks):
            return None
        if not has_enough_devices(self._contest.layout, self._tasks):
            return None
        try:
            return self._services if self._serve(0) else None
        except RecursionError:
            raise GaveUp(self._contest.steps.limit) from None

    def _serve(self, position: int) -> bool:
        """Serve the tasks from *position* on."""
        if position == len(self._order.tasks):
            return self._serve_simple()
        key = self._key(position)
        if key in self._failed:
            return False
        if self._is_promising(position):
            task, options = self._order.tasks[position]
            for option in options:
                if self._is_within_limit(position, task, option) and self._try(position, task, option):
                    return True
        self._failed.add(key)
        return False

    def _serve_simple(self) -> bool:
        free = self._state.free
        given = assign(
            [_need(option) for _, option in self._simple], {member: free[member] for member in self._plain}
        )
        if given is None:
            return False
        for (task, option), counts in zip(self._simple, given, strict=True):
            taken = tuple((Candidate(member, 0), times) for member, times in counts.items() if times)
            self._services[task] = Service(option=option, given=taken)
        return True

    def _is_promising(self, position: int) -> bool:
        if any(left < least for left, least in zip(self._left, self._order.least[position], strict=True)):
            return False
        free = self._state.free
        if self._simple and not fits(
            [_need(option) for _, option in self._simple], {member: free[member] for member in self._plain}
        ):
            return False
        live = self._order.live[position]
        if all(self._state.bound[number] is None for number in live):
            return True
        return all(
            any(self._has_enough(task, option) for option in options)
            for task, options in self._order.tasks[position:]
            if any(number in live for option in options for number in option.constraints)
        )

    def _has_enough(self, task: Task, option: Option) -> bool:
        found = 0
        for candidate in option.candidates:
            found += self._state.most(candidate, option, task.claim, wanted=option.count)
            if found >= option.count:
                return True
        return False

    def _is_within_limit(self, position: int, task: Task, option: Option) -> bool:
        later = self._order.fewest_later[position].get(task.claim, 0)
        return self._results[task.claim] + option.count + later <= MOST_DEVICES_OF_A_CLAIM

    def _try(self, position: int, task: Task, option: Option) -> bool:
        """Serve the task at *position* with *option*, and all after it."""
        outer, self._given = self._given, []
        self._results[task.claim] += option.count
        if not option.count:
            is_served = self._finish(position, task, option)
        elif option.is_all:
            is_served = self._give_all(position, task, option, 0)
        else:
            candidates = self._trying.candidates(option, task.claim, self._order.live[position])
            reach = [0]
            for candidate in reversed(candidates):
                most = self._state.most(candidate, option, task.claim, wanted=option.count)
                reach.append(reach[-1] + most)
            is_served = self._give(position, task, option, candidates, reach[::-1], 0, option.count)
        self._given = outer
        self._results[task.claim] -= option.count
        return is_served

    def _give_all(self, position: int, task: Task, option: Option, number: int) -> bool:
        if number == len(option.candidates):
            return self._finish(position, task, option)
        candidate = option.candidates[number]
        total = self._contest.layout.members[candidate.member].total
        if self._state.most(candidate, option, task.claim, wanted=total) < total:
            return False
        taken = self._take(candidate, option, task, total)
        is_served = self._give_all(position, task, option, number + 1)
        self._give_back(taken, option, task)
        return is_served

    def _give(
        self,
        position: int,
        task: Task,
        option: Option,
        candidates: Sequence[Candidate],
        reach: Sequence[int],
        start: int,
        wanted: int,
    ) -> bool:
        """Give *wanted* more devices of the candidates from *start* on, in order: sets, not sequences."""
        tried: set[tuple[object, ...]] = set()
        for number in range(start, len(candidates)):
            if reach[number] < wanted:
                return False
            candidate = candidates[number]
            most = self._state.most(candidate, option, task.claim, wanted=wanted)
            if not most or self._is_repeated(candidate, option, self._order.live[position], tried):
                continue
            for times in range(most, 0, -1):
                taken = self._take(candidate, option, task, times)
                left = wanted - times
                if left:
                    is_served = self._give(position, task, option, candidates, reach, number + 1, left)
                else:
                    is_served = self._finish(position, task, option)
                self._give_back(taken, option, task)
                if is_served:
                    return True
        return False

    def _is_repeated(
        self, candidate: Candidate, option: Option, live: Sequence[int], tried: set[tuple[object, ...]]
    ) -> bool:
        """Whether the same device of an island in the same state was tried before."""
        place = self._places[candidate.member]
        if place is None or option.count == 1:
            return False
        key = (self._state.island_key(place[0], live), place[1])
        is_repeated = key in tried
        tried.add(key)
        return is_repeated

    def _finish(self, position: int, task: Task, option: Option) -> bool:
        given = tuple(self._given)
        if not self._serve(position + 1):
            return False
        self._services[task] = Service(option=option, given=given)
        return True

    def _take(self, candidate: Candidate, option: Option, task: Task, times: int) -> Taken:
        self._contest.steps.count()
        for number, amount in self._contest.measures.taken(option, candidate.member):
            self._left[number] -= amount * times
        self._given.append((candidate, times))
        return self._state.take(candidate, option, task.claim, times)

    def _give_back(self, taken: Taken, option: Option, task: Task) -> None:
        self._state.give_back(taken, option, task.claim)
        self._given.pop()
        for number, amount in self._contest.measures.taken(option, taken.candidate.member):
            self._left[number] += amount * taken.times

    def _key(self, position: int) -> tuple[object, ...]:
        """All that decides whether the tasks from *position* on can be served."""
        state, live = self._state, self._order.live[position]
        islands = Counter(state.island_key(island, live) for island in self._islands)
        return (
            position,
            frozenset(islands.items()),
            tuple([state.free[member] for member in self._plain]),
            tuple(self._shared_values(number) for number in live),
            tuple(
                sorted((key, times) for key, times in state.held.items() if times and key[0] in self._plain)
            )
            if state.held
            else (),
            tuple(self._results[claim] for claim in sorted(self._contest.limited_claims)),
        )

    def _shared_values(self, number: int) -> object:
        """What constraint *number* is bound to, without the values that belong to one island."""
        bound = self._state.bound[number]
        if bound is None:
            return None
        own = [self._contest.layout.islands[island].own_values for island in self._islands]
        return frozenset(token for token in bound if not any(token in values for values in own))


def _need(option: Option) -> Need:
    return Need(sum(1 << candidate.member for candidate in option.candidates), option.count)
