"""Parts of devices and shares of them: the counters and capacities of a node, added up.

Exact only together with the no-goods of the device fit: that the parts also come from single devices is for those.
"""

from solver.domain.explanation import Reason
from solver.formulation.constraint import limit
from solver.formulation.matrix import Rule
from solver.formulation.variables import Variables
from solver.matching.amounts import amounts_held, amounts_left, amounts_of
from solver.matching.node_grouping import Held

#: Amounts are rounded to this many steps of what a node has, in favour of what fits.
_STEPS = 1_000_000


class SharedAmounts:
    """Nodes give no more of counters and shared capacities than they have."""

    reason = Reason.INSUFFICIENT_FREE_CAPACITY

    def add(self, variables: Variables) -> None:
        if not variables.scene.survey.options.special.is_needed:
            return
        kinds = variables.scene.inventory.kinds
        new: list[list[tuple[int, dict[str, int]]]] = [[] for _ in variables.cells.cells]
        kept: list[list[tuple[int, dict[str, int]]]] = [[] for _ in variables.cells.cells]
        for pod in variables.pods:
            new[pod.cell].append((pod.variable, dict(amounts_of(pod.group.needs, kinds))))
        for added in variables.added:
            amounts = dict(amounts_of(added.group.needs, kinds))
            for home, variable in added.homes:
                new[home].append((variable, amounts))
        for movable, variable in zip(variables.cells.movable, variables.kept, strict=True):
            for load in movable.loads:
                taken = dict(amounts_held(load.held, kinds))
                for name, amount in amounts_of(load.needs, kinds).items():
                    taken[name] = taken.get(name, 0) + amount
                kept[load.cell].append((variable, taken))
        for index in range(len(variables.cells.cells)):
            if any(amounts for _, amounts in new[index]):
                _add_rows(variables, index, new[index], kept[index])

    def explain(self, variables: Variables, subject: str) -> str:
        del variables
        return f"node pool {subject} has no device left that the parts or shares asked for could come from"


def _add_rows(
    variables: Variables,
    index: int,
    new: list[tuple[int, dict[str, int]]],
    kept: list[tuple[int, dict[str, int]]],
) -> None:
    cell = variables.cells.cells[index]
    left = _left(variables, index)
    for name in sorted({name for _, amounts in new for name in amounts}):
        most = left.get(name, 0)
        largest = max(amounts.get(name, 0) for _, amounts in (*new, *kept))
        step = max(1, max(most, largest) // _STEPS)
        limit(
            variables.matrix,
            new=[(variable, amounts[name] // step) for variable, amounts in new if name in amounts],
            kept=[(variable, amounts[name] // step) for variable, amounts in kept if name in amounts],
            most=cell.count * -(-most // step),
            rule=Rule(SharedAmounts.reason, str(cell.pool)),
        )


def _left(variables: Variables, index: int) -> dict[str, int]:
    """What one node of a cell has left beside everything that stays for certain."""
    special = variables.scene.survey.options.special
    node = variables.cells.cells[index].nodes[0]
    if variables.cells.cell_of_node[node] != index:  # a node that the fleet does not have
        return dict(amounts_left(special.grouped(node, None)))
    pods = [pod for standing in variables.cells.fixed for pod in standing.pods if pod.node == node]
    held = Held(
        rows=tuple(sorted(row for pod in pods for row in pod.rows)),
        shares=tuple(sorted((share for pod in pods for share in pod.shares), key=str)),
    )
    left = dict(amounts_left(special.grouped(node, held)))
    kinds = variables.scene.inventory.kinds
    for pod in pods:
        if pod.held is None:
            for name, amount in amounts_of(pod.needs, kinds).items():
                left[name] = max(0, left.get(name, 0) - amount)
    return left
