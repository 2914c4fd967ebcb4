"""How large a fleet is, and what can be done with it in time."""

from solver.domain.policy import TierName
from solver.matching.survey import Survey

#: Deployments times nodes, beyond which the relaxation over cells takes minutes.
_MOST_PAIRS = 2_000_000


def is_huge(survey: Survey) -> bool:
    """Whether replicas are placed one by one, each on the best place there is at that moment.

    That knows no maxima and nothing that comes before placing; a policy that has such is solved over cells.
    """
    problem = survey.problem
    tiers = problem.policy.tiers
    return (
        len(problem.deployments) * len(problem.fleet.nodes) > _MOST_PAIRS
        and tiers[0].name is TierName.SHORTFALL
        and all(tier.maximum is None for tier in tiers)
    )
