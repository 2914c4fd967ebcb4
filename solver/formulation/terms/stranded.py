"""Free devices on nodes that are partly used."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression, Matrix, summed
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.cells import Cell, Load


class StrandedTerm:
    """A node nobody uses strands nothing; one that is used strands what it has left."""

    tier = TierName.STRANDED

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        synthetic = variables.scene.inventory.kinds.synthetic
        held = _held(variables)
        taken: list[list[tuple[int, int]]] = [[] for _ in variables.cells.cells]
        for pod in variables.pods:
            taken[pod.cell].append((pod.variable, pod.group.devices))
        for added in variables.added:
            for home, variable in added.homes:
                taken[home].append((variable, added.group.devices))
        for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
            for load in movable.loads:
                taken[load.cell].append((kept, _claimed(load, synthetic)))
        pairs: list[tuple[int, int]] = []
        constant = 0
        for cell, uses, own_held in zip(variables.cells.cells, taken, held, strict=True):
            own = [(variable, count) for variable, count in uses if count]
            if not own and not cell.is_used:
                continue
            free = _free(cell, own_held, synthetic)
            pairs += [(variable, -count) for variable, count in own]
            if cell.is_used:
                constant += free * cell.count
            else:
                pairs.append((_used_nodes(variables.matrix, cell, own, free), free))
        yield Objective(name=self.tier.value, unit="devices", expression=Expression(summed(pairs), constant))


def _used_nodes(matrix: Matrix, cell: Cell, own: list[tuple[int, int]], free: int) -> int:
    """A variable that is at least the number of nodes of *cell* with a device in use."""
    used = matrix.variable(0, cell.count)
    matrix.add([*own, (used, -free)], upper=0)
    return used


def _held(variables: Variables) -> list[int]:
    """Devices of one node of each cell that movable replicas hold."""
    held = [0] * len(variables.cells.cells)
    for movable in variables.cells.movable:
        for load in movable.loads:
            held[load.cell] += movable.count * sum(count for _, count in load.held)
    return [total // cell.count for total, cell in zip(held, variables.cells.cells, strict=True)]


def _free(cell: Cell, held: int, synthetic: int) -> int:
    """Devices of one node that are free if every movable replica goes."""
    fixed = sum(need.count for need in cell.fixed if need.accepts & ~synthetic)
    own = sum(count for kind, count in cell.free.items() if not synthetic >> kind & 1)
    return own - fixed + held


def _claimed(load: Load, synthetic: int) -> int:
    held = sum(count for kind, count in load.held if not synthetic >> kind & 1)
    return held + sum(need.count for need in load.needs if need.accepts & ~synthetic)
