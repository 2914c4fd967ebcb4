"""The large-fleet method on problems small enough to check, and what is wrong with what it says."""

from dataclasses import dataclass
from functools import cached_property

from solver.audit import violations
from solver.domain.plan import Plan
from solver.domain.problem import Problem
from solver.formulation.build import Formulation, build
from solver.matching.compose import compose
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.measures import measures
from solver.place import place
from solver.search.attempt_result import Attempt
from solver.search.budget import Budget
from solver.search.cells import solve_cells
from solver.search.cp_sat import CpSat, Status

#: Their bounds are edges and not searched for.
_UNSEARCHED = ("stranded", "canonical")


@dataclass(frozen=True)
class OverCells:
    """A problem solved over cells, whatever its size."""

    problem: Problem

    @cached_property
    def survey(self) -> Survey:
        """What the problem is."""
        return Survey(self.problem)

    @cached_property
    def attempt(self) -> Attempt:
        """What the method found."""
        return solve_cells(self.survey, Budget())

    @cached_property
    def plan(self) -> Plan:
        """Its draft as a plan."""
        assert self.attempt.draft is not None
        return compose(self.survey, self.attempt.draft)

    @cached_property
    def values(self) -> dict[str, int]:
        """The value of each tier, in order."""
        return {measure.name: measure.value for measure in measures(self.survey, self.plan)}


def complaints(problem: Problem) -> list[str]:
    """Rules the plan breaks, and bounds or values that the exact plan contradicts.

    A bound speaks of plans that are no worse in every tier before it. The exact plan is one of them up to the
    first tier in which it is worse, which can only come after one in which it is better.
    """
    found = OverCells(problem)
    wrong = [str(violation) for violation in violations(found.survey, found.plan)]
    exact = place(problem)
    is_equal = all(tier.is_closed for tier in exact.tiers)
    for tier in exact.tiers:
        value, bound = found.values[tier.name], found.attempt.bounds.get(tier.name, 0)
        if bound > tier.value:
            wrong.append(f"{tier.name}: bound {bound}, at best {tier.value}")
        if is_equal and value < tier.value:
            wrong.append(f"{tier.name}: value {value}, at best {tier.value}")
        if tier.value > value:
            break
        is_equal &= value == tier.value
    return wrong


def refuted(problem: Problem) -> list[str]:
    """Bounds above the optimum of their tier among all plans that are no worse in the tiers before it.

    For problems in which nothing runs: guards, which no plan's value says all of, are not looked at.
    """
    found = OverCells(problem)
    wrong = [str(violation) for violation in violations(found.survey, found.plan)]
    formulation: Formulation = build(Scene(found.survey, single=True))
    cp = CpSat(formulation.matrix)
    for objective in (stage.objective for stage in formulation.stages):
        name, value = objective.name, found.values[objective.name]
        if name not in _UNSEARCHED:
            solved = cp.minimise(objective.expression, deterministic_seconds=1, wall_seconds=60)
            bound = found.attempt.bounds.get(name, 0)
            if solved.status is Status.INFEASIBLE:
                return [*wrong, f"{name}: no plan is as good as this one"]
            if solved.solution is not None and objective.expression.value(solved.solution) < bound:
                wrong.append(
                    f"{name}: bound {bound}, {objective.expression.value(solved.solution)} is possible"
                )
        cp.limit(objective.expression, value)
    return wrong
