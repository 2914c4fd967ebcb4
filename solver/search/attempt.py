"""Which method decides, and what it found."""

from dataclasses import replace

from solver.baseline import baseline
from solver.domain.decision import Path, SolveRecord
from solver.formulation.build import build
from solver.insertion import Insertion
from solver.live import UnsoundPlacement
from solver.live.filling import filled
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.search.attempt_result import Attempt
from solver.search.budget import Budget
from solver.search.cells import solve_cells
from solver.search.cp_sat import NAME
from solver.search.extract import extract
from solver.search.no_goods import MOST_ROUNDS, forbid_what_does_not_fit
from solver.search.size import is_huge
from solver.search.tiers import Staged, solve

#: A fleet with at most this many nodes that matter is solved whole, node by node.
MOST_NODES = 64


def attempt(survey: Survey, budget: Budget) -> Attempt:
    """Solve node by node where the fleet is small, over cells where it is larger, one by one where it is huge."""
    if is_huge(survey):
        return _one_by_one(survey)
    if len(survey.problem.fleet.nodes) > MOST_NODES:
        return solve_cells(survey, budget)
    formulation = build(Scene(survey, single=True), baseline=baseline(survey))
    staged = solve(formulation.matrix, formulation.stages, budget)
    record = _record(staged)
    rounds = 0
    while (
        staged.solution is not None
        and forbid_what_does_not_fit(formulation.variables, staged.solution)
        and (rounds := rounds + 1) < MOST_ROUNDS
    ):
        staged = solve(formulation.matrix, formulation.stages, budget)
        record = _record(staged).after(record)
    draft = None
    if staged.solution is not None:
        is_exact = rounds < MOST_ROUNDS
        draft = extract(formulation.variables, staged.solution, is_exact=is_exact)
        if not is_exact:
            draft = Insertion(survey, draft).run()
    return Attempt(
        draft=draft,
        path=Path.NODES,
        bounds={r.stage.objective.name: r.bound for r in staged.results if r.stage.is_tier},
        record=record,
    )


def _one_by_one(survey: Survey) -> Attempt:
    record = SolveRecord(solver="one by one", deterministic_time=0.0, solves=0, is_interrupted=False)
    try:
        draft = filled(survey)
    except UnsoundPlacement as refused:
        # Told like a plan that the audit refuses, and replaced like one.
        record = replace(record, violations=(str(refused),))
        return Attempt(draft=None, path=Path.ONE_BY_ONE, bounds={}, record=record)
    return Attempt(draft=draft, path=Path.ONE_BY_ONE, bounds={}, record=record)


def _record(staged: Staged) -> SolveRecord:
    return SolveRecord(
        solver=NAME,
        deterministic_time=round(staged.deterministic_time, 6),
        solves=staged.solves,
        is_interrupted=staged.is_interrupted,
    )
