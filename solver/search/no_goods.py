"""Which nodes of a solution the exact device fit refuses, and the smallest reason for each.

Counts of kinds never refuse what fits, so the model may put together what counters, shared capacity or
constraints forbid. Each such combination is cut down to a smallest one and forbidden on all nodes that are alike;
then the model is solved again.
"""

from collections.abc import Sequence

from solver.formulation.matrix import Rule
from solver.formulation.no_good import NoGood, capacity_rule, forbid
from solver.formulation.variables import Variables
from solver.matching.ledger import Ledger
from solver.matching.node_fit import Need, claims_of
from solver.matching.standing import Standing

#: After so many rounds what does not fit is left out, and placed one by one where it does.
MOST_ROUNDS = 24


def forbid_what_does_not_fit(
    variables: Variables, solution: Sequence[int], *, lifted: frozenset[Rule] = frozenset()
) -> bool:
    """Add rows against what *solution* puts on nodes that cannot serve it; whether there was anything.

    Node pools whose capacity is *lifted*, and nodes that the fleet does not have, serve whatever is asked.
    """
    special = variables.scene.survey.options.special
    if not special.is_needed or not variables.scene.is_single:
        return False
    found = False
    staying = Ledger(special, variables.scene.cells.fixed)
    for cell, units in _units(variables, solution).items():
        node = variables.cells.cells[cell].nodes[0]
        is_real = variables.cells.cell_of_node[node] == cell
        if not is_real or capacity_rule(variables, cell) in lifted:
            continue
        if not any(claims_of(needs) for needs in units):
            continue
        kept = _kept(variables, solution, cell)
        ledger = staying
        if kept:
            ledger = Ledger(special, [*variables.scene.cells.fixed, *_standings(variables, kept)])
        if ledger.claims_fit(node, _spread_out(units)):
            continue
        found = True
        smallest = _smallest(ledger, node, units)
        no_good = NoGood(units=tuple(smallest.items()), kept=tuple(sorted(kept.items())))
        alike = [cell] if kept else _alike(variables, staying, cell)
        forbid(variables, no_good, alike)
    return found


def _units(variables: Variables, solution: Sequence[int]) -> dict[int, dict[tuple[Need, ...], int]]:
    """New units on each cell, by their needs."""
    found: dict[int, dict[tuple[Need, ...], int]] = {}
    counted = [(pod.cell, pod.group.needs, pod.variable) for pod in variables.pods]
    counted += [(cell, added.group.needs, v) for added in variables.added for cell, v in added.homes]
    for cell, needs, variable in counted:
        if solution[variable]:
            units = found.setdefault(cell, {})
            units[needs] = units.get(needs, 0) + solution[variable]
    return found


def _kept(variables: Variables, solution: Sequence[int], cell: int) -> dict[int, int]:
    """Movable groups that stay on *cell*, by position."""
    return {
        index: solution[variables.kept[index]]
        for index, movable in enumerate(variables.cells.movable)
        if solution[variables.kept[index]] and any(load.cell == cell for load in movable.loads)
    }


def _standings(variables: Variables, kept: dict[int, int]) -> list[Standing]:
    return [
        standing
        for index, count in kept.items()
        # Which of them stay is decided as in ``extract``.
        for standing in sorted(variables.cells.movable[index].standings, key=lambda s: s.replica.key)[:count]
    ]


def _spread_out(units: dict[tuple[Need, ...], int]) -> list[Need]:
    return [need for needs, count in units.items() for _ in range(count) for need in needs]


def _smallest(ledger: Ledger, node: int, units: dict[tuple[Need, ...], int]) -> dict[tuple[Need, ...], int]:
    """The fewest of *units* that still do not fit: none can be left out."""
    left = dict(units)
    for needs in units:
        while left[needs]:
            fewer = {**left, needs: left[needs] - 1}
            if ledger.claims_fit(node, _spread_out(fewer)):
                break
            left = fewer
    return {needs: count for needs, count in left.items() if count}


def _alike(variables: Variables, staying: Ledger, cell: int) -> list[int]:
    """Cells in the same state as *cell*; with replicas that may go, only itself."""
    movable = {load.cell for movable in variables.cells.movable for load in movable.loads}
    if cell in movable:
        return [cell]
    cells = variables.cells.cells
    state = staying.state(cells[cell].nodes[0])
    return [
        index
        for index, other in enumerate(cells)
        if index not in movable and other.takes_new and staying.state(other.nodes[0]) == state
    ]
