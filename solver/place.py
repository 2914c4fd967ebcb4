"""The pipeline on one page: a problem and a budget in, an audited and explained decision out."""

from collections.abc import Mapping
from dataclasses import replace

from solver.audit import violations
from solver.collector import collector_paused
from solver.domain.decision import Decision, Path, SolveRecord, TierResult
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Plan
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.greedy import greedy, kept_only
from solver.matching.compose import compose, settled_down
from solver.matching.draft import Draft
from solver.matching.refusals import Refusals
from solver.matching.survey import Survey
from solver.measures import measures
from solver.notes import notes
from solver.rehearsal import Refusal, Rehearsals, rehearse
from solver.rejections import rejections
from solver.search.attempt import attempt
from solver.search.attempt_result import Attempt
from solver.search.budget import Budget
from solver.search.conflicts import explain_shortfalls


def place(
    problem: Problem,
    budget: Budget | None = None,
    *,
    focus: DeploymentKey | None = None,
    rehearsals: Rehearsals | None = None,
) -> Decision:
    """The decision for *problem*: the same input gives the same decision, whatever its order.

    Args:
        problem: what is wanted, what there is and what runs.
        budget: how much search it may cost; ten deterministic seconds if not given.
        focus: a deployment that is explained in depth even where a large fleet has many that are short.
        rehearsals: answers of device allocators that are known already; new ones are added.

    Raises:
        InvalidProblem: the problem contradicts itself (raised when it was built).
    """
    with collector_paused():
        return _placed(problem, budget if budget is not None else Budget(), focus, rehearsals)


def _placed(
    problem: Problem, budget: Budget, focus: DeploymentKey | None, rehearsals: Rehearsals | None
) -> Decision:
    rehearsals = rehearsals if rehearsals is not None else Rehearsals()
    survey = Survey(problem)
    record = SolveRecord()
    bounds: Mapping[str, int] | None = None
    while True:
        found = attempt(survey, budget)
        bounds = found.bounds if bounds is None else bounds
        record = found.record.after(record)
        draft, plan, path, broken = _audited(survey, found)
        rehearsed = rehearse(survey, plan, rehearsals)
        if not rehearsed.refusals:
            break
        survey = Survey(problem, kinds=survey.kinds, refusals=_with(survey, rehearsed.refusals))
    plan = rehearsed.plan
    explained = explain_shortfalls(survey, plan, focus)
    # Bounds may still be worked out on another core: nothing that could be done meanwhile waits for them.
    tiers = _tiers(survey, plan, found.bounds, trusts_bounds=not broken)
    if survey.refusals.nodes:
        # Whole nodes were closed for one pod that was too many: only what holds without that is proven.
        tiers = _tiers(survey, plan, _as_far_as_reached(bounds, tiers), trusts_bounds=not broken)
    return Decision(
        plan=plan,
        tiers=tiers,
        path=path,
        rejections=rejections(survey, draft, plan),
        conflicts=explained.conflicts,
        fixes=explained.fixes,
        notes=notes(survey, plan),
        record=replace(record, violations=broken),
    )


def _with(survey: Survey, refusals: tuple[Refusal, ...]) -> Refusals:
    """What is known after *refusals*: nodes that refuse pods do not get them together again, nor do those like them.

    Each deployment counts once for each plan, however many of its pods were refused.
    """
    known = survey.refusals
    told: set[DeploymentKey] = set()
    closed: set[tuple[tuple[int, ...], tuple[tuple[Member, int], ...]]] = set()
    for each in refusals:
        if (each.nodes, each.pods) not in closed:
            closed.add((each.nodes, each.pods))
            known = known.closed(each.nodes, each.pods, each.message)
        if each.deployment not in told:
            told.add(each.deployment)
            known = known.told(each.deployment, each.waiting, each.message)
    return known


def _audited(survey: Survey, found: Attempt) -> tuple[Draft, Plan, Path, tuple[str, ...]]:
    """The attempt's plan if the audit passes it, otherwise the greedy one, audited again."""
    broken = found.record.violations
    if found.draft is not None:
        draft = settled_down(found.draft)
        plan = compose(survey, draft)
        broken = tuple(str(violation) for violation in violations(survey, plan))
        if not broken:
            return draft, plan, found.path, ()
    # Greedy asks for no tier's maximum; what keeps everything and creates nothing passes none.
    for draft in (greedy(survey), kept_only(survey)):
        plan = compose(survey, draft)
        wrong = violations(survey, plan)
        if not wrong:
            return draft, plan, Path.GREEDY, broken
    raise UnsoundPlan(tuple(str(violation) for violation in wrong))


class UnsoundPlan(RuntimeError):
    """Not even the plan that creates nothing passed the audit: a bug of ours, no plan is given."""

    def __init__(self, found: tuple[str, ...]) -> None:
        super().__init__("; ".join(found))
        self.found = found


def _as_far_as_reached(bounds: Mapping[str, int], tiers: tuple[TierResult, ...]) -> Mapping[str, int]:
    """*bounds* up to the first that *tiers* miss: each holds for plans that reach those before it."""
    valid: dict[str, int] = {}
    for tier in tiers:
        valid[tier.name] = bounds.get(tier.name, 0)
        if valid[tier.name] < tier.value:
            break
    return valid


def _tiers(
    survey: Survey, plan: Plan, bounds: Mapping[str, int], *, trusts_bounds: bool
) -> tuple[TierResult, ...]:
    """Value of each tier from the plan itself, bound from the search."""
    results = []
    for measure in measures(survey, plan):
        bound = max(0, min(bounds.get(measure.name, 0), measure.value))
        results.append(
            TierResult(
                name=measure.name,
                value=measure.value,
                bound=bound,
                unit=measure.unit,
                is_closed=trusts_bounds and bound == measure.value,
            )
        )
    return tuple(results)
