"""Changes that would place one more replica, each tried by solving with it; the cheapest first."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from solver.domain.explanation import Fix, PoolRejection
from solver.domain.identity import DeploymentKey, NodePoolKey, ReplicaKey
from solver.domain.plan import Plan
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment
from solver.matching.scene import ExtraNodes, Survey
from solver.search.held import MOST_SINGLE, Edit, Held, held

_MOST = 3
_MOST_MOVES_TRIED = 12
_MOST_MOVES_TRIED_AT_SCALE = 2
_MOST_POOLS_TRIED = 12
_MOST_NODES_ADDED = 4


def fixes(survey: Survey, plan: Plan, key: DeploymentKey, one_more: Held) -> tuple[Fix, ...]:
    """Up to three: moving a replica costs an eviction, a quota a decision, a node its price, a selector a request."""
    found: list[Fix] = []
    tried = (
        _moves(survey, plan, key),
        _quotas(survey, plan, key),
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


def _moves(survey: Survey, plan: Plan, key: DeploymentKey) -> Iterator[Fix]:
    pools = set(_pools(survey, key))
    movers: list[tuple[int, ReplicaKey]] = []
    for keep in plan.keeps:
        if keep.replica.deployment not in survey.deployments:
            continue
        if pools & {slot.node_pool for slot in keep.slots}:
            size = sum(devices.count for slot in keep.slots for devices in slot.devices)
            movers.append((size, keep.replica))
    is_small = len(survey.problem.fleet.nodes) <= MOST_SINGLE
    most = _MOST_MOVES_TRIED if is_small else _MOST_MOVES_TRIED_AT_SCALE
    for _, replica in sorted(movers)[:most]:
        attempt = held(survey, plan, key, freed=replica)
        if attempt.places_all():
            yield Fix(
                deployment=key,
                change="MoveReplica",
                subject=str(replica),
                sentence=f"move replica {replica} to other nodes; both then fit",
            )


def _quotas(survey: Survey, plan: Plan, key: DeploymentKey) -> Iterator[Fix]:
    policy = survey.problem.policy
    for quota in sorted(policy.quotas):
        if quota.namespace != key.namespace:
            continue
        deployment = survey.deployments[key]
        asked = sum(
            engine.copies * member.pods_per_copy * request.count
            for engine in deployment.engines
            for member in engine.members
            for request in member.requests
        )
        raised = replace(quota, devices=quota.devices + asked)
        others = tuple(raised if other == quota else other for other in policy.quotas)
        attempt = held(survey, plan, key, policy=replace(policy, quotas=others))
        if attempt.places_all():
            sentence = (
                f"raise the quota of namespace {quota.namespace} for class {quota.device_class} "
                f"from {quota.devices} to {raised.devices} devices"
            )
            subject = f"{quota.namespace}/{quota.device_class}"
            yield Fix(deployment=key, change="RaiseQuota", subject=subject, sentence=sentence)


def _nodes(survey: Survey, key: DeploymentKey, one_more: Held) -> Iterator[Fix]:
    prices = {pool: survey.inventory.price(pool) for pool in _pools(survey, key)}
    by_price = sorted(prices, key=lambda pool: (prices[pool] is None, prices[pool] or 0, pool))
    for pool in by_price[:_MOST_POOLS_TRIED]:
        for count in range(1, _MOST_NODES_ADDED + 1):
            extra = ExtraNodes(pool=pool, count=count)
            if one_more.places_all(extra=extra):
                s = "" if count == 1 else "s"
                price = prices[pool]
                cost = "" if price is None else f" (${price * count / 1_000_000:,.2f} per hour)"
                sentence = f"add {count} node{s} to node pool {pool}{cost}"
                yield Fix(deployment=key, change="AddNode", subject=str(pool), sentence=sentence)
                break


@dataclass(frozen=True, slots=True)
class _Relaxation:
    engine: str
    role: str
    request: str
    selector: str
    because: str


def _selectors(survey: Survey, plan: Plan, key: DeploymentKey) -> Iterator[Fix]:
    for relaxation in _relaxations(survey, key):
        attempt = held(survey, plan, key, edit=_without(relaxation))
        if attempt.places_all():
            text = " ".join(relaxation.selector.split())
            sentence = (
                f"relax the selector of request {relaxation.request} (engine {relaxation.engine}): "
                f"{relaxation.because}; without `{text}` it fits"
            )
            subject = f"{relaxation.engine}/{relaxation.request}"
            yield Fix(deployment=key, change="RelaxSelector", subject=subject, sentence=sentence)


def _relaxations(survey: Survey, key: DeploymentKey) -> Iterator[_Relaxation]:
    """Selectors that some pool fails, with what the nearest pool says to them."""
    deployment = survey.deployments[key]
    seen: set[tuple[str, str]] = set()
    for cluster in survey.clusters_for(deployment):
        for pool in survey.inventory.pools_of_cluster[cluster]:
            for engine in deployment.engines:
                for member in engine.members:
                    said = survey.options.of_pool(member, pool)
                    if not isinstance(said, PoolRejection):
                        continue
                    for request in member.requests:
                        for text in request.selectors:
                            if (
                                said.detail.startswith(f"{request.name}: ")
                                and (engine.name, text) not in seen
                            ):
                                seen.add((engine.name, text))
                                because = said.detail.removeprefix(f"{request.name}: ")
                                yield _Relaxation(
                                    engine.name,
                                    member.role.value,
                                    request.name,
                                    text,
                                    f"in node pool {pool} {because}",
                                )


def _without(relaxation: _Relaxation) -> Edit:
    def relaxed_request(request: DeviceRequest) -> DeviceRequest:
        if request.name != relaxation.request:
            return request
        kept = tuple(text for text in request.selectors if text != relaxation.selector)
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
