"""What each tier is worth if nothing new is placed: a policy's maximum yields to it."""

from collections.abc import Mapping

from solver.greedy import kept_only
from solver.matching.compose import compose
from solver.matching.survey import Survey
from solver.measures import measures


def baseline(survey: Survey) -> Mapping[str, int]:
    """Values by tier, worked out only where the policy has a maximum; empty otherwise."""
    if all(tier.maximum is None for tier in survey.problem.policy.tiers):
        return {}
    return {measure.name: measure.value for measure in measures(survey, compose(survey, kept_only(survey)))}
