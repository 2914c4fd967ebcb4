"""Pods on nodes that a pool has yet to add."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.standing import Standing


class ExpectedTerm:
    """What exists is used before what may come; pods that were planned there count until the node is seen."""

    tier = TierName.EXPECTED

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        cells = variables.cells.cells
        terms = {
            pod.variable: pod.group.pods_per_unit for pod in variables.pods if cells[pod.cell].is_expected
        }
        for added in variables.added:
            terms.update({variable: 1 for cell, variable in added.homes if cells[cell].is_expected})
        for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
            if count := _on_expected(variables, movable.standings[0]):
                terms[kept] = count
        constant = sum(_on_expected(variables, standing) for standing in variables.cells.fixed)
        yield Objective(name=self.tier.value, unit="pods", expression=Expression(terms, constant))


def _on_expected(variables: Variables, standing: Standing) -> int:
    nodes = variables.scene.problem.fleet.nodes
    return sum(pod.node is not None and nodes[pod.node].is_expected for pod in standing.pods)
