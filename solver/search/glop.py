"""The linear relaxation of the matrix, by GLOP: guidance for rounding, and bounds that are proven.

One thread and no clock, so that equal input gives equal numbers. Values come back as floats; whoever calls
them bounds rounds them to the safe side first.
"""

from dataclasses import dataclass

from ortools.linear_solver import pywraplp

from solver.formulation.matrix import UNBOUNDED, Expression, Matrix

_ABSOLUTE = 1e-6
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The optimum of a linear programme."""

    value: float
    solution: list[float]


class Relaxation:
    """A linear programme over the variables of a matrix; limits stay, each solve is a new programme.

    Going on from the basis of another objective, or only from the same solver object, took up to nine times as
    long as building the programme again: what the last solve leaves behind is degenerate.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._matrix = matrix
        self._limits: list[tuple[Expression, float]] = []

    def limit(self, expression: Expression, most: float) -> None:
        """From now on ``expression <= most``, to within what floats can tell."""
        self._limits.append((expression, most + max(_ABSOLUTE, abs(most) * _RELATIVE)))

    def minimise(self, expression: Expression) -> Relaxed | None:
        """The least value of *expression*, None if GLOP gave up (which says nothing)."""
        solver = pywraplp.Solver.CreateSolver("GLOP")
        variables = [
            solver.NumVar(float(low), _edge(solver, high), "")
            for low, high in zip(self._matrix.lower, self._matrix.upper, strict=True)
        ]
        for row in self._matrix.rows:
            constraint = solver.Constraint(_edge(solver, row.lower), _edge(solver, row.upper))
            for variable, coefficient in zip(row.variables, row.coefficients, strict=True):
                constraint.SetCoefficient(variables[variable], float(coefficient))
        for held, most in self._limits:
            # Prices are in micro-dollars: brought to the size of the other rows, GLOP keeps its footing.
            scale = _scale(held)
            constraint = solver.Constraint(-solver.infinity(), (most - held.constant) / scale)
            for variable, coefficient in held.terms.items():
                constraint.SetCoefficient(variables[variable], coefficient / scale)
        scale = _scale(expression)
        objective = solver.Objective()
        for variable, coefficient in expression.terms.items():
            objective.SetCoefficient(variables[variable], coefficient / scale)
        objective.SetMinimization()
        if solver.Solve() != pywraplp.Solver.OPTIMAL:
            return None
        return Relaxed(
            value=objective.Value() * scale + expression.constant,
            solution=[variable.solution_value() for variable in variables],
        )


def _scale(expression: Expression) -> float:
    return float(max((abs(c) for c in expression.terms.values()), default=1))


def _edge(solver: pywraplp.Solver, amount: int) -> float:
    if amount >= UNBOUNDED:
        return float(solver.infinity())
    if amount <= -UNBOUNDED:
        return -float(solver.infinity())
    return float(amount)
