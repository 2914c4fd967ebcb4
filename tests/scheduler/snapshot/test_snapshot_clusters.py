"""From clusters and their classes to node pools: what is ready, what is usable, and what is said."""

from pathlib import Path

import pytest

from scheduler.snapshot import read
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_node, a_replica, a_slice, changed, write
from tests.scheduler.snapshot.readings import lines, node_names, of_fleet

STATUS: list[tuple[object, bool, bool, str]] = [
    (None, True, True, ""),
    ({"conditions": [{"type": "Ready", "status": "True"}], "gateway": {"address": "10.0.0.1"}}, True, True, ""),
    ({"conditions": [{"type": "Ready", "status": "True"}]}, True, False, ""),
    ({"conditions": [{"type": "Ready", "status": "True"}], "gateway": {"address": ""}}, True, False, ""),
    ({"gateway": {"address": "a"}}, False, True, "its status has no Ready condition"),
    ({"conditions": [{"type": "Ready", "status": "Unknown"}]}, False, False, "Ready is Unknown"),
    (
        {"conditions": [{"type": "Ready", "status": "False"}, {"type": "BackendReady", "status": "False", "reason": "Installing"}]},
        False, False, "BackendReady is False: Installing",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("status", "is_ready", "has_gateway", "because"), STATUS)
def test_readiness_is_what_the_status_says(
    *, tmp_path: Path, status: object, is_ready: bool, has_gateway: bool, because: str
) -> None:
    """Without status it is assumed, and the plan can say so."""
    cluster = read([write(tmp_path, a_class(), a_cluster(status=status))]).problem.fleet.clusters[0]

    assert (is_ready, has_gateway, because) == (
        cluster.is_ready,
        cluster.has_gateway,
        cluster.not_ready_because,
    )
    assert (status is None) == cluster.is_assumed_ready


def test_a_cluster_being_deleted_is_not_ready(tmp_path: Path) -> None:
    """Nothing new goes there."""
    deleted = changed(a_cluster(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    cluster = read([write(tmp_path, a_class(), deleted)]).problem.fleet.clusters[0]
    assert (False, "it is being deleted") == (cluster.is_ready, cluster.not_ready_because)


def test_a_pool_that_is_not_published_hosts_nothing(tmp_path: Path) -> None:
    """status.gpuPools says which pools are published, not how many nodes exist."""
    pools = [{"name": "gpu", "className": "h100", "nodeCount": 2}, {"name": "new", "className": "h100"}]
    status = {"gpuPools": [{"name": "gpu", "nodes": 9}]}
    found = read([write(tmp_path, a_class(), changed(a_cluster(status=status), "spec.nodePools", pools))])

    assert [("gpu", True), ("new", False)] == [
        (p.key.name, p.is_published) for p in found.problem.fleet.node_pools
    ]
    assert ["gpu/0", "gpu/1", "new/0"] == node_names(found)


def test_a_pool_without_class_names_the_nearest(tmp_path: Path) -> None:
    """And hosts nothing new; the others do."""
    pools = [{"name": "a", "className": "h10O"}, {"name": "b", "className": "h100"}]
    found = read([write(tmp_path, a_class(), changed(a_cluster(), "spec.nodePools", pools))])

    assert [False, True] == [node.is_schedulable for node in found.problem.fleet.nodes]
    (line,) = lines(found)
    expected = "InferenceCluster eu: spec.nodePools[0].className: found 'h10O', expected the name of an InferenceClass"
    assert f"{expected} (nearest: h100); node pool 'a' hosts nothing new" in line
    assert not found.has_errors


def test_classes_are_only_checked_if_one_was_read(tmp_path: Path) -> None:
    """Someone may plan with the cluster files alone."""
    found = read([write(tmp_path, a_cluster())])
    assert [True] == [pool.is_published for pool in found.problem.fleet.node_pools]
    assert [] == lines(found)


def test_an_invalid_class_is_said_to_be_invalid(tmp_path: Path) -> None:
    """It is there, so no other name is suggested."""
    found = read([write(tmp_path, a_class(count=0), a_cluster())])

    assert [False] == [node.is_schedulable for node in found.problem.fleet.nodes]
    assert any("found the invalid InferenceClass 'h100'" in line for line in lines(found))


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ("capacity", {"memory": {"value": "80GB"}}, "spec.devices[0].capacity[memory].value: found '80GB'"),
        ("attributes", {"cc": {"version": "9.0"}}, "spec.devices[0].attributes[cc].version: found '9.0'"),
    ],
)
def test_a_bad_amount_in_a_class_makes_its_devices_malformed(
    tmp_path: Path, field: str, value: object, path: str
) -> None:
    """The published schema does not validate the text, so it is a warning and matches nothing."""
    found = read([write(tmp_path, changed(a_class(), f"spec.devices.0.{field}", value), a_cluster())])

    assert any(path in line for line in lines(found))
    assert not found.has_errors
    assert found.problem.fleet.devices.device(0).malformed is not None


def test_fabric_and_price_of_a_pool(tmp_path: Path) -> None:
    """Our additions reach the domain."""
    fabric = {"type": "InfiniBand", "infiniband": {"fabric": "ib1"}, "domainLabel": "rack"}
    found = read(
        [write(tmp_path, a_class(), a_cluster(fabric=fabric, pricePerNodeHour="12.5", zones=["b", "a"]))]
    )
    (pool,) = found.problem.fleet.node_pools

    assert ("ib1", "rack", 12_500_000) == (
        pool.infiniband_fabric,
        pool.domain_label,
        pool.price_microdollars_per_hour,
    )
    assert ("a", "b") == pool.zones


def test_an_invalid_cluster_stays_in_the_fleet_and_takes_nothing_new(tmp_path: Path) -> None:
    """Its replicas must not be taken for replicas on a cluster that is gone."""
    broken = changed(changed(a_cluster(), "spec.cluster.source", "Mars"), "metadata.labels", {"region": "eu"})
    found = read([write(tmp_path, a_class(), broken, a_replica())])

    (cluster,) = found.problem.fleet.clusters
    assert (False, "its InferenceCluster object is invalid") == (cluster.is_ready, cluster.not_ready_because)
    assert {"region": "eu"} == cluster.labels
    assert ["gpu/0"] == node_names(found)
    assert found.has_errors
    assert ["eu"] == [each.key.cluster for each in found.problem.replicas]


def test_objects_of_an_unknown_cluster_are_reported(tmp_path: Path) -> None:
    """A mistyped folder name hides a whole cluster."""
    found = read([write(tmp_path, a_class(), a_cluster("eu-west"), eu_west=[a_node(), a_slice()])])

    assert any(
        "found objects of cluster 'eu_west'" in line and "(nearest: eu-west)" in line for line in lines(found)
    )
    assert ("eu_west/n1",) == found.loose_devices.owners


def test_pools_that_are_unusable_alike_are_one_line(tmp_path: Path) -> None:
    """A driver that is being rolled out has one on every node."""
    found = of_fleet(tmp_path, a_node("n1"), a_node("n2"), a_slice("n1", count=2), a_slice("n2", count=2))

    expected = "found 1 slice of generation 1, expected 2; resource pool gpu.nvidia.com/n1 offers nothing"
    assert [f"{expected} (and 1 more resource pools of the driver)"] == [f.message for f in found.findings]
    assert ["ResourceSlice slice-n1"] == [finding.object for finding in found.findings]
