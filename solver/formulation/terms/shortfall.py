"""Replicas short, a tier for each priority, highest first."""

from collections.abc import Iterator

from solver.domain.policy import ShortfallUnit, TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.levels import devices_per_replica, priorities, tier_name


class ShortfallTerm:
    """Missing replicas, or the devices they would have had if the policy says so."""

    tier = TierName.SHORTFALL

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        problem = variables.scene.problem
        unit = problem.policy.shortfall_unit
        for priority in priorities(problem):
            terms = {}
            for position, deployment in enumerate(problem.deployments):
                if deployment.priority == priority:
                    in_devices = unit is ShortfallUnit.DEVICES
                    weight = devices_per_replica(deployment) if in_devices else 1
                    terms[variables.short[position]] = weight
            yield Objective(
                name=tier_name(problem, self.tier, priority), unit=unit.value, expression=Expression(terms)
            )
