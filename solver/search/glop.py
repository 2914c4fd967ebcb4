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
    """A linear programme over the variables of a matrix; limits stay, each solve starts afresh.

    Starting from the basis of another objective was up to nine times slower: those bases are degenerate.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._solver = pywraplp.Solver.CreateSolver("GLOP")
        self._afresh = pywraplp.MPSolverParameters()
        self._afresh.SetIntegerParam(
            pywraplp.MPSolverParameters.INCREMENTALITY, pywraplp.MPSolverParameters.INCREMENTALITY_OFF
        )
        self._variables = [
            self._solver.NumVar(float(low), _edge(self._solver, high), "")
            for low, high in zip(matrix.lower, matrix.upper, strict=True)
        ]
        for row in matrix.rows:
            constraint = self._solver.Constraint(
                _edge(self._solver, row.lower), _edge(self._solver, row.upper)
            )
            for variable, coefficient in zip(row.variables, row.coefficients, strict=True):
                constraint.SetCoefficient(self._variables[variable], float(coefficient))

    def limit(self, expression: Expression, most: float) -> None:
        """From now on ``expression <= most``, to within what floats can tell."""
        # Prices are in micro-dollars: brought to the size of the other rows, GLOP keeps its footing.
        scale = _scale(expression)
        looser = most + max(_ABSOLUTE, abs(most) * _RELATIVE)
        constraint = self._solver.Constraint(-self._solver.infinity(), (looser - expression.constant) / scale)
        for variable, coefficient in expression.terms.items():
            constraint.SetCoefficient(self._variables[variable], coefficient / scale)

    def minimise(self, expression: Expression) -> Relaxed | None:
        """The least value of *expression*, None if GLOP gave up (which says nothing)."""
        scale = _scale(expression)
        objective = self._solver.Objective()
        objective.Clear()
        for variable, coefficient in expression.terms.items():
            objective.SetCoefficient(self._variables[variable], coefficient / scale)
        objective.SetMinimization()
        if self._solver.Solve(self._afresh) != pywraplp.Solver.OPTIMAL:
            return None
        return Relaxed(
            value=objective.Value() * scale + expression.constant,
            solution=[variable.solution_value() for variable in self._variables],
        )


def _scale(expression: Expression) -> float:
    return float(max((abs(c) for c in expression.terms.values()), default=1))


def _edge(solver: pywraplp.Solver, amount: int) -> float:
    if amount >= UNBOUNDED:
        return float(solver.infinity())
    if amount <= -UNBOUNDED:
        return -float(solver.infinity())
    return float(amount)
