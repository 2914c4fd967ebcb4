"""The order in which tasks are served, and what it lets the search know in advance."""

from collections.abc import Sequence

from solver.matching.device_fit.bounds import Measures
from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.task import Option, Task

Tasks = Sequence[tuple[Task, Sequence[Option]]]


class Sequenced:
    """Tasks in the order of the search, hardest first; what only counts comes last and is not listed.

    A claim with constraints is served in one go. Claims that take large parts of partitionable devices come
    first: small parts find a place in what is left.
    """

    def __init__(
        self, layout: Layout, tasks: Tasks, measures: Measures, limited_claims: frozenset[int]
    ) -> None:
        blocks: dict[tuple[int, int], list[tuple[Task, Sequence[Option]]]] = {}
        for task, options in tasks:
            if not task.is_simple:
                is_bound = any(option.constraints for option in options)
                blocks.setdefault((task.claim, -1 if is_bound else task.request), []).append((task, options))
        ordered = sorted(
            blocks.items(), key=lambda item: (min(_ease(layout, *each) for each in item[1]), item[0])
        )
        self.tasks = tuple(
            each for _, block in ordered for each in sorted(block, key=lambda each: _ease(layout, *each))
        )
        positions = range(len(self.tasks) + 1)
        #: For each position, the constraints that may bind devices on both sides of it.
        self.live = [_live(self.tasks, position) for position in positions]
        #: What the tasks from each position on take of each measure at the least.
        self.least = _suffix_sums([measures.least(options) for _, options in self.tasks], len(measures.left))
        #: Devices that claims with a limit need at the least for what comes after each position.
        self.fewest_later = [
            _fewest(tasks, {task for task, _ in self.tasks[: position + 1]}, limited_claims)
            for position in positions
        ]


def _ease(layout: Layout, task: Task, options: Sequence[Option]) -> tuple[int, ...]:
    """Small for what is hard to serve."""
    share = min((_share(layout, option) for option in options), default=0)
    slack = max((_supply(layout, option) - option.count for option in options), default=0)
    return (
        int(not any(option.is_all for option in options)),
        int(any(option.is_admin for option in options)),
        -share,
        int(not any(option.constraints for option in options)),
        slack,
        task.claim,
        task.request,
    )


def _share(layout: Layout, option: Option) -> int:
    return min((layout.members[candidate.member].share for candidate in option.candidates), default=0)


def _supply(layout: Layout, option: Option) -> int:
    return sum(layout.members[candidate.member].free for candidate in option.candidates)


def _live(tasks: Tasks, position: int) -> tuple[int, ...]:
    before = {n for _, options in tasks[: position + 1] for option in options for n in option.constraints}
    after = {n for _, options in tasks[position:] for option in options for n in option.constraints}
    return tuple(sorted(before & after))


def _suffix_sums(amounts: Sequence[tuple[int, ...]], width: int) -> list[tuple[int, ...]]:
    sums = [(0,) * width]
    for each in reversed(amounts):
        sums.append(tuple(a + b for a, b in zip(sums[-1], each, strict=True)))
    return sums[::-1]


def _fewest(tasks: Tasks, done: set[Task], claims: frozenset[int]) -> dict[int, int]:
    fewest: dict[int, int] = {}
    for task, options in tasks:
        if task.claim in claims and task not in done:
            least = min((option.count for option in options), default=0)
            fewest[task.claim] = fewest.get(task.claim, 0) + least
    return fewest
