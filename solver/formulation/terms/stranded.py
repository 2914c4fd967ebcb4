"""Free devices on nodes that are partly used."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression, Matrix, summed
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables
from solver.matching.candidates import PodGroup
from solver.matching.cells import Cell, Load
from solver.matching.shares import Shares


class StrandedTerm:
    """A node nobody uses strands nothing; one that is used strands what it has left."""

    tier = TierName.STRANDED

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        shares = variables.scene.survey.shares
        # What claims are given at the most, added up, may be more than a node has.
        is_loose = shares.has_parts or variables.scene.survey.options.special.is_needed
        held = _held(variables, shares)
        new: list[list[tuple[int, int]]] = [[] for _ in variables.cells.cells]
        kept: list[list[tuple[int, int]]] = [[] for _ in variables.cells.cells]
        for pod in variables.pods:
            new[pod.cell].append((pod.variable, _taken(pod.group, shares)))
        for added in variables.added:
            for home, variable in added.homes:
                new[home].append((variable, _taken(added.group, shares)))
        for movable, stays in zip(variables.cells.movable, variables.kept, strict=True):
            for load in movable.loads:
                kept[load.cell].append((stays, _claimed(load, shares)))
        pairs: list[tuple[int, int]] = []
        constant = 0
        for index, cell in enumerate(variables.cells.cells):
            fresh = [(variable, count) for variable, count in new[index] if count]
            stay = [(variable, count) for variable, count in kept[index] if count]
            free = _free(cell, held[index], shares) * cell.count
            if is_loose and (fresh or stay or cell.is_used):
                pairs += _stranded_parts(variables.matrix, cell, free, fresh, stay)
            elif cell.is_used and not stay:
                # Whatever is new fits into what is free, so this never falls below nothing.
                constant += max(0, free)
                pairs += [(variable, -count) for variable, count in fresh if free > 0]
            elif fresh or stay or cell.is_used:
                pairs += _stranded(variables.matrix, cell, free, fresh, stay)
        yield Objective(
            name=self.tier.value, unit=shares.unit, expression=Expression(summed(pairs), constant)
        )


def _stranded(
    matrix: Matrix, cell: Cell, free: int, fresh: list[tuple[int, int]], stay: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """Terms for what is left on the used nodes of *cell*; they restrict nothing but themselves."""
    each = max(0, free // cell.count)
    used = matrix.variable(int(cell.is_used) * cell.count, cell.count)
    matrix.add([*fresh, (used, -each)], upper=0)
    for variable, _ in stay:
        matrix.add([(variable, 1), (used, -matrix.upper[variable])], upper=0)
    observed = sum(count * matrix.upper[variable] for variable, count in stay)
    if observed <= free:
        return [(used, each), *((variable, -count) for variable, count in (*fresh, *stay))]
    # Kept pods that are charged more than there is would count as less than nothing.
    left = matrix.variable(0, max(0, free))
    taken = [(variable, -count) for variable, count in (*fresh, *stay)]
    matrix.add([(used, each), *taken, (left, -1)], upper=0)
    return [(left, 1)]


def _stranded_parts(
    matrix: Matrix, cell: Cell, free: int, fresh: list[tuple[int, int]], stay: list[tuple[int, int]]
) -> list[tuple[int, int]]:
    """The same where devices come in parts: parts that fit together may add up to more than a device."""
    each = max(0, free // cell.count)
    used = matrix.variable(int(cell.is_used) * cell.count, cell.count)
    for variable, _ in (*fresh, *stay):
        matrix.add([(variable, 1), (used, -matrix.upper[variable])], upper=0)
    left = matrix.variable(0, max(0, free))
    taken = [(variable, -count) for variable, count in (*fresh, *stay)]
    matrix.add([(used, each), *taken, (left, -1)], upper=0)
    return [(left, 1)]


def _taken(group: PodGroup, shares: Shares) -> int:
    """What one unit of *group* claims."""
    return sum(shares.of_node(need) for need in group.needs)


def _held(variables: Variables, shares: Shares) -> list[int]:
    """What movable replicas hold of one node of each cell."""
    held = [0] * len(variables.cells.cells)
    for movable in variables.cells.movable:
        for load in movable.loads:
            held[load.cell] += movable.count * shares.of_kinds(load.held)
    return [total // cell.count for total, cell in zip(held, variables.cells.cells, strict=True)]


def _free(cell: Cell, held: int, shares: Shares) -> int:
    """What of one node is free if every movable replica goes."""
    fixed = sum(shares.of_node(need) for need in cell.fixed)
    used = ((kind, count - cell.free.get(kind, 0)) for kind, count in cell.total.items())
    return int(shares.total[cell.nodes[0]]) - shares.of_kinds(used) - fixed + held


def _claimed(load: Load, shares: Shares) -> int:
    return shares.of_kinds(load.held) + sum(shares.of_node(need) for need in load.needs)
