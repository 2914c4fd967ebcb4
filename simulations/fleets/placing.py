"""Where the next replica of a deployment goes: clusters in turn, within its selectors and its caps."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simulations.fleets.demand import REGION_LABEL, TIER_LABEL, Wanted
from simulations.fleets.machines import MachineType
from simulations.fleets.packing import Packing, PlacedPod, PodPlan, pod_plans
from simulations.fleets.selectors import machine_types
from simulations.fleets.sites import FabricSite, Site, Sites
from simulations.fleets.spreading import CLUSTER_KEY
from solver.domain.workload import SpreadMode

#: After so many clusters without room a deployment is not offered more.
_PATIENCE = 64


@dataclass(frozen=True, slots=True)
class PlacedReplica:
    """A replica that runs: its index on its cluster, its fabric and its pods."""

    wanted: Wanted
    index: int
    fabric: FabricSite
    pods: tuple[PlacedPod, ...]


@dataclass(slots=True, kw_only=True)
class Placer:
    """Places and removes the replicas of one deployment; *turns* are its clusters, the next one first."""

    wanted: Wanted
    packing: Packing
    #: Fabrics by cluster, at first those of its own kind, later (`ask_everywhere`) all that would do.
    fabrics: Mapping[int, list[FabricSite]]
    everywhere: Mapping[int, list[FabricSite]]
    turns: list[int]
    plans: tuple[PodPlan, ...]
    placed: list[PlacedReplica] = field(default_factory=list)
    _on_cluster: Counter[str] = field(default_factory=Counter)
    _in_region: Counter[str] = field(default_factory=Counter)
    _next_index: Counter[str] = field(default_factory=Counter)

    def add(self) -> bool:
        """Place one more replica; False: there is no room, or not worth looking for any further."""
        most_on_cluster, most_in_region = _caps(self.wanted)
        for _ in range(min(_PATIENCE, len(self.turns))):
            cluster = self.turns.pop(0)
            fabrics = self.fabrics[cluster]
            site = fabrics[0].site
            if self._on_cluster[site.name] >= most_on_cluster:
                continue
            if self._in_region[site.region] >= most_in_region:
                continue
            pods = self.packing.place(self.plans, fabrics)
            if pods:
                self._take(pods, fabrics)
                self.turns.append(cluster)  # one that had no room is not asked again
                return True
        return False

    def ask_everywhere(self) -> None:
        """Offer it every cluster, and every kind of node that would do: others have left, or it is pressed."""
        self.fabrics = self.everywhere
        waiting = set(self.turns)
        self.turns += [cluster for cluster in self.fabrics if cluster not in waiting]

    def leave(self, position: int) -> None:
        """Remove the replica at *position* of those placed; its index is not used again."""
        replica = self.placed[position]
        self.placed[position] = self.placed[-1]
        self.placed.pop()
        self.packing.remove(self.plans, replica.pods, replica.fabric)
        self._count(replica.fabric.site, -1)

    def _take(self, pods: tuple[PlacedPod, ...], fabrics: Iterable[FabricSite]) -> None:
        node = pods[0].node
        fabric = next(each for each in fabrics if each.first <= node < each.first + each.nodes)
        name = fabric.site.name
        self.placed.append(PlacedReplica(self.wanted, self._next_index[name], fabric, pods))
        self._next_index[name] += 1
        self._count(fabric.site, 1)

    def _count(self, site: Site, change: int) -> None:
        self._on_cluster[site.name] += change
        self._in_region[site.region] += change


class Places:
    """The fabrics that each deployment could use, by cluster; the same for all that ask for the same."""

    def __init__(self, sites: Sites) -> None:
        self._sites = sites
        self._known: dict[tuple[object, ...], dict[int, list[FabricSite]]] = {}

    def placer(self, wanted: Wanted, packing: Packing, start: int) -> Placer:
        """A placer of *wanted* that begins with the cluster at *start*, taken modulo those it can use."""
        fabrics = self._fabrics(wanted, wanted.kind)
        clusters = list(fabrics)
        at = start % len(clusters) if clusters else 0
        return Placer(
            wanted=wanted,
            packing=packing,
            fabrics=fabrics,
            everywhere=self._fabrics(wanted, None),
            turns=[*clusters[at:], *clusters[:at]],
            plans=pod_plans(wanted.deployment),
        )

    def _fabrics(self, wanted: Wanted, kind: MachineType | None) -> Mapping[int, list[FabricSite]]:
        deployment = wanted.deployment
        selector = deployment.engines[0].members[0].requests[0].selectors[0]
        labels = deployment.cluster_selector
        region, tier = labels.get(REGION_LABEL), labels.get(TIER_LABEL)
        key = (selector, region, tier, wanted.shape.needs_nics, kind)
        if key not in self._known:
            found: dict[int, list[FabricSite]] = defaultdict(list)
            kinds = machine_types(selector) if kind is None else (kind,)
            for fabric in self._sites.fabrics:
                site = fabric.site
                is_selected = site.region == (region or site.region) and site.tier == (tier or site.tier)
                if is_selected and fabric.kind in kinds and (fabric.kind.nics or not wanted.shape.needs_nics):
                    found[fabric.cluster].append(fabric)
            self._known[key] = dict(found)
        return self._known[key]


def _caps(wanted: Wanted) -> tuple[int, int]:
    """The most replicas on a cluster and in a region; a skew counts as if some cluster had none."""
    deployment = wanted.deployment
    caps = {True: deployment.replicas * 2 + 1, False: deployment.replicas * 2 + 1}
    for rule in deployment.spread:
        if rule.mode is SpreadMode.PREFERRED:
            continue
        is_cluster = rule.topology_key == CLUSTER_KEY
        if rule.max_percent is not None:
            caps[is_cluster] = min(caps[is_cluster], max(1, deployment.replicas * rule.max_percent // 100))
        if rule.max_skew is not None:
            caps[is_cluster] = min(caps[is_cluster], rule.max_skew)
    return caps[True], caps[False]
