"""One stage after another: minimise, hold what was reached, go on from there."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from solver.formulation.build import Stage
from solver.formulation.matrix import UNBOUNDED, Expression, Matrix
from solver.search.budget import Budget
from solver.search.cp_sat import CpSat, Status

#: Share of what is left of the budget that one stage may use, and the least it gets of the whole.
_SHARE = 0.4
_FLOOR = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class StageResult:
    """A stage's value in the model and a bound that holds while the stages before keep theirs."""

    stage: Stage
    value: int
    bound: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Staged:
    """The last solution, None if not even the first stage found one, and what each stage reached."""

    solution: list[int] | None
    results: tuple[StageResult, ...]
    deterministic_time: float
    solves: int
    is_interrupted: bool


def solve(
    matrix: Matrix,
    stages: Sequence[Stage],
    budget: Budget,
    *,
    stage_seconds: float = math.inf,
) -> Staged:
    """Minimise *stages* over *matrix* in order, by CP-SAT.

    Args:
        matrix: the variables and rows.
        stages: what is minimised, and then held.
        budget: deterministic time for all stages together.
        stage_seconds: the most deterministic time that one stage may use.
    """
    cp = CpSat(matrix)
    solution: list[int] | None = None
    results: list[StageResult] = []
    left = budget.deterministic_seconds
    solves = 0
    interrupted = False
    for stage in stages:
        expression = stage.objective.expression
        bound = lower_edge(matrix, expression)
        if solution is None or expression.value(solution) > bound:
            seconds = min(stage_seconds, max(left * _SHARE, budget.deterministic_seconds * _FLOOR))
            solved = cp.minimise(expression, deterministic_seconds=seconds, wall_seconds=budget.wall_seconds)
            solves += 1
            left -= solved.deterministic_time
            interrupted |= solved.is_interrupted
            if solved.status is Status.INFEASIBLE:
                break
            if solved.solution is not None:
                if solution is None or expression.value(solved.solution) <= expression.value(solution):
                    solution = solved.solution
                bound = max(bound, solved.bound)
            if solution is None:
                break
            cp.hint(solution)
        value = expression.value(solution)
        results.append(StageResult(stage=stage, value=value, bound=min(bound, value)))
        cp.limit(expression, value + stage.slack)
    return Staged(
        solution=solution,
        results=tuple(results),
        deterministic_time=budget.deterministic_seconds - left,
        solves=solves,
        is_interrupted=interrupted,
    )


def lower_edge(matrix: Matrix, expression: Expression) -> int:
    """What the bounds of the variables alone imply."""
    least = expression.constant
    for variable, coefficient in expression.terms.items():
        edge = matrix.lower[variable] if coefficient > 0 else matrix.upper[variable]
        least += coefficient * max(-UNBOUNDED, min(edge, UNBOUNDED))
    return least
