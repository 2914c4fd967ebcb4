"""From a scene to the matrix and the stages that are solved one after another."""

from collections.abc import Iterator
from dataclasses import dataclass

from solver.domain.policy import Preemption, TierName
from solver.formulation.matrix import UNBOUNDED, Expression, Matrix, Rule
from solver.formulation.objective import Objective
from solver.formulation.registry import CONSTRAINTS, TERMS
from solver.formulation.terms.misplaced import MisplacedTerm
from solver.formulation.terms.unfilled import UnfilledTerm
from solver.formulation.variables import Variables, create, is_counted
from solver.matching.levels import NOT_READY, priorities
from solver.matching.scene import Scene, has_added_pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An objective to be minimised and then held; *slack* is what later stages may give up of it."""

    objective: Objective
    slack: int = 0
    #: False: a rule in the form of a stage, not a tier that is reported.
    is_tier: bool = True
    #: A policy's limit on the tier; the plan may pass it only where what is observed does.
    maximum: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulation:
    """The matrix of a scene, its variables by meaning, and its stages in order."""

    variables: Variables
    stages: tuple[Stage, ...]

    @property
    def matrix(self) -> Matrix:
        """The sparse matrix."""
        return self.variables.matrix


def build(scene: Scene, *, without: frozenset[Rule] = frozenset()) -> Formulation:
    """The formulation of *scene*; rows of the rules in *without* are left out."""
    variables = constrained(scene, without=without)
    return Formulation(variables=variables, stages=tuple(_stages(variables)))


def constrained(scene: Scene, *, without: frozenset[Rule] = frozenset()) -> Variables:
    """Only the variables and the rules: enough to ask whether something fits."""
    variables = create(scene, Matrix(without=without))
    for constraint in CONSTRAINTS:
        constraint.add(variables)
    return variables


def _stages(variables: Variables) -> Iterator[Stage]:
    policy = variables.scene.problem.policy
    for tier in policy.tiers:
        if tier.name is TierName.LOCALITY and not policy.prefers_ready_caches:
            continue
        if tier.name is TierName.SHORTFALL:
            yield from _placing(variables)
            continue
        for objective in TERMS[tier.name].objectives(variables):
            # Replicas that are not ready are a tier of their own only where there are some.
            if objective.name != NOT_READY or objective.expression.terms:
                yield Stage(objective=objective, maximum=tier.maximum)


def _placing(variables: Variables) -> Iterator[Stage]:
    """By priority: evict nobody of this priority or above for its sake, then place what is wanted.

    That is what "only for a strictly higher priority" means: when a priority is placed, evictions among it
    and everything above are held at what the priorities above it needed, plus the policy's budget.
    """
    problem = variables.scene.problem
    shortfalls = list(TERMS[TierName.SHORTFALL].objectives(variables))
    unfilled = list(UnfilledTerm().objectives(variables))
    levels = priorities(problem)
    for position, (missing, lacking) in enumerate(zip(shortfalls, unfilled, strict=True)):
        never = problem.policy.preemption is Preemption.NEVER
        lowest = levels[-1] if never else levels[position]
        guard = _evicted_from(variables, lowest)
        if guard.expression.terms:
            yield Stage(objective=guard, slack=problem.policy.eviction_budget, is_tier=False)
        if lacking.expression.terms:
            yield Stage(objective=lacking)
        yield Stage(objective=missing, maximum=None)
    for objective in MisplacedTerm().objectives(variables):
        if objective.expression.terms:
            yield Stage(objective=objective)


def _evicted_from(variables: Variables, priority: int) -> Objective:
    terms = {}
    observed = 0
    for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
        standing = movable.standings[0]
        owner = standing.deployment
        if owner is None or owner.priority < priority:
            continue
        if is_counted(movable) and not has_added_pods(standing):
            terms[kept] = -1
            observed += movable.count
    return Objective(
        name=f"evicted at priority {priority} or above",
        unit="replicas",
        expression=Expression(terms, observed),
    )


__all__ = ["UNBOUNDED", "Formulation", "Stage", "build"]
