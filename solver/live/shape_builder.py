"""How the spots and areas of a shape are found, cluster by cluster."""

from collections.abc import Iterable, Iterator
from itertools import product
from typing import Protocol

import numpy as np

from solver.domain.identity import NodePoolKey
from solver.domain.workload import ModelDeployment, ServingMode, SpreadMode
from solver.live.nodes import Ints, NodeArrays
from solver.live.shape import Area, Layout, Pattern, PodType, Shape
from solver.live.shape_arrays import collected
from solver.matching.candidates import ZONE, has_distance, stays_in_zone
from solver.matching.distance import Distance
from solver.matching.draft import unit_of
from solver.matching.ledger import Unit
from solver.matching.node_fit import Need
from solver.matching.options import MemberOption
from solver.matching.survey import Survey


class Grounds(Protocol):
    """What the shapes of a fleet share."""

    #: Areas by the pools of the types and what they depend on besides.
    grounds: dict[object, tuple[Area, ...]]

    def takes_new(self, pool: NodePoolKey) -> Ints:
        """Nodes of *pool* that take new pods."""
        ...

    def prices(self, option: MemberOption, nodes: Ints) -> Ints:
        """What a pod served by *option* costs on each of *nodes*, which are of its pool and take new pods."""
        ...


def zoning(deployment: ModelDeployment) -> tuple[bool, bool, bool]:
    """Whether replicas stay in one zone, need a known one, and count in that of their first pod."""
    rules = [rule for rule in deployment.spread if rule.topology_key == ZONE]
    stays = stays_in_zone(deployment)
    needs = any(rule.mode is SpreadMode.REQUIRED for rule in rules)
    return stays, needs, bool(rules) and not stays


class ShapeBuilder:
    """Builds the shape of one deployment."""

    def __init__(
        self, shapes: Grounds, survey: Survey, nodes: NodeArrays, deployment: ModelDeployment, kind: object
    ) -> None:
        self.kind = kind
        self.shapes = shapes
        self.survey = survey
        self.nodes = nodes
        self.deployment = deployment
        self.by_zone, self.needs_zone, self.counts_first = zoning(deployment)
        self.has_distance = has_distance(deployment)
        self.pods = sum(
            engine.copies * member.pods_per_copy for engine in deployment.engines for member in engine.members
        )
        self.patterns: dict[object, Pattern] = {}

    def build(self) -> Shape:
        """The shape on all clusters of the fleet."""
        shape = Shape()
        spots: list[tuple[Ints, Ints, int]] = []
        area_layout: list[int] = []
        area_price: list[int] = []
        for name in self.survey.inventory.clusters:
            joint = [self.survey.options.of_engine(engine, name) for engine in self.deployment.engines]
            for choice in product(*joint):
                layout = self._layout(choice)
                number = len(shape.layouts)
                shape.layouts.append(layout)
                pools = {option.pool for options in choice for option in options}
                if self.pods == 1 or (self.has_distance and len(pools) == 1):
                    spots.append((*self._spots(layout), number))
                if self.pods > 1:
                    found = self._areas(layout, self.nodes.cluster_numbers[name])
                    shape.areas += found
                    area_layout += [number] * len(found)
                    area_price += [self._cheapest(layout, area) for area in found]
        shape.area_price = np.array(area_price, dtype=np.int64)
        return collected(shape, spots, area_layout, self.nodes)

    def _cheapest(self, layout: Layout, area: Area) -> int:
        """What a replica in *area* costs at the least."""
        return sum(
            each.count * int(self.shapes.prices(layout.option(each), nodes).min())
            for each, nodes in zip(layout.pattern.types, area.nodes, strict=True)
        )

    def _layout(self, choice: tuple[tuple[MemberOption, ...], ...]) -> Layout:
        pools: dict[NodePoolKey, int] = {}
        key = tuple(
            (option.needs, option.classes, option.refused_as, pools.setdefault(option.pool, len(pools)))
            for options in choice
            for option in options
        )
        if key not in self.patterns:
            self.patterns[key] = self._pattern(choice)
        return Layout(options=choice, pattern=self.patterns[key])

    def _pattern(self, choice: tuple[tuple[MemberOption, ...], ...]) -> Pattern:
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
        found = tuple(
            PodType(
                unit=unit,
                number=self.nodes.number(unit),
                taken=self.survey.shares.of_pod(option.needs, option.classes),
                count=count,
                members=tuple(members),
            )
            for ((option, unit, _, _), members), count in zip(types.items(), counts, strict=True)
        )
        return Pattern(
            types=found,
            whole=self.nodes.number(whole),
            pods=self.pods,
            taken=sum(each.taken * each.count for each in found),
        )

    def _usable(self, layout: Layout, each: PodType) -> Ints:
        """Nodes of the pool that no rule keeps single pods of the type from."""
        found = self.shapes.takes_new(layout.option(each).pool)
        engine, index, _ = each.members[0]
        member = self.deployment.engines[engine].members[index]
        if self.survey.refusals.members:
            may = self.survey.options.may_hosts(found.tolist(), self.deployment.key, member)
            found = np.array(may, dtype=np.int64)
        if self.by_zone and self.needs_zone:
            found = found[self.nodes.zone[found] >= 0]
        return found

    def _spots(self, layout: Layout) -> tuple[Ints, Ints]:
        """Nodes that might take a whole replica, and what it costs there."""
        types = layout.pattern.types
        nodes = self._usable(layout, types[0])
        for each in types[1:] if self.survey.refusals.members else ():
            nodes = np.intersect1d(nodes, self._usable(layout, each))
        price = np.zeros(len(nodes), dtype=np.int64)
        for each in types:
            price += each.count * self.shapes.prices(layout.option(each), nodes)
        return nodes, price

    def _areas(self, layout: Layout, cluster: int) -> tuple[Area, ...]:
        copies = sum(engine.copies for engine in self.deployment.engines)
        key = (
            tuple(layout.option(each).pool for each in layout.pattern.types),
            (self.by_zone, self.needs_zone, self.counts_first, self.has_distance),
            self.deployment.serving_mode is not ServingMode.PREFILL_DECODE and copies > 1,
            self.kind if self.survey.refusals.members else None,
        )
        if key not in self.shapes.grounds:
            self.shapes.grounds[key] = tuple(self._grounds(layout, cluster))
        return self.shapes.grounds[key]

    def _grounds(self, layout: Layout, cluster: int) -> Iterator[Area]:
        usable = [self._usable(layout, each) for each in layout.pattern.types]
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
