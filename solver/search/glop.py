"""The linear relaxation of the matrix, by GLOP: guidance for rounding, and bounds that are proven.

One thread and no clock, so that equal input gives equal numbers. Values come back as floats; whoever calls
them bounds rounds them to the safe side first.

The programme is written as arrays into the protobuf of MathOpt's core: term by term, through any of the modelling
layers, a large fleet took longer to write down than to solve.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ortools.math_opt import callback_pb2, model_parameters_pb2, model_pb2, parameters_pb2, result_pb2
from ortools.math_opt.core.python import solver

from solver.formulation.matrix import UNBOUNDED, Expression, Matrix

_ABSOLUTE = 1e-6
_RELATIVE = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Relaxed:
    """The optimum of a linear programme."""

    value: float
    solution: Sequence[float]


class Relaxation:
    """A linear programme over the variables of a matrix; limits stay, each solve starts afresh.

    Going on from the basis of another objective, or only from the same solver object, took up to nine times as
    long as solving the programme again: what the last solve leaves behind is degenerate.
    """

    def __init__(self, matrix: Matrix) -> None:
        self._programme = model_pb2.ModelProto()
        variables = self._programme.variables
        variables.ids.extend(range(len(matrix.lower)))
        variables.lower_bounds.extend([_edge(low) for low in matrix.lower])
        variables.upper_bounds.extend([_edge(high) for high in matrix.upper])
        variables.integers.extend([False] * len(matrix.lower))
        for row in matrix.rows:
            self._add(row.variables, row.coefficients, _edge(row.lower), _edge(row.upper))

    def limit(self, expression: Expression, most: float) -> None:
        """From now on ``expression <= most``, to within what floats can tell."""
        # Prices are in micro-dollars: brought to the size of the other rows, GLOP keeps its footing.
        scale = _scale(expression)
        terms = sorted(expression.terms.items())
        above = most + max(_ABSOLUTE, abs(most) * _RELATIVE) - expression.constant
        self._add([v for v, _ in terms], [c / scale for _, c in terms], -math.inf, above / scale)

    def minimise(self, expression: Expression) -> Relaxed | None:
        """The least value of *expression*, None if GLOP gave up (which says nothing)."""
        scale = _scale(expression)
        terms = sorted(expression.terms.items())
        self._programme.objective.Clear()
        self._programme.objective.linear_coefficients.ids.extend([v for v, _ in terms])
        self._programme.objective.linear_coefficients.values.extend([c / scale for _, c in terms])
        result = _solve(self._programme)
        if result.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            return None
        best = result.solutions[0].primal_solution
        return Relaxed(
            value=best.objective_value * scale + expression.constant,
            solution=list(best.variable_values.values),
        )

    def copy(self) -> "Relaxation":
        """The same programme, on its own from now on."""
        twin = Relaxation.__new__(Relaxation)
        twin._programme = model_pb2.ModelProto()  # noqa: SLF001 (its own kind)
        twin._programme.CopyFrom(self._programme)  # noqa: SLF001
        return twin

    def _add(
        self, variables: Sequence[int], coefficients: Sequence[float], lower: float, upper: float
    ) -> None:
        rows, entries = self._programme.linear_constraints, self._programme.linear_constraint_matrix
        row = len(rows.ids)
        rows.ids.append(row)
        rows.lower_bounds.append(lower)
        rows.upper_bounds.append(upper)
        entries.row_ids.extend([row] * len(variables))
        entries.column_ids.extend(variables)
        entries.coefficients.extend(coefficients)


def _solve(programme: model_pb2.ModelProto) -> result_pb2.SolveResultProto:
    return solver.solve(
        programme,
        parameters_pb2.SOLVER_TYPE_GLOP,
        parameters_pb2.SolverInitializerProto(),
        parameters_pb2.SolveParametersProto(),
        model_parameters_pb2.ModelSolveParametersProto(),
        None,
        callback_pb2.CallbackRegistrationProto(),
        None,
        None,
    )


def _scale(expression: Expression) -> float:
    return float(max((abs(c) for c in expression.terms.values()), default=1))


def _edge(amount: int) -> float:
    if abs(amount) >= UNBOUNDED:
        return math.copysign(math.inf, amount)
    return float(amount)
