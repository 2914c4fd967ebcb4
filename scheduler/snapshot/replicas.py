"""ModelReplica objects to observed replicas: whose they are, where their pods are, what those hold."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from scheduler.api.device_request import ReplicaDeviceRequest
from scheduler.api.faults import shown
from scheduler.api.model_replica import ModelReplica, ReplicaEngine
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.fleet import BuiltFleet
from scheduler.snapshot.intake import ControlObject
from scheduler.snapshot.salvage import salvaged_replica
from scheduler.snapshot.slots import JoinedPods, OwnedSlot, ReplicaId, planned_nodes
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, ReplicaKey
from solver.domain.replica import (
    Health,
    ObservedEngine,
    ObservedMember,
    ObservedRequest,
    ObservedSlot,
    Replica,
)
from solver.domain.workload import Role

DEPLOYMENT_LABEL = "modelplane.ai/deployment"
CLUSTER_LABEL = "modelplane.ai/cluster"
INDEX_LABEL = "modelplane.ai/replica-index"
#: What an int32 of the published system and of the decision's wire form can hold.
_LARGEST_INDEX = 2**31 - 1
_LONGEST_LABEL = 63


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedReplica:
    """A ModelReplica that a plan counts, with the key it counts under."""

    read: ControlObject
    model: ModelReplica
    key: ReplicaKey
    is_immovable: bool


def counted_replicas(
    objects: Mapping[tuple[str, str], ControlObject],
    deployments: Collection[DeploymentKey],
    findings: Findings,
) -> dict[ReplicaId, CountedReplica]:
    """The replicas by namespace and name, no two with one deployment, cluster and index.

    One without deployment, being deleted or invalid is load that stays where it is; so is one whose index
    another has. Such load gets the next index that nobody has, since its own may be its successor's.
    """
    counted: dict[ReplicaId, CountedReplica] = {}
    taken: set[ReplicaKey] = set()
    load: list[tuple[ControlObject, ModelReplica, ReplicaKey]] = []
    for _, read in sorted(objects.items()):
        model = read.model if isinstance(read.model, ModelReplica) else salvaged_replica(read.raw)
        if model is None:
            message = "found no clusterName; the load of this replica counts nowhere, expected a valid object"
            findings.warning(read.origin, message, about=read.about, path="spec.clusterName")
            continue
        key = _key(read, model, findings)
        is_valid = read.model is not None and model.metadata.deletion_timestamp is None
        if key.deployment not in deployments or not is_valid:
            load.append((read, model, key))
        elif key in taken:
            message = (
                f"found replica index {key.index} on cluster {key.cluster} a second time, expected each once;"
                " the first by name counts, this one is load that stays"
            )
            findings.warning(read.origin, message, about=read.about, path=f"metadata.labels[{INDEX_LABEL}]")
            load.append((read, model, key))
        else:
            taken.add(key)
            _count(counted, CountedReplica(read=read, model=model, key=key, is_immovable=False))
    for read, model, key in load:
        free = _free_key(key, taken)
        taken.add(free)
        _count(counted, CountedReplica(read=read, model=model, key=free, is_immovable=True))
    return counted


def _count(counted: dict[ReplicaId, CountedReplica], each: CountedReplica) -> None:
    counted[ReplicaId(each.model.metadata.namespace, each.model.metadata.name)] = each


def _free_key(key: ReplicaKey, taken: Collection[ReplicaKey]) -> ReplicaKey:
    """*key*, or one with the next index that is not *taken*."""
    while key in taken:
        key = ReplicaKey(key.deployment, key.cluster, key.index + 1 if key.index < _LARGEST_INDEX else 0)
    return key


def replica(
    counted: CountedReplica,
    joined: JoinedPods,
    built: BuiltFleet,
    nodes: Collection[NodeKey],
) -> Replica:
    """The replica as observed; pods on nodes that are no *nodes* of the fleet have no slot."""
    model = counted.model
    return Replica(
        key=counted.key,
        name=model.metadata.name,
        engines=tuple(_engine(engine) for engine in model.spec.engines),
        health=_health(model),
        slots=_slots(counted, joined, built, nodes),
        is_immovable=counted.is_immovable,
    )


def by_cluster(counted: Mapping[ReplicaId, CountedReplica]) -> dict[str, dict[ReplicaId, ModelReplica]]:
    """The replicas of each cluster."""
    found: dict[str, dict[ReplicaId, ModelReplica]] = defaultdict(dict)
    for replica_id, each in counted.items():
        found[each.model.spec.cluster_name][replica_id] = each.model
    return found


def _key(read: ControlObject, model: ModelReplica, findings: Findings) -> ReplicaKey:
    labels = model.metadata.labels
    # A replica made by hand has no deployment; no deployment can have this name.
    deployment = labels.get(DEPLOYMENT_LABEL) or f"replica/{model.metadata.name}"
    label = labels.get(INDEX_LABEL, "0")
    index = _index(label)
    if index is None:
        message = f"found {shown(label)}, expected a number from 0 to {_LARGEST_INDEX}; 0 is assumed"
        findings.warning(read.origin, message, about=read.about, path=f"metadata.labels[{INDEX_LABEL}]")
    return ReplicaKey(
        deployment=DeploymentKey(model.metadata.namespace, deployment),
        cluster=ClusterName(model.spec.cluster_name),
        index=index or 0,
    )


def _index(label: str) -> int | None:
    """The index that *label* says, None if no index can be that."""
    is_number = label.isascii() and label.isdecimal() and len(label) <= _LONGEST_LABEL
    index = int(label) if is_number else _LARGEST_INDEX + 1
    return index if index <= _LARGEST_INDEX else None


def _health(model: ModelReplica) -> Health:
    ready = model.status.condition("Ready") if model.status is not None else None
    match ready.status if ready is not None else "":
        case "True":
            return Health.READY
        case "False":
            return Health.NOT_READY
        case _:
            return Health.UNKNOWN


def _engine(spec: ReplicaEngine) -> ObservedEngine:
    return ObservedEngine(
        name=spec.name,
        copies=spec.copies,
        members=tuple(
            ObservedMember(
                role=Role(member.role),
                node_pool=member.node_pool_name,
                pods_per_copy=member.pods_per_copy,
                requests=tuple(_request(request) for request in member.device_requests or ()),
            )
            for member in spec.members
        ),
    )


def _request(spec: ReplicaDeviceRequest) -> ObservedRequest:
    """The request; of alternatives the one that is preferred, since none is recorded as taken."""
    taken = spec.first_available[0] if spec.first_available else spec
    return ObservedRequest(
        name=spec.name, device_class=DeviceClassName(taken.device_class_name), count=taken.count
    )


def _slots(
    counted: CountedReplica,
    joined: JoinedPods,
    built: BuiltFleet,
    nodes: Collection[NodeKey],
) -> tuple[ObservedSlot, ...]:
    metadata = counted.model.metadata
    replica_id = ReplicaId(metadata.namespace, metadata.name)
    places = dict(planned_nodes(counted.model))
    places |= {owned.slot: node for owned, node in joined.nodes.items() if owned.replica == replica_id}
    found = []
    for slot, node_name in sorted(places.items()):
        node = NodeKey(counted.key.cluster, node_name)
        if node in nodes:
            found.append(
                ObservedSlot(
                    engine=slot.engine,
                    copy=slot.copy,
                    role=Role(slot.role),
                    rank=slot.rank,
                    node=node,
                    devices=tuple(sorted(built.rows.get(OwnedSlot(replica_id, slot), ()))),
                    shares=tuple(sorted(built.shares.get(OwnedSlot(replica_id, slot), ()))),
                )
            )
    return tuple(found)
