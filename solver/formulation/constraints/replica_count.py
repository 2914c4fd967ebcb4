"""Placed and missing replicas of a deployment add up to what it wants; so the model is always feasible."""

from solver.domain.explanation import Reason
from solver.formulation.variables import Variables


class ReplicaCount:
    """``kept + new + short = wanted``."""

    reason = Reason.INSUFFICIENT_FREE_CAPACITY

    def add(self, variables: Variables) -> None:
        scene = variables.scene
        for position, deployment in enumerate(scene.problem.deployments):
            fixed = scene.fixed_count(position)
            terms = [(variables.short[position], 1)]
            terms += [(variable, 1) for _, variable in variables.movable_of(position)]
            terms += [pair for _, new in variables.new(position) for pair in new.terms.items()]
            wanted = deployment.replicas - fixed
            variables.matrix.add(terms, lower=wanted, upper=wanted)

    def explain(self, variables: Variables, subject: str) -> str:
        del variables
        return f"{subject} wants one more replica"
