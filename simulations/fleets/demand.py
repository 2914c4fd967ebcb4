"""What is wanted of the fleet: deployments of every shape, asking for what the fleet has."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from random import Random

from simulations.fleets.drawing import apportioned, drawn, happens, stream
from simulations.fleets.machines import MACHINE_TYPES, MachineType
from simulations.fleets.pods import engines_of
from simulations.fleets.selectors import SELECTORS, machine_types
from simulations.fleets.shapes import SHAPES, Shape, mix
from simulations.fleets.sites import Site, Sites
from simulations.fleets.spec import FleetSpec
from simulations.fleets.spreading import Reach, Spreader
from simulations.fleets.statistics import (
    PRIORITIES,
    REGION_SELECTED_PERMILLE,
    SERVICE_SIZES,
    TIER_SELECTED_PERMILLE,
)
from solver.domain.identity import DeploymentKey
from solver.domain.workload import ModelDeployment, ServingMode

REGION_LABEL, TIER_LABEL = "modelplane.ai/region", "modelplane.ai/tier"
_DEPLOYMENTS_PER_NAMESPACE = 50
_FEWEST_NAMESPACES = 4
_PERMILLE = 1000
#: A deployment narrows itself to a region only where it takes at most one in so many of the GPUs there.
_REGION_HEADROOM = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A deployment, and the shape and kind of node that it was made for."""

    deployment: ModelDeployment
    shape: Shape
    kind: MachineType


def demand(spec: FleetSpec, sites: Sites) -> tuple[Wanted, ...]:
    """The deployments of *spec* on *sites*, in order of their keys."""
    rng = stream(spec.seed, "demand")
    capacity = _Capacity(sites)
    gpus = sites.gpus * (_PERMILLE - spec.lost_nodes_permille) * spec.wanted_gpus_permille // _PERMILLE**2
    wanted = mix(
        [shape for shape in SHAPES if capacity.kinds(shape)],
        deployments=spec.deployments,
        replicas=spec.replicas,
        gpus=gpus,
    )
    sizes: list[tuple[Shape, int]] = []
    for shape, deployments, replicas in zip(wanted.shapes, wanted.deployments, wanted.replicas, strict=True):
        weights = [rng.choice(SERVICE_SIZES) for _ in range(deployments)]
        sizes += [(shape, count) for count in apportioned(replicas, weights, least=1)]
    # The largest choose first, so that no kind of node is asked for more than it has.
    rng.shuffle(sizes)
    sizes.sort(key=lambda each: -each[0].gpus_per_replica * each[1])
    spreader = Spreader(spec, [count for _, count in sizes], rng)
    namespaces = _namespaces(spec)
    made = [
        _made(number, shape, count, capacity, spreader, namespaces, rng)
        for number, (shape, count) in enumerate(sizes)
    ]
    return tuple(sorted(made, key=lambda each: each.deployment.key))


def _namespaces(spec: FleetSpec) -> list[str]:
    count = max(_FEWEST_NAMESPACES, spec.deployments // _DEPLOYMENTS_PER_NAMESPACE)
    return [f"team-{number:03}" for number in range(count)]


def _made(
    number: int,
    shape: Shape,
    replicas: int,
    capacity: "_Capacity",
    spreader: Spreader,
    namespaces: Sequence[str],
    rng: Random,
) -> Wanted:
    kind = capacity.taken(shape, replicas * shape.gpus_per_replica, rng)
    selector = SELECTORS[drawn(rng, kind.selectors)]
    labels = capacity.cluster_labels(selector, replicas * shape.gpus_per_replica, rng)
    deployment = ModelDeployment(
        key=DeploymentKey(rng.choice(namespaces), f"{shape.name}-{number:05}"),
        replicas=replicas,
        engines=engines_of(shape, kind, selector, rng),
        serving_mode=ServingMode.PREFILL_DECODE if shape.kind == "pair" else ServingMode.UNIFIED,
        priority=drawn(rng, PRIORITIES),
        cluster_selector=labels,
        spread=spreader.rules(number, replicas, capacity.reach(selector, labels)),
    )
    return Wanted(deployment=deployment, shape=shape, kind=kind)


class _Capacity:
    """GPUs that nobody asked for yet, by kind, and all GPUs by kind, region and tier."""

    def __init__(self, sites: Sites) -> None:
        self._free: dict[MachineType, int] = defaultdict(int)
        self._by_label: dict[tuple[MachineType, str, str], int] = defaultdict(int)
        self._sites: dict[MachineType, dict[Site, None]] = defaultdict(dict)
        self._reach: dict[tuple[str, str | None, str | None], Reach] = {}
        self._has_neighbours: set[MachineType] = set()
        self._labels: dict[str, dict[str, None]] = {REGION_LABEL: {}, TIER_LABEL: {}}
        for fabric in sites.fabrics:
            gpus = fabric.nodes * fabric.kind.gpus
            self._free[fabric.kind] += gpus
            self._sites[fabric.kind][fabric.site] = None
            for key, value in ((REGION_LABEL, fabric.site.region), (TIER_LABEL, fabric.site.tier)):
                self._by_label[fabric.kind, key, value] += gpus
                self._labels[key][value] = None
            if fabric.nodes > 1:
                self._has_neighbours.add(fabric.kind)

    def kinds(self, shape: Shape) -> list[MachineType]:
        """The kinds of node that can host *shape*."""
        return [
            kind
            for kind in MACHINE_TYPES
            if self._free.get(kind) is not None
            and shape.gpus <= kind.gpus
            and (not shape.needs_nics or kind.nics)
            and (shape.gpus_per_replica <= kind.gpus or kind in self._has_neighbours)
        ]

    def taken(self, shape: Shape, gpus: int, rng: Random) -> MachineType:
        """A kind for a deployment of so many *gpus*, likelier where more stay free; they are taken off."""
        kinds = self.kinds(shape)
        left = {kind: max(0, self._free[kind] - gpus) for kind in kinds}
        kind = drawn(rng, left) if any(left.values()) else max(kinds, key=lambda each: self._free[each])
        self._free[kind] -= gpus
        return kind

    def cluster_labels(self, selector: str, gpus: int, rng: Random) -> dict[str, str]:
        """Labels that its clusters have to have; most deployments name none."""
        chosen: dict[str, str] = {}
        for key, permille in (
            (REGION_LABEL, REGION_SELECTED_PERMILLE),
            (TIER_LABEL, TIER_SELECTED_PERMILLE),
        ):
            value = rng.choice(list(self._labels[key]))
            there = sum(self._by_label.get((kind, key, value), 0) for kind in machine_types(selector))
            if happens(rng, permille) and gpus * _REGION_HEADROOM <= there and not chosen:
                chosen[key] = value
        return chosen

    def reach(self, selector: str, labels: Mapping[str, str]) -> Reach:
        """How many clusters, and regions, have such GPUs and the *labels*."""
        key = (selector, labels.get(REGION_LABEL), labels.get(TIER_LABEL))
        if key not in self._reach:
            sites = {
                site
                for kind in machine_types(selector)
                for site in self._sites.get(kind, {})
                if site.region == labels.get(REGION_LABEL, site.region)
                and site.tier == labels.get(TIER_LABEL, site.tier)
            }
            self._reach[key] = Reach(clusters=len(sites), regions=len({site.region for site in sites}))
        return self._reach[key]
