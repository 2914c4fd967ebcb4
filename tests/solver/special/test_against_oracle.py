"""What ``place`` does with parts and shares is the optimum, found a second time by looking at every plan."""

import pytest

from solver.domain.problem import Problem
from solver.matching.compose import compose, settled_down
from solver.matching.survey import Survey
from solver.measures import measures
from solver.place import place
from solver.rehearsal import Rehearsals
from solver.search.attempt import attempt
from solver.search.budget import Budget
from tests.solver.special.generate import generate
from tests.solver.special.oracle import TooLargeError, best_tiers

SEEDS = range(300)
CHUNK = 10


def complaints(seed: int) -> list[str]:
    """What is wrong with the decision for the problem of *seed*."""
    problem = generate(seed)
    try:
        optimum = best_tiers(problem)
    except TooLargeError:
        return []
    rehearsals = Rehearsals()
    decision = place(problem, rehearsals=rehearsals)
    found = {tier.name: tier.value for tier in decision.tiers}
    wrong = [f"the plan was thrown away: {text}" for text in decision.record.violations]
    if any(answer.refused is not None for answer in rehearsals.answers.values()):
        # First fit, pod by pod, may serve less; never more, and the model itself must not.
        if tuple(found.values()) < tuple(optimum.values()):
            wrong.append(f"{found} is better than {optimum}")
        found = first_plan(problem)
    else:
        wrong += [
            f"{tier.name} is {tier.value}, its bound is {tier.bound}, closed: {tier.is_closed}"
            for tier in decision.tiers
            if not tier.is_closed
        ]
    wrong += [
        f"{name} is {found.get(name)}, at best {value}"
        for name, value in optimum.items()
        if found.get(name) != value
    ]
    return [f"seed {seed}: {text}" for text in wrong]


def first_plan(problem: Problem) -> dict[str, int]:
    """The tiers of the plan that is rehearsed first."""
    survey = Survey(problem)
    draft = attempt(survey, Budget()).draft
    assert draft is not None
    return {m.name: m.value for m in measures(survey, compose(survey, settled_down(draft)))}


@pytest.mark.parametrize("first", SEEDS[::CHUNK])
def test_every_tier_is_the_optimum(first: int) -> None:
    """Counts of kinds and no-goods together say what single devices say."""
    assert [] == [text for seed in range(first, first + CHUNK) for text in complaints(seed)]
