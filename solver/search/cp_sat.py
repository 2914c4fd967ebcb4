"""CP-SAT on the matrix: one worker, a fixed seed, deterministic limits. With ``glop``, all that knows ortools."""

from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version

from ortools.sat.python import cp_model

from solver.formulation.matrix import UNBOUNDED, Expression, Matrix

SEED = 1
NAME = f"CP-SAT {version('ortools')}, 1 worker, seed {SEED}"


class Status(StrEnum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    FEASIBLE = "feasible"
    INFEASIBLE = "infeasible"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Solved:
    """A solve's end: a solution if one was found, and a lower bound of the objective that is proven."""

    status: Status
    solution: list[int] | None
    bound: int
    deterministic_time: float
    #: The wall-clock backstop struck.
    is_interrupted: bool


class CpSat:
    """A CP-SAT model of a matrix, to which limits on expressions can be added between solves."""

    def __init__(self, matrix: Matrix) -> None:
        self.cp = cp_model.CpModel()
        self._variables = [
            self.cp.new_int_var(low, min(high, UNBOUNDED), "")
            for low, high in zip(matrix.lower, matrix.upper, strict=True)
        ]
        for row in matrix.rows:
            expression = cp_model.LinearExpr.weighted_sum(
                [self._variables[v] for v in row.variables], list(row.coefficients)
            )
            self.cp.add_linear_constraint(expression, row.lower, row.upper)

    def limit(self, expression: Expression, most: int) -> None:
        """From now on ``expression <= most``."""
        self.cp.add_linear_constraint(self._sum(expression), -UNBOUNDED, most - expression.constant)

    def hint(self, solution: list[int]) -> None:
        """Start the next solve from *solution*; only complete hints help."""
        self.cp.clear_hints()  # type: ignore[no-untyped-call]
        for variable, value in zip(self._variables, solution, strict=True):
            self.cp.add_hint(variable, value)

    def minimise(
        self,
        expression: Expression,
        *,
        deterministic_seconds: float,
        wall_seconds: float,
        relative_gap: float = 0.0,
    ) -> Solved:
        """Minimise *expression* within the limits; the status OPTIMAL then means within *relative_gap*."""
        self.cp.clear_objective()  # type: ignore[no-untyped-call]
        self.cp.minimize(self._sum(expression))
        solver = cp_model.CpSolver()
        parameters = solver.parameters
        parameters.num_workers = 1
        parameters.random_seed = SEED
        parameters.max_deterministic_time = deterministic_seconds
        parameters.max_time_in_seconds = wall_seconds
        parameters.relative_gap_limit = relative_gap
        code = solver.solve(self.cp)
        status = _STATUS.get(code, Status.UNKNOWN)
        found = status in (Status.OPTIMAL, Status.FEASIBLE)
        bound = expression.constant + _rounded_up(solver.best_objective_bound) if found else -UNBOUNDED
        return Solved(
            status=status,
            solution=[solver.value(variable) for variable in self._variables] if found else None,
            bound=bound,
            deterministic_time=solver.response_proto.deterministic_time,
            is_interrupted=status is not Status.OPTIMAL and solver.wall_time >= wall_seconds,
        )

    def satisfy(self, *, deterministic_seconds: float) -> Status:
        """Whether there is any solution: OPTIMAL for yes, INFEASIBLE for no, UNKNOWN if the time ran out."""
        self.cp.clear_objective()  # type: ignore[no-untyped-call]
        solver = cp_model.CpSolver()
        solver.parameters.num_workers = 1
        solver.parameters.random_seed = SEED
        solver.parameters.max_deterministic_time = deterministic_seconds
        return _STATUS.get(solver.solve(self.cp), Status.UNKNOWN)

    def _sum(self, expression: Expression) -> cp_model.LinearExpr:
        terms = sorted(expression.terms.items())
        return cp_model.LinearExpr.weighted_sum([self._variables[v] for v, _ in terms], [c for _, c in terms])


_STATUS = {
    cp_model.OPTIMAL: Status.OPTIMAL,
    cp_model.FEASIBLE: Status.FEASIBLE,
    cp_model.INFEASIBLE: Status.INFEASIBLE,
}


def _rounded_up(bound: float) -> int:
    """The least integer that the float bound allows; a hair is taken off first, so it never claims too much."""
    return -int(-(bound - 1e-6) // 1)
