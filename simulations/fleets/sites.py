"""The lay of the fleet before anything runs on it: clusters, their fabrics, and the kind and number of nodes of each."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from random import Random

from simulations.fleets.drawing import apportioned, drawn, stream
from simulations.fleets.machines import MACHINE_TYPES, MachineType
from simulations.fleets.spec import MOST_FABRICS_PER_CLUSTER, FleetSpec
from simulations.fleets.statistics import (
    GPUS_OF_CARDS,
    NODE_GROUPS,
    REGIONAL_PRICE_PERCENT,
    REGIONS,
    TIERS,
)
from solver.domain.identity import ClusterName, NodePoolKey

_PERMILLE = 1000
_ZONES = "abc"


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A cluster to be."""

    name: ClusterName
    region: str
    tier: str
    is_drained: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FabricSite:
    """A fabric to be: equal nodes that may talk at full speed; *first* is the number of its first one."""

    site: Site
    #: Its cluster by position.
    cluster: int
    kind: MachineType
    pool: NodePoolKey
    #: Value of the label that tells it from the other fabrics of its pool; None: it is the whole pool.
    block: str | None
    zone: str
    price_microdollars_per_hour: int
    first: int
    nodes: int
    #: Nodes of the pool that come before its own.
    first_of_pool: int

    def node_name(self, node: int) -> str:
        """Name of the node with the number *node* of the fleet."""
        return f"{self.pool.cluster}-{self.pool.name}-{self.first_of_pool + node - self.first:04}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sites:
    """All clusters by name, and their fabrics in the order of their nodes."""

    clusters: tuple[Site, ...]
    fabrics: tuple[FabricSite, ...]

    @property
    def nodes(self) -> int:
        """Nodes of the fleet, those included that will be lost."""
        return self.fabrics[-1].first + self.fabrics[-1].nodes

    @property
    def gpus(self) -> int:
        """GPUs of those nodes."""
        return sum(fabric.nodes * fabric.kind.gpus for fabric in self.fabrics)


def laid_out(spec: FleetSpec) -> Sites:
    """The clusters and fabrics of *spec*, with the nodes that will be lost."""
    rng = stream(spec.seed, "sites")
    prices = {region: rng.choice(REGIONAL_PRICE_PERCENT) for region in REGIONS}
    fabrics_of = _fabrics_of(spec, rng)
    sizes = _sizes(spec, rng)
    kinds = _kinds(sizes, rng)
    clusters = _clusters(spec, [sum(own) for own in _divided(sizes, fabrics_of)], rng)
    fabrics: list[FabricSite] = []
    taken = 0
    for at, site in enumerate(clusters):
        until = taken + fabrics_of[at]
        own = sorted(zip(kinds[taken:until], sizes[taken:until], strict=True), key=lambda each: each[0].name)
        taken = until
        fabrics.extend(_pooled(site, at, own, prices[site.region], rng))
    return Sites(clusters=clusters, fabrics=tuple(_numbered(fabrics)))


def _divided(sizes: Sequence[int], fabrics_of: Sequence[int]) -> Iterator[Sequence[int]]:
    taken = 0
    for count in fabrics_of:
        yield sizes[taken : taken + count]
        taken += count


def _clusters(spec: FleetSpec, nodes: Sequence[int], rng: Random) -> tuple[Site, ...]:
    """The clusters; those of about the usual size are drained, so that seeds differ little in what must move."""
    by_oddity = sorted(range(spec.clusters), key=lambda at: (abs(nodes[at] * spec.clusters - spec.nodes), at))
    middling = by_oddity[: max(spec.drained_clusters, spec.clusters // 10)]
    drained = set(rng.sample(middling, spec.drained_clusters))
    digits = max(2, len(str(spec.clusters - 1)))
    turns = list(REGIONS)
    rng.shuffle(turns)
    return tuple(
        Site(
            name=ClusterName(f"cluster-{number:0{digits}}"),
            region=turns[number % len(turns)],
            tier=drawn(rng, TIERS),
            is_drained=number in drained,
        )
        for number in range(spec.clusters)
    )


def _fabrics_of(spec: FleetSpec, rng: Random) -> list[int]:
    """Fabrics of each cluster, at least one and at most as many as it can have node pools."""
    counts = [1] * spec.clusters
    open_clusters = list(range(spec.clusters)) if spec.fabrics > spec.clusters else []
    for _ in range(spec.fabrics - spec.clusters):
        at = rng.randrange(len(open_clusters))
        cluster = open_clusters[at]
        counts[cluster] += 1
        if counts[cluster] == MOST_FABRICS_PER_CLUSTER:
            open_clusters[at] = open_clusters[-1]
            open_clusters.pop()
    return counts


def _sizes(spec: FleetSpec, rng: Random) -> list[int]:
    """Nodes of each fabric, as uneven as the groups of real nodes are."""
    lost = spec.nodes * spec.lost_nodes_permille // (_PERMILLE - spec.lost_nodes_permille)
    weights = [rng.choice(NODE_GROUPS) for _ in range(spec.fabrics)]
    return apportioned(spec.nodes + lost, weights, least=1)


def _kinds(sizes: Sequence[int], rng: Random) -> list[MachineType]:
    """A kind for each fabric; the largest first takes the kind that lacks most nodes, so that shares come out."""
    weights = [_node_weight(kind) for kind in MACHINE_TYPES]
    missing = dict(zip(MACHINE_TYPES, apportioned(sum(sizes), weights), strict=True))
    order = list(range(len(sizes)))
    rng.shuffle(order)
    order.sort(key=lambda at: -sizes[at])
    chosen = [MACHINE_TYPES[0]] * len(sizes)
    for at in order:
        chosen[at] = max(missing, key=lambda kind: (missing[kind], kind.name))
        missing[chosen[at]] -= sizes[at]
    return chosen


def _node_weight(kind: MachineType) -> int:
    whole = sum(each.share for each in MACHINE_TYPES if each.card == kind.card)
    return GPUS_OF_CARDS[kind.card] * kind.share * _PERMILLE // (whole * kind.gpus)


def _pooled(
    site: Site, cluster: int, own: Sequence[tuple[MachineType, int]], percent: int, rng: Random
) -> Iterator[FabricSite]:
    """Fabrics with NICs are blocks of one pool of their kind, those without are pools of their own."""
    by_kind: dict[MachineType, list[int]] = defaultdict(list)
    for kind, size in own:
        by_kind[kind].append(size)
    for kind, sizes in by_kind.items():
        before = 0
        for number, size in enumerate(sizes):
            is_block = kind.nics > 0
            name = kind.name if is_block or not number else f"{kind.name}-{number + 1}"
            yield FabricSite(
                site=site,
                cluster=cluster,
                kind=kind,
                pool=NodePoolKey(site.name, name),
                block=f"{site.name}-{kind.name}-{number}" if is_block else None,
                zone=f"{site.region}-{rng.choice(_ZONES)}",
                price_microdollars_per_hour=kind.price_microdollars_per_hour * percent // 100,
                first=0,
                nodes=size,
                first_of_pool=before if is_block else 0,
            )
            before += size


def _numbered(fabrics: Sequence[FabricSite]) -> Iterator[FabricSite]:
    first = 0
    for fabric in sorted(fabrics, key=lambda each: (each.pool, each.first_of_pool)):
        yield replace(fabric, first=first)
        first += fabric.nodes
