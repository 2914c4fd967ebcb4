"""Where replicas of one shape can go at all: spots on single nodes, and areas of several.

Worked out once for all deployments with equal engines, eligible clusters and spread over zones, and kept.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np

from solver.domain.identity import ClusterName, NodePoolKey
from solver.domain.workload import ModelDeployment, ServingMode, SpreadMode
from solver.live.nodes import Ints, NodeArrays
from solver.matching.candidates import ZONE, has_distance, stays_in_zone
from solver.matching.distance import Distance
from solver.matching.draft import unit_of
from solver.matching.ledger import Unit
from solver.matching.node_fit import Need
from solver.matching.options import MemberOption
from solver.matching.scene import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class PodType:
    """Pods of a replica that are alike: *count* of them, of the members at these positions."""

    option: MemberOption
    unit: Unit
    #: What one takes of the devices of its node, in the unit of ``survey.shares``.
    taken: int
    count: int
    #: Engine and member of the deployment, and how many pods those have.
    members: tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """One joint option of all members of a replica on one cluster."""

    options: tuple[tuple[MemberOption, ...], ...]
    types: tuple[PodType, ...]
    whole: Unit
    taken: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Area:
    """Nodes among which the pods of a replica may be spread."""

    cluster: int
    #: Where the replica counts for a spread by zone, -1 where that is not known or does not matter.
    zone: int
    level: int
    layout: int
    #: Nodes of each type of the layout.
    nodes: tuple[Ints, ...]
    #: Whether each copy of a gang still has to stay on one fabric of several.
    splits: bool = False


@dataclass(slots=True)
class Shape:
    """All spots and areas of a shape; arrays by spot, and by area."""

    layouts: list[Layout] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    spots: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    spot_layout: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    spot_price: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    #: First spot of each run with one unit, and that unit.
    runs: list[tuple[int, int, Layout]] = field(default_factory=list)


class Shapes:
    """The shapes of a survey, by what they depend on."""

    def __init__(self, survey: Survey, nodes: NodeArrays) -> None:
        self._survey = survey
        self._nodes = nodes
        self._known: dict[object, Shape] = {}
        self._engines: dict[object, int] = {}
        self._takes_new: dict[NodePoolKey, Ints] = {}
        self._prices: dict[object, Ints] = {}

    def of(self, deployment: ModelDeployment) -> Shape:
        """The shape of *deployment*."""
        survey = self._survey
        clusters = survey.clusters_for(deployment)
        key = (
            self._engines.setdefault(deployment.engines, len(self._engines)),
            clusters,
            deployment.serving_mode,
            _zoning(deployment),
            survey.refusals.only.get(deployment.key),
        )
        if key not in self._known:
            self._known[key] = _Builder(self, survey, self._nodes, deployment).build(clusters)
        return self._known[key]

    def takes_new(self, pool: NodePoolKey) -> Ints:
        """Nodes of *pool* that take new pods."""
        if pool not in self._takes_new:
            inventory = self._survey.inventory
            found = [node for node in inventory.nodes_of_pool[pool] if inventory.takes_new(node)]
            self._takes_new[pool] = np.array(found, dtype=np.int64)
        return self._takes_new[pool]

    def prices(self, option: MemberOption, nodes: Ints) -> Ints:
        """What a pod served by *option* costs on each of *nodes*, which are of its pool."""
        totals = self._survey.kinds.total
        of_total: dict[bytes, int] = {}
        found = np.empty(len(nodes), dtype=np.int64)
        for position, node in enumerate(nodes):
            row = totals[node].tobytes()
            if row not in of_total:
                of_total[row] = self._survey.prices.of_pod(int(node), option.needs, option.classes)
            found[position] = of_total[row]
        return found

    def price_of(self, option: MemberOption) -> Ints:
        """The same for all nodes of the pool that take new pods."""
        key = (option.pool, option.needs, option.classes)
        if key not in self._prices:
            self._prices[key] = self.prices(option, self.takes_new(option.pool))
        return self._prices[key]


def _zoning(deployment: ModelDeployment) -> tuple[bool, bool, bool]:
    """Whether replicas stay in one zone, need a known one, and count in that of their first pod."""
    rules = [rule for rule in deployment.spread if rule.topology_key == ZONE]
    stays = stays_in_zone(deployment)
    needs = any(rule.mode is SpreadMode.REQUIRED for rule in rules)
    return stays, needs, bool(rules) and not stays


class _Builder:
    def __init__(
        self, shapes: Shapes, survey: Survey, nodes: NodeArrays, deployment: ModelDeployment
    ) -> None:
        self.shapes = shapes
        self.survey = survey
        self.nodes = nodes
        self.deployment = deployment
        self.by_zone, self.needs_zone, self.counts_first = _zoning(deployment)
        self.has_distance = has_distance(deployment)
        self.pods = sum(
            engine.copies * member.pods_per_copy for engine in deployment.engines for member in engine.members
        )

    def build(self, clusters: Sequence[ClusterName]) -> Shape:
        shape = Shape()
        numbers = {name: position for position, name in enumerate(self.survey.inventory.clusters)}
        spots: list[tuple[Ints, int, Ints]] = []
        for name in clusters:
            joint = [self.survey.options.of_engine(engine, name) for engine in self.deployment.engines]
            for choice in product(*joint):
                layout = self._layout(choice)
                shape.layouts.append(layout)
                number = len(shape.layouts) - 1
                if self.pods == 1 or (self.has_distance and len({t.option.pool for t in layout.types}) == 1):
                    spots.append(self._spots(layout, number))
                if self.pods > 1:
                    shape.areas += self._areas(layout, number, numbers[name])
        _collect(shape, spots)
        return shape

    def _layout(self, choice: tuple[tuple[MemberOption, ...], ...]) -> Layout:
        types: dict[tuple[MemberOption, Unit, bool, int], list[tuple[int, int, int]]] = {}
        has_gangs = any(engine.is_gang for engine in self.deployment.engines)
        for position, (engine, options) in enumerate(zip(self.deployment.engines, choice, strict=True)):
            for index, (member, option) in enumerate(zip(engine.members, options, strict=True)):
                unit = unit_of(self.deployment, engine.name, member.role, option)
                # The first pod is told apart where its zone counts.
                is_first = self.counts_first and not types
                pods = engine.copies * member.pods_per_copy
                # Copies of several engines are divided over fabrics each for themselves.
                key = (option, unit, is_first, position if has_gangs else 0)
                types.setdefault(key, []).append((position, index, pods))
        found = tuple(
            PodType(
                option=option,
                unit=unit,
                taken=self._taken(option),
                count=sum(pods for _, _, pods in members),
                members=tuple(members),
            )
            for (option, unit, _, _), members in types.items()
        )
        return Layout(
            options=choice,
            types=found,
            whole=together((each.unit, each.count) for each in found),
            taken=sum(each.taken * each.count for each in found),
        )

    def _taken(self, option: MemberOption) -> int:
        pairs = zip(option.needs, option.classes, strict=True)
        return sum(self.survey.shares.of_node(need) for need, name in pairs if name is not None)

    def _usable(self, each: PodType) -> Ints:
        """Nodes of the pool that no rule keeps single pods of the type from."""
        found = self.shapes.takes_new(each.option.pool)
        engine, index, _ = each.members[0]
        member = self.deployment.engines[engine].members[index]
        if self.survey.refusals.members:
            may = self.survey.options.may_hosts([int(n) for n in found], self.deployment.key, member)
            found = np.array(may, dtype=np.int64)
        if self.by_zone and self.needs_zone:
            found = found[self.nodes.zone[found] >= 0]
        return found

    def _spots(self, layout: Layout, number: int) -> tuple[Ints, int, Ints]:
        nodes = self._usable(layout.types[0])
        for each in layout.types[1:]:
            nodes = np.intersect1d(nodes, self._usable(each))
        price = np.zeros(len(nodes), dtype=np.int64)
        for each in layout.types:
            all_nodes = self.shapes.takes_new(each.option.pool)
            price += each.count * self.shapes.price_of(each.option)[np.searchsorted(all_nodes, nodes)]
        return nodes, number, price

    def _areas(self, layout: Layout, number: int, cluster: int) -> Iterator[Area]:
        usable = [self._usable(each) for each in layout.types]
        if not self.by_zone:
            firsts = sorted({int(z) for z in self.nodes.zone[usable[0]]}) if self.counts_first else [-1]
            for zone in firsts:
                inside = usable
                if self.counts_first:
                    inside = [usable[0][self.nodes.zone[usable[0]] == zone], *usable[1:]]
                yield from self._levels(number, cluster, zone, inside)
            return
        for zone in sorted({int(z) for found in usable for z in self.nodes.zone[found]}):
            inside = [found[self.nodes.zone[found] == zone] for found in usable]
            yield from self._levels(number, cluster, zone, inside)

    def _levels(self, number: int, cluster: int, zone: int, usable: list[Ints]) -> Iterator[Area]:
        def area(level: int, nodes: list[Ints], *, splits: bool = False) -> Iterator[Area]:
            if all(len(found) for found in nodes):
                yield Area(
                    cluster=cluster,
                    zone=zone,
                    level=level,
                    layout=number,
                    nodes=tuple(nodes),
                    splits=splits,
                )

        if not self.has_distance:
            yield from area(0, usable)
            return
        places = self.survey.inventory.places
        distinct = np.unique(np.concatenate(usable))
        fabrics = [places[node].fabric for node in distinct]
        cliques = [
            places[node].clique and f"{places[node].fabric}|{places[node].clique}" for node in distinct
        ]
        for level, keys in ((Distance.NVLINK, cliques), (Distance.FABRIC, fabrics)):
            for name in sorted({key for key in keys if key}):
                inside = distinct[[key == name for key in keys]]
                if len(inside) > 1:
                    yield from area(int(level), [found[np.isin(found, inside)] for found in usable])
        copies = sum(engine.copies for engine in self.deployment.engines)
        is_free = self.deployment.serving_mode is not ServingMode.PREFILL_DECODE
        if is_free and copies > 1 and len(set(fabrics)) > 1:
            yield from area(int(Distance.CLUSTER), usable, splits=True)


def together(units: Iterable[tuple[Unit, int]]) -> Unit:
    """One unit of *units*, each as often as said."""
    needs: list[Need] = []
    refused: dict[int, int] = {}
    pods = cpu = memory = 0
    for unit, count in units:
        needs += unit.needs * count
        pods += unit.pods * count
        cpu += unit.cpu_millicores * count
        memory += unit.memory_bytes * count
        for member, each in unit.refused_as:
            refused[member] = refused.get(member, 0) + each * count
    return Unit(
        needs=tuple(needs),
        pods=pods,
        cpu_millicores=cpu,
        memory_bytes=memory,
        refused_as=tuple(sorted(refused.items())),
    )


def _collect(shape: Shape, spots: list[tuple[Ints, int, Ints]]) -> None:
    """Spots with equal units in one run each, so that a unit is looked up once."""
    by_unit: dict[Unit, list[tuple[Ints, int, Ints]]] = {}
    for each in spots:
        if len(each[0]):
            by_unit.setdefault(shape.layouts[each[1]].whole, []).append(each)
    ordered = [each for group in by_unit.values() for each in group]
    if not ordered:
        return
    shape.spots = np.concatenate([nodes for nodes, _, _ in ordered])
    shape.spot_layout = np.concatenate([np.full(len(nodes), number) for nodes, number, _ in ordered])
    shape.spot_price = np.concatenate([price for _, _, price in ordered])
    start = 0
    for group in by_unit.values():
        size = sum(len(nodes) for nodes, _, _ in group)
        shape.runs.append((start, start + size, shape.layouts[group[0][1]]))
        start += size
