"""Large fleets: counts over cells of interchangeable nodes, then nodes.

1. Two linear programmes (``guide``) say how many replicas go where.
2. Their optimum is rounded down. Where the policy has maxima, or tiers before placing, or where the audit refuses
   what rounding gives, CP-SAT solves the stages between floor and ceiling instead: it was no better than rounding
   where both may be used, and slower.
3. The counts are packed onto nodes; what does not pack, or was not placed, is inserted one by one, and others
   step aside for it where that helps. What is still short is mended by CP-SAT near the relaxation (``mending``).
4. Linear programmes again (``guide``) for the bound of each tier.
"""

import math
from dataclasses import replace

from solver.baseline import baseline
from solver.clearing import insert_by_clearing
from solver.domain.decision import Path, SolveRecord
from solver.domain.policy import TierName
from solver.formulation.build import Formulation, build
from solver.greedy import greedy
from solver.matching.draft import Draft
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.search.attempt_result import Attempt
from solver.search.budget import Budget
from solver.search.cp_sat import NAME
from solver.search.extract import extract
from solver.search.glop import Relaxed
from solver.search.guide import TINY, Guide, bounds, guided
from solver.search.mending import mended
from solver.search.reduced import reduced
from solver.search.rounding import evened, rounded_down
from solver.search.sparing import spared
from solver.search.tiers import Staged, solve

#: Deterministic time of one stage; what is open then is mended faster by letting replicas step aside.
_STAGE_SECONDS = 0.4


def solve_cells(survey: Survey, budget: Budget) -> Attempt:
    """The draft found over cells, with bounds from the relaxation."""
    survey = spared(survey)
    formulation = build(Scene(survey, single=False), baseline=baseline(survey))
    guide = guided(formulation)
    draft, record = _drafted(survey, formulation, guide, budget)
    return Attempt(
        draft=draft, path=Path.CELLS, bounds=bounds(formulation, guide, survey, draft), record=record
    )


def _drafted(
    survey: Survey, formulation: Formulation, guide: Guide, budget: Budget
) -> tuple[Draft, SolveRecord]:
    """The relaxation rounded down and filled up; by CP-SAT where filling up could pass what the policy wants."""
    policy = survey.problem.policy
    # What is inserted one by one asks for no tier's maximum, and for nothing that comes before placing.
    is_free = all(t.maximum is None for t in policy.tiers) and policy.tiers[0].name is TierName.SHORTFALL
    if is_free and guide.relaxed is not None:
        solution = rounded_down(formulation, guide.relaxed)
        draft = evened(survey, extract(formulation.variables, solution, is_exact=False))
        mend = mended(survey, formulation, guide, insert_by_clearing(survey, draft), budget)
        # Rounding may evict somebody whose successor then finds no place; whole numbers cannot.
        if mend.is_sound:
            return mend.draft, SolveRecord(
                solver=f"GLOP and {NAME}",
                deterministic_time=round(mend.deterministic_time, 6),
                solves=mend.solves,
                is_interrupted=mend.is_interrupted,
            )
    staged = _between_floor_and_ceiling(formulation, guide, budget)
    record = SolveRecord(
        solver=f"GLOP and {NAME}",
        deterministic_time=round(staged.deterministic_time, 6),
        solves=staged.solves,
        is_interrupted=staged.is_interrupted,
    )
    if staged.solution is None:
        return greedy(survey), record
    draft = extract(formulation.variables, staged.solution, is_exact=False)
    return (insert_by_clearing(survey, draft) if is_free else draft), record


def _between_floor_and_ceiling(formulation: Formulation, guide: Guide, budget: Budget) -> Staged:
    """CP-SAT with every whole part of the relaxation settled.

    A basic solution of the programme has few fractions. Deployments that have some stay free above their
    floors, all others are settled and taken out of the matrix. If the floors contradict each other, or could
    only be kept by evicting more than the relaxation does, they are given up, and then the ceilings.
    """
    matrix = formulation.matrix
    # What comes after follows the relaxation well enough, and is not worth a model of this size.
    names = [stage.objective.name for stage in formulation.stages]
    last = names.index(TierName.SPREAD) if TierName.SPREAD in names else len(names)
    stages = formulation.stages[: last + 1]
    if guide.relaxed is None:
        return solve(matrix, stages, budget, stage_seconds=_STAGE_SECONDS)
    lower, upper = _settled(formulation, guide.relaxed)
    for low, high in ((lower, upper), (matrix.lower, upper), (matrix.lower, matrix.upper)):
        part = reduced(matrix, low, high, stages)
        found = solve(part.matrix, part.stages, budget, stage_seconds=_STAGE_SECONDS)
        if found.solution is not None:
            found = replace(found, solution=part.restored(found.solution))
            if _spares_who_runs(found, guide):
                break
    return found


def _spares_who_runs(staged: Staged, guide: Guide) -> bool:
    """Whether no guard costs more than in the relaxation: neither floors nor ceilings may evict anybody."""
    return all(
        result.value <= guide.shortfalls.get(result.stage.objective.name, 0) + result.stage.slack
        for result in staged.results
        if not result.stage.is_tier
    )


def _settled(formulation: Formulation, relaxed: Relaxed) -> tuple[list[int], list[int]]:
    """Bounds of the variables: floors for pods; equal ones for deployments without a fraction."""
    matrix, variables = formulation.matrix, formulation.variables
    lower, upper = list(matrix.lower), list(matrix.upper)
    candidates, problem = variables.scene.candidates, variables.scene.problem
    owners = [problem.deployments[candidates[pod.candidate].deployment].key for pod in variables.pods]
    counted = list(zip(owners, (pod.variable for pod in variables.pods), strict=True))
    for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
        counted.append((movable.standings[0].replica.key.deployment, kept))
    is_open = {owner for owner, variable in counted if _is_fraction(relaxed.solution[variable])}
    for owner, variable in counted:
        whole = math.floor(relaxed.solution[variable] + TINY)
        if owner not in is_open:
            lower[variable] = upper[variable] = whole
    for pod in variables.pods:
        lower[pod.variable] = math.floor(relaxed.solution[pod.variable] + TINY)
    for terms, units in variables.rising:
        if all(lower[variable] == upper[variable] for variable, _ in terms):
            count = sum(coefficient * lower[variable] for variable, coefficient in terms)
            for position, unit in enumerate(units):
                lower[unit] = upper[unit] = int(position < count)
    return lower, upper


def _is_fraction(value: float) -> bool:
    return abs(value - round(value)) > TINY
