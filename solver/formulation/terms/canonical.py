"""A fixed order among equals: pods go to nodes that come first by cluster, node pool and name."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression, summed
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.standing import Standing


class CanonicalTerm:
    """The sum of the ranks of the nodes of all pods, from 1."""

    tier = TierName.CANONICAL

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        cells = variables.cells.cells
        pairs = [
            (pod.variable, (cells[pod.cell].nodes[0] + 1) * pod.group.pods_per_unit) for pod in variables.pods
        ]
        for added in variables.added:
            pairs += [(variable, cells[cell].nodes[0] + 1) for cell, variable in added.homes]
        for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
            pairs.append((kept, min(_ranks(standing) for standing in movable.standings)))
        constant = sum(_ranks(standing) for standing in variables.cells.fixed)
        yield Objective(name=self.tier.value, unit="rank", expression=Expression(summed(pairs), constant))


def _ranks(standing: Standing) -> int:
    return sum(pod.node + 1 for pod in standing.pods if pod.node is not None)
