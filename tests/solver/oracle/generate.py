"""Tiny random problems with a bit of everything; the same seed gives the same problem."""

import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from random import Random

from solver.domain.identity import ClusterName, DeviceClassName, NodePoolKey
from solver.domain.policy import Policy, Preemption, Quota, ShortfallUnit
from solver.domain.problem import Problem
from solver.domain.replica import Health, Replica
from solver.domain.taint import Taint, TaintEffect, Toleration
from solver.domain.workload import (
    DeviceRequest,
    Engine,
    Member,
    ModelCache,
    ModelDeployment,
    ServingMode,
    SpreadMode,
    SpreadRule,
)
from solver.greedy import greedy
from solver.matching.compose import compose
from solver.matching.inventory import CLIQUE_LABEL, ZONE_LABEL
from solver.matching.survey import Survey
from solver.measures import measures
from solver.place import place
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    DeviceSpec,
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
)

NIC_CLASS = DeviceClassName("nic.example.com")
NIC_DRIVER = "nic.example.com"
SMALL, BIG = "80Gi", "141Gi"
_FABRIC = "example.com/fabric"
_PRICES = (1_000_000, 2_000_000, 2_500_001)


def generate(seed: int, *, most_nodes: int = 6) -> Problem:
    """The problem of *seed*: up to 3 deployments, 3 pools and 3 replicas."""
    return _Generator(Random(seed), most_nodes).problem()  # noqa: S311


def from_random(random: Random, *, most_nodes: int = 6) -> Problem:
    """A problem from *random*, for hypothesis, which can then make it smaller."""
    return _Generator(random, most_nodes).problem()


def decisive(problem: Problem) -> str:
    """The first tier in which the greedy plan is worse than the solver's; "none" where it is as good.

    ``python -m tests.solver.oracle.generate`` counts them over 500 seeds: a look at the mix.
    """
    survey = Survey(problem)
    baseline = {m.name: m.value for m in measures(survey, compose(survey, greedy(survey)))}
    for tier in place(problem).tiers:
        if baseline[tier.name] != tier.value:
            return tier.name.split("[")[0]
    return "none"


class _Generator:
    def __init__(self, random: Random, most_nodes: int) -> None:
        self.random = random
        self.nodes_left = most_nodes

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def problem(self) -> Problem:
        clusters = self._clusters()
        fleet = a_fleet(*clusters)
        if self.chance(0.1) and fleet.nodes:
            cordoned = self.random.randrange(len(fleet.nodes))
            nodes = list(fleet.nodes)
            nodes[cordoned] = replace(nodes[cordoned], is_schedulable=False)
            fleet = replace(fleet, nodes=tuple(nodes))
        deployments = [self._deployment(i) for i in range(self.random.choice((1, 2, 3, 3)))]
        replicas = list(self._replicas(clusters, deployments))
        caches = [
            ModelCache(
                namespace="ml-team",
                name="weights",
                ready_clusters=frozenset(c.name for c in clusters if self.chance(0.5)),
            )
        ]
        return a_problem(fleet, deployments, replicas, caches=caches, policy=self._policy(clusters))

    # The fleet.

    def _clusters(self) -> list[ClusterSpec]:
        pools = self.random.choice((1, 2, 2, 3, 3))
        wanted = self.random.randint(1, pools)
        priced = self.random.choice((0.0, 1.0, 1.0, 0.6))
        groups: list[list[PoolSpec]] = [[] for _ in range(wanted)]
        for index in range(pools):
            group = groups[index if index < wanted else self.random.randrange(wanted)]
            group.append(self._pool(f"pool-{index}", pools - index - 1, priced))
        return [
            ClusterSpec(
                name=f"cluster-{'abc'[index]}",
                pools=group,
                labels={"region": self.random.choice(("eu", "us"))},
                taints=(Taint(key="reserved", effect=TaintEffect.NO_SCHEDULE),) if self.chance(0.08) else (),
                is_ready=not self.chance(0.06),
            )
            for index, group in enumerate(groups)
        ]

    def _pool(self, name: str, others: int, priced: float) -> PoolSpec:
        nodes = self.random.randint(1, max(1, min(4, self.nodes_left - others)))
        self.nodes_left -= nodes
        expected = self.random.randint(1, nodes) if self.chance(0.35) else 0
        labels: list[dict[str, str]] = [{} for _ in range(nodes)]
        domain_label = _FABRIC if self.chance(0.25) else None
        if domain_label is not None:
            for label in labels:
                if self.chance(0.85):
                    label[_FABRIC] = self.random.choice("xy")
        if self.chance(0.35):
            for label in labels:
                if self.chance(0.8) and (domain_label is None or _FABRIC in label):
                    # An NVLink domain lies inside one fabric.
                    label[CLIQUE_LABEL] = f"{name}-{label.get(_FABRIC, '')}{self.random.randrange(2)}"
        for label in labels:
            if self.chance(0.3):
                label[ZONE_LABEL] = self.random.choice(("z1", "z2"))
        return PoolSpec(
            name=name,
            nodes=nodes - expected,
            expected=expected,
            devices=self._devices(),
            price=self.random.choice(_PRICES) if self.random.random() < priced else None,
            domain_label=domain_label,
            infiniband_fabric="ib" if domain_label is None and self.chance(0.2) else None,
            labels=labels,
            zones=("z1",) if self.chance(0.3) else (),
        )

    def _devices(self) -> list[DeviceSpec]:
        memory = self.random.choice((SMALL, BIG, BIG, BIG))
        devices = [DeviceSpec(count=self.random.choice((1, 2, 2, 4, 4)), memory=memory)]
        if self.chance(0.3):
            other = SMALL if memory == BIG else BIG
            devices.append(DeviceSpec(count=1, memory=other, name="other"))
        if self.chance(0.4):
            nic = DeviceSpec(
                count=self.random.choice((1, 2)),
                memory="",
                driver=NIC_DRIVER,  # type: ignore[arg-type]
                device_class=NIC_CLASS if self.chance(0.8) else None,
                name="nic",
            )
            devices.append(nic)
        return devices

    # What is wanted.

    def _deployment(self, index: int) -> ModelDeployment:
        engines, mode = self._engines()
        pods = sum(e.copies * m.pods_per_copy for e in engines for m in e.members)
        return a_deployment(
            self.random.choice((0, 1, 2, 2, 3) if pods < 3 else (1, 1, 2)),
            *engines,
            name=f"model-{index}",
            namespace=self.random.choice(("ml-team", "ml-team", "other")),
            priority=self.random.choice((0, 0, 0, 1, 5)),
            cluster_selector={"region": "eu"} if self.chance(0.1) else None,
            cache="weights" if self.chance(0.4) else None,
            tolerations=(Toleration(key="reserved"),) if self.chance(0.3) else (),
            spread=self._spread(),
            serving_mode=mode,
        )

    def _engines(self) -> tuple[tuple[Engine, ...], ServingMode]:
        match self.random.choice(("one", "one", "one", "two", "gang", "gang", "pair", "several", "copies")):
            case "one":
                return (an_engine(Member(requests=(self._gpu(2),))),), ServingMode.UNIFIED
            case "two":
                requests = (self._gpu(1), self._second())
                return (an_engine(Member(requests=requests)),), ServingMode.UNIFIED
            case "gang":
                gang = a_gang(self.random.choice((2, 2, 3)), self.random.choice((1, 1, 2)))
                if self.chance(0.2):
                    leader, worker = gang.members
                    gang = replace(gang, members=(replace(leader, requests=()), worker))
                elif self.chance(0.2) and gang.members[1].pods_per_copy == 1:
                    gang = replace(gang, copies=2)
                return (gang,), ServingMode.UNIFIED
            case "pair":
                return a_pair(self.random.choice((1, 2)), 1), ServingMode.PREFILL_DECODE
            case "several":
                first = a_gang(2) if self.chance(0.4) else an_engine(Member(requests=(self._gpu(1),)))
                second = an_engine(Member(requests=(self._gpu(2),)), name="second")
                return (first, second), ServingMode.UNIFIED
            case _:
                return (an_engine(Member(requests=(self._gpu(1),)), copies=2),), ServingMode.UNIFIED

    def _gpu(self, most: int) -> DeviceRequest:
        return a_request(
            self.random.randint(1, most),
            self.random.choice((at_least("1Gi"),) * 4 + (at_least("100Gi"),)),
        )

    def _second(self) -> DeviceRequest:
        if self.chance(0.5):
            return a_request(1, f'device.driver == "{NIC_DRIVER}"', name="nic")
        return a_request(1, self.random.choice((at_least("1Gi"), at_least("100Gi"))), name="more")

    def _spread(self) -> tuple[SpreadRule, ...]:
        if not self.chance(0.25):
            return ()
        return (
            SpreadRule(
                topology_key=self.random.choice(("cluster", "zone", "region")),
                max_skew=1 if self.chance(0.5) else None,
                max_percent=50 if self.chance(0.5) else None,
                mode=self.random.choice((SpreadMode.REQUIRED, SpreadMode.PREFERRED)),
            ),
        )

    # What runs.

    def _replicas(
        self, clusters: Sequence[ClusterSpec], deployments: Sequence[ModelDeployment]
    ) -> Iterator[Replica]:
        left = 4
        for deployment in deployments:
            if not self.chance(0.5):
                continue
            taken: Counter[str] = Counter()
            for _ in range(min(left, self.random.randint(1, max(1, deployment.replicas + 1)))):
                replica = self._replica(clusters, deployment, taken)
                if replica is not None:
                    left -= 1
                    yield replica
        if self.chance(0.1):
            orphan = a_deployment(1, name="orphan")
            replica = self._replica(clusters, orphan, Counter())
            if replica is not None:
                yield replace(replica, is_immovable=True)

    def _replica(
        self, clusters: Sequence[ClusterSpec], deployment: ModelDeployment, taken: Counter[str]
    ) -> Replica | None:
        homes = [(c, p) for c in clusters for p in c.pools if p.nodes]
        if not homes:
            return None
        cluster, pool = self.random.choice(homes)
        before = self._before(deployment)
        pods = sum(e.copies * m.pods_per_copy for e in before.engines for m in e.members)
        names = [f"{pool.name}/{number}" for number in range(pool.nodes)]
        nodes = sorted(self.random.choice(names) for _ in range(pods)) if self.chance(0.4) else []
        index = taken[cluster.name]
        taken[cluster.name] += 1
        return a_replica(
            before,
            cluster.name,
            index,
            pool=pool.name,
            health=self.random.choice((Health.READY, Health.UNKNOWN, Health.NOT_READY)),
            nodes=nodes,
        )

    def _before(self, deployment: ModelDeployment) -> ModelDeployment:
        """The template that the replica was made from; sometimes a smaller one."""
        engine = deployment.engines[0]
        if self.chance(0.06) and engine.is_gang and engine.members[1].pods_per_copy > 1:
            leader, worker = engine.members
            smaller = replace(engine, members=(leader, replace(worker, pods_per_copy=1)))
            return replace(deployment, engines=(smaller, *deployment.engines[1:]))
        if self.chance(0.15) and engine.copies > 1:
            return replace(deployment, engines=(replace(engine, copies=1), *deployment.engines[1:]))
        return deployment

    # The policy.

    def _policy(self, clusters: Sequence[ClusterSpec]) -> Policy:
        overrides: dict[NodePoolKey, int] = {}
        if self.chance(0.1):
            key = NodePoolKey(ClusterName(clusters[0].name), clusters[0].pools[0].name)
            overrides[key] = 500_000
        return Policy(
            quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=self.random.randint(1, 4)),)
            if self.chance(0.2)
            else (),
            eviction_budget=1 if self.chance(0.12) else 0,
            preemption=Preemption.NEVER if self.chance(0.1) else Preemption.LOWER_PRIORITY,
            shortfall_unit=ShortfallUnit.DEVICES if self.chance(0.15) else ShortfallUnit.REPLICAS,
            price_overrides=overrides,
            prefers_ready_caches=not self.chance(0.1),
        )


def main() -> None:
    counts = Counter(decisive(generate(seed)) for seed in range(500))
    for name, count in counts.most_common():
        sys.stdout.write(f"{name:12} {count}\n")


if __name__ == "__main__":
    main()
