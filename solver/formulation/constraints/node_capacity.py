"""The devices of a node serve the pods on it: Hall's inequalities, one for each set of kinds that matters.

On a cell of one node they are exact. On a cell of many nodes they speak of the sum, and for each size of
request there is one more: a node gives at most ``free // size`` places to pods of that size or more. Where cells
are relaxed to fractions a single node has those as well: whole pods imply them, parts of pods do not.
"""

from collections.abc import Iterator

from solver.domain.explanation import Reason
from solver.formulation.constraint import limit
from solver.formulation.matrix import Matrix, Rule
from solver.formulation.variables import Variables
from solver.matching.cells import Cell, Load
from solver.matching.node_fit import Need, claims_of, closed_sets, demand_within, supply


class NodeCapacity:
    """No device serves two pods."""

    reason = Reason.INSUFFICIENT_FREE_CAPACITY

    def add(self, variables: Variables) -> None:
        for index, (guests, loads) in enumerate(guests_and_loads(variables)):
            if guests:
                rows = _CellRows(variables.matrix, variables.cells.cells[index], guests, loads)
                rows.add(by_size=not variables.scene.is_single)

    def explain(self, variables: Variables, subject: str) -> str:
        if subject.startswith("cluster "):
            return f"the devices that several nodes of {subject} reach are used up"
        homes: dict[int, None] = {}
        needs: dict[int, int] = {}
        has_claims = False
        for pod in variables.pods:
            if str(variables.cells.cells[pod.cell].pool) == subject:
                homes[pod.cell] = None
                has_claims |= bool(claims_of(pod.group.needs))
                for need in pod.group.needs if pod.group.pods_per_unit == 1 else ():
                    needs[need.accepts] = max(need.count, needs.get(need.accepts, 0))
        cells = [variables.cells.cells[index] for index in sorted(homes)]
        nodes = _many(sum(cell.count for cell in cells), "node")
        if has_claims:
            return f"node pool {subject} has {nodes}, and none can serve the claim of one more pod beside what is there"
        scarcest: tuple[int, str] | None = None
        for accepts, count in sorted(needs.items()):
            left = [_left(cell, accepts) for cell in cells]
            free = sum(amount * cell.count for amount, cell in zip(left, cells, strict=True))
            where = f"{_many(free, 'device')} left that would do, on {nodes}, at most {max(left, default=0)} on one"
            if free <= 0:
                where = f"no device left that would do, on {nodes}"
            text = f"node pool {subject} has {where}; a pod needs {count}"
            if scarcest is None or max(left, default=0) - count < scarcest[0]:
                scarcest = (max(left, default=0) - count, text)
        return scarcest[1] if scarcest is not None else f"node pool {subject} has no room for a whole replica"


def _many(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _left(cell: Cell, wanted: int) -> int:
    """Devices of one node, of the kinds *wanted*, that neither claims nor fixed pods take."""
    fixed = sum(need.count for need in cell.fixed if need.accepts & wanted)
    return max(0, supply(cell.free, wanted) - fixed)


Guests = list[tuple[int, tuple[Need, ...]]]
Loads = list[tuple[int, int, Load]]


def guests_and_loads(variables: Variables) -> Iterator[tuple[Guests, Loads]]:
    """For each cell: variables that count units on it with their needs; and (kept, count, load) of movables."""
    guests: list[Guests] = [[] for _ in variables.cells.cells]
    loads: list[Loads] = [[] for _ in variables.cells.cells]
    for pod in variables.pods:
        guests[pod.cell].append((pod.variable, pod.group.needs))
    for added in variables.added:
        for cell, variable in added.homes:
            guests[cell].append((variable, added.group.needs))
    for movable, variable in zip(variables.cells.movable, variables.kept, strict=True):
        for load in movable.loads:
            loads[load.cell].append((variable, movable.count, load))
    yield from zip(guests, loads, strict=True)


class _CellRows:
    def __init__(self, matrix: Matrix, cell: Cell, guests: Guests, loads: Loads) -> None:
        self.matrix = matrix
        self.cell = cell
        self.loads = loads
        self.rule = Rule(Reason.INSUFFICIENT_FREE_CAPACITY, str(cell.pool))
        present = sum(1 << kind for kind, count in cell.total.items() if count)
        self.guests = [(variable, _local(needs, present)) for variable, needs in guests]
        self.fixed = _local(cell.fixed, present)
        self.load_needs = [_local(load.needs, present) for _, _, load in loads]

    def add(self, *, by_size: bool) -> None:
        everything = [*(needs for _, needs in self.guests), self.fixed, *self.load_needs]
        for kinds in closed_sets(need.accepts for needs in everything for need in needs if need.count):
            self._sum_row(kinds)
            if by_size:
                self._size_rows(kinds)

    def _sum_row(self, kinds: int) -> None:
        new = [(variable, demand_within(needs, kinds)) for variable, needs in self.guests]
        kept = []
        most = self.cell.count * (supply(self.cell.free, kinds) - demand_within(self.fixed, kinds))
        for (variable, count, load), needs in zip(self.loads, self.load_needs, strict=True):
            held = supply(dict(load.held), kinds)
            # ``free`` leaves out what movable replicas hold: evicting one gives it back.
            most += held * count
            kept.append((variable, demand_within(needs, kinds) + held))
        limit(self.matrix, new=new, kept=kept, most=most, rule=self.rule)

    def _size_rows(self, kinds: int) -> None:
        sizes = [(variable, demand_within(needs, kinds)) for variable, needs in self.guests]
        most = supply(self.cell.free, kinds) - demand_within(self.fixed, kinds)
        for _, count, load in self.loads:
            # Nobody knows which node of the cell a load is on, so each may get all of it back.
            most += supply(dict(load.held), kinds) * count
        for size in sorted({size for _, size in sizes if size > 1}):
            new = [(variable, own // size) for variable, own in sizes if own >= size]
            limit(
                self.matrix, new=new, kept=[], most=self.cell.count * (max(0, most) // size), rule=self.rule
            )


def _local(needs: tuple[Need, ...], present: int) -> tuple[Need, ...]:
    return tuple(Need(need.accepts & present, need.count) for need in needs)
