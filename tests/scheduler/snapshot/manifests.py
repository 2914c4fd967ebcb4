"""Small valid objects for tests, as dictionaries, and a way to write them to files."""

import copy
import json
from pathlib import Path
from typing import Any

import yaml

Object = dict[str, Any]
API = "modelplane.ai/v1alpha1"
RESOURCE_API = "resource.k8s.io/v1"
GPU = "gpu.nvidia.com"


def changed(base: Object, path: str, value: object) -> Object:
    """A copy of *base* with *value* at the dotted *path* (numbers index lists); ``...`` removes the field."""
    result = copy.deepcopy(base)
    parent: Any = result
    *above, last = path.split(".")
    for part in above:
        parent = parent[int(part)] if part.isdecimal() else parent.setdefault(part, {})
    if value is ...:
        del parent[last]
    elif last.isdecimal():
        parent[int(last)] = value
    else:
        parent[last] = value
    return result


def a_template() -> Object:
    return {"spec": {"containers": [{"name": "engine", "image": "engine:1"}]}}


def a_class(name: str = "h100", **device: Any) -> Object:
    gpu = {
        "name": "gpu",
        "driver": GPU,
        "deviceClassName": GPU,
        "count": 2,
        "attributes": {"cudaComputeCapability": {"version": "9.0.0"}},
        "capacity": {"memory": {"value": "80Gi"}},
    }
    spec = {"devices": [gpu | device]}
    return {"apiVersion": API, "kind": "InferenceClass", "metadata": {"name": name}, "spec": spec}


def a_cluster(name: str = "eu", *, status: object = None, **pool: object) -> Object:
    nodes = {"name": "gpu", "className": "h100", "nodeCount": 1} | pool
    spec = {
        "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "k"}}},
        "nodePools": [nodes],
    }
    found = {"apiVersion": API, "kind": "InferenceCluster", "metadata": {"name": name}, "spec": spec}
    return found if status is None else found | {"status": status}


def a_deployment(name: str = "qwen", *, namespace: str = "ml", replicas: int = 1) -> Object:
    request = {"name": "gpu", "count": 1, "selectors": [{"cel": "true"}]}
    member = {"nodeSelector": {"devices": [request]}, "template": a_template()}
    spec = {
        "replicas": replicas,
        "template": {"spec": {"engines": [{"name": "main", "members": [member]}]}},
    }
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": API, "kind": "ModelDeployment", "metadata": metadata, "spec": spec}


def a_replica(
    name: str = "qwen-1",
    *,
    deployment: str | None = "qwen",
    cluster: str = "eu",
    index: str | None = "0",
    copies: int = 1,
    plan: object = None,
) -> Object:
    labels = {"modelplane.ai/deployment": deployment, "modelplane.ai/replica-index": index}
    request = {"name": "gpu", "deviceClassName": GPU, "count": 1}
    member = {"nodePoolName": "gpu", "deviceRequests": [request], "template": a_template()}
    metadata: Object = {
        "name": name,
        "namespace": "ml",
        "labels": {key: value for key, value in labels.items() if value is not None},
    }
    if plan is not None:
        metadata["annotations"] = {"modelplane.ai/plan": json.dumps(plan)}
    spec = {
        "clusterName": cluster,
        "engines": [{"name": "main", "copies": copies, "members": [member]}],
    }
    return {"apiVersion": API, "kind": "ModelReplica", "metadata": metadata, "spec": spec}


def a_node(name: str = "n1", *, pool: str | None = "gpu", **spec: object) -> Object:
    status = {
        "allocatable": {"cpu": "8", "memory": "64Gi", "pods": "10"},
        "conditions": [{"type": "Ready", "status": "True"}],
    }
    labels = {} if pool is None else {"modelplane.ai/pool": pool}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def a_device(name: str = "gpu-0", **fields: object) -> Object:
    return {
        "name": name,
        "attributes": {"type": {"string": "gpu"}, "index": {"int": 0}},
        "capacity": {"memory": {"value": "80Gi"}},
        **fields,
    }


def a_slice(
    node: str | None = "n1",
    *,
    name: str | None = None,
    devices: list[Object] | None = None,
    generation: object = 1,
    count: object = 1,
    pool: str | None = None,
    **spec: object,
) -> Object:
    body = {
        "driver": GPU,
        "pool": {
            "name": pool or node or "shared",
            "generation": generation,
            "resourceSliceCount": count,
        },
        "devices": [a_device(), a_device("gpu-1")] if devices is None else devices,
        **spec,
    }
    if node is not None:
        body["nodeName"] = node
    metadata = {"name": name or f"slice-{node}"}
    return {"apiVersion": RESOURCE_API, "kind": "ResourceSlice", "metadata": metadata, "spec": body}


def a_device_class(name: str = GPU, expression: str = "true") -> Object:
    spec = {"selectors": [{"cel": {"expression": expression}}]}
    return {"apiVersion": RESOURCE_API, "kind": "DeviceClass", "metadata": {"name": name}, "spec": spec}


def a_claim(
    name: str, *devices: str, pod: str | None = None, pool: str = "n1", admin: bool = False
) -> Object:
    results: list[Object] = [
        {"request": "r", "driver": GPU, "pool": pool, "device": device} for device in devices
    ]
    if admin:
        results = [result | {"adminAccess": True} for result in results]
    status: Object = {"allocation": {"devices": {"results": results}}}
    if pod is not None:
        status["reservedFor"] = [{"resource": "pods", "name": pod, "uid": f"uid-{pod}"}]
    return {
        "apiVersion": RESOURCE_API,
        "kind": "ResourceClaim",
        "metadata": {"name": name, "namespace": "default"},
        "spec": {"devices": {"requests": []}},
        "status": status,
    }


def a_pod(
    name: str,
    *,
    node: str | None = "n1",
    labels: dict[str, str] | None = None,
    slot: object = None,
    phase: str = "Running",
    cpu: str = "1",
    **spec: Any,
) -> Object:
    metadata: Object = {
        "name": name,
        "namespace": "default",
        "uid": f"uid-{name}",
        "labels": labels or {},
    }
    if slot is not None:
        metadata["annotations"] = {"modelplane.ai/slot": json.dumps(slot)}
    body: Object = {
        "containers": [{"name": "c", "resources": {"requests": {"cpu": cpu, "memory": "1Gi"}}}],
        **spec,
    }
    if node is not None:
        body["nodeName"] = node
    status = {"phase": phase}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": body, "status": status}


def write(folder: Path, *control: Object, **clusters: list[Object]) -> Path:
    """Write the control objects to one file of *folder* and the objects of each cluster to one of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "control.yaml").write_text(yaml.safe_dump_all(control))
    for name, objects in clusters.items():
        (folder / "clusters").mkdir(exist_ok=True)
        text = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        (folder / "clusters" / f"{name}.json").write_text(text)
    return folder
