"""From objects to the fleet: what counts, what offers nothing, and what is said about it."""

from pathlib import Path
from typing import Any

import pytest

from scheduler.snapshot import Reading, read
from solver.domain.device import VersionText, Withheld
from solver.domain.device_table import WITHHELD, Field
from solver.domain.fleet import CapacitySource, NodeResources
from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.policy import DEFAULT_TIERS, TierName
from solver.domain.quantity import Quantity
from solver.domain.taint import Taint, TaintEffect
from tests.scheduler.snapshot.manifests import (
    API,
    GPU,
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_device_class,
    a_node,
    a_pod,
    a_replica,
    a_slice,
    changed,
    write,
)


def of_fleet(
    folder: Path, *objects: Object, cluster: Object | None = None, kind: Object | None = None
) -> Reading:
    """A fleet of one observed cluster with these objects."""
    control = [kind or a_class(), cluster or a_cluster(), a_deployment()]
    return read([write(folder, *control, eu=list(objects))])


def withheld(found: Reading) -> list[Withheld | None]:
    return [WITHHELD[code - 1] if code else None for code in found.problem.fleet.devices.withheld]


def lines(found: Reading) -> list[str]:
    return [str(finding) for finding in found.findings]


def node_names(found: Reading) -> list[str]:
    return [node.key.name for node in found.problem.fleet.nodes]


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
    assert any("reports no DeviceClass gpu.nvidia.com" in note for note in found.notes)


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


TAINTED = [{"key": "k", "effect": "NoExecute"}]
COUNTED = [{"counterSet": "s", "counters": {"c": {"value": "1"}}}]
DEVICES: list[tuple[dict[str, Any], Withheld | None]] = [
    ({}, None),
    ({"allowMultipleAllocations": False}, None),
    ({"allowMultipleAllocations": True}, Withheld.SHARED),
    ({"taints": TAINTED}, Withheld.TAINTED),
    ({"taints": [{"key": "k", "effect": "None"}]}, None),
    ({"bindingConditions": ["ready"]}, Withheld.BINDING),
    ({"bindingConditions": []}, None),
]


@pytest.mark.parametrize(("fields", "expected"), DEVICES)
def test_devices_that_need_the_exact_allocator_offer_nothing(
    tmp_path: Path, fields: dict[str, Any], expected: Withheld | None
) -> None:
    """They stay visible to selectors."""
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(**fields)]))
    assert [expected] == withheld(found)


def test_devices_with_counters_offer_nothing(tmp_path: Path) -> None:
    """Counters and devices in different slices of one pool, as since 1.35."""
    shared = [{"name": "s", "counters": {"c": {"value": "1"}}}]
    counters = a_slice(name="a", devices=[], count=2, sharedCounters=shared)
    devices = a_slice(name="b", devices=[a_device(consumesCounters=COUNTED)], count=2)

    assert [Withheld.COUNTERS] == withheld(of_fleet(tmp_path, a_node(), counters, devices))
    unknown = changed(devices, "spec.devices.0.consumesCounters.0.counterSet", "t")
    assert [Withheld.POOL_INVALID] == withheld(of_fleet(tmp_path / "b", a_node(), counters, unknown))


@pytest.mark.parametrize("version", ["v1", "v1beta2", "v1beta1"])
def test_all_served_versions_are_read(tmp_path: Path, version: str) -> None:
    """v1beta1 wraps the fields of a device in basic."""
    wrapped = {"name": "gpu-0", "basic": {key: value for key, value in a_device().items() if key != "name"}}
    published = a_slice(devices=[wrapped]) | {"apiVersion": f"resource.k8s.io/{version}"}
    found = of_fleet(tmp_path, a_node(), published)

    assert {(GPU, "memory"): Quantity.parse("80Gi")} == found.problem.fleet.devices.device(0).capacity
    assert [] == lines(found)


@pytest.mark.parametrize("version", ["v1alpha2", "v1alpha3"])
def test_withdrawn_versions_are_refused_clearly(tmp_path: Path, version: str) -> None:
    """They had other fields under the same names."""
    found = of_fleet(tmp_path, a_node(), a_slice() | {"apiVersion": f"resource.k8s.io/{version}"})
    assert any(
        f"apiVersion: found the withdrawn API resource.k8s.io/{version}" in line for line in lines(found)
    )
    assert not found.has_errors


def test_all_attribute_types_are_read(tmp_path: Path) -> None:
    """Qualified names keep their domain, bare ones get the driver's; lists are from 1.36."""
    attributes = {
        "s": {"string": ""},
        "v": {"version": "1.2.3-rc.1+b"},
        "i": {"int": -1},
        "t": {"bool": True},
        "other.io/l": {"strings": ["a", "b"]},
        "n": {"ints": [1, 2]},
    }
    found = of_fleet(tmp_path, a_node(), a_slice(devices=[a_device(attributes=attributes)]))

    expected = {
        (GPU, "s"): "", (GPU, "v"): VersionText("1.2.3-rc.1+b"), (GPU, "i"): -1, (GPU, "t"): True,
        ("other.io", "l"): ("a", "b"), (GPU, "n"): (1, 2),
    }  # fmt: skip
    assert expected == found.problem.fleet.devices.device(0).attributes


def test_equal_values_of_different_types_stay_apart(tmp_path: Path) -> None:
    """True, 1 and "1" are three attribute values."""
    devices = [
        a_device(f"d{number}", attributes={"a": value})
        for number, value in enumerate([{"int": 1}, {"bool": True}, {"string": "1"}, {"version": "1.0.0"}])
    ]
    table = of_fleet(tmp_path, a_node(), a_slice(devices=devices)).problem.fleet.devices

    values = [table.device(row).attributes[GPU, "a"] for row in range(4)]  # type: ignore[index]
    assert [1, True, "1", VersionText("1.0.0")] == values
    assert [int, bool, str, VersionText] == [type(value) for value in values]


BAD_FIELDS: list[tuple[str, object, str]] = [
    ("attributes.cc", {"version": "9.0"}, "attributes[cc]: found '9.0', expected a semantic version"),
    ("attributes.cc", {"version": 9}, "attributes[cc]: found 9, expected a semantic version"),
    ("attributes.i", {"int": True}, "attributes[i]: found true, expected a value of type int"),
    ("attributes.i", {"int": "1"}, "attributes[i]: found '1', expected a value of type int"),
    ("attributes.b", {"bool": 1}, "attributes[b]: found 1, expected a value of type bool"),
    ("attributes.s", {"string": 1}, "attributes[s]: found 1, expected a value of type string"),
    ("attributes.s", {"string": "a", "int": 1}, "attributes[s]: found int and string, expected exactly one"),
    ("attributes.s", {}, "attributes[s]: found an object, expected exactly one"),
    ("attributes.s", "x", "attributes[s]: found 'x', expected exactly one"),
    ("attributes.s", {"strings": ["a", 1]}, "attributes[s]: found 1, expected a value of type string"),
    ("attributes.f", {"float": 1.5}, "attributes[f]: found the type float"),
    ("attributes", ["x"], "attributes: found a list, expected an object"),
    ("capacity.memory", {"value": "80GB"}, "capacity[memory].value: found '80GB', expected a quantity"),
    ("capacity.memory", {}, "capacity[memory].value: found null, expected a quantity"),
    ("capacity", "x", "capacity: found 'x', expected an object"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_FIELDS)
def test_an_unreadable_field_makes_the_device_malformed(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    """Every selector on it is a run-time error then, as nobody knows what it would have read."""
    devices = [changed(a_device(), path, value), a_device("gpu-1")]
    found = of_fleet(tmp_path, a_node(), a_slice(devices=devices))

    assert [f"eu.json document 1: ResourceSlice slice-n1: spec.devices[0].{message}"] == [
        line.rpartition("/clusters/")[2][
            : len("eu.json document 1: ResourceSlice slice-n1: spec.devices[0].") + len(message)
        ]
        for line in lines(found)
    ]
    table = found.problem.fleet.devices
    malformed = table.device(0).malformed
    assert malformed is not None
    assert malformed.startswith(message.partition(": ")[0])
    assert table.device(1).malformed is None


def test_the_same_mistake_on_every_device_is_one_line(tmp_path: Path) -> None:
    """A driver that gets a field wrong does so everywhere."""
    devices = [a_device(f"d{number}", attributes={"v": {"version": "1"}}) for number in range(64)]
    found = of_fleet(tmp_path, a_node(), a_slice(devices=devices))

    assert 1 == len(found.findings)
    assert "(and 63 more devices of the slice)" in lines(found)[0]


BAD_SLICES: list[tuple[str, object, str]] = [
    ("spec.driver", ..., "spec.driver: found null, expected the name of a driver"),
    ("spec.pool", ..., "spec.pool.name: found null"),
    ("spec.pool.generation", ..., "spec.pool.generation: found null, expected a number of at least 0"),
    ("spec.pool.generation", "1", "spec.pool.generation: found '1'"),
    (
        "spec.pool.resourceSliceCount",
        0,
        "spec.pool.resourceSliceCount: found 0, expected a number of at least 1",
    ),
    ("spec.allNodes", True, "spec: found nodeName and allNodes, expected exactly one of"),
    ("spec.nodeName", ..., "spec: found nothing, expected exactly one of"),
    ("spec.nodeName", 7, "spec: found 7, expected exactly one of"),
    ("spec", ..., "spec: found nothing"),
    ("spec", [], "spec: found nothing"),
    ("spec.devices", [1], "spec.devices[0].name: found nothing, expected a device with a name"),
    ("spec.devices", [{"attributes": {}}], "spec.devices[0].name: found nothing"),
    ("metadata.name", ..., "metadata.name: found nothing, expected this required field"),
]


@pytest.mark.parametrize(("path", "value", "message"), BAD_SLICES)
def test_a_malformed_slice_offers_nothing_and_the_rest_stands(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    """One bad driver must not hide the others."""
    broken = changed(a_slice(), path, value)
    fine = a_slice(name="fine", pool="other", driver="nic", devices=[a_device("nic-0")])
    found = of_fleet(tmp_path, a_node(), broken, fine)

    assert any(message in line for line in lines(found)), lines(found)
    assert not found.has_errors
    table = found.problem.fleet.devices
    assert ["nic-0"] == [name for name, code in zip(table.names, table.withheld, strict=True) if not code]


POOLS: list[tuple[list[Object], list[Withheld | None]]] = [
    ([a_slice(name="a", count=2)], [Withheld.POOL_INCOMPLETE] * 2),
    (
        [a_slice(name="a", count=2), a_slice(name="b", count=2, devices=[a_device("gpu-2")])],
        [None] * 3,
    ),
    # One slice too many is incomplete too.
    ([a_slice(name="a"), a_slice(name="b", devices=[a_device("gpu-2")])], [Withheld.POOL_INCOMPLETE] * 3),
    # Only the newest generation counts, complete or not.
    ([a_slice(name="a"), a_slice(name="b", generation=2, devices=[a_device("x")])], [None]),
    (
        [a_slice(name="a"), a_slice(name="b", generation=2, count=2, devices=[a_device("x")])],
        [Withheld.POOL_INCOMPLETE],
    ),
    ([a_slice(devices=[a_device(), a_device()])], [Withheld.POOL_INVALID] * 2),
    # Slices of the same pool that disagree about their number.
    (
        [a_slice(name="a", count=2), a_slice(name="b", count=3, devices=[a_device("x")])],
        [Withheld.POOL_INCOMPLETE] * 3,
    ),
    # The other slice is on another node: counted, as the allocator looks it up.
    ([a_slice("n1", pool="p", count=2), a_slice("n2", pool="p", count=2)], [None] * 2),
    # Two nodes that call their pools alike, each complete by itself.
    ([a_slice("n1", pool="p"), a_slice("n2", pool="p")], [None] * 2),
    # A newer generation elsewhere, while this node's is not complete by itself.
    ([a_slice("n1", pool="p", count=2), a_slice("n2", pool="p", count=2, generation=2)], [Withheld.POOL_INCOMPLETE] * 2),
    # The same pool name of another driver is another pool.
    ([a_slice(name="a"), a_slice(name="b", driver="nic", devices=[a_device("x")])], [None] * 3),
]  # fmt: skip


@pytest.mark.parametrize(("slices", "expected"), POOLS)
def test_only_complete_and_valid_pools_of_the_newest_generation_count(
    tmp_path: Path, slices: list[Object], expected: list[Withheld | None]
) -> None:
    """As in the Kubernetes allocator: a driver may still be publishing."""
    found = of_fleet(tmp_path, a_node(), *slices)

    assert expected == withheld(found)
    is_reported = any("spec.pool: found" in line and "offers nothing" in line for line in lines(found))
    assert is_reported == any(expected)


def test_devices_that_no_single_node_has_are_counted_in_a_note(tmp_path: Path) -> None:
    """They need the exact allocator."""
    found = of_fleet(
        tmp_path,
        a_node(),
        a_slice(),
        a_slice(None, name="all", allNodes=True),
        a_slice(None, name="some", pool="p2", nodeSelector={"nodeSelectorTerms": [{}]}),
        a_slice(
            None,
            name="each",
            pool="p3",
            perDeviceNodeSelection=True,
            devices=[a_device("mine", nodeName="n1"), a_device("theirs", allNodes=True)],
        ),
    )

    assert ("gpu-0", "gpu-1", "mine") == found.problem.fleet.devices.names
    assert [None, None, Withheld.NOT_NODE_LOCAL] == withheld(found)
    assert "cluster eu: 5 devices that are not local to one node offer nothing" in found.notes
    assert 5 == len(found.loose_devices.table)


def test_what_claims_hold_is_in_use(tmp_path: Path) -> None:
    """Whoever holds it, and whether or not the pod is known; admin access holds nothing."""
    found = of_fleet(
        tmp_path,
        a_node(),
        a_slice(devices=[a_device(f"gpu-{number}") for number in range(4)]),
        a_claim("a", "gpu-0", pod="stranger"),
        a_claim("b", "gpu-1"),
        a_claim("c", "gpu-2", admin=True),
    )

    assert [True, True, False, False] == found.problem.fleet.devices.in_use.tolist()
    assert [] == lines(found)


def test_claims_on_unknown_devices_are_one_warning(tmp_path: Path) -> None:
    """A snapshot taken while a driver republishes shows such claims."""
    found = of_fleet(tmp_path, a_node(), a_slice(), a_claim("a", "gpu-8", "gpu-9"), a_claim("b", "gpu-7"))

    (line,) = lines(found)
    assert (
        "InferenceCluster eu: claims hold 3 devices that no ResourceSlice shows, such as gpu.nvidia.com/n1/gpu-7"
        in line
    )


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


def test_the_policy_reaches_the_problem(tmp_path: Path) -> None:
    """Listed tiers fill their default places in the listed order, but for what is switched off."""
    spec = {
        "tiers": [
            {"name": "price", "maximum": 5},
            {"name": "shortfall"},
            {"name": "spread", "enabled": False},
        ],
        "quotas": [{"namespace": "ml", "deviceClassName": "g", "devices": 8}],
        "evictionBudget": 2,
        "priceOverrides": [{"cluster": "eu", "nodePool": "gpu", "pricePerNodeHour": "1.5"}],
        "requireGateway": False,
    }
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)]).problem.policy

    expected = "price evictions expected shortfall distance locality stranded canonical"
    assert expected.split() == [tier.name for tier in found.tiers]
    assert 5 == found.tiers[0].maximum
    assert (8, 2, False) == (found.quotas[0].devices, found.eviction_budget, found.requires_gateway)
    assert {NodePoolKey("eu", "gpu"): 1_500_000} == found.price_overrides  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("tiers", "order"),
    [
        ([{"name": "price", "maximum": 5}], list(TierName)),
        (
            [{"name": "expected"}, {"name": "shortfall"}, {"name": "evictions"}],
            ["expected", "shortfall", "evictions", *list(TierName)[3:]],
        ),
        ([{"name": "price", "enabled": False}], [tier for tier in TierName if tier != "price"]),
    ],
)
def test_tiers_that_are_not_listed_keep_their_place(
    tmp_path: Path, tiers: list[Object], order: list[str]
) -> None:
    """A limit on one tier is no wish to put it first."""
    spec = {"tiers": tiers}
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)])

    assert ([], order) == (lines(found), [tier.name for tier in found.problem.policy.tiers])


def test_the_shortfall_tier_is_always_on_and_without_limit(tmp_path: Path) -> None:
    """Without it nothing would be placed."""
    spec = {"tiers": [{"name": "shortfall", "enabled": False, "maximum": 3}]}
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    found = read([write(tmp_path, policy)])

    assert DEFAULT_TIERS == found.problem.policy.tiers
    off, limit = lines(found)
    assert "spec.tiers[0].enabled: found false" in off
    assert "the shortfall tier cannot be switched off" in off
    assert "spec.tiers[0].maximum: found 3" in limit
    assert not found.has_errors


def test_a_policy_file_wins(tmp_path: Path) -> None:
    """Over the one in the input, without a word about duplicates."""
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": {}}
    folder = write(tmp_path / "a", changed(policy, "spec.evictionBudget", 1), a_class())
    other = write(tmp_path / "b", changed(policy, "spec.evictionBudget", 2))

    found = read([folder], policy_path=other / "control.yaml")
    assert (2, []) == (found.problem.policy.eviction_budget, lines(found))
    without = read([folder], policy_path=write(tmp_path / "c", a_class()) / "control.yaml")
    assert any("found no PlacementPolicy, expected one named 'default'" in line for line in lines(without))


def test_a_price_for_an_unknown_pool_names_the_nearest(tmp_path: Path) -> None:
    """A price that applies to nothing would change a plan in silence."""
    overrides = [
        {"cluster": "eu", "nodePool": "gpus", "pricePerNodeHour": "1"},
        {"cluster": "europe", "nodePool": "gpu", "pricePerNodeHour": "1"},
    ]
    policy = {
        "apiVersion": API,
        "kind": "PlacementPolicy",
        "metadata": {"name": "default"},
        "spec": {"priceOverrides": overrides},
    }
    found = lines(read([write(tmp_path, a_class(), a_cluster(), policy)]))

    assert (
        "spec.priceOverrides[0].nodePool: found 'gpus', expected the name of a node pool of eu (nearest: gpu)"
        in found[0]
    )
    assert (
        "spec.priceOverrides[1].cluster: found 'europe', expected the name of a known InferenceCluster"
        in found[1]
    )


def test_pools_that_are_unusable_alike_are_one_line(tmp_path: Path) -> None:
    """A driver that is being rolled out has one on every node."""
    found = of_fleet(tmp_path, a_node("n1"), a_node("n2"), a_slice("n1", count=2), a_slice("n2", count=2))

    expected = "found 1 slice of generation 1, expected 2; resource pool gpu.nvidia.com/n1 offers nothing"
    assert [f"{expected} (and 1 more resource pools of the driver)"] == [f.message for f in found.findings]
    assert ["ResourceSlice slice-n1"] == [finding.object for finding in found.findings]


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
