"""CP-SAT on the matrix: one worker, a fixed seed, deterministic limits. With ``glop``, all that knows ortools.

The model is written straight into its protobuf through the module that ortools' own modelling layer stands on:
that layer imports pandas, half of the start-up of a command, and adds terms one by one. The module is not
documented API, so ortools is pinned and nothing else touches it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from importlib.metadata import version

from ortools.sat.python import cp_model_helper as helper

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
        self.cp = helper.CpModelProto()
        for low, high in zip(matrix.lower, matrix.upper, strict=True):
            self.cp.variables.add().domain.extend([low, min(high, UNBOUNDED)])
        for row in matrix.rows:
            self._add(list(row.variables), list(row.coefficients), row.lower, row.upper)
        self._size = len(matrix.lower)

    def limit(self, expression: Expression, most: int) -> None:
        """From now on ``expression <= most``."""
        terms = sorted(expression.terms.items())
        most -= expression.constant
        self._add([v for v, _ in terms], [c for _, c in terms], -UNBOUNDED, most)

    def hint(self, solution: list[int]) -> None:
        """Start the next solve from *solution*; only complete hints help."""
        self.cp.clear_solution_hint()
        self.cp.solution_hint.vars.extend(range(self._size))
        self.cp.solution_hint.values.extend(solution)

    def hint_some(self, values: Iterable[tuple[int, int]]) -> None:
        """Start the next solve from values of variables; what is left out has to follow from them."""
        self.cp.clear_solution_hint()
        for variable, value in values:
            self.cp.solution_hint.vars.append(variable)
            self.cp.solution_hint.values.append(value)

    def minimise(
        self,
        expression: Expression,
        *,
        deterministic_seconds: float,
        wall_seconds: float,
    ) -> Solved:
        """Minimise *expression* within the limits."""
        terms = sorted(expression.terms.items())
        self.cp.clear_objective()
        self.cp.objective.vars.extend([v for v, _ in terms])
        self.cp.objective.coeffs.extend([c for _, c in terms])
        parameters = _parameters(deterministic_seconds)
        parameters.max_time_in_seconds = wall_seconds
        response = _solve(self.cp, parameters)
        status = _STATUS.get(response.status, Status.UNKNOWN)
        found = status in (Status.OPTIMAL, Status.FEASIBLE)
        # CP-SAT leaves an objective without terms out, and then says nothing of its bound.
        bound = _rounded_up(response.best_objective_bound) if terms else 0
        return Solved(
            status=status,
            solution=list(response.solution) if found else None,
            bound=expression.constant + bound if found else -UNBOUNDED,
            deterministic_time=response.deterministic_time,
            is_interrupted=status is not Status.OPTIMAL and response.wall_time >= wall_seconds,
        )

    def find(self, *, deterministic_seconds: float) -> Solved:
        """Any solution."""
        self.cp.clear_objective()
        response = _solve(self.cp, _parameters(deterministic_seconds))
        status = _STATUS.get(response.status, Status.UNKNOWN)
        found = status in (Status.OPTIMAL, Status.FEASIBLE)
        return Solved(
            status=status,
            solution=list(response.solution) if found else None,
            bound=-UNBOUNDED,
            deterministic_time=response.deterministic_time,
            is_interrupted=False,
        )

    def _add(self, variables: list[int], coefficients: list[int], lower: int, upper: int) -> None:
        row = self.cp.constraints.add().linear
        row.vars.extend(variables)
        row.coeffs.extend(coefficients)
        row.domain.extend([lower, upper])


def _parameters(deterministic_seconds: float) -> helper.SatParameters:
    parameters = helper.SatParameters()
    parameters.num_workers = 1
    parameters.random_seed = SEED
    parameters.max_deterministic_time = deterministic_seconds
    return parameters


def _solve(cp: helper.CpModelProto, parameters: helper.SatParameters) -> helper.CpSolverResponse:
    solver = helper.SolveWrapper()
    solver.set_parameters(parameters)
    response: helper.CpSolverResponse = solver.solve(cp)  # type: ignore[no-untyped-call]
    if response.status == helper.MODEL_INVALID:
        raise ValueError(f"CP-SAT refuses the model: {response.solution_info}")
    return response


_STATUS = {
    helper.OPTIMAL: Status.OPTIMAL,
    helper.FEASIBLE: Status.FEASIBLE,
    helper.INFEASIBLE: Status.INFEASIBLE,
}


def _rounded_up(bound: float) -> int:
    """The least integer that the float bound allows; a hair is taken off first, so it never claims too much."""
    return -int(-(bound - 1e-6) // 1)
