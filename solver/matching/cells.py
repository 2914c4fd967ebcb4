"""Cells: nodes that are interchangeable for a problem, with what each of them has left.

What stays for certain is taken off; what the plan may evict is left to the formulation as a *load*. With
``single`` every node is a cell of its own, and everything said about cells is exact.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from solver.domain.fleet import NodeResources
from solver.domain.identity import NodePoolKey, ReplicaKey
from solver.matching.inventory import Inventory, NodePlace
from solver.matching.node_fit import Need
from solver.matching.special_nodes import SpecialNodes
from solver.matching.standing import Standing, StandingPod, resources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """Interchangeable nodes; every amount is that of one node."""

    nodes: tuple[int, ...]
    pool: NodePoolKey
    place: NodePlace
    is_expected: bool
    takes_new: bool
    #: Devices by kind that nobody holds.
    free: Mapping[int, int]
    #: Devices by kind that the node has at all.
    total: Mapping[int, int]
    #: Needs of pods that stay for certain and whose devices are not known.
    fixed: tuple[Need, ...]
    #: What is left after everything that stays for certain; None: not published.
    resources: NodeResources | None
    #: Whether some device is used whatever the plan does.
    is_used: bool

    @property
    def count(self) -> int:
        """How many nodes there are."""
        return len(self.nodes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What a replica that may be evicted takes from the nodes of one cell."""

    cell: int
    pods: int
    needs: tuple[Need, ...]
    held: tuple[tuple[int, int], ...]
    cpu_millicores: int
    memory_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Movable:
    """Replicas that may be evicted and that no rule can tell apart."""

    standings: tuple[Standing, ...]
    loads: tuple[Load, ...]

    @property
    def count(self) -> int:
        """How many replicas there are."""
        return len(self.standings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Cells:
    """The fleet as cells, with the replicas that stay for certain and those that may be evicted."""

    cells: tuple[Cell, ...]
    cell_of_node: tuple[int, ...]
    fixed: tuple[Standing, ...]
    movable: tuple[Movable, ...]


def partition(
    special: SpecialNodes, standings: Iterable[Standing], movable: frozenset[ReplicaKey], *, single: bool
) -> Cells:
    """The cells of the fleet; *movable* are the replicas that the plan may evict."""
    inventory = special.inventory
    ordered = tuple(standings)
    fixed = tuple(s for s in ordered if s.replica.key not in movable)
    optional = tuple(s for s in ordered if s.replica.key in movable)
    taken = _Taken(special)
    for standing in fixed:
        taken.take(standing, stays=True)
    for standing in optional:
        taken.take(standing, stays=False)
    groups: dict[object, list[int]] = {}
    for node in range(len(inventory.fleet.nodes)):
        groups.setdefault(node if single else taken.signature(node), []).append(node)
    members = sorted(groups.values())
    cells = tuple(taken.cell(tuple(nodes)) for nodes in members)
    cell_of_node = [0] * len(inventory.fleet.nodes)
    for index, nodes in enumerate(members):
        for node in nodes:
            cell_of_node[node] = index
    return Cells(
        cells=cells,
        cell_of_node=tuple(cell_of_node),
        fixed=fixed,
        movable=_grouped(optional, cell_of_node),
    )


def with_extra(cells: Cells, inventory: Inventory, pool: NodePoolKey, count: int) -> Cells:
    """*cells* and *count* more empty nodes of *pool*, like the one that has the most devices."""
    nodes = inventory.nodes_of_pool[pool]
    if not nodes:
        return cells
    totals = inventory.kinds.total
    model = max(nodes, key=lambda node: (int(totals[node].sum()), -node))
    total = {int(k): int(totals[model, k]) for k in totals[model].nonzero()[0]}
    place = inventory.places[model]
    extra = Cell(
        nodes=(model,) * count,
        pool=pool,
        place=place,
        is_expected=True,
        takes_new=True,
        free=total,
        total=total,
        fixed=(),
        resources=None,
        is_used=False,
    )
    if not inventory.is_lone(model):
        return replace(cells, cells=(*cells.cells, extra))
    # A fabric of its own, and so is every node like it.
    apart = (
        replace(extra, nodes=(model,), place=replace(place, fabric=f"{place.fabric}, copy {number}"))
        for number in range(1, count + 1)
    )
    return replace(cells, cells=(*cells.cells, *apart))


class _Taken:
    """What observed pods take from each node."""

    def __init__(self, special: SpecialNodes) -> None:
        self.special = special
        self.inventory = special.inventory
        self._rows: dict[int, list[tuple[int, ...]]] = {}
        self._held: dict[int, dict[int, int]] = {}
        self._needs: dict[int, list[Need]] = {}
        self._pods: dict[int, list[int]] = {}
        self._kept_devices: set[int] = set()
        self._guests: dict[int, list[tuple[object, ...]]] = {}

    def take(self, standing: Standing, *, stays: bool) -> None:
        for pod in standing.pods:
            if pod.node is None:
                continue
            held = self._held.setdefault(pod.node, {})
            for kind, count in pod.held or ():
                held[kind] = held.get(kind, 0) + count
            start = int(self.inventory.fleet.devices.starts[pod.node])
            self._rows.setdefault(pod.node, []).append(tuple(row - start for row in pod.rows))
            if not stays:
                guest = (str(standing.replica.key.deployment), pod.engine, pod.role, pod.held, pod.needs)
                self._guests.setdefault(pod.node, []).append(guest)
                continue
            if pod.held is None:
                self._needs.setdefault(pod.node, []).extend(pod.needs)
            cpu, memory = resources_of(standing, pod)
            amounts = self._pods.setdefault(pod.node, [0, 0, 0])
            amounts[0] += 1
            amounts[1] += cpu
            amounts[2] += memory
            kinds = self.inventory.kinds
            elsewhere = kinds.synthetic | kinds.networked | kinds.shared
            here = any(not elsewhere >> kind & 1 for kind, _ in pod.held or ())
            if here or (pod.held is None and any(need.count for need in pod.needs)):
                self._kept_devices.add(pod.node)

    def signature(self, node: int) -> tuple[object, ...]:
        """Equal for nodes that no rule can tell apart."""
        inventory = self.inventory
        kinds = inventory.kinds
        return (
            inventory.places[node],
            inventory.fleet.nodes[node].is_expected,
            inventory.takes_new(node),
            kinds.free[node].tobytes(),
            kinds.total[node].tobytes(),
            inventory.fleet.nodes[node].free,
            tuple(sorted(self._held.get(node, {}).items())),
            tuple(sorted((n.accepts, n.count, str(n.claim)) for n in self._needs.get(node, []))),
            tuple(self._pods.get(node, [])),
            tuple(sorted(map(str, self._guests.get(node, [])))),
            (self.special.state(node), *sorted(self._rows.get(node, []))) if self.special.is_needed else None,
            self.special.refused.get(node),
        )

    def cell(self, nodes: tuple[int, ...]) -> Cell:
        node = nodes[0]
        kinds = self.inventory.kinds
        held = self._held.get(node, {})
        free = {int(k): int(kinds.free[node, k]) - held.get(int(k), 0) for k in kinds.free[node].nonzero()[0]}
        total = {int(k): int(kinds.total[node, k]) for k in kinds.total[node].nonzero()[0]}
        return Cell(
            nodes=nodes,
            pool=self.inventory.fleet.nodes[node].node_pool,
            place=self.inventory.places[node],
            is_expected=self.inventory.fleet.nodes[node].is_expected,
            takes_new=self.inventory.takes_new(node),
            free=free,
            total=total,
            fixed=tuple(self._needs.get(node, ())),
            resources=self._left(node),
            is_used=node in self._kept_devices or bool((kinds.free[node] < kinds.total[node]).any()),
        )

    def _left(self, node: int) -> NodeResources | None:
        free = self.inventory.fleet.nodes[node].free
        if free is None:
            return None
        pods, cpu, memory = self._pods.get(node, (0, 0, 0))
        return NodeResources(
            cpu_millicores=free.cpu_millicores - cpu,
            memory_bytes=free.memory_bytes - memory,
            pods=free.pods - pods,
        )


def _grouped(optional: tuple[Standing, ...], cell_of_node: list[int]) -> tuple[Movable, ...]:
    groups: dict[object, list[Standing]] = {}
    loads_of: dict[object, tuple[Load, ...]] = {}
    for standing in optional:
        loads = tuple(_loads(standing, cell_of_node))
        added = tuple(
            (pod.engine, pod.copy, pod.role, pod.pool, pod.classes)
            for pod in standing.pods
            if pod.node is None
        )
        key = (standing.replica.key.deployment, standing.replica.health, standing.flags, loads, added)
        groups.setdefault(key, []).append(standing)
        loads_of[key] = loads
    return tuple(Movable(standings=tuple(group), loads=loads_of[key]) for key, group in groups.items())


def _loads(standing: Standing, cell_of_node: list[int]) -> Iterable[Load]:
    by_cell: dict[int, list[StandingPod]] = {}
    for pod in standing.pods:
        if pod.node is not None:
            by_cell.setdefault(cell_of_node[pod.node], []).append(pod)
    for cell, pods in sorted(by_cell.items()):
        held: dict[int, int] = {}
        for pod in pods:
            for kind, count in pod.held or ():
                held[kind] = held.get(kind, 0) + count
        amounts = [resources_of(standing, pod) for pod in pods]
        yield Load(
            cell=cell,
            pods=len(pods),
            needs=tuple(need for pod in pods if pod.held is None for need in pod.needs),
            held=tuple(sorted(held.items())),
            cpu_millicores=sum(cpu for cpu, _ in amounts),
            memory_bytes=sum(memory for _, memory in amounts),
        )
