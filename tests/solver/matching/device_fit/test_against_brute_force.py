"""Every feature at once, against an oracle that tries every device for every slot.

``DEVICE_FIT_EXAMPLES=100000 pytest -n 2 -k seeds tests/solver/matching/device_fit`` for a long hunt.
"""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import Allocation
from solver.domain.kubernetes import SchedulerFeatures
from solver.matching.device_fit import UnusableClaim, feasible_allocation
from tests.solver.matching.device_fit.brute_force import first_solution
from tests.solver.matching.device_fit.generate import generate
from tests.solver.matching.device_fit.rules import breaches
from tests.solver.matching.device_fit.world import Pick, Unusable, World, alternatives

EXAMPLES = int(os.environ.get("DEVICE_FIT_EXAMPLES", "1900"))
CHUNKS = 8


def picks_of(problem: AllocationProblem, allocations: tuple[Allocation, ...]) -> tuple[Pick, ...]:
    picks = []
    for number, (claim, allocation) in enumerate(zip(problem.claims, allocations, strict=True)):
        names = [request.name for request in claim.requests]
        for each in allocation.devices:
            request, _, sub = each.request.partition("/")
            queries = [query.name for query in alternatives(claim, request)]
            alternative = queries.index(sub) if sub else 0
            picks.append(
                Pick(claim=number, request=names.index(request), alternative=alternative, device=each.device)
            )
    return tuple(picks)


def complaint(problem: AllocationProblem, features: SchedulerFeatures) -> str:
    """What is wrong with the answer; empty: nothing."""
    try:
        expected = first_solution(problem, features)
    except Unusable:
        try:
            return f"expected UnusableClaim, got {feasible_allocation(problem, features)}"
        except UnusableClaim:
            return ""
    found = feasible_allocation(problem, features)
    if (expected is None) != (found is None):
        return f"expected {expected}, found {found}"
    if expected is None or found is None:
        return ""
    picks = picks_of(problem, found)
    wrong = breaches(World(problem, features), picks)
    served = {(pick.claim, pick.request): pick.alternative for pick in picks}
    requests = [(c, r) for c, claim in enumerate(problem.claims) for r in range(len(claim.requests))]
    if wrong or tuple(served[each] for each in requests) != expected[0] or len(picks) != len(expected[1]):
        return f"{wrong}, expected {expected}, found {picks}"
    return ""


@settings(max_examples=100, deadline=None)
@given(st.randoms(use_true_random=False))
def test_generated_problems_get_the_answer_of_brute_force(random: Random) -> None:
    """Feasible or not, the alternatives chosen, and a witness that breaks no rule."""
    problem, features = generate(random)

    assert not complaint(problem, features)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds_get_the_answer_of_brute_force(chunk: int) -> None:
    """The same without shrinking, which is faster."""
    for seed in range(chunk, EXAMPLES, CHUNKS):
        problem, features = generate(Random(seed))  # noqa: S311

        assert not complaint(problem, features), seed
