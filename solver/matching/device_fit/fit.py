"""Whether claims fit on a node, all at once, and a witness."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.matching.device_fit.component import ComponentSearch
from solver.matching.device_fit.contest import Contest, Service
from solver.matching.device_fit.demand import ClaimDemand
from solver.matching.device_fit.node_devices import NodeDevices
from solver.matching.device_fit.partition import joined
from solver.matching.device_fit.plain import fit_plain, fits_plain, is_plain
from solver.matching.device_fit.result import Assignment
from solver.matching.device_fit.steps import GaveUp, Steps
from solver.matching.device_fit.task import Option, Task, admin_ties, constraints_of, tasks_of
from solver.matching.device_fit.view import view_of
from solver.matching.device_fit.witness import witness_of

#: Some 200 milliseconds on a node of eight partitionable GPUs; a tenth of it is rarely needed.
DEFAULT_STEPS = 4_000


def fit(
    node: NodeDevices, claims: Sequence[ClaimDemand], *, most_steps: int = DEFAULT_STEPS
) -> Assignment | None:
    """Devices of *node* that satisfy all of *claims* at once; None: there are none.

    Of the alternatives of requests the lexicographically first that lead to a solution are chosen, requests
    in order (where the steps run out before that is known, the best found so far). Among equals the witness spares scarce devices and breaks no partitionable device where a part
    of a broken one will do.

    Raises:
        GaveUp: more than *most_steps* would be needed to tell.
    """
    if is_plain(node, claims):
        return fit_plain(node, claims)
    contest = _contest(node, claims, most_steps)
    if contest is None:
        return None
    services: dict[Task, Service] = {}
    for component in _components(contest):
        served = _preferred(contest, component)
        if served is None:
            return None
        services |= served
    return witness_of(contest.layout, claims, services)


def can_fit(node: NodeDevices, claims: Sequence[ClaimDemand], *, most_steps: int = DEFAULT_STEPS) -> bool:
    """Whether ``fit`` finds devices, without the work of choosing among them.

    Raises:
        GaveUp: more than *most_steps* would be needed to tell.
    """
    if is_plain(node, claims):
        return fits_plain(node, claims)
    contest = _contest(node, claims, most_steps)
    return contest is not None and all(
        ComponentSearch(contest, component, [task.options for task in component]).solve() is not None
        for component in _components(contest)
    )


def _contest(node: NodeDevices, claims: Sequence[ClaimDemand], most_steps: int) -> Contest | None:
    """What has to be searched; None: some request cannot be served in any case."""
    attributes = frozenset(constraint.attribute for claim in claims for constraint in claim.constraints)
    view = view_of(node, attributes)
    tasks = tasks_of(view.layout, claims)
    sizes = _sizes(tasks)
    if not all(task.options for task in tasks) or any(
        least > MOST_DEVICES_OF_A_CLAIM for least, _ in sizes.values()
    ):
        return None
    return Contest(
        layout=view.layout,
        tasks=tasks,
        constraints=constraints_of(claims),
        measures=view.measures,
        admin_ties=admin_ties(claims),
        limited_claims=frozenset(
            claim for claim, (_, most) in sizes.items() if most > MOST_DEVICES_OF_A_CLAIM
        ),
        steps=Steps(most_steps),
    )


def _sizes(tasks: Sequence[Task]) -> Mapping[int, tuple[int, int]]:
    """For each claim the fewest and the most devices that its alternatives take."""
    sizes: dict[int, tuple[int, int]] = {}
    for task in tasks:
        counts = [option.count for option in task.options]
        least, most = sizes.get(task.claim, (0, 0))
        sizes[task.claim] = (least + min(counts, default=0), most + max(counts, default=0))
    return sizes


def _components(contest: Contest) -> list[list[Task]]:
    """Tasks by what they compete for: members, islands, and what a claim ties together."""
    layout, tasks = contest.layout, contest.tasks
    sharing: dict[tuple[str, int], list[int]] = {}
    for number, task in enumerate(tasks):
        if task.claim in contest.limited_claims:
            sharing.setdefault(("claim", task.claim), []).append(number)
        for option in task.options:
            for constraint in option.constraints:
                sharing.setdefault(("constraint", constraint), []).append(number)
            for candidate in option.candidates:
                place = layout.places[candidate.member]
                key = ("member", candidate.member) if place is None else ("island", place[0])
                sharing.setdefault(key, []).append(number)
    parts: dict[int, list[Task]] = {}
    for number, root in enumerate(joined(len(tasks), sharing.values())):
        parts.setdefault(root, []).append(tasks[number])
    return sorted(parts.values(), key=len)


def _preferred(contest: Contest, tasks: Sequence[Task]) -> dict[Task, Service] | None:
    """The lexicographically first options that serve all of *tasks*, as far as the steps go."""
    allowed: list[Sequence[Option]] = [task.options for task in tasks]
    served = ComponentSearch(contest, tasks, allowed).solve()
    if served is None:
        return None
    # It serves all of them already: what is not tried only leaves a later alternative than could be had.
    with suppress(GaveUp):
        for number, task in enumerate(tasks):
            for option in task.options:
                if option is served[task].option:
                    break
                better = ComponentSearch(
                    contest, tasks, [*allowed[:number], (option,), *allowed[number + 1 :]]
                ).solve()
                if better is not None:
                    served = better
                    break
            allowed[number] = (served[task].option,)
    return served
