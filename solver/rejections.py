"""What every node pool says to a deployment that is short: the first check it fails, down to the attribute."""

from collections.abc import Iterator
from dataclasses import replace

from solver.domain.explanation import REASON_ORDER, PoolRejection, Reason, Rejection
from solver.domain.fleet import NodePool
from solver.domain.identity import NodePoolKey
from solver.domain.plan import Plan
from solver.domain.workload import Engine, Member, ModelDeployment, ServingMode
from solver.insertion import Insertion
from solver.matching.candidates import has_distance
from solver.matching.draft import Draft, unit_of
from solver.matching.node_fit import Need, claims_of, fits
from solver.matching.options import MemberOption
from solver.matching.pod_claim import PodClaim
from solver.matching.pool_rejections import PoolRejections
from solver.matching.refusals import MOST_TRIES
from solver.matching.survey import Survey


def rejections(survey: Survey, draft: Draft, plan: Plan) -> tuple[Rejection, ...]:
    """One for each deployment with a shortfall, in the order of the deployments."""
    if not plan.shortfalls:
        return ()
    pools = _Pools(survey, Insertion(survey, draft))
    return tuple(
        _Rejecting(survey, pools, survey.deployments[short.deployment]).rejection()
        for short in plan.shortfalls
    )


class _Pools:
    """The node pools as the plan leaves them, the same for all deployments."""

    def __init__(self, survey: Survey, insertion: Insertion) -> None:
        self.insertion = insertion
        self.complaints = PoolRejections(survey.options)
        self._inventory = survey.inventory
        self._distinct: dict[NodePoolKey, tuple[tuple[int, int], ...]] = {}

    def distinct(self, pool: NodePoolKey) -> tuple[tuple[int, int], ...]:
        """Nodes of *pool* that take new pods: one of each that have the same left, and how many those are."""
        if pool not in self._distinct:
            found: dict[int, list[int]] = {}
            for node in self._inventory.nodes_of_pool[pool]:
                if self._inventory.takes_new(node):
                    found.setdefault(self.insertion.ledger.state(node), []).append(node)
            self._distinct[pool] = tuple((nodes[0], len(nodes)) for nodes in found.values())
        return self._distinct[pool]


class _Rejecting:
    def __init__(
        self,
        survey: Survey,
        pools: _Pools,
        deployment: ModelDeployment,
    ) -> None:
        self.survey = survey
        self.inventory = survey.inventory
        self.pools = pools
        self.insertion = pools.insertion
        self.complaints = pools.complaints
        self.deployment = deployment

    def rejection(self) -> Rejection:
        pools = self.survey.problem.fleet.node_pools
        rejected = tuple(self._pool(pool) for pool in pools)
        return Rejection(
            deployment=self.deployment.key,
            node_pools=len(pools),
            rejected=rejected,
            general=tuple(self._general()),
        )

    def _general(self) -> Iterator[str]:
        if self.survey.lacks_cache(self.deployment):
            namespace = self.deployment.key.namespace
            yield f"ModelCache {namespace}/{self.deployment.cache} does not exist"
        if self.deployment.key in self.survey.refusals.given_up:
            message = self.survey.refusals.given_up[self.deployment.key]
            yield f"the device allocator refused {MOST_TRIES} plans for it: {message}"

    def _pool(self, pool: NodePool) -> PoolRejection:
        verdict = self.survey.verdict(self.deployment, pool.key.cluster)
        if verdict is not None:
            return PoolRejection(node_pool=pool.key, reason=verdict.reason, detail=verdict.detail)
        if not pool.is_published:
            detail = f"its class {pool.class_name} was not read or the cluster does not publish it"
            return PoolRejection(node_pool=pool.key, reason=Reason.DEVICE_SELECTOR_NOT_MATCHED, detail=detail)
        return (
            self._members(pool.key)
            or self._resources(pool.key)
            or self._fabric(pool.key)
            or self._capacity(pool.key)
            or self._plan(pool.key)
        )

    def _claiming(self) -> list[tuple[Engine, Member]]:
        return [
            (engine, member)
            for engine in self.deployment.engines
            for member in engine.members
            if member.requests
        ]

    def _members(self, pool: NodePoolKey) -> PoolRejection | None:
        """Set if no member can ever be in *pool*, or if one that cannot has no other pool on the cluster."""
        failed: list[PoolRejection] = []
        stranded: list[PoolRejection] = []
        claiming = self._claiming()
        for engine, member in claiming:
            found = self.complaints.of(member, pool)
            if found is None:
                continue
            named = found
            if len(self.deployment.engines) > 1 or len(engine.members) > 1:
                named = PoolRejection(
                    node_pool=pool,
                    reason=found.reason,
                    detail=f"engine {engine.name}: {found.detail}",
                )
            failed.append(named)
            if not self.survey.options.of_cluster(member, pool.cluster):
                stranded.append(named)
        if len(failed) == len(claiming) and failed:
            return max(failed, key=lambda rejection: REASON_ORDER[rejection.reason])
        return stranded[0] if stranded else None

    def _options(self, pool: NodePoolKey) -> Iterator[tuple[Engine, Member, MemberOption]]:
        for engine, member in self._claiming():
            for option in self.survey.options.of_pool(member, pool):
                yield engine, member, option

    def _resources(self, pool: NodePoolKey) -> PoolRejection | None:
        nodes = [self.survey.problem.fleet.nodes[n] for n in self.inventory.nodes_of_pool[pool]]
        published = [node.free for node in nodes if node.free is not None]
        if not published or len(published) < len(nodes):
            return None
        for _, member, _ in self._options(pool):
            if any(
                free.pods >= 1
                and free.cpu_millicores >= member.cpu_millicores
                and free.memory_bytes >= member.memory_bytes
                for free in published
            ):
                return None
        most = max(free.pods for free in published)
        detail = f"at most {most} pod slots on a node, or too little CPU or memory for one pod"
        return PoolRejection(node_pool=pool, reason=Reason.INSUFFICIENT_NODE_RESOURCES, detail=detail)

    def _fabric(self, pool: NodePoolKey) -> PoolRejection | None:
        """Set if no fabric that the pool has a part in could ever hold what has to be on one fabric."""
        if not has_distance(self.deployment):
            return None
        groups = self._joined_engines()
        fabrics = sorted({self.inventory.places[node].fabric for node in self.inventory.nodes_of_pool[pool]})
        if not fabrics or any(
            all(self._holds(pool, fabric, engines, copies) for engines, copies in groups)
            for fabric in fabrics
        ):
            return None
        pods = sum(
            copies * member.pods_per_copy
            for engines, copies in groups
            for engine in engines
            for member in engine.members
        )
        largest = max(self._nodes_in(pool, fabric) for fabric in fabrics)
        detail = f"{pods} pods must share a fabric, the largest here has {largest} nodes that one could use"
        return PoolRejection(node_pool=pool, reason=Reason.FABRIC_TOO_SMALL, detail=detail)

    def _joined_engines(self) -> list[tuple[list[Engine], int]]:
        """Engines whose pods must share a fabric, and how many copies of them."""
        if self.deployment.serving_mode is ServingMode.PREFILL_DECODE:
            return [(list(self.deployment.engines), 0)]
        return [([engine], 1) for engine in self.deployment.engines if engine.is_gang]

    def _nodes_in(self, pool: NodePoolKey, fabric: str) -> int:
        return sum(
            self.inventory.places[node].fabric == fabric
            and any(
                option.pool == self.inventory.fleet.nodes[node].node_pool
                for _, member in self._claiming()
                for option in self.survey.options.of_cluster(member, pool.cluster)
            )
            for key in self.inventory.pools_of_cluster[pool.cluster]
            for node in self.inventory.nodes_of_pool[key]
        )

    def _holds(self, pool: NodePoolKey, fabric: str, engines: list[Engine], copies: int) -> bool:
        """Whether the fabric, if it were empty, passes the count of places for each member and all devices."""
        inside = [
            node
            for key in self.inventory.pools_of_cluster[pool.cluster]
            for node in self.inventory.nodes_of_pool[key]
            if self.inventory.places[node].fabric == fabric
        ]
        together: list[Need] = []
        supply: dict[int, int] = {}
        for node in inside:
            for kind in self.inventory.kinds.total[node].nonzero()[0]:
                supply[int(kind)] = supply.get(int(kind), 0) + int(self.inventory.kinds.total[node, kind])
        for engine in engines:
            for member in engine.members:
                inside_pools = {self.inventory.fleet.nodes[node].node_pool for node in inside}
                options = [
                    option
                    for option in self.survey.options.of_cluster(member, pool.cluster)
                    if option.pool in inside_pools
                ]
                pods = (copies or engine.copies) * member.pods_per_copy
                if not any(self._places(option, inside, pods) >= pods for option in options):
                    return False
                if len(options) == 1:
                    together += [Need(need.accepts, need.count * pods) for need in options[0].needs]
        return fits(together, supply)

    def _places(self, option: MemberOption, nodes: list[int], enough: int) -> int:
        """Pods of *option* that fit on *nodes* if they were empty; counting stops at *enough*."""
        found = 0
        for node in nodes:
            if self.inventory.fleet.nodes[node].node_pool != option.pool:
                continue
            held = {
                int(kind): int(self.inventory.kinds.total[node, kind])
                for kind in self.inventory.kinds.total[node].nonzero()[0]
            }
            times = 0
            while found < enough and fits(
                [Need(need.accepts, need.count * (times + 1)) for need in option.needs], held
            ):
                times += 1
                found += 1
            if found >= enough:
                break
        return found

    def _capacity(self, pool: NodePoolKey) -> PoolRejection | None:
        nodes = self.inventory.nodes_of_pool[pool]
        like = self.pools.distinct(pool)
        usable = [node for node, _ in like]
        reason = Reason.INSUFFICIENT_FREE_CAPACITY
        if not usable:
            detail = f"all {len(nodes)} nodes are cordoned, not ready or tainted" if nodes else "no nodes"
            return PoolRejection(node_pool=pool, reason=reason, detail=detail)
        for engine, member, option in self._options(pool):
            unit = unit_of(self.deployment, engine.name, member.role, option)
            if self.insertion.ledger.with_room(usable, unit):
                break
        else:
            return self._refused(pool, usable) or PoolRejection(
                node_pool=pool, reason=reason, detail=self._shortest(pool, like)
            )
        if not self.insertion.would_fit(self.deployment, pool.cluster):
            detail = "one pod fits, the replica does not"
            return self._refused(pool, usable) or PoolRejection(node_pool=pool, reason=reason, detail=detail)
        return None

    def _refused(self, pool: NodePoolKey, usable: list[int]) -> PoolRejection | None:
        """Set if a node has room for a pod and its allocator is known to refuse it there."""
        has_given_up = self.deployment.key in self.survey.refusals.given_up
        for engine, member, option in self._options(pool):
            unit = unit_of(self.deployment, engine.name, member.role, option)
            free = replace(unit, refused_as=())
            for node in usable if unit.refused_as else ():
                message = self.insertion.ledger.refusal(node, unit)
                if has_given_up:
                    message = next(self._general())
                if message is not None and self.insertion.ledger.has_room(node, free):
                    return PoolRejection(node_pool=pool, reason=Reason.REFUSED_BY_ALLOCATOR, detail=message)
        return None

    def _shortest(self, pool: NodePoolKey, like: tuple[tuple[int, int], ...]) -> str:
        """The request that fits least, in the devices that would do for it."""
        worst: tuple[int, str] | None = None
        for _, member, option in self._options(pool):
            for request, need in zip(member.requests, option.needs, strict=True):
                left = [max(0, self.insertion.ledger.left_for(node, need.accepts)) for node, _ in like]
                total = sum(free * count for free, (_, count) in zip(left, like, strict=True))
                text = (
                    f"{request.name}: {need.count} requested, {max(left)} free on the best node, "
                    f"{total} in the pool"
                )
                if worst is None or max(left) - need.count < worst[0]:
                    worst = (max(left) - need.count, text)
        if worst is not None and worst[0] < 0:
            return worst[1]
        for _, member, option in self._options(pool):
            names = iter([r.name for r, n in zip(member.requests, option.needs, strict=True) if n.is_claimed])
            for claim in claims_of(option.needs):
                for name, ways in zip(names, claim.requests, strict=False):
                    alone = Need(0, 0, claim=PodClaim(requests=(ways,)))
                    if not any(self.insertion.ledger.claims_fit(node, (alone,)) for node, _ in like):
                        return f"{name}: no node can give it beside what is taken of its devices"
        return "no node has devices, CPU, memory and a pod slot for one pod together"

    def _plan(self, pool: NodePoolKey) -> PoolRejection:
        if self.survey.lacks_cache(self.deployment):
            reason = Reason.MODEL_CACHE_NOT_FOUND
            return PoolRejection(node_pool=pool, reason=reason, detail=next(self._general()))
        if self.deployment.key in self.survey.refusals.given_up:
            reason = Reason.REFUSED_BY_ALLOCATOR
            return PoolRejection(node_pool=pool, reason=reason, detail=next(self._general()))
        blocked = self.insertion.blocked_by(self.deployment, pool.cluster)
        if blocked is not None:
            return PoolRejection(node_pool=pool, reason=blocked[0], detail=blocked[1])
        detail = "room is left that the plan could not use"
        return PoolRejection(node_pool=pool, reason=Reason.INSUFFICIENT_FREE_CAPACITY, detail=detail)
