"""What the API server of a cluster of a generated fleet would list: nodes, slices, classes, pods and claims."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

import orjson

from adapters.cli.simulate_control import attribute, bare
from adapters.cli.simulate_workloads import Workloads, besides, binary
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.pod_reader import SLOT_ANNOTATION
from solver.domain.device import Device
from solver.domain.fleet import Cluster, DeviceClass, Node
from solver.domain.identity import ClusterName, DeviceClassName, Driver
from solver.domain.problem import Problem
from solver.domain.replica import ObservedMember, ObservedSlot, Replica
from solver.domain.workload import Member

_KUBELET = "v1.35.2"
_RESOURCE_API = "resource.k8s.io/v1"


class ClusterWriter:
    """Writes the objects of one cluster after the other."""

    def __init__(self, problem: Problem, workloads: Workloads) -> None:
        self._table = problem.fleet.devices
        self._workloads = workloads
        self._nodes: dict[ClusterName, list[tuple[int, Node]]] = defaultdict(list)
        for number, node in enumerate(problem.fleet.nodes):
            self._nodes[node.key.cluster].append((number, node))
        self._drivers: Mapping[DeviceClassName | None, Driver] = {
            declared.device_class: declared.driver
            for pool in problem.fleet.node_pools
            for declared in pool.declared_devices
        }

    def objects(self, cluster: Cluster) -> Iterator[Raw]:
        """The objects of *cluster*."""
        for device_class in cluster.device_classes.values():
            yield _device_class(device_class)
        for number, node in self._nodes[cluster.name]:
            yield _node(node)
            yield from self._slices(number, node)
        for replica in self._workloads.on_cluster(cluster.name):
            for slot in replica.slots:
                yield from self._pod_and_claim(replica, slot)

    def _slices(self, number: int, node: Node) -> Iterator[Raw]:
        """A slice for each driver, in the order of the rows."""
        by_slice: dict[str, list[Device]] = defaultdict(list)
        for row in self._table.rows(number):
            by_slice[self._table.slices[row]].append(self._table.device(row))
        for name, devices in by_slice.items():
            spec: Raw = {
                "driver": devices[0].driver,
                "nodeName": node.key.name,
                "pool": {"name": node.key.name, "generation": 1, "resourceSliceCount": 1},
                "devices": [_device(device) for device in devices],
            }
            yield _resource_object("ResourceSlice", {"name": name}, spec)

    def _pod_and_claim(self, replica: Replica, slot: ObservedSlot) -> Iterator[Raw]:
        name = f"{replica.name}-{slot.engine}-{slot.role.lower()}-{slot.copy}-{slot.rank}"
        namespace = replica.key.deployment.namespace
        claim = f"{name}-devices"
        seen, wanted = self._members(replica, slot)
        annotation = {
            "namespace": namespace,
            "replica": replica.name,
            "engine": slot.engine,
            "copy": slot.copy,
            "role": slot.role.value,
            "rank": slot.rank,
        }
        yield {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "uid": f"uid-{name}",
                "annotations": {SLOT_ANNOTATION: orjson.dumps(annotation).decode()},
            },
            "spec": {
                "nodeName": slot.node.name,
                "resourceClaims": [{"name": "devices", "resourceClaimName": claim}],
                "containers": [{"name": "engine", "resources": {"requests": besides(wanted)}}],
            },
            "status": {"phase": "Running"},
        }
        found = _resource_object(
            "ResourceClaim",
            {"name": claim, "namespace": namespace},
            {"devices": {"requests": _requests(seen, wanted)}},
        )
        yield found | {
            "status": {
                "allocation": {"devices": {"results": list(self._results(seen, slot))}},
                "reservedFor": [{"resource": "pods", "name": name, "uid": f"uid-{name}"}],
            }
        }

    def _members(self, replica: Replica, slot: ObservedSlot) -> tuple[ObservedMember, Member]:
        """The member that the pod in *slot* is of, as it was placed and as it is wanted today."""
        template = self._workloads.deployment(replica.key.deployment)
        return next(
            (seen, wanted)
            for of_replica, of_template in zip(replica.engines, template.engines, strict=True)
            if of_replica.name == slot.engine
            for seen, wanted in zip(of_replica.members, of_template.members, strict=True)
            if seen.role is slot.role
        )

    def _results(self, seen: ObservedMember, slot: ObservedSlot) -> Iterator[Raw]:
        for request in seen.requests:
            driver = self._drivers[request.device_class]
            for row in slot.devices:
                name = self._table.names[row]
                if self._table.slices[row].endswith(driver):
                    pool = self._table.resource_pools[row]
                    yield {"request": request.name, "driver": driver, "pool": pool, "device": name}


def _resource_object(kind: str, metadata: Raw, spec: Raw) -> Raw:
    return {"apiVersion": _RESOURCE_API, "kind": kind, "metadata": metadata, "spec": spec}


def _device_class(device_class: DeviceClass) -> Raw:
    selectors = [{"cel": {"expression": text}} for text in device_class.selectors]
    return _resource_object("DeviceClass", {"name": device_class.name}, {"selectors": selectors})


def _node(node: Node) -> Raw:
    status: Raw = {
        "conditions": [{"type": "Ready", "status": "True"}],
        "nodeInfo": {"kubeletVersion": _KUBELET},
    }
    if node.free is not None:
        status["allocatable"] = {
            "cpu": f"{node.free.cpu_millicores}m",
            "memory": binary(node.free.memory_bytes),
            "pods": str(node.free.pods),
        }
    metadata = {"name": node.key.name, "labels": dict(node.labels)}
    return {"apiVersion": "v1", "kind": "Node", "metadata": metadata, "spec": {}, "status": status}


def _device(device: Device) -> Raw:
    found: Raw = {
        "name": device.name,
        "attributes": {
            bare(*name, device.driver): attribute(value) for name, value in device.attributes.items()
        },
    }
    if device.capacity:
        found["capacity"] = {
            bare(*name, device.driver): {"value": str(amount)} for name, amount in device.capacity.items()
        }
    return found


def _requests(seen: ObservedMember, wanted: Member) -> list[Raw]:
    selectors = {request.name: request.selectors for request in wanted.requests}
    return [
        {
            "name": request.name,
            "exactly": {
                "deviceClassName": request.device_class,
                "allocationMode": "ExactCount",
                "count": request.count,
                "selectors": [{"cel": {"expression": text}} for text in selectors[request.name]],
            },
        }
        for request in seen.requests
    ]
