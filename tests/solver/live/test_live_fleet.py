"""One replica after the other: each on the best place there is, and everything given back."""

from random import Random

import pytest

from solver.greedy import kept_only
from solver.live import LiveFleet
from solver.matching.compose import compose
from solver.matching.draft import NewReplica
from solver.matching.survey import Survey
from solver.measures import measures
from tests.solver.live.one_more import found, missing, one_missing
from tests.solver.oracle.brute_force import best
from tests.solver.oracle.generate import generate

SEEDS = range(200)
CHUNK = 10


@pytest.mark.parametrize("first", range(0, len(SEEDS), CHUNK))
def test_one_more_replica_is_placed_as_well_as_any(first: int) -> None:
    """Every tier is what brute force finds over all nodes and options, and a place is found wherever there is one."""
    for seed in SEEDS[first : first + CHUNK]:
        if seed == 169:  # not tiny
            continue
        for problem in one_missing(generate(seed)):
            assert best(problem).tiers == found(problem), (seed, missing(problem, Survey(problem)).key)


@pytest.mark.parametrize("seed", range(40))
def test_arrays_are_those_of_a_rebuild_after_any_changes(seed: int) -> None:
    """Replicas put, taken away and given up in any order: what is left is what a new fleet would count."""
    random = Random(seed)  # noqa: S311
    problem = generate(seed)
    survey = Survey(problem)
    live = LiveFleet(survey, kept_only(survey))
    put: list[NewReplica] = []
    for _ in range(25):
        draft = live.draft()
        if put and random.random() < 0.4:
            live.take_away(put.pop(random.randrange(len(put))))
        elif draft.kept and random.random() < 0.1:
            live.give_up(random.choice(draft.kept).standing)
        else:
            placed = live.put(random.choice(problem.deployments))
            put += [] if placed is None else [placed.replica]
    again = LiveFleet(survey, live.draft())

    assert live.nodes.used.tolist() == again.nodes.used.tolist()
    for column, other in zip(live.nodes.left, again.nodes.left, strict=True):
        assert column.tolist() == other.tolist()
    for deployment in problem.deployments:
        assert again.spread.of(deployment.key) == live.spread.of(deployment.key)
        assert again.quotas.room(deployment.key.namespace) == live.quotas.room(deployment.key.namespace)
        assert _as_told(again.find(deployment)) == _as_told(live.find(deployment))


def _as_told(placed: object) -> str:
    return repr(placed)


def test_finding_changes_nothing() -> None:
    """A question is no answer: the plan of the fleet is the same before and after."""
    problem = generate(3)
    survey = Survey(problem)
    live = LiveFleet(survey, kept_only(survey))
    before = measures(survey, compose(survey, live.draft()))
    for deployment in problem.deployments:
        live.find(deployment)

    assert before == measures(survey, compose(survey, live.draft()))
