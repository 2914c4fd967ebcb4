"""What can still be said about an InferenceCluster or a ModelReplica that violates its schema.

The replicas of such a cluster must not be taken for replicas on a cluster that is gone, so it stays in the
fleet with whatever of it can be read; it is not ready, and nothing new goes there. The load of such a replica
must not be given to others, so it is counted as far as it can be read.
"""

from collections.abc import Iterable, Iterator
from typing import TypeVar, get_args

from pydantic import ValidationError

from scheduler.api.base import ApiModel, Metadata
from scheduler.api.device_request import ReplicaDeviceRequest
from scheduler.api.engine import Role, WorkerShape
from scheduler.api.inference_cluster import MOST_NODES, ClusterSpec, ClusterTaint, InferenceCluster, NodePool
from scheduler.api.model_replica import (
    ModelReplica,
    PlacedReplicaSpec,
    ReplicaEngine,
    ReplicaMember,
)
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.raw import items, mapping, text, texts

_MOST_COPIES = 64
_Part = TypeVar("_Part", bound=ApiModel)


def salvaged(raw: Raw) -> InferenceCluster:
    """The cluster with the name, labels, taints and node pools of *raw* that are valid by themselves."""
    pools = {
        pool.name: pool for pool in _valid(NodePool, map(_salvaged_pool, items(raw, "spec", "nodePools")))
    }
    taints = {
        (taint.key, taint.effect): taint for taint in _valid(ClusterTaint, items(raw, "spec", "taints"))
    }
    metadata = Metadata(name=text(raw, "metadata", "name"), labels=texts(raw, "metadata", "labels"))
    return InferenceCluster.model_construct(
        metadata=metadata,
        spec=ClusterSpec.model_construct(taints=tuple(taints.values()), node_pools=tuple(pools.values())),
        status=None,
    )


def salvaged_replica(raw: Raw) -> ModelReplica | None:
    """The replica with the engines of *raw* as far as they can be read; None if it names no cluster."""
    cluster = text(raw, "spec", "clusterName")
    if not cluster:
        return None
    metadata = Metadata(
        name=text(raw, "metadata", "name"),
        namespace=text(raw, "metadata", "namespace") or "default",
        labels=texts(raw, "metadata", "labels"),
        annotations=texts(raw, "metadata", "annotations"),
    )
    engines = {text(engine, "name"): engine for engine in items(raw, "spec", "engines")}
    spec = PlacedReplicaSpec.model_construct(
        cluster_name=cluster, engines=tuple(_engine(name, engine) for name, engine in engines.items())
    )
    return ModelReplica.model_construct(metadata=metadata, spec=spec, status=None)


def _salvaged_pool(raw: object) -> object:
    """*raw* if it is valid, else its name, class and numbers of nodes: what runs there is not gone."""
    if any(_valid(NodePool, [raw])):
        return raw
    pool = mapping(raw)
    counts = [pool.get(field) for field in ("nodeCount", "maxNodeCount")]
    nodes = max((count for count in counts if type(count) is int and 0 < count <= MOST_NODES), default=1)
    # No class has an empty name, but some name must stand there.
    return {"name": pool.get("name"), "className": text(pool, "className") or "unknown", "nodeCount": nodes}


def _engine(name: str, raw: object) -> ReplicaEngine:
    copies = mapping(raw).get("copies", 1)
    members = [_member(member) for member in items(raw, "members") if text(member, "nodePoolName")]
    return ReplicaEngine.model_construct(
        name=name,
        copies=min(copies, _MOST_COPIES) if type(copies) is int and copies > 0 else 1,
        members=tuple(members),
    )


def _member(raw: object) -> ReplicaMember:
    role = mapping(raw).get("role", "Standalone")
    requests = {
        request.name: request for request in _valid(ReplicaDeviceRequest, items(raw, "deviceRequests"))
    }
    worker = next(_valid(WorkerShape, [mapping(raw, "worker")]), None)
    return ReplicaMember.model_construct(
        role=role if role in get_args(Role) else "Standalone",
        worker=worker,
        node_pool_name=text(raw, "nodePoolName"),
        device_requests=tuple(requests.values()) or None,
    )


def _valid(model: type[_Part], raw: Iterable[object]) -> Iterator[_Part]:
    for entry in raw:
        try:
            yield model.model_validate(entry)
        except ValidationError:
            continue
