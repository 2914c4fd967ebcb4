"""Where observed replicas stand, pod by pod, and which of them cannot stay.

A kept replica is charged its current template on the nodes where it was seen; pods that were not seen are
assumed, best fit in name order; pods that a larger template adds are left to the plan.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.plan import EvictionReason
from solver.domain.problem import Problem
from solver.domain.replica import ObservedEngine, ObservedMember, ObservedSlot, Replica
from solver.domain.taint import TaintEffect, untolerated
from solver.domain.workload import DeviceRequest, Engine, Member, ModelCache, ModelDeployment, Role
from solver.matching.inventory import Inventory
from solver.matching.needs import ServedBy, pod_needs
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.options import Options
from solver.matching.predicates import cluster_selector
from solver.matching.settling import settle
from solver.matching.standing import (
    NOT_SELECTED,
    SELECTOR_FAILS,
    Footing,
    Standing,
    StandingPod,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """Why a replica cannot stay."""

    reason: EvictionReason
    because: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """Observed replicas, in the order of the problem: those that can stay and those that cannot."""

    standing: tuple[Standing, ...]
    leaving: tuple[tuple[Replica, Leave], ...]


def observe(problem: Problem, inventory: Inventory, options: Options) -> Observed:
    """What becomes of each observed replica before anything is optimised."""
    deployments = {deployment.key: deployment for deployment in problem.deployments}
    standing: list[Standing] = []
    leaving: list[tuple[Replica, Leave]] = []
    known = _Known(problem, inventory, options)
    for replica in problem.replicas:
        deployment = None if replica.is_immovable else deployments.get(replica.key.deployment)
        reason = _leaves(known, replica, deployment)
        if reason is not None:
            leaving.append((replica, reason))
            continue
        pods = tuple(_pods(known, replica, deployment))
        flags = tuple(_flags(known, replica, deployment))
        standing.append(Standing(replica=replica, deployment=deployment, pods=pods, flags=flags))
    return Observed(standing=tuple(settle(options.special, standing)), leaving=tuple(leaving))


class _Known:
    """What many replicas have in common, worked out once."""

    def __init__(self, problem: Problem, inventory: Inventory, options: Options) -> None:
        self.problem = problem
        self.inventory = inventory
        self.options = options
        self.caches = {(cache.namespace, cache.name): cache for cache in problem.caches}
        self._answers: dict[object, _Answer] = {}
        self._blank: dict[object, StandingPod] = {}

    def answer(self, request: DeviceRequest, pool: NodePoolKey, seen: ObservedMember) -> "_Answer":
        """What the devices of *pool* say to *request*."""
        key = (self.options.number(request), pool, seen.requests)
        if key not in self._answers:
            self._answers[key] = _answer(self.inventory, self.options, request, pool, seen)
        return self._answers[key]

    def blank(
        self, pool: NodePoolKey, engine: str, member: ObservedMember, current: Member | None
    ) -> StandingPod:
        """A pod of *member* that is nowhere yet, charged what its template says."""
        number = None if current is None else self.options.number(current)
        key = (pool, engine, member.role, member.requests, number)
        if key not in self._blank:
            self._blank[key] = _blank_pod(self.inventory, self.options, pool, engine, member, current)
        return self._blank[key]


def _leaves(known: _Known, replica: Replica, deployment: ModelDeployment | None) -> Leave | None:
    inventory = known.inventory
    cluster = inventory.clusters.get(replica.key.cluster)
    if cluster is None:
        if not known.problem.knows_clusters or deployment is None:
            return None
        because = f"cluster {replica.key.cluster} is not in the input"
        return Leave(reason=EvictionReason.CLUSTER_GONE, because=because)
    if deployment is None:
        return None
    if taints := untolerated(cluster.taints, deployment.tolerations, (TaintEffect.NO_EXECUTE,)):
        because = f"cluster {cluster.name} has taint {taints[0]}, which it does not tolerate"
        return Leave(reason=EvictionReason.UNTOLERATED_TAINT, because=because)
    if complaint := _shape_changed(replica, deployment):
        return Leave(reason=EvictionReason.TEMPLATE_CHANGED, because=complaint)
    return _pool_lost(known, replica, deployment)


def _shape_changed(replica: Replica, deployment: ModelDeployment) -> str | None:
    observed = {engine.name: engine for engine in replica.engines}
    wanted = {engine.name: engine for engine in deployment.engines}
    if observed.keys() != wanted.keys():
        return f"its engines are {_listed(observed)}, the template has {_listed(wanted)}"
    for name, engine in sorted(wanted.items()):
        before = [member.role for member in observed[name].members]
        after = [member.role for member in engine.members]
        if before != after:
            return f"engine {name} was {_listed(before)}, the template has {_listed(after)}"
    return None


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names) or "none"


def _pool_lost(known: _Known, replica: Replica, deployment: ModelDeployment) -> Leave | None:
    pools = known.inventory.pools
    observed = {engine.name: engine for engine in replica.engines}
    for engine in deployment.engines:
        for member, seen in zip(engine.members, observed[engine.name].members, strict=True):
            pool = NodePoolKey(replica.key.cluster, seen.node_pool)
            if pool not in pools or not pools[pool].is_published:
                because = f"node pool {pool} is not published"
                return Leave(reason=EvictionReason.NODE_POOL_GONE, because=because)
            if complaint := _matches_nothing(known, member, pool, seen):
                return Leave(reason=EvictionReason.TEMPLATE_CHANGED, because=complaint)
    return None


def _matches_nothing(known: _Known, member: Member, pool: NodePoolKey, seen: ObservedMember) -> str | None:
    """The request that no device of *pool* satisfies; an error, or a pool without nodes, proves nothing."""
    for request in member.requests:
        answer = known.answer(request, pool, seen)
        if answer is _Answer.NOTHING:
            return f"no device of node pool {pool} matches request {request.name} any more"
    return None


class _Answer(StrEnum):
    """What the devices of a pool say to a request."""

    SOME = "some match"
    NOTHING = "none matches"
    ERRORS = "none matches, and on some the selector is an error"


def _answer(
    inventory: Inventory, options: Options, request: DeviceRequest, pool: NodePoolKey, seen: ObservedMember
) -> _Answer:
    """Only devices of the recorded class are asked: that a GPU's selector fails on a NIC means nothing."""
    present = 0
    for held in options.totals(pool):
        present |= sum(1 << kind for kind in held)
    texts = [text for query in request.queries for text in query.selectors]
    if any(text in inventory.kinds.broken for text in texts):
        return _Answer.ERRORS
    if not present:
        return _Answer.SOME
    names = [name for query in request.queries for name in options.classes(query, pool)]
    if any(options.accepted_by_any(request, pool.cluster, name) & present for name in names):
        return _Answer.SOME
    recorded = [observed.device_class for observed in seen.requests if observed.name == request.name]
    asked = 0
    for name in recorded or names:
        asked |= inventory.class_mask(pool.cluster, name)
    failing = 0
    for text in texts:
        failing |= inventory.kinds.failing(text)
    return _Answer.ERRORS if failing & asked & present else _Answer.NOTHING


def _flags(known: _Known, replica: Replica, deployment: ModelDeployment | None) -> Iterator[str]:
    cluster = known.inventory.clusters.get(replica.key.cluster)
    if deployment is None or cluster is None:
        return
    if cluster_selector.complaint(cluster, deployment, _cache(known, deployment), known.problem.policy):
        yield NOT_SELECTED
    observed = {engine.name: engine for engine in replica.engines}
    answers = [
        known.answer(request, NodePoolKey(cluster.name, seen.node_pool), seen)
        for engine in deployment.engines
        for member, seen in zip(engine.members, observed[engine.name].members, strict=True)
        for request in member.requests
    ]
    if _Answer.ERRORS in answers:
        yield SELECTOR_FAILS


def _cache(known: _Known, deployment: ModelDeployment) -> ModelCache | None:
    if deployment.cache is None:
        return None
    return known.caches.get((deployment.key.namespace, deployment.cache))


def _pods(known: _Known, replica: Replica, deployment: ModelDeployment | None) -> Iterator[StandingPod]:
    seen = {(slot.engine, slot.copy, slot.role, slot.rank): slot for slot in replica.slots}
    wanted = {engine.name: engine for engine in deployment.engines} if deployment is not None else {}
    for engine in replica.engines:
        template = wanted.get(engine.name)
        for position, member in enumerate(engine.members):
            yield from _pods_of_member(known, replica, engine, member, template, position, seen)


def _pods_of_member(
    known: _Known,
    replica: Replica,
    engine: ObservedEngine,
    member: ObservedMember,
    template: Engine | None,
    position: int,
    seen: Mapping[tuple[str, int, Role, int], ObservedSlot],
) -> Iterator[StandingPod]:
    inventory = known.inventory
    pool = NodePoolKey(replica.key.cluster, member.node_pool)
    if pool not in inventory.pools or not inventory.pools[pool].is_published:
        return  # its pods cannot run, so they are charged nothing (S26)
    current = template.members[position] if template is not None else None
    pod = known.blank(pool, engine.name, member, current)
    copies = engine.copies if template is None else template.copies
    pods = member.pods_per_copy if current is None else current.pods_per_copy
    for copy in range(copies):
        for rank in range(pods):
            slot = seen.get((engine.name, copy, member.role, rank))
            existed = copy < engine.copies and rank < member.pods_per_copy
            standing = replace(pod, copy=copy, rank=rank)
            if slot is not None and slot.node in inventory.node_index:
                yield _seen(inventory, standing, slot)
            else:
                yield replace(standing, footing=Footing.ASSUMED if existed else Footing.ADDED)


def _blank_pod(
    inventory: Inventory,
    options: Options,
    pool: NodePoolKey,
    engine: str,
    member: ObservedMember,
    current: Member | None,
) -> StandingPod:
    recorded = {request.name: request.device_class for request in member.requests}
    if current is None:
        names = tuple(observed.name for observed in member.requests)
        classes: tuple[DeviceClassName | None, ...] = tuple(
            observed.device_class for observed in member.requests
        )
        needs = tuple(
            Need(inventory.class_mask(pool.cluster, observed.device_class), observed.count)
            for observed in member.requests
        )
    else:
        names = tuple(request.name for request in current.requests)
        served = [
            _ways(inventory, options, pool, request, recorded.get(request.name))
            for request in current.requests
        ]
        classes = tuple(ways[0].device_class for ways in served)
        needs = pod_needs(current, served, inventory.kinds, options.most(pool))
    return StandingPod(
        engine=engine,
        copy=0,
        role=member.role,
        rank=0,
        pool=pool,
        classes=classes,
        requests=names,
        needs=needs,
        footing=Footing.ASSUMED,
    )


def _ways(
    inventory: Inventory,
    options: Options,
    pool: NodePoolKey,
    request: DeviceRequest,
    recorded: DeviceClassName | None,
) -> tuple[ServedBy, ...]:
    """How the request of a running pod is served: by each alternative that some device satisfies.

    If none does (a selector that fails, devices that are gone) the first is charged the whole class.
    """
    ways = []
    for position, query in enumerate(request.queries):
        for name in [recorded] if recorded is not None else list(options.classes(query, pool)):
            mask = options.accepted(query, pool.cluster, name)
            if mask and (not request.alternatives or mask & inventory.present(pool.cluster)):
                ways.append(options.served_by(query, position, pool.cluster, name, mask))
                break
    if ways:
        return tuple(ways)
    name, mask = _class_of(inventory, options, pool, request.queries[0], recorded)
    return (ServedBy(alternative=0, device_class=name, accepts=mask),)


def _class_of(
    inventory: Inventory,
    options: Options,
    pool: NodePoolKey,
    query: DeviceRequest,
    recorded: DeviceClassName | None,
) -> tuple[DeviceClassName | None, int]:
    """The recorded class, or the first of the pool that has a matching device, and the kinds it accepts.

    Where a selector cannot be evaluated the whole class is charged: running work keeps what it has.
    """
    names = [recorded] if recorded is not None else list(options.classes(query, pool))
    for name in names:
        if mask := options.accepted(query, pool.cluster, name):
            return name, mask
    for name in names:
        if mask := inventory.class_mask(pool.cluster, name):
            return name, mask
    return recorded, 0


def _seen(inventory: Inventory, pod: StandingPod, slot: ObservedSlot) -> StandingPod:
    node = inventory.node_index[slot.node]
    held: dict[int, int] = {}
    for row in slot.devices:
        if inventory.kinds.table.withheld[row] == 0:
            kind = int(inventory.kinds.kind_of_row[row])
            held[kind] = held.get(kind, 0) + 1
    if claims_of(pod.needs):
        # What the cluster's allocator gave to a claim is what the claim asked for.
        is_known = bool(slot.devices or slot.shares)
        return replace(
            pod,
            footing=Footing.SEEN,
            node=node,
            held=tuple(sorted(held.items())) if is_known else None,
            rows=slot.devices if is_known else (),
            shares=slot.shares if is_known else (),
        )
    claimed = [
        need for need, name in zip(pod.needs, pod.classes, strict=True) if name is not None and need.count
    ]
    exact = sum(held.values()) == sum(need.count for need in claimed) and fits(claimed, held)
    is_held = exact and bool(held)
    return replace(
        pod,
        footing=Footing.SEEN,
        node=node,
        held=tuple(sorted(held.items())) if is_held else None,
        rows=slot.devices if is_held else (),
    )
