"""The clean model against the replay of the Kubernetes allocator: they differ where it has a known bug."""

import os
from dataclasses import replace
from random import Random

import pytest

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import ALL, AllocationOutcome
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.matching.device_fit import UnusableClaim, feasible_allocation
from solver.matching.replay import allocate
from tests.solver.matching.device_fit.generate import generate
from tests.solver.matching.device_fit.rules import breaches
from tests.solver.matching.device_fit.test_against_brute_force import picks_of
from tests.solver.matching.device_fit.world import World, alternatives

EXAMPLES = int(os.environ.get("DEVICE_FIT_EXAMPLES", "2000"))
CHUNKS = 2
GATES = frozenset(gate for gate in Gate if gate is not Gate.LIST_ATTRIBUTES)

#: distinctAttribute remembers one device of a request; counters of pools of one name are mixed up, and those of
#: devices given in part are forgotten up to 1.35.
KNOWN_BREACHES = {"values repeat", "pool overdrawn", "counters exceeded"}


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_differences_are_bugs_of_kubernetes(chunk: int) -> None:
    """What it allocates is feasible, what it refuses is not, but for what is known."""
    for seed in range(chunk, EXAMPLES, CHUNKS):
        problem, _ = generate(Random(seed))  # noqa: S311
        release = Release.V1_36 if seed % 3 else Release.V1_35
        features = SchedulerFeatures(release=release, gates=GATES)
        problem = replace(problem, allocated=replace(problem.allocated, shared=frozenset(), consumed={}))

        assert not difference(problem, features), seed


def difference(problem: AllocationProblem, features: SchedulerFeatures) -> str:
    """What the two say where no known bug explains it; empty: nothing."""
    try:
        found = feasible_allocation(problem, features)
    except UnusableClaim:
        return ""
    verdict = allocate(problem, features, step_limit=20_000)
    world = World(problem, features)
    match verdict.outcome:
        case AllocationOutcome.ALLOCATED if found is None:
            wrong = set(breaches(world, picks_of(problem, verdict.allocations)))
            is_known = wrong & KNOWN_BREACHES or _asks_for_all_of_an_alternative(problem)
            return "" if is_known else f"allocated in spite of {wrong or 'nothing'}"
        case AllocationOutcome.NONE if found is not None:
            return "" if _may_be_refused(world, features) else f"refused {found}"
        case _:
            return ""


def _asks_for_all_of_an_alternative(problem: AllocationProblem) -> bool:
    return any(
        query.allocation_mode == ALL
        for claim in problem.claims
        for request in claim.requests
        for query in request.first_available
    )


def _may_be_refused(world: World, features: SchedulerFeatures) -> bool:
    """Counters leak and are mixed up, All in alternatives stops early; 1.36 gives no device twice to a request."""
    wants_several = any(
        query.count > 1
        for claim in world.problem.claims
        for request in claim.requests
        for query in alternatives(claim, request.name)
    )
    is_given_once = features.release >= Release.V1_36 and wants_several
    return (
        any(device.consumes for device in world.devices.values())
        or _asks_for_all_of_an_alternative(world.problem)
        or (is_given_once and any(world.is_shared(device) for device in world.devices.values()))
    )
