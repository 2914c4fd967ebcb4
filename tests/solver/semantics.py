"""Fleets, deployments and policies that the tests of semantics.md share."""

from solver.domain.fleet import Fleet
from solver.domain.policy import Policy, Quota, TierName, TierPolicy
from solver.domain.workload import Member, ModelDeployment, ServingMode
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_pair,
    a_request,
    an_engine,
)


def _fleet(*specs: PoolSpec) -> Fleet:
    return a_fleet(ClusterSpec(pools=specs))


def _pair_of(prefill: int = 1, decode: int = 1, replicas: int = 1) -> ModelDeployment:
    return a_deployment(replicas, *a_pair(prefill, decode), serving_mode=ServingMode.PREFILL_DECODE)


def _clusters(**nodes_of: int) -> Fleet:
    return a_fleet(
        *(ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=n),)) for name, n in nodes_of.items())
    )


def _takes(count: int, replicas: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def _tiers(*names: TierName, **maxima: int) -> tuple[TierPolicy, ...]:
    return tuple(TierPolicy(name=name, maximum=maxima.get(name.value)) for name in names or tuple(TierName))


def _quota(devices: int) -> Policy:
    return Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=devices),))
