"""Required spread: no domain holds too large a share, or too many more than the emptiest one."""

from collections.abc import Iterator

from solver.domain.explanation import Reason
from solver.domain.workload import SpreadMode, SpreadRule
from solver.formulation.matrix import Rule
from solver.formulation.spread import DomainCount, by_domain
from solver.formulation.variables import Variables


class RequiredSpread:
    """The ``spread[]`` rules of deployments with mode Required."""

    reason = Reason.SPREAD_REQUIRED

    def add(self, variables: Variables) -> None:
        for position, deployment in enumerate(variables.scene.problem.deployments):
            if not variables.is_open(position):
                continue
            for rule in deployment.spread:
                if rule.mode is SpreadMode.REQUIRED:
                    self._add_one(variables, position, rule)

    def _add_one(self, variables: Variables, position: int, rule: SpreadRule) -> None:
        deployment = variables.scene.problem.deployments[position]
        label = Rule(self.reason, f"{deployment.key} by {rule.topology_key}")
        counts = by_domain(variables, position, rule)
        for domain, most in self._shares(deployment.replicas, rule, counts):
            variables.matrix.add(domain.terms, upper=most - domain.fixed, rule=label)
        if rule.max_skew is None or not counts:
            return
        emptiest = min(count.observed for count in counts)
        least = variables.matrix.variable(0, deployment.replicas)
        for count in counts:
            pairs = count.terms
            variables.matrix.add([*pairs, (least, -1)], lower=-count.fixed, rule=label)
            # A domain that is already too full may stay as it is, and no fuller against the emptiest.
            skew = max(rule.max_skew, count.observed - emptiest)
            variables.matrix.add([*pairs, (least, -1)], upper=skew - count.fixed, rule=label)

    def _shares(
        self, wanted: int, rule: SpreadRule, counts: list[DomainCount]
    ) -> Iterator[tuple[DomainCount, int]]:
        if rule.max_percent is None:
            return
        share = max(1, wanted * rule.max_percent // 100)
        for count in counts:
            yield count, max(share, count.observed)

    def explain(self, variables: Variables, subject: str) -> str:
        del variables
        name, _, key = subject.rpartition(" by ")
        return f"the required spread of {name} over {key} allows no further replica where there is room"
