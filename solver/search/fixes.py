"""Changes that would place one more replica, each tried by solving with it; the cheapest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import islice

from solver.domain.explanation import Fix
from solver.domain.identity import DeploymentKey, NodePoolKey, ReplicaKey
from solver.domain.plan import Plan
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment
from solver.matching.pool_rejections import PoolRejections
from solver.matching.rehearsed_node import serves_empty
from solver.matching.scene import ExtraNodes
from solver.matching.survey import Survey
from solver.search.held import MOST_SINGLE, Edit, Held, held
from solver.selectors.mismatch import mismatch
from solver.selectors.relax import relaxed

_MOST = 3
_MOST_MOVES_TRIED = 12
_MOST_POOLS_TRIED = 12
_MOST_TRIED_AT_SCALE = 3
_MOST_NODES_ADDED = 4


def fixes(survey: Survey, plan: Plan, key: DeploymentKey, one_more: Held) -> tuple[Fix, ...]:
    """Up to three: moving a replica costs an eviction, a quota a decision, a node its price, a selector a request."""
    found: list[Fix] = []
    tried = (
        _moves(survey, plan, key, one_more),
        _quotas(survey, plan, key, one_more),
        _nodes(survey, key, one_more),
        _selectors(survey, plan, key),
    )
    for fix in (fix for kind in tried for fix in _first(kind, 2)):
        found.append(fix)
        if len(found) == _MOST:
            break
    return tuple(found)


def _first(found: Iterator[Fix], most: int) -> Iterator[Fix]:
    for _, fix in zip(range(most), found, strict=False):
        yield fix


def _pools(survey: Survey, key: DeploymentKey) -> list[NodePoolKey]:
    """Node pools that could hold a pod of the deployment if they were empty."""
    deployment = survey.deployments[key]
    found: dict[NodePoolKey, None] = {}
    for cluster in survey.clusters_for(deployment):
        for engine in deployment.engines:
            for member in engine.members:
                for option in survey.options.of_cluster(member, cluster):
                    if option.claims:
                        found[option.pool] = None
    return sorted(found)


def _moves(survey: Survey, plan: Plan, key: DeploymentKey, one_more: Held) -> Iterator[Fix]:
    pools = set(_pools(survey, key))
    movers: list[tuple[int, ReplicaKey]] = []
    for keep in plan.keeps:
        if keep.replica.deployment not in survey.deployments:
            continue
        if pools & {slot.node_pool for slot in keep.slots}:
            size = sum(devices.count for slot in keep.slots for devices in slot.devices)
            movers.append((size, keep.replica))
    is_small = len(survey.problem.fleet.nodes) <= MOST_SINGLE
    most = _MOST_MOVES_TRIED if is_small else _MOST_TRIED_AT_SCALE
    for _, replica in sorted(movers)[:most]:
        attempt = held(survey, plan, key, freed=replica, base=one_more)
        if attempt.places_all():
            where = attempt.destination(replica.deployment)
            yield Fix(
                deployment=key,
                change="MoveReplica",
                subject=str(replica),
                sentence=f"move replica {replica} to {where}; both then fit",
            )


def _quotas(survey: Survey, plan: Plan, key: DeploymentKey, one_more: Held) -> Iterator[Fix]:
    policy = survey.problem.policy
    for quota in sorted(policy.quotas):
        if quota.namespace != key.namespace:
            continue
        deployment = survey.deployments[key]
        asked = sum(
            engine.copies * member.pods_per_copy * max(query.count for query in request.queries)
            for engine in deployment.engines
            for member in engine.members
            for request in member.requests
        )
        raised = replace(quota, devices=quota.devices + asked)
        others = tuple(raised if other == quota else other for other in policy.quotas)
        attempt = held(survey, plan, key, policy=replace(policy, quotas=others), base=one_more)
        serves = any(_would_serve(survey, key, pool) for pool in _pools(survey, key))
        if serves and attempt.places_all():
            sentence = (
                f"raise the quota of namespace {quota.namespace} for class {quota.device_class} "
                f"from {quota.devices} to {raised.devices} devices"
            )
            subject = f"{quota.namespace}/{quota.device_class}"
            yield Fix(deployment=key, change="RaiseQuota", subject=subject, sentence=sentence)


def _nodes(survey: Survey, key: DeploymentKey, one_more: Held) -> Iterator[Fix]:
    """The cheapest additions first; those of pools without a price after all others."""
    prices = {pool: survey.inventory.price(pool) for pool in _pools(survey, key)}
    by_price = sorted(prices, key=lambda pool: (prices[pool] is None, prices[pool] or 0, pool))
    found: list[tuple[bool, int, NodePoolKey, int]] = []
    is_small = len(survey.problem.fleet.nodes) <= MOST_SINGLE
    for pool in by_price[: _MOST_POOLS_TRIED if is_small else _MOST_TRIED_AT_SCALE]:
        for count in range(1, _MOST_NODES_ADDED + 1):
            extra = ExtraNodes(pool=pool, count=count)
            if one_more.places_all(extra=extra) and _would_serve(survey, key, pool):
                price = prices[pool]
                found.append((price is None, (price or 0) * count, pool, count))
                break
    for is_unpriced, cost, pool, count in sorted(found):
        s = "" if count == 1 else "s"
        money = "" if is_unpriced else f" (${cost / 1_000_000:,.2f} per hour)"
        sentence = f"add {count} node{s} to node pool {pool}{money}"
        yield Fix(deployment=key, change="AddNode", subject=str(pool), sentence=sentence)


def _would_serve(survey: Survey, key: DeploymentKey, pool: NodePoolKey) -> bool:
    """Whether the device allocator of the cluster would let the pods that may be in *pool* onto a new node."""
    nodes = survey.inventory.nodes_of_pool[pool]
    for engine in survey.deployments[key].engines:
        for member in engine.members:
            for option in survey.options.of_pool(member, pool)[:1]:
                if option.claims and not serves_empty(survey, nodes[0], member, option):
                    return False
    return True


@dataclass(frozen=True, slots=True)
class _Relaxation:
    """A clause of a selector that some pool fails, and the selector as it would be without it."""

    engine: str
    role: str
    request: str
    selector: str
    instead: str
    clause: str
    because: str


def _selectors(survey: Survey, plan: Plan, key: DeploymentKey) -> Iterator[Fix]:
    is_small = len(survey.problem.fleet.nodes) <= MOST_SINGLE
    most = None if is_small else _MOST_TRIED_AT_SCALE
    for relaxation in islice(_relaxations(survey, key), most):
        if held(survey, plan, key, edit=_without(relaxation)).places_all():
            sentence = (
                f"drop `{relaxation.clause}` from request {relaxation.request} of engine "
                f"{relaxation.engine}: {relaxation.because}"
            )
            subject = f"{relaxation.engine}/{relaxation.request}"
            yield Fix(deployment=key, change="RelaxSelector", subject=subject, sentence=sentence)


def _relaxations(survey: Survey, key: DeploymentKey) -> Iterator[_Relaxation]:
    """For each selector, what the nearest device of each pool that fails it says; each clause once."""
    deployment = survey.deployments[key]
    seen: set[tuple[str, str, str]] = set()
    for cluster in survey.clusters_for(deployment):
        for pool in survey.inventory.pools_of_cluster[cluster]:
            for engine in deployment.engines:
                for member in engine.members:
                    for found in _of_member(survey, pool, engine, member):
                        mark = (found.engine, found.request, found.clause)
                        if mark not in seen:
                            seen.add(mark)
                            yield found


def _of_member(survey: Survey, pool: NodePoolKey, engine: Engine, member: Member) -> Iterator[_Relaxation]:
    if PoolRejections(survey.options).of(member, pool) is None:
        return
    for request in member.requests:
        nearest = PoolRejections(survey.options).nearest_miss(request, pool)
        selector = survey.kinds.selector(nearest[0]) if nearest is not None else None
        if nearest is None or selector is None:
            continue
        device = survey.kinds.examples[nearest[1]]
        less = relaxed(selector, device)
        # Without any other clause the request would take whatever the class has; it keeps the kind of device.
        instead = less.rest or f'device.driver == "{device.driver}"'
        yield _Relaxation(
            engine=engine.name,
            role=member.role.value,
            request=request.name,
            selector=nearest[0],
            instead=instead,
            clause=less.clause,
            because=f"in node pool {pool} {mismatch(selector, device)}",
        )


def _without(relaxation: _Relaxation) -> Edit:
    def relaxed_request(request: DeviceRequest) -> DeviceRequest:
        if request.name != relaxation.request:
            return request
        kept = tuple(
            relaxation.instead if text == relaxation.selector else text for text in request.selectors
        )
        return replace(request, selectors=kept)

    def relaxed_member(member: Member) -> Member:
        if member.role.value != relaxation.role:
            return member
        return replace(member, requests=tuple(relaxed_request(request) for request in member.requests))

    def relaxed_engine(engine: Engine) -> Engine:
        if engine.name != relaxation.engine:
            return engine
        return replace(engine, members=tuple(relaxed_member(member) for member in engine.members))

    def edit(deployment: ModelDeployment) -> ModelDeployment:
        return replace(deployment, engines=tuple(relaxed_engine(engine) for engine in deployment.engines))

    return edit
