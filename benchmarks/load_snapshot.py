"""How long recorded clusters take to load, and in how much memory.

Snapshots are generated: one JSON list for each cluster, eight H100s on each node with what NVIDIA's driver
publishes, every fifth node with a pod and a claim that holds four of them.
"""

import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import TypedDict

import orjson

DEVICES_PER_NODE = 8
NODES_PER_CLUSTER = 6_250
SECONDS_TARGET = 15.0
GIBIBYTES_TARGET = 8.0


class Figure(TypedDict):
    """One measured figure."""

    bench: str
    case: str
    metric: str
    value: float
    unit: str
    target: float | None
    baseline: float | None


def run(quick: bool) -> list[Figure]:  # noqa: FBT001 (the runner's contract)
    """Load seconds of 10,000 nodes; load seconds and peak memory of a million devices in 20 files."""
    scale = 10 if quick else 1
    with tempfile.TemporaryDirectory() as folder:
        one, many = Path(folder, "one"), Path(folder, "many")
        write_fleet(one, clusters=1, nodes=10_000 // scale)
        write_fleet(many, clusters=20, nodes=NODES_PER_CLUSTER // scale)
        return [
            *_loaded("80,000 devices, 1 file", one, scale),
            *_loaded("1,000,000 devices, 20 files", many, scale),
        ]


def write_fleet(folder: Path, *, clusters: int, nodes: int) -> None:
    """Write a fleet below *folder* whose clusters have *nodes* nodes each."""
    (folder / "clusters").mkdir(parents=True)
    (folder / "control.json").write_bytes(orjson.dumps(_list(_control(clusters, nodes))))
    for number in range(clusters):
        name = f"cluster-{number:02}"
        objects = [each for node in range(nodes) for each in _node_objects(f"{name}-node-{node:05}", node)]
        objects.append(
            {
                "apiVersion": "resource.k8s.io/v1",
                "kind": "DeviceClass",
                "metadata": {"name": "gpu.nvidia.com"},
                "spec": {"selectors": [{"cel": {"expression": "device.driver == 'gpu.nvidia.com'"}}]},
            }
        )
        (folder / "clusters" / f"{name}.json").write_bytes(orjson.dumps(_list(objects)))


def _loaded(case: str, folder: Path, scale: int) -> list[Figure]:
    # In a process of its own: the peak is that of the load alone.
    done = subprocess.run(
        [sys.executable, __file__, str(folder)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent.parent,
    )
    measured = json.loads(done.stdout)
    name = case if scale == 1 else f"{case}, one {scale}th"
    figures: list[Figure] = [
        _figure(name, "load", measured["seconds"], "s", SECONDS_TARGET if "80,000" in case else None),
        _figure(name, "peak memory", measured["gibibytes"], "GiB", GIBIBYTES_TARGET),
    ]
    return figures


def _figure(case: str, metric: str, value: float, unit: str, target: float | None) -> Figure:
    return Figure(
        bench="load_snapshot", case=case, metric=metric, value=value, unit=unit, target=target, baseline=None
    )


def _list(items: list[dict[str, object]]) -> dict[str, object]:
    return {"apiVersion": "v1", "kind": "List", "items": items}


def _control(clusters: int, nodes: int) -> list[dict[str, object]]:
    api = "modelplane.ai/v1alpha1"
    gpu = {"name": "gpu", "driver": "gpu.nvidia.com", "deviceClassName": "gpu.nvidia.com", "count": 8}
    found: list[dict[str, object]] = [
        {
            "apiVersion": api,
            "kind": "InferenceClass",
            "metadata": {"name": "h100"},
            "spec": {"devices": [gpu]},
        }
    ]
    for number in range(clusters):
        pool = {"name": "gpu", "className": "h100", "nodeCount": nodes}
        spec = {
            "cluster": {"source": "Existing", "existing": {"secretRef": {"name": "k"}}},
            "nodePools": [pool],
        }
        metadata = {"name": f"cluster-{number:02}"}
        found.append({"apiVersion": api, "kind": "InferenceCluster", "metadata": metadata, "spec": spec})
    return found


def _node_objects(name: str, number: int) -> list[dict[str, object]]:
    slice_spec = {
        "driver": "gpu.nvidia.com",
        "nodeName": name,
        "pool": {"name": name, "generation": 1, "resourceSliceCount": 1},
        "devices": [_device(name, index) for index in range(DEVICES_PER_NODE)],
    }
    slice_metadata = {
        "name": f"{name}-gpu.nvidia.com-abcde",
        "uid": f"{number:08}-0000-4000-8000-000000000000",
        "ownerReferences": [{"apiVersion": "v1", "kind": "Node", "name": name, "controller": True}],
    }
    found: list[dict[str, object]] = [
        _node(name),
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceSlice",
            "metadata": slice_metadata,
            "spec": slice_spec,
        },
    ]
    return found if number % 5 else [*found, *_pod_and_claim(name)]


def _node(name: str) -> dict[str, object]:
    labels = {
        "modelplane.ai/pool": "gpu",
        "kubernetes.io/hostname": name,
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "node.kubernetes.io/instance-type": "p5.48xlarge",
        "topology.kubernetes.io/region": "us-east-2",
        "topology.kubernetes.io/zone": "us-east-2b",
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
    }
    status = {
        "allocatable": {
            "cpu": "191450m",
            "memory": "2063937904Ki",
            "pods": "110",
            "ephemeral-storage": "100Gi",
        },
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
        "images": [
            {"names": [f"registry.example/image-{i}:latest"], "sizeBytes": i * 1000} for i in range(20)
        ],
    }
    spec = {"taints": [{"key": "nvidia.com/gpu", "value": "true", "effect": "NoSchedule"}]}
    metadata = {"name": name, "labels": labels}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": spec, "status": status}


def _device(node: str, index: int) -> dict[str, object]:
    attributes: dict[str, object] = {
        "addressingMode": {"string": "HMM"},
        "architecture": {"string": "Hopper"},
        "brand": {"string": "Nvidia"},
        "cudaComputeCapability": {"version": "9.0.0"},
        "cudaDriverVersion": {"version": "13.0.0"},
        "driverVersion": {"version": "580.105.8"},
        "index": {"int": index},
        "minor": {"int": index},
        "productName": {"string": "NVIDIA H100 80GB HBM3"},
        "resource.kubernetes.io/pciBusID": {"string": f"0000:{index + 64:02x}:00.0"},
        "resource.kubernetes.io/pcieRoot": {"string": f"pci0000:{index + 55:02x}"},
        "type": {"string": "gpu"},
        "uuid": {"string": f"GPU-{node}-{index}-79c8-fedd-8899-07539c7f868a"},
    }
    capacity = {"memory": {"value": "81559Mi"}}
    return {"name": f"gpu-{index}", "attributes": attributes, "capacity": capacity}


def _pod_and_claim(node: str) -> list[dict[str, object]]:
    results = [
        {"request": "gpu", "driver": "gpu.nvidia.com", "pool": node, "device": f"gpu-{index}"}
        for index in range(4)
    ]
    pod = f"pod-{node}"
    container = {"name": "main", "resources": {"requests": {"cpu": "8", "memory": "64Gi"}}}
    claim_status = {
        "allocation": {"devices": {"results": results}},
        "reservedFor": [{"resource": "pods", "name": pod, "uid": "u"}],
    }
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": pod, "namespace": "research", "uid": "u"},
            "spec": {"nodeName": node, "containers": [container]},
            "status": {"phase": "Running"},
        },
        {
            "apiVersion": "resource.k8s.io/v1",
            "kind": "ResourceClaim",
            "metadata": {"name": f"claim-{node}", "namespace": "research"},
            "spec": {"devices": {"requests": []}},
            "status": claim_status,
        },
    ]


def _measure(folder: Path) -> None:
    from scheduler.snapshot import read  # noqa: PLC0415 (only the measured process loads it)

    started = time.perf_counter()
    reading = read([folder])
    seconds = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    devices = len(reading.problem.fleet.devices)
    print(json.dumps({"seconds": seconds, "gibibytes": peak, "devices": devices}))


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parent.parent))
    _measure(Path(sys.argv[1]))
