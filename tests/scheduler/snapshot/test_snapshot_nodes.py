"""From objects to nodes: how a cluster is counted, which nodes take pods, and what is free on them."""

from pathlib import Path
from typing import Any

import pytest

from scheduler.snapshot import read
from solver.domain.device import VersionText
from solver.domain.device_table import Field
from solver.domain.fleet import CapacitySource, NodeResources
from solver.domain.identity import DeviceClassName
from solver.domain.quantity import Quantity
from solver.domain.taint import Taint, TaintEffect
from tests.scheduler.snapshot.manifests import (
    GPU,
    a_class,
    a_cluster,
    a_device_class,
    a_node,
    a_pod,
    a_slice,
    changed,
    write,
)
from tests.scheduler.snapshot.readings import lines, node_names, of_fleet


def test_a_cluster_without_objects_is_counted_from_its_classes(tmp_path: Path) -> None:
    """nodeCount nodes exist; up to maxNodeCount are expected."""
    found = read([write(tmp_path, a_class(), a_cluster(nodeCount=2, maxNodeCount=3))])
    fleet = found.problem.fleet

    assert CapacitySource.DECLARED is fleet.clusters[0].source
    assert [("gpu/0", False), ("gpu/1", False), ("gpu/2", True)] == [
        (node.key.name, node.is_expected) for node in fleet.nodes
    ]
    assert [0, 2, 4, 6] == fleet.devices.starts.tolist()
    device = fleet.devices.device(0)
    assert ("gpu-0", GPU) == (device.name, device.driver)
    assert {(GPU, "memory"): Quantity.parse("80Gi")} == device.capacity
    assert {(GPU, "cudaComputeCapability"): VersionText("9.0.0")} == device.attributes
    assert (GPU,) == fleet.devices.columns[Field("declaredClass")].values
    assert {GPU: ()} == {name: each.selectors for name, each in fleet.clusters[0].device_classes.items()}
    assert all(node.free is None for node in fleet.nodes)


def test_a_declared_pool_has_no_fewer_nodes_than_its_count(tmp_path: Path) -> None:
    """A ceiling below what exists takes nothing away."""
    assert ["gpu/0", "gpu/1"] == node_names(
        read([write(tmp_path, a_class(), a_cluster(nodeCount=2, maxNodeCount=1))])
    )


def test_a_cluster_with_slices_is_counted_device_by_device(tmp_path: Path) -> None:
    """What the class declares gives class names and Synthetic devices only."""
    synthetic = {"name": "nic", "driver": "nic", "claim": "Synthetic", "count": 2}
    kind = changed(a_class(count=8), "spec.devices", [*a_class()["spec"]["devices"], synthetic])
    found = of_fleet(
        tmp_path, a_node(), a_slice(), a_device_class(expression="device.driver == 'x'"), kind=kind
    )
    table = found.problem.fleet.devices

    assert CapacitySource.OBSERVED is found.problem.fleet.clusters[0].source
    assert ("gpu-0", "gpu-1", "nic-0", "nic-1") == table.names
    assert ("n1", "n1", "", "") == table.resource_pools
    assert [-1, -1, 0, 0] == table.columns[Field("declaredClass")].codes.tolist()
    classes = found.problem.fleet.clusters[0].device_classes
    assert ("device.driver == 'x'",) == classes[DeviceClassName(GPU)].selectors
    assert not classes[DeviceClassName(GPU)].stands_in
    assert [] == lines(found)


def test_an_absent_device_class_is_stood_in_for_by_its_driver(tmp_path: Path) -> None:
    """And the plan says so."""
    found = of_fleet(tmp_path, a_node(), a_slice())
    stand_in = found.problem.fleet.clusters[0].device_classes[DeviceClassName(GPU)]

    assert (('device.driver == "gpu.nvidia.com"',), True) == (stand_in.selectors, stand_in.stands_in)
    assert any("DeviceClass gpu.nvidia.com of cluster eu was not read" in note for note in found.notes)


def test_an_unreadable_device_class_matches_nothing(tmp_path: Path) -> None:
    """It must not pass for one without selectors, nor for an absent one."""
    broken = changed(a_device_class(), "spec.selectors", [{"cel": {}}])
    found = of_fleet(tmp_path, a_node(), a_slice(), broken)

    assert ("false",) == found.problem.fleet.clusters[0].device_classes[DeviceClassName(GPU)].selectors
    assert any("spec.selectors[0].cel.expression: found nothing" in line for line in lines(found))


def test_observed_pools_expect_what_their_ceiling_leaves(tmp_path: Path) -> None:
    """Expected nodes have what the class declares; they come after what exists."""
    found = of_fleet(
        tmp_path, a_node("b"), a_node("a"), a_slice("a"), a_slice("b"), cluster=a_cluster(maxNodeCount=4)
    )

    assert ["a", "b", "gpu/expected-0", "gpu/expected-1"] == node_names(found)
    assert [False, False, True, True] == [node.is_expected for node in found.problem.fleet.nodes]
    assert [0, 2, 4, 6, 8] == found.problem.fleet.devices.starts.tolist()
    none = of_fleet(tmp_path / "b", a_node("a"), a_slice("a"), cluster=a_cluster(nodeCount=9))
    assert ["a"] == node_names(none)


def test_nodes_outside_the_pools_host_nothing(tmp_path: Path) -> None:
    """Neither without label nor with that of an unknown pool."""
    found = of_fleet(tmp_path, a_node("a", pool=None), a_node("b", pool="gpus"), a_slice("a"), a_slice("b"))

    assert [] == node_names(found)
    assert ["cluster eu: 1 nodes without the label modelplane.ai/pool host nothing"] == [
        note for note in found.notes if "label" in note
    ]
    assert any("modelplane.ai/pool=gpus" in line and "(nearest: gpu)" in line for line in lines(found))
    assert ("eu/a", "eu/b") == found.loose_devices.owners


def test_slices_of_an_absent_node_offer_nothing(tmp_path: Path) -> None:
    """They serve selector eval only."""
    found = of_fleet(tmp_path, a_slice("gone"))

    assert 0 == len(found.problem.fleet.devices)
    assert 2 == len(found.loose_devices.table)
    assert any("2 devices in slices of nodes that are not in the snapshot" in line for line in lines(found))


def test_objects_outside_the_clusters_take_no_part(tmp_path: Path) -> None:
    """They are for validate and selector eval."""
    found = read([write(tmp_path, a_class(), a_cluster(), a_node(), a_slice())])

    assert CapacitySource.DECLARED is found.problem.fleet.clusters[0].source
    assert (("n1",), 2) == (found.loose_devices.owners, len(found.loose_devices.table))
    assert any("2 cluster objects outside clusters/NAME" in note for note in found.notes)


NODES: list[tuple[dict[str, Any], bool]] = [
    ({}, True),
    ({"unschedulable": True}, False),
    ({"taints": [{"key": "node.kubernetes.io/not-ready", "effect": "NoExecute"}]}, False),
    ({"taints": [{"key": "nvidia.com/gpu", "effect": "NoSchedule"}]}, True),
]


@pytest.mark.parametrize(("spec", "expected"), NODES)
def test_cordoned_and_failed_nodes_take_nothing_new(
    *, tmp_path: Path, spec: dict[str, Any], expected: bool
) -> None:
    """What runs there stays."""
    found = of_fleet(tmp_path, a_node(**spec), a_slice())
    assert expected == found.problem.fleet.nodes[0].is_schedulable


@pytest.mark.parametrize("status", ["False", "Unknown"])
def test_a_node_that_is_not_ready_takes_nothing_new(tmp_path: Path, status: str) -> None:
    """Unknown is what a lost kubelet leaves."""
    conditions = [{"type": "Ready", "status": status}]
    found = of_fleet(tmp_path, changed(a_node(), "status.conditions", conditions), a_slice())
    assert not found.problem.fleet.nodes[0].is_schedulable


def test_a_node_being_deleted_takes_nothing_new(tmp_path: Path) -> None:
    """Its pods are about to go."""
    deleted = changed(a_node(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    assert not of_fleet(tmp_path, deleted, a_slice()).problem.fleet.nodes[0].is_schedulable


def test_node_taints_are_those_that_repel(tmp_path: Path) -> None:
    """PreferNoSchedule repels nobody."""
    taints = [{"key": "b", "effect": "NoSchedule", "value": "v"}, {"key": "a", "effect": "PreferNoSchedule"}]
    found = of_fleet(tmp_path, a_node(taints=taints), a_slice())

    expected = Taint(key="b", value="v", effect=TaintEffect.NO_SCHEDULE)
    assert (expected,) == found.problem.fleet.nodes[0].taints


def test_free_resources_are_what_foreign_pods_leave(tmp_path: Path) -> None:
    """Finished, pending and own pods take nothing."""
    heavy_start: dict[str, Any] = {
        "initContainers": [{"resources": {"requests": {"cpu": "3", "memory": "1Mi"}}}]
    }
    sidecar = {"restartPolicy": "Always", "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}}}
    found = of_fleet(
        tmp_path,
        a_node(),
        a_slice(),
        a_pod("a", cpu="1500m"),
        a_pod("b", **heavy_start),
        a_pod("c", initContainers=[sidecar], overhead={"cpu": "50m"}),
        a_pod("done", phase="Succeeded"),
        a_pod("failed", phase="Failed"),
        a_pod("waiting", node=None, phase="Pending"),
        a_pod("elsewhere", node="n2"),
    )

    # 8000 - 1500 - max(1000, 3000) - (1000 + 100 + 50); 64 - 1 - 1 - 2; 10 - 3
    expected = NodeResources(cpu_millicores=2350, memory_bytes=60 << 30, pods=7)
    assert expected == found.problem.fleet.nodes[0].free
    assert ["cluster eu: 1 pending pods are counted by nobody until they are bound"] == [
        note for note in found.notes if "pending" in note
    ]


def test_limits_stand_for_requests_that_are_not_there(tmp_path: Path) -> None:
    """As the API server fills them in."""
    pod = a_pod("a", containers=[{"resources": {"limits": {"cpu": "2"}}}])
    free = of_fleet(tmp_path, a_node(), a_slice(), pod).problem.fleet.nodes[0].free
    assert free is not None
    assert 6000 == free.cpu_millicores


def test_an_overcommitted_node_has_nothing_free(tmp_path: Path) -> None:
    """Never less than nothing."""
    free = of_fleet(tmp_path, a_node(), a_slice(), a_pod("a", cpu="99")).problem.fleet.nodes[0].free
    assert free is not None
    assert 0 == free.cpu_millicores


def test_a_node_that_publishes_nothing_limits_nothing(tmp_path: Path) -> None:
    """None means not published."""
    found = of_fleet(tmp_path, changed(a_node(), "status.allocatable", ...), a_slice())
    assert found.problem.fleet.nodes[0].free is None


def test_an_unreadable_amount_is_a_warning(tmp_path: Path) -> None:
    """It names the object and the field."""
    node = changed(a_node(), "status.allocatable.cpu", "8 cores")
    found = of_fleet(tmp_path, node, a_slice(), a_pod("a", cpu="x"))

    assert any(
        "Node n1: status.allocatable.cpu: found '8 cores', expected a quantity" in line
        for line in lines(found)
    )
    assert any(
        "Pod default/a: spec.containers[0].resources.requests.cpu: found 'x'" in line for line in lines(found)
    )
    assert not found.has_errors


def test_slices_of_a_withdrawn_version_do_not_make_a_cluster_declared(tmp_path: Path) -> None:
    """It does report slices; what they say is not known, so nothing is counted."""
    found = of_fleet(tmp_path, a_node(), a_slice() | {"apiVersion": "resource.k8s.io/v1alpha3"})

    assert CapacitySource.OBSERVED is found.problem.fleet.clusters[0].source
    assert 0 == len(found.problem.fleet.devices)


def test_nodes_without_any_slice_do_not_make_a_cluster_observed(tmp_path: Path) -> None:
    """It is counted from its classes, and the plan says that it has nodes."""
    found = of_fleet(tmp_path, a_node())

    assert CapacitySource.DECLARED is found.problem.fleet.clusters[0].source
    assert any("1 nodes without any ResourceSlice" in note for note in found.notes)
