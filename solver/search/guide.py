"""What the linear relaxation over cells says: where replicas should go, and what no plan can beat.

Guidance takes two programmes: all shortfalls weighted by priority, then the tiers below them weighted in order.
On the fleets tried the weighted optimum was the same, tier by tier, as that of one programme after another, at
a third of the time. It need not be: guidance may be wrong, bounds may not, so each bound has an argument of its
own.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from solver.domain.plan import Plan
from solver.domain.policy import ShortfallUnit, TierName
from solver.formulation.build import Formulation, Stage
from solver.formulation.matrix import Expression, Matrix
from solver.matching.compose import compose, settled_down
from solver.matching.draft import Draft
from solver.matching.levels import devices_per_replica
from solver.matching.survey import Survey, has_added_pods
from solver.measures import measures
from solver.search.glop import Relaxation, Relaxed
from solver.search.pending import Background, PendingBounds
from solver.search.replica_bound import replica_by_replica
from solver.search.tiers import lower_edge

TINY = 1e-6

#: The relaxation says nothing about these: it spreads a used node over fractions of many.
_UNGUIDED = frozenset({TierName.STRANDED, TierName.CANONICAL})

_PERCENT = 100

#: Weight of a tier against the next one below it.
_RATIO = 100


@dataclass(slots=True)
class Guide:
    """The relaxation's optimum, None if GLOP gave up, and the least value of each shortfall stage."""

    relaxed: Relaxed | None
    shortfalls: dict[str, int] = field(default_factory=dict)


def guided(formulation: Formulation) -> Guide:
    """The relaxation's optimum over all tiers that it can say something about."""
    relaxation = Relaxation(formulation.matrix)
    placing = _placing(formulation)
    guide = Guide(relaxed=relaxation.minimise(_weighted(placing)))
    for stage in placing:
        name, expression = stage.objective.name, stage.objective.expression
        least = _least(formulation.matrix, relaxation, stage, guide)
        guide.shortfalls[name] = least
        relaxation.limit(expression, least + stage.slack)
    below = [s for s in formulation.stages if s not in placing and s.objective.name not in _UNGUIDED]
    found = relaxation.minimise(_weighted(below)) if below else None
    guide.relaxed = found if found is not None else guide.relaxed
    return guide


def _placing(formulation: Formulation) -> list[Stage]:
    """The stages up to the last shortfall: what is placed, and what that may not cost."""
    names = [stage.objective.name for stage in formulation.stages]
    last = max((i for i, name in enumerate(names) if name.startswith(TierName.SHORTFALL)), default=-1)
    return list(formulation.stages[: last + 1])


def _weighted(stages: list[Stage]) -> Expression:
    """The sum of the stages, each brought to the size of a count and weighted above the next."""
    terms: dict[int, float] = {}
    for position, stage in enumerate(reversed(stages)):
        expression = stage.objective.expression
        size = max((abs(c) for c in expression.terms.values()), default=1)
        scale = float(size) if stage.objective.name == TierName.PRICE else 1.0
        for variable, coefficient in expression.terms.items():
            weight = coefficient / scale * float(_RATIO ** min(position, _MOST_RATIOS))
            terms[variable] = terms.get(variable, 0.0) + weight
    return Expression(terms)  # type: ignore[arg-type]


#: Beyond this many ratios floats no longer tell the tiers apart.
_MOST_RATIOS = 4


def _least(matrix: Matrix, relaxation: Relaxation, stage: Stage, guide: Guide) -> int:
    """The least whole value of a stage while those before it keep theirs.

    A stage that the weighted optimum has at its edge is closed. What it has above that says nothing: the last
    of many weights is below GLOP's tolerance, and its stage is left anywhere.
    """
    edge = lower_edge(matrix, stage.objective.expression)
    if guide.relaxed is not None and at(stage.objective.expression, guide.relaxed) <= edge + TINY:
        return edge
    found = relaxation.minimise(stage.objective.expression)
    return edge if found is None else max(edge, rounded_up(found.value))


def at(expression: Expression, relaxed: Relaxed) -> float:
    """The value of *expression* at the relaxation's optimum."""
    return expression.constant + sum(c * relaxed.solution[v] for v, c in expression.terms.items())


def bounds(formulation: Formulation, guide: Guide, survey: Survey, draft: Draft) -> Mapping[str, int]:
    """A lower bound for each tier, among plans no worse than *draft* in the tiers before it.

    Those that take a programme are computed in the background, see :class:`PendingBounds`.
    """
    plan = compose(survey, settled_down(draft))
    reached = {measure.name: measure.value for measure in measures(survey, plan)}
    short = _most_missing(survey, plan)
    placing = len(_placing(formulation))
    relaxation = Relaxation(formulation.matrix)
    found: dict[str, int] = {}
    waiting: dict[str, Callable[[], int]] = {}
    background = Background()
    last_guard = max((at for at, stage in enumerate(formulation.stages) if not stage.is_tier), default=-1)
    # Whether what the guidance found of a stage still holds, and whether every tier so far is at its bound.
    is_guided = is_closed = True
    for position, stage in enumerate(formulation.stages):
        name, expression = stage.objective.name, stage.objective.expression
        if not stage.is_tier:
            evicted = evicted_from(survey, plan, stage.guards)
            least = guide.shortfalls.get(name, 0)
            is_guided &= (evicted is not None and evicted <= least) or not plan.shortfalls
            # A plan that places more than this one may have to evict more for it; none can while all is closed.
            if evicted is not None and is_closed:
                relaxation.limit(expression, evicted + stage.slack)
            continue
        if name not in reached:
            continue
        known = guide.shortfalls.get(name) if is_guided else None
        # Before everything is placed a plan may be short of anything.
        missing = short if 0 < placing <= position else None
        value = reached[name]
        edge, is_enough = (known, True) if known is not None else _edge(formulation, stage, value, missing)
        if is_enough:
            found[name] = edge
        elif position < last_guard:
            found[name] = _programmed(relaxation, stage, edge)
        else:
            # Nothing that follows needs it: no bound is above the value of a plan, which is what is held.
            waiting[name] = _later(background, relaxation.copy(), stage, edge)
        is_guided &= value <= found.get(name, -1)
        is_closed &= value <= found.get(name, -1)
        relaxation.limit(expression, max(value, found.get(name, 0)))
    background.close()
    return PendingBounds(found, waiting)


def _later(background: Background, relaxation: Relaxation, stage: Stage, edge: int) -> Callable[[], int]:
    return background.submit(lambda: _programmed(relaxation, stage, edge)).result


def evicted_from(survey: Survey, plan: Plan, priority: int | None) -> int | None:
    """Evictions of *plan* that the guard of *priority* counts, None for a guard of another sort."""
    if priority is None:
        return None
    standing = {s.replica.key: s for s in survey.observed.standing}
    gone = [standing[evict.replica] for evict in plan.evicts if evict.replica in standing]
    return sum(
        s.deployment is not None
        and s.deployment.priority >= priority
        and not s.is_misplaced
        and not has_added_pods(s)
        for s in gone
    )


def _most_missing(survey: Survey, plan: Plan) -> Mapping[int, int]:
    """Replicas, by priority, that a plan may be short of if its shortfalls are no worse than those of *plan*."""
    in_devices = survey.problem.policy.shortfall_unit is ShortfallUnit.DEVICES
    short: dict[int, int] = {}
    for shortfall in plan.shortfalls:
        deployment = survey.deployments[shortfall.deployment]
        weight = devices_per_replica(deployment) if in_devices else 1
        short[deployment.priority] = short.get(deployment.priority, 0) + shortfall.missing * weight
    if in_devices:
        # A large replica that is missing weighs as much as several small ones.
        for priority in short:
            same = [d for d in survey.problem.deployments if d.priority == priority and d.replicas]
            short[priority] //= min(map(devices_per_replica, same))
    return short


def _edge(
    formulation: Formulation, stage: Stage, value: int, short: Mapping[int, int] | None
) -> tuple[int, bool]:
    """What is known of a bound without a programme, and whether that is enough."""
    name = stage.objective.name
    edge = max(0, lower_edge(formulation.matrix, stage.objective.expression))
    if value <= edge or name in _UNGUIDED:
        return edge, True
    if short is not None and name in (TierName.DISTANCE, TierName.PRICE):
        edge = max(edge, replica_by_replica(formulation, stage.objective.expression, short))
        wanted = sum(deployment.replicas for deployment in formulation.variables.scene.problem.deployments)
        # A programme is asked for a count that this says too little of.
        return edge, name == TierName.PRICE or (value - edge) * _PERCENT <= wanted
    return edge, False


def _programmed(relaxation: Relaxation, stage: Stage, edge: int) -> int:
    """The bound that a programme gives, *edge* if that is more."""
    found = relaxation.minimise(stage.objective.expression)
    return edge if found is None else max(edge, rounded_up(found.value))


def rounded_up(bound: float) -> int:
    """The least whole number that the float allows, after taking off what its tolerance may have added."""
    slack = max(1e-4, abs(bound) * 1e-7)
    return -int(-(bound - slack) // 1)
