"""The ModelReplica object of a placement, in the published form, with the plan's slots as an annotation."""

import json
from collections.abc import Iterator, Mapping, Sequence

from scheduler.api.base import MODELPLANE_API_VERSION
from scheduler.snapshot.names import replica_name
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.replicas import CLUSTER_LABEL, DEPLOYMENT_LABEL, INDEX_LABEL
from scheduler.snapshot.slots import PLAN_ANNOTATION

#: A longer slot table does not go into an annotation; who applies the object keeps it in a ConfigMap.
LONGEST_PLAN = 200 * 1024
_EXTENSIONS = ("allocationMode", "tolerations", "capacity", "adminAccess")


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
        device_classes: DeviceClass by engine, role and request, or ``request/alternative`` for each
            alternative that a pod takes; a request that is not there is Synthetic.
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
        classes = {
            request: device_class
            for (of_engine, of_role, request), device_class in device_classes.items()
            if (of_engine, of_role) == (name, role)
        }
        members.append(_member(member, role, node_pools[name, role], classes))
    composed["members"] = members
    return composed


def _member(member: Raw, role: str, node_pool: str, classes: Mapping[str, str]) -> Raw:
    placed: Raw = {"role": role, "nodePoolName": node_pool}
    requests = [
        composed
        for request in map(mapping, items(member, "nodeSelector", "devices"))
        if (composed := _device_request(request, classes)) is not None
    ]
    if requests:
        placed["deviceRequests"] = requests
        constraints = list(_constraints(member, requests))
        placed |= {"constraints": constraints} if constraints else {}
    if member.get("worker") is not None:
        placed["worker"] = member["worker"]
    placed["template"] = member.get("template")
    return placed


def _device_request(request: Raw, classes: Mapping[str, str]) -> Raw | None:
    """The request with its class; of its alternatives those that the plan takes. None: nothing is claimed."""
    name = text(request, "name")
    alternatives = list(map(mapping, items(request, "firstAvailable")))
    if not alternatives:
        return _query(request, classes[name]) if name in classes else None
    taken = [
        _query(each, classes[path])
        for each in alternatives
        if (path := f"{name}/{text(each, 'name')}") in classes
    ]
    return {"name": name, "firstAvailable": taken} if taken else None


def _query(request: Raw, device_class: str) -> Raw:
    composed: Raw = {"name": text(request, "name"), "deviceClassName": device_class}
    if request.get("allocationMode") != "All":
        composed["count"] = request.get("count") or 1
    composed["selectors"] = items(request, "selectors")
    return composed | {field: request[field] for field in _EXTENSIONS if request.get(field) is not None}


def _constraints(member: Raw, requests: Sequence[Raw]) -> Iterator[Raw]:
    """The constraints on what is claimed; one that names nothing else is left out, as it would tie all."""
    known = {text(request, "name") for request in requests}
    known |= {
        f"{text(request, 'name')}/{text(each, 'name')}"
        for request in requests
        for each in items(request, "firstAvailable")
    }
    for constraint in map(mapping, items(member, "nodeSelector", "constraints")):
        named = items(constraint, "requests")
        claimed = [name for name in named if name in known]
        if claimed or not named:
            yield constraint | ({"requests": claimed} if named else {})
