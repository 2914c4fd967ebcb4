"""Where replicas of one shape can go at all: spots on single nodes, and areas of several.

Worked out once for all deployments with equal engines, eligible clusters and spread over zones, and kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
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
class Part:
    """What one cluster has for a shape; spots are nodes, a layout, and what a replica costs on each."""

    layouts: list[Layout] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    spots: list[tuple[Ints, int, Ints]] = field(default_factory=list)


@dataclass(slots=True)
class Shape:
    """All spots and areas of a shape; arrays by spot, and by area."""

    layouts: list[Layout] = field(default_factory=list)
    areas: list[Area] = field(default_factory=list)
    #: Position of the layout of each area; what the area itself says counts inside its cluster.
    area_layout: list[int] = field(default_factory=list)
    spots: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    spot_layout: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    spot_price: Ints = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    #: First spot of each run with one unit, and that unit.
    runs: list[tuple[int, int, Layout]] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pattern:
    """A pod type wherever its pool is, and all pods of the replica as one unit."""

    unit: Unit
    taken: int
    count: int
    members: tuple[tuple[int, int, int], ...]
    whole: Unit


class Shapes:
    """The shapes of a survey, by what they depend on."""

    def __init__(self, survey: Survey, nodes: NodeArrays) -> None:
        self._survey = survey
        self._nodes = nodes
        self._known: dict[object, Shape] = {}
        self._parts: dict[object, Part] = {}
        self._takes_new: dict[NodePoolKey, Ints] = {}
        self._prices: dict[object, Ints] = {}
        self._distinct: dict[NodePoolKey, tuple[Ints, Ints]] = {}
        #: Areas without their layouts, by the pools of the types and what they depend on besides.
        self.grounds: dict[object, tuple[Area, ...]] = {}
        #: The pods of layouts that differ in their pools only.
        self.patterns: dict[object, tuple[_Pattern, ...]] = {}

    def of(self, deployment: ModelDeployment) -> Shape:
        """The shape of *deployment*."""
        survey = self._survey
        clusters = survey.clusters_for(deployment)
        kind = (
            tuple(map(survey.options.number, deployment.engines)),
            deployment.serving_mode,
            _zoning(deployment),
            survey.refusals.only.get(deployment.key),
        )
        if (kind, clusters) not in self._known:
            self._known[kind, clusters] = self._assembled(kind, deployment, clusters)
        return self._known[kind, clusters]

    def _assembled(
        self, kind: object, deployment: ModelDeployment, clusters: tuple[ClusterName, ...]
    ) -> Shape:
        shape = Shape()
        builder = _Builder(self, self._survey, self._nodes, deployment, kind)
        spots: list[tuple[Ints, int, Ints]] = []
        for name in clusters:
            if (kind, name) not in self._parts:
                self._parts[kind, name] = builder.on(name)
            part = self._parts[kind, name]
            offset = len(shape.layouts)
            shape.layouts += part.layouts
            shape.areas += part.areas
            shape.area_layout += [offset + area.layout for area in part.areas]
            spots += [(nodes, offset + number, price) for nodes, number, price in part.spots]
        _collect(shape, spots)
        return shape

    def takes_new(self, pool: NodePoolKey) -> Ints:
        """Nodes of *pool* that take new pods."""
        if pool not in self._takes_new:
            inventory = self._survey.inventory
            found = [node for node in inventory.nodes_of_pool[pool] if inventory.takes_new(node)]
            self._takes_new[pool] = np.array(found, dtype=np.int64)
        return self._takes_new[pool]

    def prices(self, option: MemberOption, nodes: Ints) -> Ints:
        """What a pod served by *option* costs on each of *nodes*, which are of its pool and take new pods."""
        all_nodes = self.takes_new(option.pool)
        found: Ints = self.price_of(option)[np.searchsorted(all_nodes, nodes)]
        return found

    def price_of(self, option: MemberOption) -> Ints:
        """The same for all nodes of the pool that take new pods."""
        key = (option.pool, option.needs, option.classes)
        if key not in self._prices:
            if option.pool not in self._distinct:
                # Prices differ only between nodes that have different devices.
                totals = self._survey.kinds.total[self.takes_new(option.pool)]
                _, first, like = np.unique(totals, axis=0, return_index=True, return_inverse=True)
                self._distinct[option.pool] = first, like.reshape(-1)
            first, like = self._distinct[option.pool]
            examples = self.takes_new(option.pool)[first].tolist()
            price = self._survey.prices.of_pod
            found = [price(node, option.needs, option.classes) for node in examples]
            self._prices[key] = np.array(found, dtype=np.int64)[like]
        return self._prices[key]


def _zoning(deployment: ModelDeployment) -> tuple[bool, bool, bool]:
    """Whether replicas stay in one zone, need a known one, and count in that of their first pod."""
    rules = [rule for rule in deployment.spread if rule.topology_key == ZONE]
    stays = stays_in_zone(deployment)
    needs = any(rule.mode is SpreadMode.REQUIRED for rule in rules)
    return stays, needs, bool(rules) and not stays


class _Builder:
    def __init__(
        self, shapes: Shapes, survey: Survey, nodes: NodeArrays, deployment: ModelDeployment, kind: object
    ) -> None:
        self.kind = kind
        self.shapes = shapes
        self.survey = survey
        self.nodes = nodes
        self.deployment = deployment
        self.by_zone, self.needs_zone, self.counts_first = _zoning(deployment)
        self.has_distance = has_distance(deployment)
        self.pods = sum(
            engine.copies * member.pods_per_copy for engine in deployment.engines for member in engine.members
        )

    def on(self, name: ClusterName) -> Part:
        """What the cluster *name* has for the shape."""
        part = Part()
        joint = [self.survey.options.of_engine(engine, name) for engine in self.deployment.engines]
        for choice in product(*joint):
            layout = self._layout(choice)
            number = len(part.layouts)
            part.layouts.append(layout)
            if self.pods == 1 or (self.has_distance and len({t.option.pool for t in layout.types}) == 1):
                part.spots.append(self._spots(layout, number))
            if self.pods > 1:
                part.areas += self._areas(layout, number, self.nodes.cluster_numbers[name])
        return part

    def _layout(self, choice: tuple[tuple[MemberOption, ...], ...]) -> Layout:
        pools: dict[NodePoolKey, int] = {}
        key = (
            self.kind,
            tuple(
                (option.needs, option.classes, option.refused_as, pools.setdefault(option.pool, len(pools)))
                for options in choice
                for option in options
            ),
        )
        if key not in self.shapes.patterns:
            self.shapes.patterns[key] = self._patterns(choice)
        found = self.shapes.patterns[key]
        types = tuple(
            PodType(
                option=choice[each.members[0][0]][each.members[0][1]],
                unit=each.unit,
                taken=each.taken,
                count=each.count,
                members=each.members,
            )
            for each in found
        )
        return Layout(
            options=choice,
            types=types,
            whole=found[0].whole,
            taken=sum(each.taken * each.count for each in found),
        )

    def _patterns(self, choice: tuple[tuple[MemberOption, ...], ...]) -> "tuple[_Pattern, ...]":
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
        counts = [sum(pods for _, _, pods in members) for members in types.values()]
        whole = together((unit, count) for (_, unit, _, _), count in zip(types, counts, strict=True))
        return tuple(
            _Pattern(unit=unit, taken=self._taken(option), count=count, members=tuple(members), whole=whole)
            for ((option, unit, _, _), members), count in zip(types.items(), counts, strict=True)
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
        for each in layout.types[1:] if self.survey.refusals.members else ():
            nodes = np.intersect1d(nodes, self._usable(each))
        price = np.zeros(len(nodes), dtype=np.int64)
        for each in layout.types:
            price += each.count * self.shapes.prices(each.option, nodes)
        return nodes, number, price

    def _areas(self, layout: Layout, number: int, cluster: int) -> Iterator[Area]:
        copies = sum(engine.copies for engine in self.deployment.engines)
        key = (
            tuple(each.option.pool for each in layout.types),
            (self.by_zone, self.needs_zone, self.counts_first, self.has_distance),
            self.deployment.serving_mode is not ServingMode.PREFILL_DECODE and copies > 1,
            self.kind if self.survey.refusals.members else None,
        )
        if key not in self.shapes.grounds:
            self.shapes.grounds[key] = tuple(self._grounds(layout, cluster))
        for area in self.shapes.grounds[key]:
            yield area if area.layout == number else replace(area, layout=number)

    def _grounds(self, layout: Layout, cluster: int) -> Iterator[Area]:
        usable = [self._usable(each) for each in layout.types]
        if not self.by_zone:
            firsts = sorted({int(z) for z in self.nodes.zone[usable[0]]}) if self.counts_first else [-1]
            for zone in firsts:
                inside = usable
                if self.counts_first:
                    inside = [usable[0][self.nodes.zone[usable[0]] == zone], *usable[1:]]
                yield from self._levels(cluster, zone, inside)
            return
        for zone in sorted({int(z) for found in usable for z in self.nodes.zone[found]}):
            inside = [found[self.nodes.zone[found] == zone] for found in usable]
            yield from self._levels(cluster, zone, inside)

    def _levels(self, cluster: int, zone: int, usable: list[Ints]) -> Iterator[Area]:
        def area(level: int, nodes: list[Ints], *, splits: bool = False) -> Iterator[Area]:
            if all(len(found) for found in nodes):
                yield Area(
                    cluster=cluster,
                    zone=zone,
                    level=level,
                    layout=0,
                    nodes=tuple(nodes),
                    splits=splits,
                )

        if not self.has_distance:
            yield from area(0, usable)
            return
        places = self.survey.inventory.places
        distinct = np.unique(np.concatenate(usable)).tolist()
        fabrics = [places[node].fabric for node in distinct]
        cliques = [
            places[node].clique and f"{places[node].fabric}|{places[node].clique}" for node in distinct
        ]
        for level, keys in ((Distance.NVLINK, cliques), (Distance.FABRIC, fabrics)):
            groups: dict[str, set[int]] = {}
            for key, node in zip(keys, distinct, strict=True):
                if key:
                    groups.setdefault(key, set()).add(node)
            for _, inside in sorted(groups.items()):
                if len(inside) > 1:
                    yield from area(int(level), [found[[n in inside for n in found]] for found in usable])
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
