"""Replicas of a deployment that share a cluster (and a domain of a preferred spread rule), as pairs."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.domain.workload import SpreadMode, SpreadRule
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.spread import DomainCount, by_domain
from solver.formulation.variables import Variables
from solver.matching.domains import CLUSTER


class SpreadTerm:
    """The sum of n(n-1)/2 over clusters, and over the domains of preferred rules.

    The k-th replica of a domain costs k-1. Those costs rise, so unit variables fill up cheapest first without
    being told to.
    """

    tier = TierName.SPREAD

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        terms: dict[int, int] = {}
        constant = 0
        for position, deployment in enumerate(variables.scene.problem.deployments):
            preferred = [rule for rule in deployment.spread if rule.mode is SpreadMode.PREFERRED]
            for rule in (SpreadRule(topology_key=CLUSTER), *preferred):
                for count in by_domain(variables, position, rule):
                    constant += count.fixed * (count.fixed - 1) // 2
                    terms.update(_rising(variables, count, deployment.replicas))
        yield Objective(name=self.tier.value, unit="pairs", expression=Expression(terms, constant))


def _rising(variables: Variables, count: DomainCount, wanted: int) -> dict[int, int]:
    matrix = variables.matrix
    most = sum(c * matrix.upper[v] for v, c in count.terms)
    # More than are wanted can never stand in one domain.
    most = min(most, max(wanted - count.fixed, 0))
    if most <= 0 or (most == 1 and count.fixed == 0):
        return {}
    costs = {matrix.variable(0, 1): count.fixed + step for step in range(most)}
    matrix.add([*count.terms, *((unit, -1) for unit in costs)], lower=0, upper=0)
    variables.rising.append((tuple(count.terms), tuple(costs)))
    return costs
