"""What the method for large fleets claims, held against the exact method on problems that both can solve."""

from dataclasses import replace
from random import Random

import pytest

from solver.domain.policy import DEFAULT_TIERS, ShortfallUnit, TierName, TierPolicy
from solver.domain.workload import Member
from solver.formulation.build import build
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.search.guide import guided
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.oracle.generate import generate
from tests.solver.search.cells_path import OverCells, complaints, refuted
from tests.solver.search.fleets import like_nodes

CHUNK = 10


@pytest.mark.parametrize("first", range(0, 110, CHUNK))
def test_bounds_hold_on_tiny_problems(first: int) -> None:
    """No bound is above what the exact plan reaches, no value below it, and the audit passes every plan."""
    seeds = range(first, first + CHUNK)
    assert [] == [f"seed {seed}: {text}" for seed in seeds for text in complaints(generate(seed))]


@pytest.mark.parametrize("seed", [380, 388, 83, *range(500, 530)])
def test_bounds_hold_where_weights_differ_much(seed: int) -> None:
    """Several priorities with guards between them: the last of many weights is below GLOP's tolerance."""
    assert [] == complaints(generate(seed))


@pytest.mark.parametrize("seed", range(30))
def test_bounds_hold_on_like_nodes_in_use(seed: int) -> None:
    """With replicas that run, priorities, gangs, pairs, quotas, spread and nodes to come."""
    assert [] == complaints(like_nodes(seed, most_nodes=3))


@pytest.mark.parametrize("seed", range(40))
def test_bounds_hold_among_all_plans_no_worse(seed: int) -> None:
    """Also where an earlier tier is open: the optimum is sought again below the plan's own values."""
    assert [] == refuted(like_nodes(seed, most_nodes=3, observed=0))


@pytest.mark.parametrize("seed", range(100, 140))
def test_bounds_hold_in_any_order_of_tiers(seed: int) -> None:
    """Before all is placed, a plan may be cheap because it places nothing; tiers may also be off."""
    random = Random(seed)  # noqa: S311
    tiers = list(DEFAULT_TIERS)
    random.shuffle(tiers)
    problem = like_nodes(seed, most_nodes=3, observed=0, tiers=tiers[: random.randint(3, len(tiers))])
    assert [] == refuted(problem)


def test_parts_of_pods_take_no_place_on_a_single_node() -> None:
    """Two unlike nodes with three GPUs: the relaxation knows that each takes one pod of two, not one and a half."""
    two = an_engine(Member(requests=(a_request(2),)))
    pools = [PoolSpec(name=name, nodes=1, devices=[gpus(3)]) for name in ("left", "right")]
    survey = Survey(a_problem(a_fleet(ClusterSpec(pools=pools)), [a_deployment(4, two)]))

    assert {"shortfall": 2} == guided(build(Scene(survey, single=False))).shortfalls


def test_no_shortfall_tier_is_no_error() -> None:
    """A policy may name other tiers only; so may a problem that wants nothing."""
    problem = like_nodes(1, most_nodes=3, tiers=[TierPolicy(name=TierName.PRICE)])

    assert [] == complaints(problem)
    assert {"price"} == OverCells(replace(problem, deployments=(), replicas=())).values.keys()


def test_large_replica_missing_weighs_as_much_as_several_small_ones() -> None:
    """With the shortfall in devices, four gangs may be missing instead of one replica of eight."""
    large = an_engine(Member(requests=(a_request(8),)))
    problem = a_problem(
        a_fleet(
            ClusterSpec(
                pools=[PoolSpec(nodes=9, devices=[gpus(1)]), PoolSpec(name="big", nodes=1, devices=[gpus(8)])]
            )
        ),
        [a_deployment(4, a_gang(2), name="gang"), a_deployment(2, large, name="large")],
    )
    problem = replace(problem, policy=replace(problem.policy, shortfall_unit=ShortfallUnit.DEVICES))
    assert [] == refuted(problem)


def test_floors_evict_nobody() -> None:
    """Whole parts of the relaxation once stood only if four running replicas of a higher priority gave way."""
    found = OverCells(like_nodes(13, most_nodes=3))

    assert 0 == found.values["evictions"] + found.values["evictions[not ready]"]
