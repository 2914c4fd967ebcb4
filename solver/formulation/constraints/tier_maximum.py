"""A maximum that the policy sets for an objective tier; its rows are made where the tiers are."""

from solver.domain.explanation import Reason
from solver.formulation.variables import Variables


class TierMaximum:
    """Adds no rows of its own: ``build`` limits the tiers, this says so."""

    reason = Reason.TIER_MAXIMUM

    def add(self, variables: Variables) -> None:
        del variables

    def explain(self, variables: Variables, subject: str) -> str:
        for tier in variables.scene.problem.policy.tiers:
            if subject.startswith(tier.name.value) and tier.maximum is not None:
                return f"the policy allows {tier.name} to be at most {tier.maximum}, one more replica passes that"
        return f"the policy limits {subject}"
