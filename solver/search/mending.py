"""A rounded plan mended near the relaxation's optimum, by CP-SAT on what the two do not agree about.

Nine in ten counts of the plan are those of the relaxation. They are settled; what is left is small enough to be
solved with all tiers in one weighted objective, starting from the plan. The weights are rough: a plan is only
taken if it is better stage by stage.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from solver.audit import violations
from solver.clearing import insert_by_clearing
from solver.domain.policy import TierName
from solver.formulation.build import Formulation, Stage
from solver.formulation.matrix import Expression
from solver.matching.compose import compose, settled_down
from solver.matching.draft import Draft
from solver.matching.survey import Survey
from solver.measures import measures
from solver.search.budget import Budget
from solver.search.counting import counted, settle
from solver.search.cp_sat import CpSat, Solved
from solver.search.extract import extract
from solver.search.glop import Relaxed
from solver.search.guide import TINY, Guide, evicted_from
from solver.search.reduced import Reduced, reduced
from solver.search.tiers import lower_edge

#: Deterministic time of each round: wide ones may move whatever the plan or the relaxation uses of the deployments
#: that they disagree about, narrow ones only what they disagree about.
_ROUNDS = ((True, 1.0), (False, 0.4), (True, 0.4))

#: Weight of a stage against the next one below it.
_RATIO = 200
_MOST_RATIOS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    draft: Draft
    #: The value of each stage, in order: smaller is better.
    worth: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Mended:
    """The plan after mending, and what it took."""

    draft: Draft
    #: The audit passes it.
    is_sound: bool = False
    deterministic_time: float = 0.0
    solves: int = 0
    #: The wall-clock backstop struck.
    is_interrupted: bool = False


def mended(survey: Survey, formulation: Formulation, guide: Guide, draft: Draft, budget: Budget) -> Mended:
    """*draft* or a better one; one that the audit refuses is left alone."""
    found = Mended(draft=draft)
    plan = _worth(survey, formulation, draft)
    for is_wide, most_seconds in _ROUNDS:
        seconds = min(most_seconds, budget.deterministic_seconds - found.deterministic_time)
        if plan is None or guide.relaxed is None or seconds <= 0 or _is_closed(formulation, guide, plan):
            break
        part = _part(formulation, guide.relaxed, plan, is_wide=is_wide)
        if part is None:
            break
        solved = _solved(formulation, part, plan, seconds, budget)
        found = replace(
            found,
            deterministic_time=found.deterministic_time + solved.deterministic_time,
            solves=found.solves + 1,
            is_interrupted=found.is_interrupted or solved.is_interrupted,
        )
        if solved.solution is None:
            break
        solution = part.reduced.restored(solved.solution)
        fresh = insert_by_clearing(survey, extract(formulation.variables, solution, is_exact=False))
        better = _worth(survey, formulation, fresh)
        if better is None or better.worth >= plan.worth:
            break
        plan = better
    return found if plan is None else replace(found, draft=plan.draft, is_sound=True)


def _stages(formulation: Formulation) -> list[Stage]:
    """The stages that are mended: up to the spread, or up to the last shortfall."""
    names = [stage.objective.name for stage in formulation.stages]
    if TierName.SPREAD in names:
        return list(formulation.stages[: names.index(TierName.SPREAD) + 1])
    last = max((i for i, name in enumerate(names) if name.startswith(TierName.SHORTFALL)), default=-1)
    return list(formulation.stages[: last + 1])


def _worth(survey: Survey, formulation: Formulation, draft: Draft) -> _Plan | None:
    """What *draft* is worth, None if the audit refuses it."""
    plan = compose(survey, settled_down(draft))
    if violations(survey, plan):
        return None
    reached = {measure.name: measure.value for measure in measures(survey, plan)}
    values = [
        reached.get(stage.objective.name, 0)
        if stage.is_tier
        else evicted_from(survey, plan, stage.guards) or 0
        for stage in formulation.stages
    ]
    return _Plan(draft=draft, worth=tuple(values))


def _is_closed(formulation: Formulation, guide: Guide, plan: _Plan) -> bool:
    """Whether no shortfall is above the relaxation's: spread alone gained too little to be worth the time."""
    return all(
        not stage.is_tier or value <= guide.shortfalls.get(stage.objective.name, value)
        for stage, value in zip(formulation.stages, plan.worth, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    reduced: Reduced
    #: Values of its variables at the plan, but for the few that no equation gives.
    hint: Sequence[tuple[int, int]]


def _part(formulation: Formulation, relaxed: Relaxed, plan: _Plan, *, is_wide: bool) -> _Part | None:
    """What of the matrix stays open around *plan*; None if the matrix cannot say where a replica is."""
    values = counted(formulation.variables, plan.draft)
    if values is None:
        return None
    free = _free(formulation, relaxed, values, is_wide=is_wide)
    lower, upper = _bounds(formulation, relaxed, values, free)
    part = reduced(formulation.matrix, lower, upper, _stages(formulation))
    return _Part(reduced=part, hint=_hint(formulation, values, part))


def _solved(formulation: Formulation, part: _Part, plan: _Plan, seconds: float, budget: Budget) -> Solved:
    """The open stages minimised in one objective; those that are at their edge already stay there."""
    cp = CpSat(part.reduced.matrix)
    terms: dict[int, int] = {}
    position = 0
    for stage, value in reversed(list(zip(part.reduced.stages, plan.worth, strict=False))):
        expression = stage.objective.expression
        if value <= lower_edge(formulation.matrix, expression) or not expression.terms:
            cp.limit(expression, max(value, lower_edge(part.reduced.matrix, expression)))
            continue
        weight = _RATIO ** min(position, _MOST_RATIOS)
        position += 1
        for variable, coefficient in expression.terms.items():
            terms[variable] = terms.get(variable, 0) + weight * coefficient
    cp.hint_some(part.hint)
    return cp.minimise(Expression(terms), deterministic_seconds=seconds, wall_seconds=budget.wall_seconds)


def _free(
    formulation: Formulation, relaxed: Relaxed, values: dict[int, int], *, is_wide: bool
) -> frozenset[int]:
    """The variables that stay open: those that plan and relaxation disagree about, and, if wide, their kin."""
    open_ones = {v for v, value in values.items() if abs(relaxed.solution[v] - value) > TINY}
    if is_wide:
        variables = formulation.variables
        owners = {
            pod.variable: variables.scene.candidates[pod.candidate].deployment for pod in variables.pods
        }
        restless = {owners[v] for v in open_ones if v in owners}
        open_ones |= {
            v
            for v, owner in owners.items()
            if owner in restless and (values[v] or relaxed.solution[v] > TINY)
        }
    return frozenset(open_ones)


def _bounds(
    formulation: Formulation, relaxed: Relaxed, values: dict[int, int], free: frozenset[int]
) -> tuple[list[int], list[int]]:
    """Bounds of all variables: settled but for those in *free* and what follows from them.

    The count of a domain stays within one of the plan's and the relaxation's, so that few units of spread are open.
    """
    matrix = formulation.matrix
    lower, upper = list(matrix.lower), list(matrix.upper)
    for variable, value in values.items():
        if variable not in free:
            lower[variable] = upper[variable] = value
    settle(matrix.rows, lower, upper)
    for terms, units in formulation.variables.rising:
        now = sum(c * values.get(v, lower[v]) for v, c in terms)
        near = sum(c * relaxed.solution[v] for v, c in terms)
        is_open = any(lower[v] != upper[v] for v, _ in terms)
        low = min(now, math.floor(near + TINY)) - 1 if is_open else now
        high = max(now, math.ceil(near - TINY)) + 1 if is_open else now
        for position, unit in enumerate(units):
            if position < low or position >= high:
                lower[unit] = upper[unit] = int(position < low)
    return lower, upper


def _hint(formulation: Formulation, values: dict[int, int], part: Reduced) -> Sequence[tuple[int, int]]:
    """The plan as values of the open variables, but for the few that no equation gives."""
    matrix = formulation.matrix
    lower, upper = list(matrix.lower), list(matrix.upper)
    for variable, value in values.items():
        lower[variable] = upper[variable] = value
    settle(matrix.rows, lower, upper)
    for terms, units in formulation.variables.rising:
        now = sum(c * lower[v] for v, c in terms)
        for position, unit in enumerate(units):
            lower[unit] = upper[unit] = int(position < now)
    return [
        (number, low)
        for number, low, high in zip(part.number, lower, upper, strict=True)
        if number >= 0 and low == high
    ]
