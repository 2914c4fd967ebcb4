"""What a problem adds up to, counted from the problem itself."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from solver.domain.device_table import Field
from solver.domain.fleet import Fleet
from solver.domain.problem import Problem
from solver.domain.replica import Replica
from solver.domain.taint import TaintEffect
from solver.domain.workload import ModelDeployment, SpreadMode

_GPU_DRIVER, _GPU_REQUEST = "gpu.nvidia.com", "gpu"


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """Counts of a fleet and of what is wanted and runs on it."""

    clusters: int
    drained_clusters: int
    fabrics: int
    nodes: int
    gpus: int
    deployments: int
    replicas_wanted: int
    gpus_wanted: int
    replicas_observed: int
    #: Of those, the ones with all their pods on clusters that are not drained.
    replicas_healthy: int
    gpus_held: int
    quotas: int
    binding_quotas: int
    #: Deployments with a required spread over clusters.
    cluster_caps: int


def totals(problem: Problem) -> Totals:
    """The counts of *problem*."""
    fleet = problem.fleet
    drained = {
        cluster.name
        for cluster in fleet.clusters
        if any(taint.effect is TaintEffect.NO_EXECUTE for taint in cluster.taints)
    }
    asked: Counter[str] = Counter()
    for each in problem.deployments:
        asked[each.key.namespace] += each.replicas * gpus_per_replica(each)
    is_gpu = _is_gpu(fleet)
    held = [row for replica in problem.replicas for slot in replica.slots for row in slot.devices]
    return Totals(
        clusters=len(fleet.clusters),
        drained_clusters=len(drained),
        fabrics=_fabrics(fleet),
        nodes=len(fleet.nodes),
        gpus=int(np.count_nonzero(is_gpu)),
        deployments=len(problem.deployments),
        replicas_wanted=sum(each.replicas for each in problem.deployments),
        gpus_wanted=sum(asked.values()),
        replicas_observed=len(problem.replicas),
        replicas_healthy=sum(
            replica.key.cluster not in drained and _is_whole(replica) for replica in problem.replicas
        ),
        gpus_held=int(np.count_nonzero(is_gpu[np.array(held, dtype=np.int64)])),
        quotas=len(problem.policy.quotas),
        binding_quotas=sum(quota.devices < asked[quota.namespace] for quota in problem.policy.quotas),
        cluster_caps=sum(map(_is_capped, problem.deployments)),
    )


def gpus_per_replica(deployment: ModelDeployment) -> int:
    """GPUs that one replica claims."""
    return sum(
        engine.copies * member.pods_per_copy * request.count
        for engine in deployment.engines
        for member in engine.members
        for request in member.requests
        if request.name == _GPU_REQUEST
    )


def _is_gpu(fleet: Fleet) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    drivers = fleet.devices.columns[Field("driver")]
    wanted = [code for code, value in enumerate(drivers.values) if value == _GPU_DRIVER]
    return np.isin(drivers.codes, wanted)


def _fabrics(fleet: Fleet) -> int:
    label_of = {pool.key: pool.domain_label for pool in fleet.node_pools}
    return len({(node.node_pool, node.labels.get(label_of[node.node_pool] or "")) for node in fleet.nodes})


def _is_whole(replica: Replica) -> bool:
    pods = sum(
        engine.copies * member.pods_per_copy for engine in replica.engines for member in engine.members
    )
    return len(replica.slots) == pods


def _is_capped(deployment: ModelDeployment) -> bool:
    return any(
        rule.topology_key == "cluster" and rule.mode is SpreadMode.REQUIRED for rule in deployment.spread
    )
