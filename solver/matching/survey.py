"""What is known of a problem before its nodes are grouped, worked out once: nothing here depends on choices."""

import copy
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from solver.domain.explanation import Reason
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodePoolKey, ReplicaKey
from solver.domain.plan import Plan
from solver.domain.policy import Preemption
from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelCache, ModelDeployment, Role
from solver.matching.cells import Cells, partition
from solver.matching.inventory import Inventory
from solver.matching.kinds import DeviceKinds
from solver.matching.needs import asks_for_more
from solver.matching.node_fit import Need
from solver.matching.observed import Observed, observe
from solver.matching.options import Options
from solver.matching.predicates import PREDICATES
from solver.matching.prices import Prices
from solver.matching.refusals import Refusals
from solver.matching.shares import Shares
from solver.matching.special_nodes import SpecialNodes
from solver.matching.standing import Footing, Standing, StandingPod


@dataclass(frozen=True, slots=True)
class ClusterVerdict:
    """The first check a cluster fails for a deployment."""

    reason: Reason
    detail: str


class Survey:
    """What is known of a problem before nodes are grouped: kinds, inventory, options, observed replicas."""

    def __init__(
        self,
        problem: Problem,
        kinds: DeviceKinds | None = None,
        refusals: Refusals | None = None,
        observed: Observed | None = None,
    ) -> None:
        """Work *problem* out.

        Args:
            problem: what is wanted, what there is and what runs.
            kinds: those of a problem with the same devices and selectors, if they are known.
            refusals: what the allocators of the clusters would not do.
            observed: what becomes of its replicas, if that is known from a problem that differs elsewhere.
        """
        self.problem = problem
        self.refusals = refusals if refusals is not None else Refusals()
        #: The drafts that were composed last, and their plans.
        self.composed: list[tuple[object, Plan]] = []
        #: What new pods need, by whose they are, where, and the classes that serve them.
        self.known_needs: dict[object, tuple[tuple[Need, ...], tuple[DeviceClassName | None, ...]]] = {}
        self._spared_from: int | None = None
        self._cells: dict[bool, Cells] = {}
        self.kinds = kinds if kinds is not None else DeviceKinds(problem.fleet.devices, _texts(problem))
        self.inventory = Inventory(problem, self.kinds)
        self.options = Options(
            self.inventory, special_nodes(problem, self.inventory, self.refusals), self.refusals
        )
        self.deployments = {deployment.key: deployment for deployment in problem.deployments}
        self._clusters_for: dict[object, tuple[ClusterName, ...]] = {}
        self.caches = {(cache.namespace, cache.name): cache for cache in problem.caches}
        self.observed: Observed = (
            observed if observed is not None else observe(problem, self.inventory, self.options)
        )
        self._standing: dict[DeploymentKey, list[Standing]] = {}
        for standing in self.observed.standing:
            if standing.deployment is not None:
                self._standing.setdefault(standing.deployment.key, []).append(standing)

    @cached_property
    def standing_pods(self) -> dict[ReplicaKey, dict[tuple[str, int, Role, int], StandingPod]]:
        """The pods of each standing replica by engine, copy, role and rank."""
        return {
            standing.replica.key: {(pod.engine, pod.copy, pod.role, pod.rank): pod for pod in standing.pods}
            for standing in self.observed.standing
        }

    @cached_property
    def standing(self) -> dict[ReplicaKey, Standing]:
        """Replicas that may stay, by key."""
        return {standing.replica.key: standing for standing in self.observed.standing}

    @cached_property
    def immovable(self) -> frozenset[ReplicaKey]:
        """Replicas that are load and nothing else: no deployment of the problem counts them as its own."""
        return frozenset(s.replica.key for s in self.observed.standing if s.deployment is None)

    def standing_of(self, deployment: ModelDeployment) -> list[Standing]:
        """Replicas of *deployment* that may stay."""
        return self._standing.get(deployment.key, [])

    def cache_of(self, deployment: ModelDeployment) -> ModelCache | None:
        """The cache that *deployment* names, None if it names none or it is not in the input."""
        if deployment.cache is None:
            return None
        return self.caches.get((deployment.key.namespace, deployment.cache))

    def lacks_cache(self, deployment: ModelDeployment) -> bool:
        """Whether the cache that *deployment* names is absent: nothing new is placed then."""
        return deployment.cache is not None and self.cache_of(deployment) is None

    def verdict(self, deployment: ModelDeployment, cluster: ClusterName) -> ClusterVerdict | None:
        """Why *cluster* takes no new replica of *deployment*, None if it does."""
        cache = self.cache_of(deployment)
        for reason, complaint in PREDICATES.items():
            detail = complaint(self.inventory.clusters[cluster], deployment, cache, self.problem.policy)
            if detail is not None:
                return ClusterVerdict(reason, detail)
        return None

    def clusters_for(self, deployment: ModelDeployment) -> tuple[ClusterName, ...]:
        """Clusters that take new replicas of *deployment*, by name."""
        if self.lacks_cache(deployment) or self.refusals.takes_none(deployment.key):
            return ()
        cache = None if deployment.cache is None else (deployment.key.namespace, deployment.cache)
        # All that the predicates read of a deployment: few deployments differ in it.
        key = (tuple(sorted(deployment.cluster_selector.items())), deployment.tolerations, cache)
        if key not in self._clusters_for:
            self._clusters_for[key] = tuple(
                name for name in self.inventory.clusters if self.verdict(deployment, name) is None
            )
        return self._clusters_for[key]

    @cached_property
    def shares(self) -> Shares:
        """What parts of devices count."""
        return Shares(self.inventory, self.tolerated)

    @cached_property
    def tolerated(self) -> int:
        """Bit mask of the kinds whose taints some request of the problem tolerates."""
        found = self.kinds.tolerated(())
        for deployment in self.problem.deployments:
            for engine in deployment.engines:
                for member in engine.members:
                    for request in member.requests:
                        for query in request.queries if self.kinds.tainted else ():
                            found |= self.kinds.tolerated(query.tolerations)
        return found

    @cached_property
    def prices(self) -> Prices:
        """Prices of pods; in dollars if every pool that is eligible for some deployment has a price."""
        eligible: dict[NodePoolKey, None] = {}
        for member, cluster in self._asked():
            eligible.update((option.pool, None) for option in self.options.of_cluster(member, cluster))
        for standing in self.observed.standing:
            eligible.update((pod.pool, None) for pod in standing.pods if pod.node is not None)
        return Prices(self.inventory, self.shares, tuple(eligible))

    def _asked(self) -> Iterator[tuple[Member, ClusterName]]:
        """Each member with each cluster that may host it, once."""
        seen: set[tuple[int, ClusterName]] = set()
        for deployment in self.problem.deployments:
            clusters = self.clusters_for(deployment)
            for engine in deployment.engines:
                for member in engine.members:
                    number = self.options.kind(member)
                    for cluster in clusters:
                        if (number, cluster) not in seen:
                            seen.add((number, cluster))
                            yield member, cluster

    def sparing(self, priority: int) -> "Survey":
        """The same survey, in which nobody of *priority* or above is evicted for the sake of another."""
        spared = copy.copy(self)
        spared.__dict__.pop("movable", None)
        spared._spared_from, spared._cells = priority, {}  # noqa: SLF001 (its own kind)
        return spared

    def cells(self, *, single: bool) -> Cells:
        """The nodes as cells, worked out once: each a cell of its own, or with those like it."""
        if single not in self._cells:
            self._cells[single] = partition(
                self.options.special, self.observed.standing, self.movable, single=single
            )
        return self._cells[single]

    @cached_property
    def movable(self) -> frozenset[ReplicaKey]:
        """The replicas that a plan may evict, or has to add pods to.

        Those of a deployment with too many; those that do not belong where they are; all of them if the
        policy has an eviction budget; and those below a priority that may still need room.
        """
        keys: set[ReplicaKey] = set()
        highest_in_need: int | None = None
        preempts = self.problem.policy.preemption is Preemption.LOWER_PRIORITY
        ordered = sorted(self.problem.deployments, key=lambda d: (-d.priority, d.key))
        for deployment in ordered:
            standing = self.standing_of(deployment)
            below = highest_in_need is not None and deployment.priority < highest_in_need
            is_spared = self._spared_from is not None and deployment.priority >= self._spared_from
            all_move = (
                len(standing) > deployment.replicas
                or self.problem.policy.eviction_budget > 0
                or (below and preempts and not is_spared)
            )
            moves = [s for s in standing if all_move or s.is_misplaced or has_added_pods(s)]
            keys.update(s.replica.key for s in moves)
            needs_room = len(standing) < deployment.replicas or bool(moves)
            if needs_room and (highest_in_need is None or deployment.priority > highest_in_need):
                highest_in_need = deployment.priority
        return frozenset(keys)


def special_nodes(problem: Problem, inventory: Inventory, refusals: Refusals) -> SpecialNodes:
    """The nodes of *inventory* for the claims that *problem* may have, with what was refused of them."""
    members = [m for d in problem.deployments for e in d.engines for m in e.members]
    queries = [query for m in members for request in m.requests for query in request.queries]
    attributes = [
        name
        for member in members
        for constraint in member.constraints
        for name in (constraint.match_attribute, constraint.distinct_attribute)
        if name is not None
    ]
    return SpecialNodes(
        inventory,
        attributes,
        is_needed=any(asks_for_more(member) for member in members) or bool(inventory.kinds.special),
        asks_capacity=any(query.capacity for query in queries),
        refused=refusals.nodes,
    )


def has_added_pods(standing: Standing) -> bool:
    """Whether its template asks for pods that it does not have yet."""
    return any(pod.footing is Footing.ADDED for pod in standing.pods)


def _texts(problem: Problem) -> Iterable[str]:
    for deployment in problem.deployments:
        for engine in deployment.engines:
            for member in engine.members:
                for request in member.requests:
                    for query in request.queries:
                        yield from query.selectors
    for cluster in problem.fleet.clusters:
        for device_class in cluster.device_classes.values():
            yield from device_class.selectors
