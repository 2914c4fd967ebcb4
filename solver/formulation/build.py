"""From a scene to the matrix and the stages that are solved one after another."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from solver.domain.explanation import Reason
from solver.domain.policy import Preemption, TierName
from solver.formulation.matrix import Expression, Matrix, Rule
from solver.formulation.objective import Objective
from solver.formulation.registry import CONSTRAINTS, TERMS
from solver.formulation.terms.misplaced import MisplacedTerm
from solver.formulation.terms.unfilled import UnfilledTerm
from solver.formulation.variables import Variables, create, is_counted
from solver.matching.levels import NOT_READY, priorities
from solver.matching.scene import Scene
from solver.matching.survey import has_added_pods

Baseline = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """An objective to be minimised and then held; *slack* is what later stages may give up of it."""

    objective: Objective
    slack: int = 0
    #: False: a rule in the form of a stage, not a tier that is reported.
    is_tier: bool = True
    #: Of a stage that holds evictions: the priority at and above which they are counted.
    guards: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Formulation:
    """The matrix of a scene, its variables by meaning, and its stages in order."""

    variables: Variables
    stages: tuple[Stage, ...]

    @property
    def matrix(self) -> Matrix:
        """The sparse matrix."""
        return self.variables.matrix


def build(scene: Scene, *, baseline: Baseline | None = None) -> Formulation:
    """The formulation of *scene*.

    Args:
        scene: what is chosen from.
        baseline: each tier's value if nothing new is placed; a policy's maximum yields to it.
    """
    variables = constrained(scene, baseline=baseline)
    return Formulation(variables=variables, stages=tuple(_stages(variables)))


def constrained(
    scene: Scene, *, without: frozenset[Rule] = frozenset(), baseline: Baseline | None = None
) -> Variables:
    """Only the variables and the rules: enough to ask whether something fits; rules in *without* are lifted."""
    variables = create(scene, Matrix(without=without))
    for constraint in CONSTRAINTS:
        constraint.add(variables)
    for tier in scene.problem.policy.tiers:
        if tier.maximum is not None and tier.name is not TierName.SHORTFALL:
            for objective in TERMS[tier.name].objectives(variables):
                _limit(variables, objective, tier.maximum, baseline or {})
    return variables


def _limit(variables: Variables, objective: Objective, maximum: int, baseline: Baseline) -> None:
    most = max(maximum, baseline.get(objective.name, 0))
    rule = Rule(Reason.TIER_MAXIMUM, objective.name)
    expression = objective.expression
    variables.matrix.add(expression.terms, upper=most - expression.constant, rule=rule)


def _stages(variables: Variables) -> Iterator[Stage]:
    policy = variables.scene.problem.policy
    if policy.tiers[0].name is not TierName.SHORTFALL:
        # Nobody is evicted for the sake of a tier that comes before placing.
        yield from _guards(variables, priorities(variables.scene.problem)[-1:])
    for tier in policy.tiers:
        if tier.name is TierName.LOCALITY and not policy.prefers_ready_caches:
            continue
        if tier.name is TierName.SHORTFALL:
            yield from _placing(variables)
            continue
        for objective in TERMS[tier.name].objectives(variables):
            # Replicas that are not ready are a tier of their own only where there are some.
            if objective.name != NOT_READY or objective.expression.terms:
                yield Stage(objective=objective)


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
        yield from _guards(variables, levels[-1:] if never else levels[position : position + 1])
        if lacking.expression.terms:
            yield Stage(objective=lacking)
        yield Stage(objective=missing)
    for objective in MisplacedTerm().objectives(variables):
        if objective.expression.terms:
            yield Stage(objective=objective)


def _guards(variables: Variables, levels: tuple[int, ...]) -> Iterator[Stage]:
    """What placing one priority may not cost those of it and above."""
    budget = variables.scene.problem.policy.eviction_budget
    for priority in levels:
        guard = _evicted_from(variables, priority)
        if guard.expression.terms:
            yield Stage(objective=guard, slack=budget, is_tier=False, guards=priority)
        lost = _lost_from(variables, priority)
        if lost.expression.terms:
            yield Stage(objective=lost, is_tier=False)


def _lost_from(variables: Variables, priority: int) -> Objective:
    """Replicas that a deployment has and would not have again.

    A replica may be moved within the budget, or because it does not fit or belong where it is; it is not given
    up for that. Where neither is possible, evictions are held directly and nothing needs to be said here.
    """
    scene = variables.scene
    restless = {
        movable.standings[0].replica.key.deployment
        for movable in variables.cells.movable
        if has_added_pods(movable.standings[0]) or not is_counted(movable)
    }
    terms = {}
    for position, deployment in enumerate(scene.problem.deployments):
        may_move = scene.problem.policy.eviction_budget > 0 or deployment.key in restless
        standing = min(deployment.replicas, len(scene.survey.standing_of(deployment)))
        if deployment.priority < priority or not may_move or not standing:
            continue
        lost = variables.matrix.variable(0, standing)
        # short = wanted - placed, so this says lost >= standing - placed.
        variables.matrix.add(
            [(variables.short[position], 1), (lost, -1)], upper=deployment.replicas - standing
        )
        terms[lost] = 1
    return Objective(
        name=f"lost at priority {priority} or above", unit="replicas", expression=Expression(terms)
    )


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
