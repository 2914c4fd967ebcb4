"""A linear programme that grows by columns, by GLOP: which patterns the nodes of each group hold.

A sibling of ``glop.py``, which relaxes the matrix of a problem: here columns are added between solves, and going on
from the last basis is what makes that cheap.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from ortools.glop import parameters_pb2 as glop_parameters_pb2
from ortools.math_opt import (
    callback_pb2,
    model_parameters_pb2,
    model_pb2,
    model_update_pb2,
    parameters_pb2,
    result_pb2,
)
from ortools.math_opt.core.python import solver
from pybind11_abseil.status import StatusNotOk

#: Worth is given in millionths of a device; in devices GLOP keeps its footing.
_MICRO = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """An optimum: the worth, and what one more node of a group, or request of a class, would add to it."""

    reached: float
    group_duals: NDArray[np.float64]
    demand_duals: NDArray[np.float64]


class PatternProgramme:
    """Most worth, with as many patterns as *nodes* in each group and at most *wanted* requests of each class."""

    def __init__(self, nodes: NDArray[np.int64], wanted: NDArray[np.int64], worth: NDArray[np.int64]) -> None:
        self._groups = len(nodes)
        self._classes = len(wanted)
        self._worth = worth
        self._patterns: list[tuple[int, NDArray[np.int64]]] = []
        self._limits = [float(limit) for limit in (*nodes, *wanted)]
        self._solver = self._new()

    def add(self, patterns: Sequence[tuple[int, NDArray[np.int64]]]) -> None:
        """Allow *patterns* too: a group, and how many requests of each class."""
        self._solver.update(self._update(patterns, len(self._patterns)))
        self._patterns += patterns

    def solve(self) -> Solved | None:
        """The most worth; None if GLOP gave up, which says nothing."""
        try:
            result = self._solve()
        except StatusNotOk:
            # The last basis has led it astray (ABNORMAL): once more from none.
            result = self._solve_afresh()
        if result is None or result.termination.reason != result_pb2.TERMINATION_REASON_OPTIMAL:
            return None
        best = result.solutions[0]
        duals = np.zeros(self._groups + self._classes)
        duals[list(best.dual_solution.dual_values.ids)] = best.dual_solution.dual_values.values
        duals *= _MICRO
        return Solved(
            reached=best.primal_solution.objective_value * _MICRO,
            group_duals=duals[: self._groups],
            demand_duals=duals[self._groups :],
        )

    def _solve(self) -> result_pb2.SolveResultProto:
        return self._solver.solve(
            _parameters(),
            model_parameters_pb2.ModelSolveParametersProto(),
            None,
            callback_pb2.CallbackRegistrationProto(),
            None,
            None,
        )

    def _solve_afresh(self) -> result_pb2.SolveResultProto | None:
        self._solver = self._new()
        self._solver.update(self._update(self._patterns, 0))
        try:
            return self._solve()
        except StatusNotOk:
            return None

    def _new(self) -> solver.Solver:
        programme = model_pb2.ModelProto()
        programme.objective.maximize = True
        rows = programme.linear_constraints
        rows.ids.extend(range(len(self._limits)))
        rows.lower_bounds.extend([-np.inf] * len(self._limits))
        rows.upper_bounds.extend(self._limits)
        return solver.new(parameters_pb2.SOLVER_TYPE_GLOP, programme, parameters_pb2.SolverInitializerProto())

    def _update(
        self, patterns: Sequence[tuple[int, NDArray[np.int64]]], first: int
    ) -> model_update_pb2.ModelUpdateProto:
        update = model_update_pb2.ModelUpdateProto()
        ids = range(first, first + len(patterns))
        update.new_variables.ids.extend(ids)
        update.new_variables.lower_bounds.extend([0.0] * len(patterns))
        update.new_variables.upper_bounds.extend([np.inf] * len(patterns))
        update.new_variables.integers.extend([False] * len(patterns))
        update.objective_updates.linear_coefficients.ids.extend(ids)
        update.objective_updates.linear_coefficients.values.extend(
            [float(self._worth @ pattern) / _MICRO for _, pattern in patterns]
        )
        entries = []
        for column, (group, pattern) in zip(ids, patterns, strict=True):
            entries.append((group, column, 1.0))
            served = np.flatnonzero(pattern)
            entries += [(self._groups + int(at), column, float(pattern[at])) for at in served]
        entries.sort()
        added = update.linear_constraint_matrix_updates
        added.row_ids.extend([row for row, _, _ in entries])
        added.column_ids.extend([column for _, column, _ in entries])
        added.coefficients.extend([amount for _, _, amount in entries])
        return update


def _parameters() -> parameters_pb2.SolveParametersProto:
    # Presolve would throw the last basis away.
    return parameters_pb2.SolveParametersProto(
        glop=glop_parameters_pb2.GlopParameters(use_preprocessing=False),
        presolve=parameters_pb2.EMPHASIS_OFF,
    )
