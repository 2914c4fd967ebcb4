"""Messages about changes, and what is refused in them."""

import json

import pytest
from modelplane.scheduler.v1 import change_pb2

from scheduler.wire.change import from_messages
from solver.domain.change import (
    AddNodes,
    ApplyDeployment,
    Change,
    DrainCluster,
    DrainNodes,
    InvalidChange,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey
from tests.scheduler.snapshot.manifests import a_deployment, changed

EU = ClusterName("eu")
QWEN = DeploymentKey("ml", "qwen")
H100 = NodePoolKey(EU, "h100")
NODES = [change_pb2.NodeName(cluster="eu", node="h100/3"), change_pb2.NodeName(cluster="eu", node="n")]
KEYS = (NodeKey(EU, "h100/3"), NodeKey(EU, "n"))
OWNER = {"namespace": "ml", "deployment": "qwen"}

CASES: list[tuple[change_pb2.Change, Change]] = [
    (change_pb2.Change(lose_cluster={"cluster": "eu"}), LoseCluster(cluster=EU)),
    (change_pb2.Change(drain_cluster={"cluster": "eu"}), DrainCluster(cluster=EU)),
    (change_pb2.Change(lose_nodes={"nodes": NODES}), LoseNodes(nodes=KEYS)),
    (change_pb2.Change(drain_nodes={"nodes": NODES}), DrainNodes(nodes=KEYS)),
    (
        change_pb2.Change(add_nodes={"cluster": "eu", "node_pool": "h100", "count": 4}),
        AddNodes(node_pool=H100, count=4),
    ),
    (
        change_pb2.Change(scale_deployment={**OWNER, "replicas": 12}),
        ScaleDeployment(deployment=QWEN, replicas=12),
    ),
    (change_pb2.Change(remove_deployment=OWNER), RemoveDeployment(deployment=QWEN)),
    (
        change_pb2.Change(
            set_price={"cluster": "eu", "node_pool": "h100", "price_microdollars_per_hour": 98_500_000}
        ),
        SetPrice(node_pool=H100, price_microdollars_per_hour=98_500_000),
    ),
    (
        change_pb2.Change(set_quota={"namespace": "ml", "device_class": "gpu", "devices": 0}),
        SetQuota(namespace="ml", device_class=DeviceClassName("gpu"), devices=0),
    ),
    (
        change_pb2.Change(set_quota={"namespace": "ml", "device_class": "gpu"}),
        SetQuota(namespace="ml", device_class=DeviceClassName("gpu"), devices=None),
    ),
    (change_pb2.Change(set_priority={**OWNER, "priority": -3}), SetPriority(deployment=QWEN, priority=-3)),
]


@pytest.mark.parametrize(("message", "change"), CASES)
def test_every_kind_of_change_is_read(message: change_pb2.Change, change: Change) -> None:
    assert (change,) == from_messages([message])


def test_every_kind_is_tried() -> None:
    fields = set(change_pb2.Change.DESCRIPTOR.fields_by_name)

    assert fields == {message.WhichOneof("change") for message, _ in CASES} | {"apply_deployment"}


def test_a_manifest_is_read_as_in_a_file() -> None:
    manifest = json.dumps(changed(a_deployment(), "spec.priority", 5)).encode()
    (found,) = from_messages([change_pb2.Change(apply_deployment={"manifest": manifest})])

    assert isinstance(found, ApplyDeployment)
    assert (QWEN, 5, 1) == (found.deployment.key, found.deployment.priority, found.deployment.replicas)
    assert ("true",) == found.deployment.engines[0].members[0].requests[0].selectors


INVALID: list[tuple[change_pb2.Change, str]] = [
    (
        change_pb2.Change(),
        (
            "changes[1].change: found none, expected one of lose_cluster, drain_cluster, lose_nodes, drain_nodes,"
            " add_nodes, scale_deployment, apply_deployment, remove_deployment, set_price, set_quota, set_priority"
        ),
    ),
    (
        change_pb2.Change(apply_deployment={"manifest": b"{"}),
        (
            "changes[1].apply_deployment.manifest: found no JSON (unexpected end of data: line 1 column 2 (char 1)),"
            " expected a ModelDeployment"
        ),
    ),
    (
        change_pb2.Change(
            apply_deployment={
                "manifest": json.dumps(changed(a_deployment(), "spec.replicas", "two")).encode()
            }
        ),
        "changes[1].apply_deployment.manifest.spec.replicas: found 'two', expected an integer",
    ),
    (
        change_pb2.Change(apply_deployment={"manifest": b'{"apiVersion": "v1", "kind": "Pod"}'}),
        "changes[1].apply_deployment.manifest: found Pod, expected one ModelDeployment",
    ),
    (
        change_pb2.Change(apply_deployment={"manifest": b"[]"}),
        "changes[1].apply_deployment.manifest: found a list, expected an object with apiVersion and kind",
    ),
    (
        change_pb2.Change(apply_deployment={"manifest": b'{"kind": "values"}'}),
        "changes[1].apply_deployment.manifest: found no object, expected one ModelDeployment",
    ),
    (
        change_pb2.Change(
            apply_deployment={
                "manifest": json.dumps(
                    changed(a_deployment(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
                ).encode()
            }
        ),
        (
            "changes[1].apply_deployment.manifest: found a ModelDeployment that is being deleted,"
            " expected one that is not"
        ),
    ),
]


@pytest.mark.parametrize(("message", "complaint"), INVALID)
def test_what_is_no_change_is_refused_with_its_place(message: change_pb2.Change, complaint: str) -> None:
    with pytest.raises(InvalidChange) as error:
        from_messages([CASES[0][0], message])

    assert complaint == str(error.value)
