"""The best place for one more replica: every candidate is looked at, tier by tier, exactly."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.domain.identity import ClusterName
from solver.domain.policy import TierName
from solver.domain.workload import ModelDeployment, SpreadMode
from solver.live.domains import SpreadCounts
from solver.live.nodes import Asked, Ints, Mask, NodeArrays
from solver.live.packing import Counts, Packing, Pods, Reached, Trail
from solver.live.pods import pods_of
from solver.live.shape import Area, Layout, Shape
from solver.live.shapes import Shapes
from solver.matching.candidates import has_distance
from solver.matching.distance import joined
from solver.matching.draft import NewPod
from solver.matching.survey import Survey

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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Query:
    """One question, with what is the same for all places."""

    deployment: ModelDeployment
    #: By cluster, whether it takes the deployment.
    clusters: Mask
    #: By layout, whether quotas allow it; None: they allow all.
    layouts: Mask | None
    #: What a pod asks of its node's resources, by engine and member.
    asked: Mapping[tuple[int, int], Asked]
    #: By cluster, 1 where the cache that it names is not ready.
    far: Ints
    #: Whether some spread rule is required.
    is_spread: bool

    def whole(self) -> Asked:
        """The same of all pods of a replica together."""
        counts = [
            (engine.copies * member.pods_per_copy, self.asked[position, index])
            for position, engine in enumerate(self.deployment.engines)
            for index, member in enumerate(engine.members)
        ]
        slots, cpu, memory = (sum(count * each[i] for count, each in counts) for i in range(3))
        return slots, cpu, memory


class Search:
    """Looks for places in a fleet as it is now."""

    def __init__(self, survey: Survey, nodes: NodeArrays, spread: SpreadCounts, shapes: Shapes) -> None:
        self._survey = survey
        self._nodes = nodes
        self._spread = spread
        self._shapes = shapes
        self._order = tier_order(survey)
        self._clusters = tuple(survey.inventory.clusters)
        self._packing = Packing(nodes, self._order, shapes.prices)

    def best(self, deployment: ModelDeployment, *, room: Mapping[str, int]) -> Found | None:
        """The best place for one more replica of *deployment*, None if there is none.

        Args:
            deployment: whose replica it is.
            room: devices that its namespace may still claim, by class; others are free.
        """
        shape = self._shapes.of(deployment)
        query = self._query(deployment, shape, room)
        return self._best_area(query, shape, self._best_spot(query, shape))

    def open_spots(self, deployment: ModelDeployment, *, room: Mapping[str, int]) -> tuple[Ints, int]:
        """Spots that rules and quotas allow, whether or not there is room, and the devices that a replica takes."""
        shape = self._shapes.of(deployment)
        if not shape.runs:
            return np.zeros(0, dtype=np.int64), 0
        query = self._query(deployment, shape, room)
        at = self._allowed_spots(query, shape, np.ones(len(shape.spots), dtype=np.bool_))
        return np.unique(shape.spots.take(at)), shape.runs[0][2].taken

    def open_areas(
        self, deployment: ModelDeployment, *, room: Mapping[str, int]
    ) -> list[tuple[Ints, int, int]]:
        """Areas that rules and quotas allow: their nodes, what the largest pod takes, and how many pods there are."""
        shape = self._shapes.of(deployment)
        if not shape.areas:
            return []
        usable = self._allowed_areas(self._query(deployment, shape, room), shape)
        found = []
        for index in usable.nonzero()[0]:
            types = shape.layouts[int(shape.area_layout[index])].pattern.types
            nodes = np.unique(np.concatenate(shape.areas[index].nodes))
            found.append((nodes, max(each.taken for each in types), sum(each.count for each in types)))
        return found

    def _query(self, deployment: ModelDeployment, shape: Shape, room: Mapping[str, int]) -> "_Query":
        return _Query(
            deployment=deployment,
            clusters=self._shapes.eligible(deployment),
            layouts=_within(shape, room),
            asked={
                (position, index): (1, member.cpu_millicores, member.memory_bytes)
                for position, engine in enumerate(deployment.engines)
                for index, member in enumerate(engine.members)
            },
            far=self._far(deployment),
            is_spread=any(rule.mode is SpreadMode.REQUIRED for rule in deployment.spread),
        )

    def _best_spot(self, query: "_Query", shape: Shape) -> Found | None:
        if not shape.runs:
            return None
        whole = query.whole()
        fits = [
            self._nodes.most(pattern.whole, whole, shape.spots[start:end])
            for start, end, pattern in shape.runs
        ]
        at = self._allowed_spots(query, shape, (fits[0] if len(fits) == 1 else np.concatenate(fits)) > 0)
        if not len(at):
            return None
        vector = []
        for tier in self._order:
            column = self._spot_column(tier, query, shape, at)
            least = int(column.min())
            vector.append(least)
            if len(at) > 1:
                at = at[column == least]
        layout = shape.layouts[int(shape.spot_layout[at[0]])]
        trail = Trail(int(shape.spots[at[0]]), tuple(each.count for each in layout.pattern.types), None)
        return Found(
            cluster=self._clusters[int(shape.spot_cluster[at[0]])],
            pods=pods_of(query.deployment, layout, [trail]),
            vector=tuple(vector),
        )

    def _allowed_spots(self, query: "_Query", shape: Shape, usable: Mask) -> Ints:
        """Those of the *usable* spots that no rule forbids."""
        usable &= query.clusters.take(shape.spot_cluster)
        if query.layouts is not None:
            usable &= query.layouts.take(shape.spot_layout)
        at = usable.nonzero()[0]
        if len(at) and query.is_spread:
            zone = self._nodes.zone.take(shape.spots.take(at))
            at = at[self._spread.allowed(query.deployment, shape.spot_cluster.take(at), zone)]
        found: Ints = at
        return found

    def _allowed_areas(self, query: "_Query", shape: Shape) -> Mask:
        """The areas that no rule forbids."""
        usable = query.clusters.take(shape.area_cluster)
        if query.layouts is not None:
            usable &= query.layouts.take(shape.area_layout)
        if query.is_spread:
            usable &= self._spread.allowed(query.deployment, shape.area_cluster, shape.area_zone)
        found: Mask = usable
        return found

    def _spot_column(self, tier: TierName, query: "_Query", shape: Shape, at: Ints) -> Ints:
        pods = shape.runs[0][2].pods
        match tier:
            case TierName.EXPECTED:
                return self._nodes.is_expected.take(shape.spots.take(at)) * pods
            case TierName.SPREAD:
                zone = self._nodes.zone.take(shape.spots.take(at))
                return self._spread.pairs(query.deployment, shape.spot_cluster.take(at), zone)
            case TierName.LOCALITY:
                return query.far.take(shape.spot_cluster.take(at))
            case TierName.PRICE:
                return shape.spot_price.take(at)
            case TierName.STRANDED:
                nodes, found = shape.spots.take(at), np.zeros(len(at), dtype=np.int64)
                for start, end, pattern in shape.runs:
                    run = (at >= start) & (at < end)
                    found[run] = self._nodes.stranding(nodes[run], pattern.taken)
                return found
            case TierName.CANONICAL:
                return (shape.spots.take(at) + 1) * pods
            case _:
                return np.zeros(len(at), dtype=np.int64)  # one node is as near as can be

    def _best_area(self, query: "_Query", shape: Shape, best: Found | None) -> Found | None:
        if not shape.areas:
            return best
        usable = self._allowed_areas(query, shape)
        pairs = self._spread.pairs(query.deployment, shape.area_cluster, shape.area_zone)
        least = {
            TierName.SPREAD: pairs,
            TierName.DISTANCE: shape.area_level,
            TierName.LOCALITY: query.far.take(shape.area_cluster),
            TierName.PRICE: shape.area_price,
        }
        self._rule_out(query, shape, usable, least, best)
        at = usable.nonzero()[0]
        columns = [least[tier].take(at) for tier in self._order if tier in least]
        for index in at[np.lexsort([at, *reversed(columns)])] if columns else at:
            layout = shape.layouts[int(shape.area_layout[index])]
            bound = tuple(
                -layout.pattern.taken
                if tier is TierName.STRANDED
                else int(least[tier][index])
                if tier in least
                else 0
                for tier in self._order
            )
            if best is not None and bound >= best.vector:
                continue
            found = self._in_area(query, layout, shape.areas[index], int(pairs[index]))
            if found is not None and (best is None or found.vector < best.vector):
                best = found
        return best

    def _rule_out(
        self,
        query: "_Query",
        shape: Shape,
        usable: Mask,
        least: Mapping[TierName, Ints],
        best: Found | None,
    ) -> None:
        """Unset *usable* for areas that cannot be better than *best*, or that lack room for some type of pods."""
        if best is not None:
            open_still = usable.copy()
            for tier, value in zip(self._order, best.vector, strict=True):
                if tier is TierName.EXPECTED and value == 0:
                    continue  # no area adds less
                if tier not in least:
                    break
                usable &= ~(open_still & (least[tier] > value))
                open_still &= least[tier] == value
        for each, nodes, starts, areas in shape.supplies:
            if not usable[areas].any():
                continue
            fits = self._nodes.most(each.number, query.asked[each.members[0][:2]], nodes, enough=each.count)
            usable[areas[np.add.reduceat(fits, starts) < each.count]] = False

    def _far(self, deployment: ModelDeployment) -> Ints:
        """By cluster, whether the cache that *deployment* names is not ready there."""
        cache = self._survey.cache_of(deployment)
        if cache is None:
            return np.zeros(len(self._clusters), dtype=np.int64)
        return np.array([name not in cache.ready_clusters for name in self._clusters], dtype=np.int64)

    def _in_area(self, query: "_Query", layout: Layout, area: Area, pairs: int) -> Found | None:
        pods = [
            Pods(type=each, asked=query.asked[each.members[0][:2]], option=layout.option(each))
            for each in layout.pattern.types
        ]
        if area.splits:
            trails = self._split(query.deployment, pods, area)
        else:
            trail = self._packing.best(pods, area.nodes)
            trails = None if trail is None else [trail]
        if trails is None or not self._nodes.hold_together(
            (node, pods[number].type.unit, pods[number].type.number, count)
            for trail in trails
            for node, counts in trail
            for number, count in enumerate(counts)
        ):
            return None
        return Found(
            cluster=self._clusters[area.cluster],
            pods=pods_of(query.deployment, layout, trails),
            vector=self._vector(query, pods, trails, pairs, int(query.far[area.cluster])),
        )

    def _vector(
        self, query: "_Query", pods: Sequence[Pods], trails: Sequence[Trail], pairs: int, far: int
    ) -> Vector:
        loads: dict[int, list[int]] = {}
        for trail in trails:
            for node, counts in trail:
                total = loads.setdefault(node, [0] * len(counts))
                loads[node] = [a + b for a, b in zip(total, counts, strict=True)]
        costs = dict.fromkeys(TierName, 0)
        costs[TierName.SPREAD], costs[TierName.LOCALITY] = pairs, far
        if has_distance(query.deployment):
            costs[TierName.DISTANCE] = int(joined(self._survey.inventory, list(loads)))
        for node, load in loads.items():
            here = np.array([node], dtype=np.int64)
            pairs_of = list(zip(pods, load, strict=True))
            costs[TierName.EXPECTED] += int(self._nodes.is_expected[node]) * sum(load)
            costs[TierName.CANONICAL] += (node + 1) * sum(load)
            taken = sum(each.type.taken * count for each, count in pairs_of)
            costs[TierName.STRANDED] += int(self._nodes.stranding(here, taken)[0])
            for each, count in pairs_of:
                if count:
                    costs[TierName.PRICE] += count * int(self._shapes.prices(each.option, here)[0])
        return tuple(costs[tier] for tier in self._order)

    def _split(self, deployment: ModelDeployment, pods: Sequence[Pods], area: Area) -> list[Trail] | None:
        """The best way to divide copies over the fabrics of *area*: a copy of a gang stays on one."""
        items = _items(deployment, pods)
        places = self._survey.inventory.places
        fabrics = sorted({places[node].fabric for nodes in area.nodes for node in nodes})
        wanted = tuple(count for count, _ in items)
        parts: dict[Counts, tuple[int, list[Trail]]] = {(0,) * len(items): (0, [])}
        for fabric in fabrics:
            inside = [nodes[[places[n].fabric == fabric for n in nodes]] for nodes in area.nodes]
            reached = self._packing.reached(pods, inside)
            options = list(_options(items, reached, len(pods)))
            for have, (cost, trails) in list(parts.items()):
                for extra, price, trail in options:
                    total = tuple(a + b for a, b in zip(have, extra, strict=True))
                    if any(a > b for a, b in zip(total, wanted, strict=True)):
                        continue
                    if total not in parts or cost + price < parts[total][0]:
                        parts[total] = cost + price, [*trails, trail]
        return parts[wanted][1] if wanted in parts else None


def _within(shape: Shape, room: Mapping[str, int]) -> Mask | None:
    """By layout, whether a replica claims no more of any class than there is room for; None: all do."""
    if not room:
        return None
    found = np.ones(len(shape.layouts), dtype=np.bool_)
    for name, most in room.items():
        if name in shape.claims:
            found &= (shape.claims[name] == 0) | (shape.claims[name] <= most)
    return found


def _items(deployment: ModelDeployment, kinds: Sequence[Pods]) -> list[tuple[int, Counts]]:
    """What must not be divided over fabrics: copies of gangs, and single pods; how many, and their pods by type."""
    items = []
    for position, engine in enumerate(deployment.engines):
        per_copy = [0] * len(kinds)
        for number, each in enumerate(kinds):
            per_copy[number] += (
                sum(pods for at, _, pods in each.type.members if at == position) // engine.copies
            )
        if engine.is_gang:
            items.append((engine.copies, tuple(per_copy)))
            continue
        for number, pods in enumerate(per_copy):
            if pods:
                single = tuple(int(other == number) for other in range(len(per_copy)))
                items.append((engine.copies * pods, single))
    return items


def _options(
    items: Sequence[tuple[int, Counts]], reached: Reached, types: int
) -> list[tuple[Counts, int, Trail]]:
    """Numbers of *items* that fit on a fabric together, with their cost."""
    found = []
    for chosen in product(*(range(count + 1) for count, _ in items)):
        pods = tuple(
            sum(number * per[index] for number, (_, per) in zip(chosen, items, strict=True))
            for index in range(types)
        )
        cost, trail = reached.get(pods, (0, None))
        if trail is not None:
            found.append((chosen, cost, trail))
    return found
