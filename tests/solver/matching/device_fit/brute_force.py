"""Single-node allocation by trying everything, device by device, straight from the text of the rules.

Shares nothing with ``device_fit`` but the domain and the selectors.
"""

from collections.abc import Iterator
from itertools import product

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.kubernetes import SchedulerFeatures
from solver.domain.resource_slice import DeviceId
from tests.solver.matching.device_fit.rules import breaches
from tests.solver.matching.device_fit.world import Pick, World, queries


def first_solution(
    problem: AllocationProblem, features: SchedulerFeatures
) -> tuple[tuple[int, ...], tuple[Pick, ...]] | None:
    """The first choice of alternatives, in lexicographic order, that can be served, and devices that do."""
    world = World(problem, features)
    world.check_usable()
    requests = [(c, r) for c, claim in enumerate(problem.claims) for r in range(len(claim.requests))]
    for choice in product(*(range(len(queries(world, c, r))) for c, r in requests)):
        slots = _slots(world, requests, choice)
        if slots is None:
            continue
        picks = next(_fill(world, slots, ()), None)
        if picks is not None:
            return choice, picks
    return None


Slot = tuple[int, int, int, tuple[DeviceId, ...]]


def _slots(world: World, requests: list[tuple[int, int]], choice: tuple[int, ...]) -> list[Slot] | None:
    """Each slot with the devices that its selectors accept; None: an All with nothing to give."""
    slots: list[Slot] = []
    for (c, r), alternative in zip(requests, choice, strict=True):
        query = queries(world, c, r)[alternative]
        if query.allocation_mode == "All":
            wanted = world.all_of(query)
            if not wanted:
                return None
            slots.extend((c, r, alternative, (at,)) for at in wanted)
        else:
            eligible = tuple(at for at, device in world.devices.items() if world.selects(query, device))
            slots.extend((c, r, alternative, eligible) for _ in range(query.count))
    if any(sum(1 for slot in slots if slot[0] == c) > 32 for c, _ in requests):
        return None
    return slots


def _fill(world: World, slots: list[Slot], picks: tuple[Pick, ...]) -> Iterator[tuple[Pick, ...]]:
    if len(picks) == len(slots):
        yield picks
        return
    c, r, alternative, eligible = slots[len(picks)]
    last = picks[-1] if picks else None
    for number, at in enumerate(eligible):
        # Slots of one request are alike: sets, not sequences.
        is_same = last is not None and (last.claim, last.request) == (c, r) and len(eligible) > 1
        if is_same and last is not None and number < eligible.index(last.device):
            continue
        more = (*picks, Pick(claim=c, request=r, alternative=alternative, device=at))
        if not breaches(world, more):
            yield from _fill(world, slots, more)
