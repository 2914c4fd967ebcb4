"""Problems with interchangeable nodes, small enough for the exact method; the same seed gives the same problem."""

from collections.abc import Iterator, Sequence
from random import Random

from solver.domain.policy import DEFAULT_TIERS, Policy, Preemption, Quota, ShortfallUnit, TierPolicy
from solver.domain.problem import Problem
from solver.domain.replica import Health, Replica
from solver.domain.workload import Engine, Member, ModelDeployment, ServingMode, SpreadMode, SpreadRule
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)

FABRIC = "example.com/block"
_BLOCK = 4


def like_nodes(
    seed: int,
    *,
    most_nodes: int = 6,
    observed: float = 0.35,
    extras: bool = True,
    tiers: Sequence[TierPolicy] | None = None,
) -> Problem:
    """Two to four clusters with one or two pools of like nodes, wanted more or less full.

    Args:
        seed: of everything that is drawn.
        most_nodes: in one pool.
        observed: share of deployments that run already, at least in part.
        extras: quotas, required spread, eviction budget, shortfall in devices.
        tiers: the tiers of the policy; the default ones if not given.
    """
    return _Drawing(Random(seed), most_nodes, observed, extras=extras).problem(tiers)  # noqa: S311


class _Drawing:
    def __init__(self, random: Random, most_nodes: int, observed: float, *, extras: bool) -> None:
        self.random = random
        self.most_nodes = most_nodes
        self.observed = observed
        self.extras = extras

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def problem(self, tiers: Sequence[TierPolicy] | None) -> Problem:
        clusters = [self._cluster(name) for name in "abcd"[: self.random.choice((2, 3, 3, 4))]]
        capacity = sum(pool.nodes * pool.devices[0].count for c in clusters for pool in c.pools)
        deployments = list(self._deployments(capacity))
        replicas = [
            replica
            for deployment in deployments
            if self.chance(self.observed)
            for replica in self._replicas(clusters, deployment)
        ]
        return a_problem(a_fleet(*clusters), deployments, replicas, policy=self._policy(capacity, tiers))

    def _cluster(self, name: str) -> ClusterSpec:
        return ClusterSpec(
            name=f"cluster-{name}",
            pools=[self._pool(f"pool-{i}") for i in range(self.random.choice((1, 2)))],
            labels={"region": self.random.choice(("eu", "us"))},
        )

    def _pool(self, name: str) -> PoolSpec:
        nodes = self.random.randint(2, self.most_nodes)
        expected = self.random.randint(1, 2) if self.chance(0.3) else 0
        is_blocked = self.chance(0.5)
        return PoolSpec(
            name=name,
            nodes=nodes,
            expected=expected,
            devices=[gpus(self.random.choice((2, 4, 8)), self.random.choice(("80Gi", "141Gi")))],
            price=self.random.choice((3_000_000, 8_000_000, 10_000_001)),
            domain_label=FABRIC if is_blocked else None,
            labels=[{FABRIC: f"{name}-{i // _BLOCK}"} for i in range(nodes + expected)]
            if is_blocked
            else ({},),
            zones=("z1",) if self.chance(0.5) else ("z2",),
        )

    def _deployments(self, capacity: int) -> Iterator[ModelDeployment]:
        left = int(capacity * self.random.choice((0.8, 1.0, 1.0, 1.2)))
        for index in range(8):
            engines, mode, size = self._engines()
            replicas = min(left // size, self.random.randint(1, 6))
            left -= replicas * size
            yield a_deployment(
                replicas,
                *engines,
                name=f"model-{index}",
                priority=self.random.choice((0, 0, 1, 5)),
                cluster_selector={"region": "eu"} if self.chance(0.15) else None,
                spread=self._spread(),
                serving_mode=mode,
            )

    def _engines(self) -> tuple[tuple[Engine, ...], ServingMode, int]:
        memory = at_least(self.random.choice(("1Gi", "1Gi", "100Gi")))
        count = self.random.choice((1, 1, 2, 3, 4))
        match self.random.choice(("one", "one", "one", "gang", "pair", "copies")):
            case "one":
                return (an_engine(Member(requests=(a_request(count, memory),))),), ServingMode.UNIFIED, count
            case "gang":
                pods = self.random.choice((2, 3))
                return (a_gang(pods, count),), ServingMode.UNIFIED, pods * count
            case "pair":
                return a_pair(count, 1), ServingMode.PREFILL_DECODE, count + 1
            case _:
                engine = an_engine(Member(requests=(a_request(count, memory),)), copies=2)
                return (engine,), ServingMode.UNIFIED, 2 * count

    def _spread(self) -> tuple[SpreadRule, ...]:
        if not (self.extras and self.chance(0.2)):
            return ()
        return (
            SpreadRule(
                topology_key=self.random.choice(("cluster", "zone", "region")),
                max_skew=self.random.choice((1, 2)) if self.chance(0.6) else None,
                max_percent=50 if self.chance(0.5) else None,
                mode=self.random.choice((SpreadMode.REQUIRED, SpreadMode.PREFERRED)),
            ),
        )

    def _replicas(self, clusters: Sequence[ClusterSpec], deployment: ModelDeployment) -> Iterator[Replica]:
        """Some on random nodes; now and then one too many, or on a node that is full already."""
        taken: dict[str, int] = {}
        for _ in range(self.random.randint(0, deployment.replicas + 1)):
            cluster = self.random.choice(clusters)
            pool = self.random.choice(cluster.pools)
            nodes = [f"{pool.name}/{self.random.randrange(pool.nodes)}" for _ in range(6)]
            index = taken.get(cluster.name, 0)
            taken[cluster.name] = index + 1
            yield a_replica(
                deployment,
                cluster.name,
                index,
                pool=pool.name,
                health=self.random.choice((Health.READY, Health.READY, Health.UNKNOWN, Health.NOT_READY)),
                nodes=sorted(nodes) if self.chance(0.7) else (),
            )

    def _policy(self, capacity: int, tiers: Sequence[TierPolicy] | None) -> Policy:
        quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=capacity * 3 // 5)
        return Policy(
            tiers=tuple(tiers) if tiers is not None else DEFAULT_TIERS,
            quotas=(quota,) if self.extras and self.chance(0.15) else (),
            eviction_budget=self.random.choice((1, 2)) if self.extras and self.chance(0.15) else 0,
            preemption=Preemption.NEVER if self.chance(0.1) else Preemption.LOWER_PRIORITY,
            shortfall_unit=ShortfallUnit.DEVICES
            if self.extras and self.chance(0.25)
            else ShortfallUnit.REPLICAS,
        )
