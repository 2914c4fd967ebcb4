"""Mending near the relaxation: never worse, always sound, and better where rounding went wrong."""

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.audit import violations
from solver.baseline import baseline
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.formulation.build import Formulation, build
from solver.greedy import insert, kept_only
from solver.matching.compose import compose
from solver.matching.draft import Draft
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.measures import measures
from solver.search.budget import Budget
from solver.search.counting import counted, settle
from solver.search.guide import guided
from solver.search.mending import mended
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
from tests.solver.search.fleets import like_nodes


def started(problem: Problem, share: int) -> tuple[Survey, Formulation, Draft]:
    """A greedy draft of which only each *share*-th new replica is left."""
    survey = Survey(problem)
    full = insert(survey, kept_only(survey))
    formulation = build(Scene(survey, single=False), baseline=baseline(survey))
    return survey, formulation, Draft(kept=full.kept, evicted=full.evicted, new=full.new[::share])


def worth(survey: Survey, draft: Draft) -> list[int]:
    """Value of each tier, in order."""
    return [measure.value for measure in measures(survey, compose(survey, draft))]


@given(seed=st.integers(0, 100_000), share=st.integers(1, 3))
@settings(max_examples=60)
def test_counts_of_a_draft_satisfy_the_matrix(seed: int, share: int) -> None:
    """What a draft counts as, with all that follows from it, breaks no row that it decides."""
    survey, formulation, draft = started(like_nodes(seed, most_nodes=3), share)
    values = counted(formulation.variables, draft)
    if values is None or violations(survey, compose(survey, draft)):
        return
    matrix = formulation.matrix
    lower, upper = list(matrix.lower), list(matrix.upper)
    for variable, value in values.items():
        assert matrix.lower[variable] <= value <= matrix.upper[variable]
        lower[variable] = upper[variable] = value
    settle(matrix.rows, lower, upper)
    for row in matrix.rows:
        if all(lower[v] == upper[v] for v in row.variables):
            total = sum(c * lower[v] for v, c in zip(row.variables, row.coefficients, strict=True))
            assert row.lower <= total <= row.upper


@given(seed=st.integers(0, 100_000), share=st.integers(1, 3))
@settings(max_examples=40)
def test_mending_is_never_worse(seed: int, share: int) -> None:
    """Tier by tier, and the audit passes what it passed before."""
    survey, formulation, draft = started(like_nodes(seed, most_nodes=3, observed=0), share)
    better = mended(survey, formulation, guided(formulation), draft, Budget()).draft

    assert worth(survey, better)[:-4] <= worth(survey, draft)[:-4]
    if () == violations(survey, compose(survey, draft)):
        assert () == violations(survey, compose(survey, better))


def test_mending_moves_what_stands_in_the_way_of_a_gang() -> None:
    """Two half used nodes in each of two fabrics: single pods gather in one, and the gang takes the other."""
    half = an_engine(Member(requests=(a_request(2),)))
    problem = a_problem(
        a_fleet(
            *(ClusterSpec(name=f"cluster-{c}", pools=[PoolSpec(nodes=2, devices=[gpus(4)])]) for c in "ab")
        ),
        [a_deployment(4, half, name="half"), a_deployment(1, a_gang(2, 4), name="gang")],
    )
    survey = Survey(problem)
    formulation = build(Scene(survey, single=False), baseline=baseline(survey))
    start = Draft(
        kept=(), evicted=(), new=tuple(n for n in insert(survey, kept_only(survey)).new if len(n.pods) == 1)
    )
    better = mended(survey, formulation, guided(formulation), start, Budget()).draft

    assert [0] == worth(survey, better)[:1]
