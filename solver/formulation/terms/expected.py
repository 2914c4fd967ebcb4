"""Pods on nodes that a pool has yet to add."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables


class ExpectedTerm:
    """What exists is used before what may come."""

    tier = TierName.EXPECTED

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        cells = variables.cells.cells
        terms = {
            pod.variable: pod.group.pods_per_unit for pod in variables.pods if cells[pod.cell].is_expected
        }
        for added in variables.added:
            terms.update({variable: 1 for cell, variable in added.homes if cells[cell].is_expected})
        yield Objective(name=self.tier.value, unit="pods", expression=Expression(terms))
