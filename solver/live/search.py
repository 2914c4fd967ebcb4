"""The best place for one more replica: every candidate is looked at, tier by tier, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.domain.identity import ClusterName
from solver.domain.policy import TierName
from solver.domain.workload import Engine, ModelDeployment, SpreadMode
from solver.live.domains import SpreadCounts
from solver.live.nodes import Ints, Mask, NodeArrays
from solver.live.packing import Counts, Packing, Reached, Trail
from solver.live.shape import Area, Layout, PodType, Shape, Shapes
from solver.matching.candidates import has_distance
from solver.matching.distance import joined
from solver.matching.draft import NewPod
from solver.matching.scene import Survey

Vector = tuple[int, ...]
"""What one more replica adds to each tier of the policy after those of placing, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A place for a replica, and what it adds to each tier."""

    cluster: ClusterName
    pods: tuple[NewPod, ...]
    vector: Vector


def tier_order(survey: Survey) -> tuple[TierName, ...]:
    """The tiers that one more replica is compared by: those of the policy but shortfall and evictions."""
    policy = survey.problem.policy
    apart = {TierName.SHORTFALL, TierName.EVICTIONS}
    if not policy.prefers_ready_caches:
        apart.add(TierName.LOCALITY)
    return tuple(tier.name for tier in policy.tiers if tier.name not in apart)


class Search:
    """Looks for places in a fleet as it is now."""

    def __init__(self, survey: Survey, nodes: NodeArrays, spread: SpreadCounts, shapes: Shapes) -> None:
        self._survey = survey
        self._nodes = nodes
        self._spread = spread
        self._shapes = shapes
        self._order = tier_order(survey)
        self._clusters = tuple(survey.inventory.clusters)
        self._packing = Packing(nodes, self._order, lambda each, where: shapes.prices(each.option, where))

    def best(self, deployment: ModelDeployment, *, room: Mapping[str, int]) -> Found | None:
        """The best place for one more replica of *deployment*, None if there is none.

        Args:
            deployment: whose replica it is.
            room: devices that its namespace may still claim, by class; others are free.
        """
        shape = self._shapes.of(deployment)
        allowed = np.array([_within(layout, room) for layout in shape.layouts], dtype=np.bool_)
        best = self._best_spot(deployment, shape, allowed)
        return self._best_area(deployment, shape, allowed, best)

    def _best_spot(self, deployment: ModelDeployment, shape: Shape, allowed: Mask) -> Found | None:
        fits = [
            self._nodes.most(layout.whole, shape.spots[start:end]) > 0 for start, end, layout in shape.runs
        ]
        if not fits:
            return None
        usable = np.concatenate(fits) & allowed[shape.spot_layout]
        at = usable.nonzero()[0]
        nodes = shape.spots[at]
        if len(at) and any(rule.mode is SpreadMode.REQUIRED for rule in deployment.spread):
            keep = self._spread.allowed(deployment, self._nodes.cluster[nodes], self._nodes.zone[nodes])
            at, nodes = at[keep], nodes[keep]
        if not len(at):
            return None
        vector = []
        for tier in self._order:
            column = self._spot_column(tier, deployment, shape, at)
            least = int(column.min())
            vector.append(least)
            if len(at) > 1:
                at = at[column == least]
        layout = shape.layouts[int(shape.spot_layout[at[0]])]
        node = int(shape.spots[at[0]])
        trail = Trail(node, tuple(each.count for each in layout.types), None)
        pods = _pods(deployment, layout, [trail])
        cluster = self._clusters[int(self._nodes.cluster[node])]
        return Found(cluster=cluster, pods=pods, vector=tuple(vector))

    def _spot_column(self, tier: TierName, deployment: ModelDeployment, shape: Shape, at: Ints) -> Ints:
        nodes = shape.spots[at]
        clusters = self._nodes.cluster[nodes]
        pods = sum(each.count for each in shape.layouts[0].types)
        match tier:
            case TierName.EXPECTED:
                return self._nodes.is_expected[nodes] * pods
            case TierName.SPREAD:
                return self._spread.pairs(deployment, clusters, self._nodes.zone[nodes])
            case TierName.LOCALITY:
                return self._far(deployment)[clusters]
            case TierName.PRICE:
                return shape.spot_price[at]
            case TierName.STRANDED:
                found = np.zeros(len(at), dtype=np.int64)
                of_layout = np.array([layout.taken for layout in shape.layouts], dtype=np.int64)
                taken = of_layout[shape.spot_layout[at]]
                for amount in np.unique(taken):
                    found[taken == amount] = self._nodes.stranding(nodes[taken == amount], int(amount))
                return found
            case TierName.CANONICAL:
                return (nodes + 1) * pods
            case _:
                return np.zeros(len(at), dtype=np.int64)  # one node is as near as can be

    def _best_area(
        self, deployment: ModelDeployment, shape: Shape, allowed: Mask, best: Found | None
    ) -> Found | None:
        areas = shape.areas
        if not areas:
            return best
        cluster = np.array([area.cluster for area in areas], dtype=np.int64)
        zone = np.array([area.zone for area in areas], dtype=np.int64)
        usable = allowed[shape.area_layout]
        usable &= self._spread.allowed(deployment, cluster, zone)
        pairs = self._spread.pairs(deployment, cluster, zone)
        far = self._far(deployment)[cluster]
        least = [
            self._least(area, shape.layouts[shape.area_layout[i]], int(pairs[i]), int(far[i]))
            for i, area in enumerate(areas)
        ]
        for index in sorted(usable.nonzero()[0], key=lambda i: (least[i], i)):
            if best is not None and least[index] >= best.vector:
                break
            layout = shape.layouts[shape.area_layout[index]]
            found = self._in_area(deployment, layout, areas[index], int(pairs[index]), int(far[index]))
            if found is not None and (best is None or found.vector < best.vector):
                best = found
        return best

    def _least(self, area: Area, layout: Layout, pairs: int, far: int) -> Vector:
        """What a replica in *area* adds at the least."""
        costs = {
            TierName.SPREAD: pairs,
            TierName.DISTANCE: area.level,
            TierName.LOCALITY: far,
            TierName.STRANDED: -layout.taken,
        }
        return tuple(costs.get(tier, 0) for tier in self._order)

    def _far(self, deployment: ModelDeployment) -> Ints:
        """By cluster, whether the cache that *deployment* names is not ready there."""
        cache = self._survey.cache_of(deployment)
        if cache is None:
            return np.zeros(len(self._clusters), dtype=np.int64)
        return np.array([name not in cache.ready_clusters for name in self._clusters], dtype=np.int64)

    def _in_area(
        self, deployment: ModelDeployment, layout: Layout, area: Area, pairs: int, far: int
    ) -> Found | None:
        for each, nodes in zip(layout.types, area.nodes, strict=True):
            if int(self._nodes.most(each.unit, nodes, enough=each.count).sum()) < each.count:
                return None
        if area.splits:
            trails = self._split(deployment, layout, area)
        else:
            trail = self._packing.best(layout.types, area.nodes)
            trails = None if trail is None else [trail]
        if trails is None:
            return None
        pods = _pods(deployment, layout, trails)
        return Found(
            cluster=self._clusters[area.cluster],
            pods=pods,
            vector=self._vector(deployment, layout, trails, pairs, far),
        )

    def _vector(
        self, deployment: ModelDeployment, layout: Layout, trails: Sequence[Trail], pairs: int, far: int
    ) -> Vector:
        loads: dict[int, list[int]] = {}
        for trail in trails:
            for node, counts in trail:
                total = loads.setdefault(node, [0] * len(counts))
                loads[node] = [a + b for a, b in zip(total, counts, strict=True)]
        costs = dict.fromkeys(TierName, 0)
        costs[TierName.SPREAD], costs[TierName.LOCALITY] = pairs, far
        if has_distance(deployment):
            costs[TierName.DISTANCE] = int(joined(self._survey.inventory, list(loads)))
        for node, load in loads.items():
            here = np.array([node], dtype=np.int64)
            pairs_of = list(zip(layout.types, load, strict=True))
            costs[TierName.EXPECTED] += int(self._nodes.is_expected[node]) * sum(load)
            costs[TierName.CANONICAL] += (node + 1) * sum(load)
            taken = sum(each.taken * count for each, count in pairs_of)
            costs[TierName.STRANDED] += int(self._nodes.stranding(here, taken)[0])
            for each, count in pairs_of:
                if count:
                    costs[TierName.PRICE] += count * int(self._shapes.prices(each.option, here)[0])
        return tuple(costs[tier] for tier in self._order)

    def _split(self, deployment: ModelDeployment, layout: Layout, area: Area) -> list[Trail] | None:
        """The best way to divide copies over the fabrics of *area*: a copy of a gang stays on one."""
        items = _items(deployment, layout)
        places = self._survey.inventory.places
        fabrics = sorted({places[node].fabric for nodes in area.nodes for node in nodes})
        wanted = tuple(count for count, _ in items)
        parts: dict[Counts, tuple[int, list[Trail]]] = {(0,) * len(items): (0, [])}
        for fabric in fabrics:
            inside = [nodes[[places[n].fabric == fabric for n in nodes]] for nodes in area.nodes]
            reached = self._packing.reached(layout.types, inside)
            options = list(_options(items, reached, layout.types))
            for have, (cost, trails) in list(parts.items()):
                for extra, price, trail in options:
                    total = tuple(a + b for a, b in zip(have, extra, strict=True))
                    if any(a > b for a, b in zip(total, wanted, strict=True)):
                        continue
                    if total not in parts or cost + price < parts[total][0]:
                        parts[total] = cost + price, [*trails, trail]
        return parts[wanted][1] if wanted in parts else None


def _within(layout: Layout, room: Mapping[str, int]) -> bool:
    """Whether a replica of *layout* claims no more of any class than there is room for."""
    if not room:
        return True
    asked: dict[str, int] = {}
    for each in layout.types:
        for need, name in zip(each.option.needs, each.option.classes, strict=True):
            if name is not None:
                asked[name] = asked.get(name, 0) + need.devices * each.count
    return all(count <= room[name] for name, count in asked.items() if name in room)


def _items(deployment: ModelDeployment, layout: Layout) -> list[tuple[int, Counts]]:
    """What must not be divided over fabrics: copies of gangs, and single pods; how many, and their pods by type."""
    items = []
    for position, engine in enumerate(deployment.engines):
        per_copy = [0] * len(layout.types)
        for number, each in enumerate(layout.types):
            per_copy[number] += sum(pods for at, _, pods in each.members if at == position) // engine.copies
        if engine.is_gang:
            items.append((engine.copies, tuple(per_copy)))
            continue
        for number, pods in enumerate(per_copy):
            if pods:
                single = tuple(int(other == number) for other in range(len(per_copy)))
                items.append((engine.copies * pods, single))
    return items


def _options(
    items: Sequence[tuple[int, Counts]], reached: Reached, types: Sequence[PodType]
) -> list[tuple[Counts, int, Trail]]:
    """Numbers of *items* that fit on a fabric together, with their cost."""
    found = []
    for chosen in product(*(range(count + 1) for count, _ in items)):
        pods = tuple(
            sum(number * per[index] for number, (_, per) in zip(chosen, items, strict=True))
            for index in range(len(types))
        )
        cost, trail = reached.get(pods, (0, None))
        if trail is not None:
            found.append((chosen, cost, trail))
    return found


def _pods(deployment: ModelDeployment, layout: Layout, trails: Sequence[Trail]) -> tuple[NewPod, ...]:
    """The pods in the order of the template, on the nodes of *trails*: one for each fabric."""
    stock = [
        [sorted(node for node, counts in trail for _ in range(counts[number])) for trail in trails]
        for number in range(len(layout.types))
    ]
    type_of = {
        (engine, member): number
        for number, each in enumerate(layout.types)
        for engine, member, _ in each.members
    }
    pods: list[NewPod] = []
    gangs_first = sorted(range(len(deployment.engines)), key=lambda e: not deployment.engines[e].is_gang)
    for position in gangs_first:
        engine = deployment.engines[position]
        for copy in range(engine.copies):
            part = _part(engine, position, stock, type_of) if engine.is_gang else None
            for index, member in enumerate(engine.members):
                supply = stock[type_of[position, index]]
                for rank in range(member.pods_per_copy):
                    from_here = part if part is not None else next(i for i, s in enumerate(supply) if s)
                    pods.append(
                        NewPod(
                            engine=engine.name,
                            copy=copy,
                            role=member.role,
                            rank=rank,
                            node=supply[from_here].pop(0),
                            option=layout.options[position][index],
                        )
                    )
    by_engine = {engine.name: number for number, engine in enumerate(deployment.engines)}
    return tuple(sorted(pods, key=lambda pod: by_engine[pod.engine]))


def _part(
    engine: Engine,
    position: int,
    stock: Sequence[Sequence[Sequence[int]]],
    type_of: Mapping[tuple[int, int], int],
) -> int:
    """The first fabric that still has nodes for a whole copy of the gang."""
    asked: dict[int, int] = {}
    for index, member in enumerate(engine.members):
        number = type_of[position, index]
        asked[number] = asked.get(number, 0) + member.pods_per_copy
    return next(
        part
        for part in range(len(stock[0]))
        if all(len(stock[number][part]) >= count for number, count in asked.items())
    )
