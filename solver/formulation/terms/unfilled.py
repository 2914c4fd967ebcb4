"""Pods that a larger template adds to kept replicas and that find no place."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.levels import UNFILLED, priorities, tier_name


class UnfilledTerm:
    """Ahead of the shortfall of the same priority: a kept replica is charged its current template."""

    tier = TierName.SHORTFALL

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        problem = variables.scene.problem
        for priority in priorities(problem):
            terms = {}
            for added in variables.added:
                owner = variables.cells.movable[added.movable].standings[0].deployment
                if owner is not None and owner.priority == priority:
                    terms[added.unfilled] = 1
            name = tier_name(problem, self.tier, priority).replace(self.tier.value, UNFILLED)
            yield Objective(name=name, unit="pods", expression=Expression(terms))
