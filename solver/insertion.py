"""Missing replicas of a draft, put where they still fit: exact on nodes, greedy in order."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property

from solver.domain.explanation import Reason
from solver.domain.identity import ClusterName, DeploymentKey, NodePoolKey
from solver.domain.workload import Engine, ModelDeployment, ServingMode, SpreadMode, SpreadRule
from solver.matching.candidates import ZONE, stays_in_zone
from solver.matching.domains import domain_of, standing_zone
from solver.matching.draft import Draft, KeptReplica, NewPod, NewReplica, PodKey, added_unit, unit_of
from solver.matching.inventory import Inventory
from solver.matching.ledger import Ledger, Unit
from solver.matching.levels import filling_order
from solver.matching.options import MemberOption
from solver.matching.quota_usage import QuotaUsage
from solver.matching.scene import added_fabric
from solver.matching.spread_domains import eligible_domains, takes_one_more
from solver.matching.standing import Footing, member_of_pod
from solver.matching.survey import Survey


class Insertion:
    """Puts missing replicas of a draft where they still fit, exact on nodes, greedy in order."""

    def __init__(self, survey: Survey, draft: Draft) -> None:
        self.survey = survey
        self.inventory = survey.inventory
        self.draft = draft
        self.ledger = Ledger(survey.options.special, [kept.standing for kept in draft.kept])
        self.usage = QuotaUsage(survey)
        self.counts: dict[tuple[DeploymentKey, ClusterName], int] = {}
        self.placed: dict[DeploymentKey, int] = {}
        self.zones: dict[DeploymentKey, dict[ClusterName, list[str | None]]] = {}
        for kept in draft.kept:
            self._count_kept(kept)
            self._charge_added(kept)
        for new in draft.new:
            self._count(new.deployment, new.cluster, new.pods)
            for pod in new.pods:
                self.ledger.place(pod.node, unit_of(new.deployment, pod.engine, pod.role, pod.option))
        self._homes: dict[tuple[ClusterName, bool, bool, bool], list[_Homes]] = {}
        self._takes_new = {
            pool: [n for n in nodes if self.inventory.takes_new(n)]
            for pool, nodes in self.inventory.nodes_of_pool.items()
        }

    def run(self, *, above: int | None = None) -> Draft:
        """The draft, filled: higher priorities first, larger replicas first among equals.

        Args:
            above: only deployments of a higher priority than this are filled.
        """
        kept = tuple(self._filled(kept) for kept in self.draft.kept)
        new = list(self.draft.new)
        for deployment in filling_order(self.survey.problem.deployments):
            if above is not None and deployment.priority <= above:
                break
            while self.placed.get(deployment.key, 0) < deployment.replicas:
                found = self._one(deployment)
                if found is None:
                    break
                new.append(found)
        return Draft(kept=kept, evicted=self.draft.evicted, new=tuple(new))

    def would_fit(self, deployment: ModelDeployment, cluster: ClusterName) -> bool:
        """Whether the nodes of *cluster* have room for one more replica, whatever quotas and spread say."""
        for pods in self._places(deployment, cluster):
            self._undo(deployment, pods)
            return True
        return False

    def blocked_by(self, deployment: ModelDeployment, cluster: ClusterName) -> tuple[Reason, str] | None:
        """The rule that keeps a replica off *cluster* although there is room; None if none does."""
        for pods in self._places(deployment, cluster):
            zone = self.inventory.places[pods[0].node].zone
            self._undo(deployment, pods)
            if not self.usage.allows(deployment, pods):
                return Reason.QUOTA_EXCEEDED, f"the quota of namespace {deployment.key.namespace} is used up"
            if not self._may(deployment, cluster, zone):
                return Reason.SPREAD_REQUIRED, self._why_not(deployment, cluster, zone)
        return None

    def _why_not(self, deployment: ModelDeployment, cluster: ClusterName, zone: str | None) -> str:
        for rule in deployment.spread:
            if rule.mode is SpreadMode.REQUIRED and domain_of(self.inventory, rule, cluster, zone) is None:
                if rule.topology_key == ZONE:
                    return "the zone of its nodes is not known, and the required spread is by zone"
                return f"cluster {cluster} has no label {rule.topology_key}, by which the spread is required"
        return "a required spread rule allows no more replicas here"

    def _count_kept(self, kept: KeptReplica) -> None:
        standing = kept.standing
        self.usage.keep(standing)
        if standing.deployment is None:
            return
        key = (standing.deployment.key, standing.replica.key.cluster)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.placed[key[0]] = self.placed.get(key[0], 0) + 1
        zone = standing_zone(self.inventory, standing)
        self.zones.setdefault(key[0], {}).setdefault(key[1], []).append(zone)

    def _count(self, deployment: ModelDeployment, cluster: ClusterName, pods: Sequence[NewPod]) -> None:
        key = (deployment.key, cluster)
        self.counts[key] = self.counts.get(key, 0) + 1
        self.placed[deployment.key] = self.placed.get(deployment.key, 0) + 1
        zone = self.inventory.places[pods[0].node].zone
        self.zones.setdefault(deployment.key, {}).setdefault(cluster, []).append(zone)
        self.usage.add(deployment, pods)

    def _charge_added(self, kept: KeptReplica) -> None:
        standing = kept.standing
        for pod in standing.pods:
            node = kept.added.get((pod.engine, pod.copy, pod.role, pod.rank))
            if node is not None and standing.deployment is not None:
                self.ledger.place(node, added_unit(self.survey, standing.deployment, standing, pod))
                self.usage.takes(standing, pod)

    def _filled(self, kept: KeptReplica) -> KeptReplica:
        standing = kept.standing
        if standing.deployment is None or not any(pod.footing is Footing.ADDED for pod in standing.pods):
            return kept
        added: dict[PodKey, int] = dict(kept.added)
        for pod in standing.pods:
            key = (pod.engine, pod.copy, pod.role, pod.rank)
            if pod.footing is not Footing.ADDED or key in added:
                continue
            unit = added_unit(self.survey, standing.deployment, standing, pod)
            fabric = added_fabric(self.inventory, standing, pod)
            member = member_of_pod(standing, pod)
            homes = [
                node
                for node in self._takes_new[pod.pool]
                if fabric in (None, self.inventory.places[node].fabric)
                and (member is None or self.survey.options.may_host(node, standing.deployment.key, member))
            ]
            node = self._best_node(homes, unit)
            if node is not None and self.usage.takes(standing, pod):
                self.ledger.place(node, unit)
                added[key] = node
        return KeptReplica(standing=standing, added=added)

    def _one(self, deployment: ModelDeployment) -> NewReplica | None:
        """One more replica on the cluster that has the fewest of the deployment, if it fits anywhere."""
        clusters = sorted(
            self.survey.clusters_for(deployment),
            key=lambda name: (self.counts.get((deployment.key, name), 0), name),
        )
        for cluster in clusters:
            found = self._on_cluster(deployment, cluster)
            if found is not None:
                return found
        return None

    def _on_cluster(self, deployment: ModelDeployment, cluster: ClusterName) -> NewReplica | None:
        """One more replica on *cluster*, counted; None if it does not fit or may not be there."""
        for pods in self._places(deployment, cluster):
            zone = self.inventory.places[pods[0].node].zone
            if self._may(deployment, cluster, zone) and self.usage.allows(deployment, pods):
                self._count(deployment, cluster, pods)
                return NewReplica(deployment=deployment, cluster=cluster, pods=pods)
            self._undo(deployment, pods)
        return None

    def _may(self, deployment: ModelDeployment, cluster: ClusterName, zone: str | None) -> bool:
        """Whether the required spread rules allow one more replica there."""
        return all(
            self._rule_allows(deployment, rule, cluster, zone)
            for rule in deployment.spread
            if rule.mode is SpreadMode.REQUIRED
        )

    def _rule_allows(
        self, deployment: ModelDeployment, rule: SpreadRule, cluster: ClusterName, zone: str | None
    ) -> bool:
        own = domain_of(self.inventory, rule, cluster, zone)
        if own is None:
            return False
        return takes_one_more(deployment, rule, self._domain_counts(deployment, rule), own)

    def _domain_counts(self, deployment: ModelDeployment, rule: SpreadRule) -> dict[str, int]:
        """Replicas in each domain that could have some."""
        counts = dict.fromkeys(eligible_domains(self.survey, deployment, rule), 0)
        for name, zones in self.zones.get(deployment.key, {}).items():
            for other in zones:
                domain = domain_of(self.inventory, rule, name, other)
                if domain is not None:
                    counts[domain] = counts.get(domain, 0) + 1
        return counts

    def _places(self, deployment: ModelDeployment, cluster: ClusterName) -> Iterator[tuple[NewPod, ...]]:
        """Ways to place all pods of one replica, already in the ledger; the caller undoes what it refuses."""
        for homes in self._homes_on(deployment, cluster):
            pods = self._fill(deployment, cluster, homes)
            if pods is not None:
                yield pods

    def _homes_on(self, deployment: ModelDeployment, cluster: ClusterName) -> list["_Homes"]:
        """The locations of *deployment* on *cluster*, worked out once for all that look for the same."""
        must_join = deployment.serving_mode is ServingMode.PREFILL_DECODE
        is_near = must_join or any(engine.is_gang for engine in deployment.engines)
        key = (cluster, stays_in_zone(deployment), must_join, is_near)
        if key not in self._homes:
            self._homes[key] = [
                _Homes(self.inventory, nodes) for nodes in self._locations(deployment, cluster)
            ]
        return self._homes[key]

    def _locations(self, deployment: ModelDeployment, cluster: ClusterName) -> Iterator[list[int]]:
        """Sets of nodes in which the pods may mix, nearest and most used first."""
        pools = self.inventory.pools_of_cluster[cluster]
        nodes = [node for pool in pools for node in self._takes_new[pool]]
        groups = [nodes]
        if stays_in_zone(deployment):
            groups = _split(nodes, [self.inventory.places[node].zone for node in nodes])
        must_join = deployment.serving_mode is ServingMode.PREFILL_DECODE
        for group in groups:
            if must_join or any(engine.is_gang for engine in deployment.engines):
                places = [self.inventory.places[node] for node in group]
                joined = [f"{place.fabric}|{place.clique}" for place in places if place.clique]
                cliques = [node for node, place in zip(group, places, strict=True) if place.clique]
                yield from _split(cliques, joined)
                yield from _split(group, [place.fabric for place in places])
                if must_join:
                    continue
            yield group

    def _fill(
        self, deployment: ModelDeployment, cluster: ClusterName, homes: "_Homes"
    ) -> tuple[NewPod, ...] | None:
        placed: list[NewPod] = []
        for engine in deployment.engines:
            pods = self._engine(deployment, cluster, engine, homes)
            if pods is None:
                self._undo(deployment, placed)
                return None
            placed += pods
        return tuple(placed)

    def _engine(
        self, deployment: ModelDeployment, cluster: ClusterName, engine: Engine, homes: "_Homes"
    ) -> list[NewPod] | None:
        for members in self.survey.options.of_engine(engine, cluster):
            placed: list[NewPod] = []
            for copy in range(engine.copies):
                pods = self._copy(deployment, engine, copy, members, homes)
                if pods is None:
                    break
                placed += pods
            else:
                return placed
            self._undo(deployment, placed)
        return None

    def _copy(
        self,
        deployment: ModelDeployment,
        engine: Engine,
        copy: int,
        members: tuple[MemberOption, ...],
        homes: "_Homes",
    ) -> list[NewPod] | None:
        """One copy, on one fabric if it is a gang."""
        for group in homes.fabrics if engine.is_gang else (homes,):
            placed: list[NewPod] = []
            for member, option in zip(engine.members, members, strict=True):
                unit = unit_of(deployment, engine.name, member.role, option)
                inside = self.survey.options.may_hosts(
                    group.pools.get(option.pool, []), deployment.key, member
                )
                for rank in range(member.pods_per_copy):
                    node = self._best_node(inside, unit)
                    if node is None:
                        break
                    self.ledger.place(node, unit)
                    placed.append(
                        NewPod(
                            engine=engine.name,
                            copy=copy,
                            role=member.role,
                            rank=rank,
                            node=node,
                            option=option,
                        )
                    )
            if len(placed) == sum(member.pods_per_copy for member in engine.members):
                return placed
            self._undo(deployment, placed)
        return None

    def _best_node(self, homes: Iterable[int], unit: Unit) -> int | None:
        """The existing node with the least left that takes *unit*; expected ones only after that."""
        best: tuple[bool, int, int] | None = None
        for node in self.ledger.with_room(homes, unit):
            key = (self.inventory.fleet.nodes[node].is_expected, self.ledger.left(node), node)
            if best is None or key < best:
                best = key
        return None if best is None else best[2]

    def _undo(self, deployment: ModelDeployment, pods: Iterable[NewPod]) -> None:
        for pod in pods:
            self.ledger.place(pod.node, unit_of(deployment, pod.engine, pod.role, pod.option), sign=-1)


class _Homes:
    """Nodes in which the pods of a replica may mix, by pool and by fabric."""

    def __init__(self, inventory: Inventory, nodes: list[int]) -> None:
        self._inventory = inventory
        self.nodes = nodes

    @cached_property
    def pools(self) -> dict[NodePoolKey, list[int]]:
        """The nodes of each pool."""
        pools: dict[NodePoolKey, list[int]] = {}
        for node in self.nodes:
            pools.setdefault(self._inventory.fleet.nodes[node].node_pool, []).append(node)
        return pools

    @cached_property
    def fabrics(self) -> "tuple[_Homes, ...]":
        """The nodes of each fabric, in order."""
        keys = [self._inventory.places[node].fabric for node in self.nodes]
        return tuple(_Homes(self._inventory, group) for group in _split(self.nodes, keys))


def _split(nodes: Sequence[int], keys: Sequence[object]) -> list[list[int]]:
    groups: dict[object, list[int]] = {}
    for node, key in zip(nodes, keys, strict=True):
        groups.setdefault(key, []).append(node)
    return list(groups.values())
