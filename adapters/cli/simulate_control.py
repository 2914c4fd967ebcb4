"""Clusters, classes of nodes and the policy of a generated fleet as control objects."""

from collections import Counter
from collections.abc import Iterator

from scheduler.api.base import MODELPLANE_API_VERSION
from scheduler.api.placement_policy import POLICY_NAME
from scheduler.api.price import MICRODOLLARS
from scheduler.snapshot.objects import Raw
from solver.domain.device import AttributeValue, Device, VersionText
from solver.domain.fleet import DeclaredDevice, Fleet, NodePool
from solver.domain.identity import Driver
from solver.domain.policy import Policy

_ADDRESSES = 254
_CONDITIONS = ("ClusterReady", "BackendReady", "Ready")


def control_object(kind: str, name: str, spec: Raw, *, namespace: str | None = None) -> Raw:
    """An object of our own API."""
    metadata: Raw = {"name": name}
    if namespace is not None:
        metadata["namespace"] = namespace
    return {"apiVersion": MODELPLANE_API_VERSION, "kind": kind, "metadata": metadata, "spec": spec}


def device_classes_of_nodes(fleet: Fleet) -> Iterator[Raw]:
    """The InferenceClass of each kind of node, as the first node of it shows the kind."""
    pools = {pool.key: pool for pool in fleet.node_pools}
    seen = set()
    for number, node in enumerate(fleet.nodes):
        pool = pools[node.node_pool]
        if pool.class_name not in seen:
            seen.add(pool.class_name)
            devices = [fleet.devices.device(row) for row in fleet.devices.rows(number)]
            declared = [_declared(each, devices) for each in pool.declared_devices]
            yield control_object("InferenceClass", pool.class_name, {"devices": declared})


def cluster_objects(fleet: Fleet) -> Iterator[Raw]:
    """The InferenceCluster of each cluster, ready and with a gateway."""
    nodes = Counter(node.node_pool for node in fleet.nodes)
    for number, cluster in enumerate(fleet.clusters):
        pools = [pool for pool in fleet.node_pools if pool.key.cluster == cluster.name]
        spec: Raw = {
            "cluster": {
                "source": "Existing",
                "existing": {"secretRef": {"name": f"{cluster.name}-kubeconfig"}},
            },
            "nodePools": [_pool(pool, nodes[pool.key]) for pool in pools],
        }
        if cluster.taints:
            spec["taints"] = [
                {"key": taint.key, "value": taint.value, "effect": taint.effect.value}
                for taint in cluster.taints
            ]
        found = control_object("InferenceCluster", cluster.name, spec)
        yield found | {
            "metadata": {"name": cluster.name, "labels": dict(cluster.labels)},
            "status": _status(number),
        }


def policy_object(policy: Policy) -> Raw:
    """The PlacementPolicy: quotas, all else by default."""
    quotas = [
        {"namespace": each.namespace, "deviceClassName": each.device_class, "devices": each.devices}
        for each in policy.quotas
    ]
    return control_object("PlacementPolicy", POLICY_NAME, {"quotas": quotas} if quotas else {})


def attribute(value: AttributeValue) -> Raw:
    """A published attribute with its type.

    Raises:
        TypeError: it is a list; no generated device has one.
    """
    match value:
        case bool():
            return {"bool": value}
        case int():
            return {"int": value}
        case str():
            return {"string": value}
        case VersionText():
            return {"version": value.text}
        case _:
            raise TypeError(f"found {value!r}, expected a single value")


def bare(domain: str, identifier: str, driver: Driver) -> str:
    """The name of an attribute or a capacity as a driver writes it: its own domain goes without saying."""
    return identifier if domain == driver else f"{domain}/{identifier}"


def _declared(declared: DeclaredDevice, devices: list[Device]) -> Raw:
    """The entry of a class: what all devices of the driver on a node have in common."""
    own = [device for device in devices if device.driver == declared.driver]
    common = {
        name: value
        for name, value in own[0].attributes.items()
        if len(own) == 1 or all(each.attributes.get(name) == value for each in own)
    }
    entry: Raw = {
        "name": declared.name,
        "driver": declared.driver,
        "deviceClassName": declared.device_class,
        "count": declared.count,
        "attributes": {bare(*name, declared.driver): attribute(value) for name, value in common.items()},
    }
    if own[0].capacity:
        entry["capacity"] = {
            bare(*name, declared.driver): {"value": str(amount)} for name, amount in own[0].capacity.items()
        }
    return entry


def _pool(pool: NodePool, nodes: int) -> Raw:
    found: Raw = {
        "name": pool.key.name,
        "className": pool.class_name,
        "nodeCount": nodes,
        "zones": list(pool.zones),
    }
    if pool.domain_label is not None:
        found["fabric"] = {"domainLabel": pool.domain_label}
    if pool.price_microdollars_per_hour is not None:
        dollars, rest = divmod(pool.price_microdollars_per_hour, MICRODOLLARS)
        found["pricePerNodeHour"] = f"{dollars}.{rest:06}"
    return found


def _status(number: int) -> Raw:
    """Addresses are those that RFC 2544 keeps for benchmarks."""
    return {
        "gateway": {"address": f"198.18.{number // _ADDRESSES % 256}.{number % _ADDRESSES + 1}"},
        "conditions": [{"type": kind, "status": "True", "reason": "Available"} for kind in _CONDITIONS],
    }
