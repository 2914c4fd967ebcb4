"""A namespace holds at most so many devices of a class, over the whole fleet."""

from solver.domain.explanation import Reason
from solver.domain.policy import Quota as QuotaLimit
from solver.formulation.constraint import limit
from solver.formulation.matrix import Rule
from solver.formulation.variables import Variables, class_counts, standing_classes


class Quota:
    """The quotas of the policy."""

    reason = Reason.QUOTA_EXCEEDED

    def add(self, variables: Variables) -> None:
        for quota in sorted(variables.scene.problem.policy.quotas):
            self._add_one(variables, quota)

    def _add_one(self, variables: Variables, quota: QuotaLimit) -> None:
        deployments = variables.scene.problem.deployments
        new = [
            (pod.variable, class_counts(pod.group).get(quota.device_class, 0))
            for pod in variables.pods
            if deployments[variables.scene.candidates[pod.candidate].deployment].key.namespace
            == quota.namespace
        ]
        kept = []
        for movable, variable in zip(variables.cells.movable, variables.kept, strict=True):
            if movable.standings[0].replica.key.deployment.namespace == quota.namespace:
                held = standing_classes(movable.standings[0]).get(quota.device_class, 0)
                kept.append((variable, held))
        for added in variables.added:
            owner = variables.cells.movable[added.movable].standings[0].replica.key.deployment
            if owner.namespace == quota.namespace:
                count = class_counts(added.group).get(quota.device_class, 0)
                new += [(variable, count) for _, variable in added.homes]
        fixed = sum(
            standing_classes(standing).get(quota.device_class, 0)
            for standing in variables.cells.fixed
            if standing.replica.key.deployment.namespace == quota.namespace
        )
        rule = Rule(self.reason, subject(quota))
        limit(variables.matrix, new=new, kept=kept, most=quota.devices - fixed, rule=rule)

    def explain(self, variables: Variables, subject: str) -> str:
        for quota in variables.scene.problem.policy.quotas:
            if subject == f"{quota.namespace}/{quota.device_class}":
                return (
                    f"namespace {quota.namespace} may hold {quota.devices} devices of class "
                    f"{quota.device_class}, and one more replica would pass that"
                )
        return subject


def subject(quota: QuotaLimit) -> str:
    """How a conflict names the quota."""
    return f"{quota.namespace}/{quota.device_class}"
