"""CPU, memory and pod slots of a node."""

from solver.domain.explanation import Reason
from solver.formulation.constraint import limit
from solver.formulation.matrix import Rule
from solver.formulation.variables import Variables
from solver.matching.candidates import PodGroup
from solver.matching.cells import Load


class NodeResources:
    """Pods request no more of a node than it can allocate; nodes that publish nothing are not limited."""

    reason = Reason.INSUFFICIENT_NODE_RESOURCES

    def add(self, variables: Variables) -> None:
        cells = variables.cells.cells
        new: list[list[tuple[int, PodGroup]]] = [[] for _ in cells]
        kept: list[list[tuple[int, Load]]] = [[] for _ in cells]
        for pod in variables.pods:
            new[pod.cell].append((pod.variable, pod.group))
        for added in variables.added:
            for home, variable in added.homes:
                new[home].append((variable, added.group))
        for movable, variable in zip(variables.cells.movable, variables.kept, strict=True):
            for load in movable.loads:
                kept[load.cell].append((variable, load))
        for cell, guests, loads in zip(cells, new, kept, strict=True):
            if cell.resources is None or not guests:
                continue
            rule = Rule(self.reason, str(cell.pool))
            limits = (cell.resources.pods, cell.resources.cpu_millicores, cell.resources.memory_bytes)
            for amount, most in enumerate(limits):
                limit(
                    variables.matrix,
                    new=[(v, _unit(group)[amount]) for v, group in guests],
                    kept=[(v, _load(load)[amount]) for v, load in loads],
                    most=most * cell.count,
                    rule=rule,
                )

    def explain(self, variables: Variables, subject: str) -> str:
        cells = [cell for cell in variables.cells.cells if str(cell.pool) == subject]
        pods = sum(cell.resources.pods * cell.count for cell in cells if cell.resources is not None)
        return f"the nodes of node pool {subject} have {pods} pod slots left, or too little CPU or memory"


def _unit(group: PodGroup) -> tuple[int, int, int]:
    return group.pods_per_unit, group.cpu_millicores, group.memory_bytes


def _load(load: Load) -> tuple[int, int, int]:
    return load.pods, load.cpu_millicores, load.memory_bytes
