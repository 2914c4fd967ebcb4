"""Large fleets: counts over cells of interchangeable nodes, then nodes.

1. Linear programmes, one for each stage, show which cells are worth a thought.
2. CP-SAT solves the stages between the floor and the ceiling of that, in whole numbers.
3. The counts are packed onto nodes; replicas that do not pack are inserted one by one where they fit.
4. The programmes give a bound for each tier; where the plan missed what a programme was held to, it is solved
   again with every tier before it held at what the plan reached.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from solver.baseline import baseline
from solver.domain.decision import Path, SolveRecord
from solver.domain.policy import TierName
from solver.formulation.build import Formulation, Stage, build
from solver.formulation.matrix import Expression, Matrix
from solver.greedy import greedy, insert
from solver.matching.compose import compose
from solver.matching.draft import Draft
from solver.matching.scene import Scene, Survey
from solver.measures import measures
from solver.search.attempt_result import Attempt
from solver.search.budget import Budget
from solver.search.cp_sat import NAME
from solver.search.extract import extract
from solver.search.glop import Relaxation, Relaxed
from solver.search.tiers import Staged, lower_edge, solve

#: The relaxation says nothing about these: it spreads a used node over fractions of many.
_UNGUIDED = frozenset({TierName.STRANDED, TierName.CANONICAL})
_TINY = 1e-6

#: How far from its bound the price may be left; closing it took three quarters of the time and changed no count.
_PRICE_GAP = 0.01


@dataclass(slots=True)
class _Guide:
    """The relaxation's last optimum, and for each stage its bound and what it was then held at."""

    relaxed: Relaxed | None = None
    bounds: dict[str, int] = field(default_factory=dict)
    held: dict[str, int] = field(default_factory=dict)


def solve_cells(survey: Survey, budget: Budget) -> Attempt:
    """The draft found over cells, with bounds from the relaxation."""
    formulation = build(Scene(survey, single=False), baseline=baseline(survey))
    guide = _guided(formulation)
    staged = _between_floor_and_ceiling(formulation, guide.relaxed, budget)
    if staged.solution is None:
        draft = greedy(survey)
    else:
        draft = insert(survey, extract(formulation.variables, staged.solution))
    return Attempt(
        draft=draft,
        path=Path.CELLS,
        bounds=_bounds(formulation, guide, survey, draft),
        record=SolveRecord(
            solver=f"GLOP and {NAME}",
            deterministic_time=round(staged.deterministic_time, 6),
            solves=staged.solves,
            is_interrupted=staged.is_interrupted,
        ),
    )


def _guided(formulation: Formulation) -> _Guide:
    """The optimum of the relaxation, stage after stage; stages that are closed already cost nothing."""
    relaxation = Relaxation(formulation.matrix)
    guide = _Guide()
    for stage in formulation.stages:
        name, expression = stage.objective.name, stage.objective.expression
        bound = lower_edge(formulation.matrix, expression)
        is_open = guide.relaxed is None or _at(expression, guide.relaxed) > bound + _TINY
        if name not in _UNGUIDED and is_open:
            found = relaxation.minimise(expression)
            if found is None:
                continue
            guide.relaxed = found
            bound = max(bound, _rounded_up(found.value))
        guide.bounds[name] = bound
        if name not in _UNGUIDED:
            # No plan is below the next whole number, so later stages may as well have that much room.
            guide.held[name] = bound + stage.slack
            relaxation.limit(expression, guide.held[name])
    return guide


def _at(expression: Expression, relaxed: Relaxed) -> float:
    return expression.constant + sum(c * relaxed.solution[v] for v, c in expression.terms.items())


def _between_floor_and_ceiling(formulation: Formulation, guide: Relaxed | None, budget: Budget) -> Staged:
    """CP-SAT with every whole part of the relaxation settled.

    A basic solution of the programme has few fractions. Deployments that have some stay free above their
    floors, all others are settled. If the floors contradict each other they are given up.
    """
    matrix = formulation.matrix
    if guide is None:
        return solve(formulation, budget, price_gap=_PRICE_GAP)
    lower, upper = list(matrix.lower), list(matrix.upper)
    candidates = formulation.variables.scene.candidates
    pods = formulation.variables.pods
    is_open = {
        candidates[pod.candidate].deployment
        for pod in pods
        if abs(guide.solution[pod.variable] - round(guide.solution[pod.variable])) > _TINY
    }
    for pod in pods:
        value = guide.solution[pod.variable]
        lower[pod.variable] = math.floor(value + _TINY)
        if candidates[pod.candidate].deployment not in is_open:
            upper[pod.variable] = min(upper[pod.variable], math.ceil(value - _TINY))
    floored = Matrix(lower=lower, upper=upper, rows=matrix.rows)
    found = solve(formulation, budget, matrix=floored, price_gap=_PRICE_GAP)
    if found.solution is not None:
        return found
    ceiled = Matrix(lower=matrix.lower, upper=upper, rows=matrix.rows)
    return solve(formulation, budget, matrix=ceiled, price_gap=_PRICE_GAP)


def _bounds(formulation: Formulation, guide: _Guide, survey: Survey, draft: Draft) -> Mapping[str, int]:
    """A lower bound for each tier, among plans no worse than *draft* in the tiers before it."""
    reached = {measure.name: measure.value for measure in measures(survey, compose(survey, draft))}
    relaxation: Relaxation | None = None
    limits: list[tuple[Expression, float]] = []
    bounds: dict[str, int] = {}
    for stage in formulation.stages:
        name, expression = stage.objective.name, stage.objective.expression
        value = reached.get(name, guide.held.get(name, 0))
        bound = guide.bounds.get(name, lower_edge(formulation.matrix, expression))
        if relaxation is not None:
            bound = lower_edge(formulation.matrix, expression)
            if name not in _UNGUIDED and value > bound:
                bound = _solved_bound(relaxation, stage, bound)
            relaxation.limit(expression, value)
        elif value != guide.held.get(name):
            relaxation = Relaxation(formulation.matrix)
            for held, most in limits:
                relaxation.limit(held, most)
            relaxation.limit(expression, value)
        limits.append((expression, value))
        bounds[name] = bound
    return bounds


def _solved_bound(relaxation: Relaxation, stage: Stage, edge: int) -> int:
    found = relaxation.minimise(stage.objective.expression)
    return edge if found is None else max(edge, _rounded_up(found.value))


def _rounded_up(bound: float) -> int:
    """The least whole number that the float allows, after taking off what its tolerance may have added."""
    slack = max(1e-4, abs(bound) * 1e-7)
    return -int(-(bound - slack) // 1)
