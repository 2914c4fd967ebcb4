"""Who need not be thought of as a victim, so that a large fleet has fewer variables.

Only strictly higher priorities evict, and evictions of a priority and all above it are minimised before that
priority is placed. So if some plan is short of nobody above a priority and evicts nobody of it or above, no best
plan evicts anybody of that priority or above for the sake of another: it is short of nobody above either, and
needs no more evictions for that.
"""

from dataclasses import replace

from solver.domain.policy import TierName
from solver.greedy import kept_only
from solver.insertion import Insertion
from solver.matching.draft import Draft
from solver.matching.levels import priorities
from solver.matching.survey import Survey, has_added_pods


def spared(survey: Survey) -> Survey:
    """*survey* without the victims that no best plan has: from the lowest priority for which that can be shown."""
    if not survey.movable or not _is_plain(survey):
        return survey
    levels = priorities(survey.problem)
    for priority in reversed(levels):
        if _places_all(survey, above=priority):
            return survey.sparing(priority)
    return survey


def _is_plain(survey: Survey) -> bool:
    """Whether nothing but shortfalls decides about evictions, and every plan that the audit passes is allowed."""
    policy = survey.problem.policy
    return (
        policy.eviction_budget == 0
        and policy.tiers[0].name is TierName.SHORTFALL
        and all(tier.maximum is None for tier in policy.tiers)
        and not any(has_added_pods(standing) for standing in survey.observed.standing)
    )


def _places_all(survey: Survey, *, above: int) -> bool:
    """Whether everybody above a priority is placed, one by one, when all below it are evicted and nobody else."""
    start = kept_only(survey)
    stays = tuple(
        kept
        for kept in start.kept
        if kept.standing.deployment is None or kept.standing.deployment.priority >= above
    )
    filled = Insertion(survey, replace(start, kept=stays)).run(above=above)
    return _placed(filled, above) >= sum(d.replicas for d in survey.problem.deployments if d.priority > above)


def _placed(draft: Draft, above: int) -> int:
    owners = [kept.standing.deployment for kept in draft.kept] + [new.deployment for new in draft.new]
    return sum(owner is not None and owner.priority > above for owner in owners)
