"""How far apart the pods of gangs and of PrefillDecode replicas are."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.candidates import has_distance
from solver.matching.distance import Distance, joined
from solver.matching.standing import Standing


class DistanceTerm:
    """0 on one node, 1 in one NVLink domain, 2 in one fabric, 3 in one cluster; summed over replicas."""

    tier = TierName.DISTANCE

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        terms: dict[int, int] = {}
        for candidate, new in zip(variables.scene.candidates, variables.replicas, strict=True):
            if candidate.distance:
                for variable, coefficient in new.terms.items():
                    terms[variable] = coefficient * int(candidate.distance)
        for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
            if level := _level(variables, movable.standings[0]):
                terms[kept] = level
        terms.update(_further(variables))
        constant = sum(_level(variables, standing) for standing in variables.cells.fixed)
        yield Objective(name=self.tier.value, unit="levels", expression=Expression(terms, constant))


def _level(variables: Variables, standing: Standing) -> int:
    if standing.deployment is None or not has_distance(standing.deployment):
        return 0
    nodes = [pod.node for pod in standing.pods if pod.node is not None]
    return int(joined(variables.scene.inventory, nodes))


def _further(variables: Variables) -> dict[int, int]:
    """What the pods that templates add make worse: 1 for each level above that of the pods which run."""
    raised: dict[int, int] = {}
    by_level: dict[tuple[int, Distance], int] = {}
    for added in variables.added:
        movable = variables.cells.movable[added.movable]
        standing = movable.standings[0]
        if standing.deployment is None or not has_distance(standing.deployment):
            continue
        nodes = [pod.node for pod in standing.pods if pod.node is not None]
        base = joined(variables.scene.inventory, nodes)
        for level in Distance:
            far = [
                variable
                for cell, variable in added.homes
                if joined(variables.scene.inventory, [*nodes, variables.cells.cells[cell].nodes[0]]) >= level
            ]
            if level <= base or not far:
                continue
            key = (added.movable, level)
            if key not in by_level:
                by_level[key] = variables.matrix.variable(0, movable.count)
                raised[by_level[key]] = 1
            most = added.group.pods_per_replica
            variables.matrix.add([*((v, 1) for v in far), (by_level[key], -most)], upper=0)
    return raised
