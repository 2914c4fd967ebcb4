"""The ModelReplica object of a placement, in the published form, with the plan's slots as an annotation."""

import json
from collections.abc import Mapping, Sequence

from scheduler.api.base import MODELPLANE_API_VERSION
from scheduler.snapshot.names import replica_name
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.replicas import CLUSTER_LABEL, DEPLOYMENT_LABEL, INDEX_LABEL
from scheduler.snapshot.slots import PLAN_ANNOTATION

#: A longer slot table does not go into an annotation; who applies the object keeps it in a ConfigMap.
LONGEST_PLAN = 200 * 1024


def replica_object(
    deployment_object: Raw,
    *,
    cluster: str,
    index: int,
    node_pools: Mapping[tuple[str, str], str],
    device_classes: Mapping[tuple[str, str, str], str],
    slots: Sequence[Mapping[str, object]],
) -> Raw:
    """The ModelReplica with *index* of *deployment_object* on *cluster*.

    Args:
        deployment_object: the ModelDeployment as it was read.
        cluster: the InferenceCluster it is placed on.
        index: its index there.
        node_pools: node pool by engine and role.
        device_classes: DeviceClass by engine, role and request; a request that is not there is Synthetic.
        slots: the rows of the slot table: engine, copy, role, rank, nodePool, node.

    Raises:
        KeyError: a member has no node pool.
    """
    name = text(deployment_object, "metadata", "name")
    template = mapping(deployment_object, "spec", "template")
    given = mapping(template, "spec")
    spec: Raw = {"clusterName": cluster}
    spec |= {field: given[field] for field in ("modelCacheRef", "serving") if given.get(field) is not None}
    spec["engines"] = [
        _engine(mapping(engine), node_pools, device_classes) for engine in items(given, "engines")
    ]
    metadata: Raw = {
        "name": replica_name(name, cluster, index),
        "namespace": text(deployment_object, "metadata", "namespace") or "default",
        "labels": mapping(template, "metadata", "labels")
        | {DEPLOYMENT_LABEL: name, CLUSTER_LABEL: cluster, INDEX_LABEL: str(index)},
    }
    table = json.dumps(list(map(dict, slots)), separators=(",", ":"), ensure_ascii=False)
    if slots and len(table.encode()) <= LONGEST_PLAN:
        metadata["annotations"] = {PLAN_ANNOTATION: table}
    return {
        "apiVersion": MODELPLANE_API_VERSION,
        "kind": "ModelReplica",
        "metadata": metadata,
        "spec": spec,
    }


def _engine(
    engine: Raw, node_pools: Mapping[tuple[str, str], str], device_classes: Mapping[tuple[str, str, str], str]
) -> Raw:
    name = text(engine, "name")
    composed: Raw = {"name": name, "copies": engine.get("copies") or 1}
    if engine.get("phase") is not None:
        composed["phase"] = engine["phase"]
    members = []
    for member in map(mapping, items(engine, "members")):
        role = text(member, "role") or "Standalone"
        placed: Raw = {"role": role, "nodePoolName": node_pools[name, role]}
        requests = [
            _device_request(request, device_class)
            for request in map(mapping, items(member, "nodeSelector", "devices"))
            if (device_class := device_classes.get((name, role, text(request, "name")))) is not None
        ]
        if requests:
            placed["deviceRequests"] = requests
        if member.get("worker") is not None:
            placed["worker"] = member["worker"]
        placed["template"] = member.get("template")
        members.append(placed)
    composed["members"] = members
    return composed


def _device_request(request: Raw, device_class: str) -> Raw:
    return {
        "name": text(request, "name"),
        "deviceClassName": device_class,
        "count": request.get("count") or 1,
        "selectors": items(request, "selectors"),
    }
