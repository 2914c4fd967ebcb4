"""Resource slices, their pools and versions, and the claims on their devices."""

from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import read
from solver.domain.device import Withheld
from solver.domain.device_table import WITHHELD
from solver.domain.quantity import Quantity
from tests.scheduler.snapshot.manifests import (
    GPU,
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_device,
    a_node,
    a_slice,
    changed,
    write,
)
from tests.scheduler.snapshot.readings import lines, node_names, of_fleet, withheld


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
    ("spec.devices", "abc", "spec.devices: found 'abc', expected a list"),
    ("spec.sharedCounters", "abc", "spec.sharedCounters: found 'abc', expected a list"),
    (
        "spec.sharedCounters",
        [{"name": "s", "counters": []}],
        "spec.sharedCounters[0].counters: found a list, expected an object",
    ),
    ("spec.allNodes", "true", "spec: found nodeName and allNodes, expected exactly one of"),
    ("spec.perDeviceNodeSelection", 0, "spec.perDeviceNodeSelection: found 0, expected true or false"),
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
    is_reported = any(": found" in line and "offers nothing" in line for line in lines(found))
    assert is_reported == any(expected)


COUNTERS = [{"name": "s", "counters": {"c": {"value": "1"}}}]
USES = [{"counterSet": "t", "counters": {"c": {"value": "1"}}}]
#: Two slices of a pool, and what is told of the second one.
FAULTS: list[tuple[Object, Object, str]] = [
    (
        a_slice(name="a", count=2),
        a_slice(name="b", count=2, devices=[a_device("x"), a_device("gpu-1")]),
        "spec.devices: found device 'gpu-1' a second time, expected each name once",
    ),
    (
        a_slice(name="a", count=2, sharedCounters=COUNTERS),
        a_slice(name="b", count=2, devices=[], sharedCounters=COUNTERS),
        "spec.sharedCounters: found counter set 's' a second time, expected each name once",
    ),
    (
        a_slice(name="a", count=2, devices=[], sharedCounters=COUNTERS),
        a_slice(name="b", count=2, devices=[a_device("x"), a_device("y", consumesCounters=USES)]),
        "spec.devices: found the unknown counter 't/c' of device 'y', expected one that the pool shares",
    ),
]


@pytest.mark.parametrize(("fine", "faulty", "message"), FAULTS)
def test_a_fault_of_a_pool_is_told_where_it_stands(
    tmp_path: Path, fine: Object, faulty: Object, message: str
) -> None:
    """Whoever reads it looks there first."""
    write(tmp_path, a_class(), a_cluster())
    folder = tmp_path / "clusters"
    folder.mkdir()
    (folder / "eu.yaml").write_text(yaml.safe_dump_all([a_node(), fine, faulty]))

    (line,) = lines(read([tmp_path]))
    expected = f"{message}; resource pool gpu.nvidia.com/n1 offers nothing"
    assert line.endswith(f"eu.yaml document 3: ResourceSlice b: {expected}")


def test_all_that_is_wrong_with_a_slice_is_told(tmp_path: Path) -> None:
    """One complaint about the whole does not hide another about a part, or the other way round."""
    broken = changed(changed(a_slice(generation="1"), "spec.nodeName", ...), "spec.sharedCounters", "abc")
    found = [line.partition("slice-n1: ")[2] for line in lines(of_fleet(tmp_path, a_node(), broken))]

    assert ["spec", "spec.pool.generation", "spec.sharedCounters"] == [
        line.partition(": ")[0] for line in found
    ]


def test_a_slice_that_shows_no_device_is_noted(tmp_path: Path) -> None:
    """Nothing is withheld of it that could be counted."""
    found = of_fleet(tmp_path, a_node(), a_slice(devices="abc"))  # type: ignore[arg-type]

    said = (
        "ResourceSlice slice-n1 cannot be read in full and shows no device; its resource pool offers nothing"
    )
    assert f"cluster eu: {said}" in found.notes


def selecting(*requirements: Object, fields: tuple[Object, ...] = ()) -> Object:
    term = {"matchExpressions": list(requirements), "matchFields": list(fields)}
    return {"nodeSelectorTerms": [{name: value for name, value in term.items() if value}]}


EXPRESSION = "nodeSelectorTerms[0].matchExpressions[0]"
FIELD = "nodeSelectorTerms[0].matchFields[0]"
#: A node selector that the API server would not accept, and what is told of it.
SELECTORS: list[tuple[Object, str]] = [
    (
        selecting({"key": "a", "operator": "Inn", "values": ["b"]}),
        (
            f"{EXPRESSION}.operator: found 'Inn', expected one of In, NotIn, Exists, DoesNotExist, Gt, Lt"
            " (nearest: In); it selects no node"
        ),
    ),
    (
        selecting({"key": "a"}),
        (
            f"{EXPRESSION}.operator: found nothing, expected one of In, NotIn, Exists, DoesNotExist, Gt, Lt;"
            " it selects no node"
        ),
    ),
    (
        selecting({"key": "a", "operator": "In"}),
        f"{EXPRESSION}.values: found none, expected at least one with In",
    ),
    (
        selecting({"key": "a", "operator": "Gt", "values": ["x"]}),
        f"{EXPRESSION}.values: found 'x', expected one integer with Gt; it selects no node",
    ),
    (
        selecting(fields=({"key": "metadata.uid", "operator": "In", "values": ["n1"]},)),
        f"{FIELD}.key: found 'metadata.uid', expected metadata.name; it selects no node",
    ),
    (
        {"nodeSelectorTerms": [{}, {}]},
        "nodeSelectorTerms: found 2 terms, expected exactly one; it selects no node",
    ),
]


@pytest.mark.parametrize("is_of_device", [False, True])
@pytest.mark.parametrize(("selector", "message"), SELECTORS)
def test_a_node_selector_that_means_nothing_is_told(
    tmp_path: Path, selector: Object, message: str, *, is_of_device: bool
) -> None:
    """Its devices would only be missing otherwise."""
    if is_of_device:
        devices = [a_device(nodeSelector=selector)]
        published = a_slice(None, perDeviceNodeSelection=True, devices=devices)
    else:
        published = a_slice(None, devices=[a_device()], nodeSelector=selector)
    found = of_fleet(tmp_path, a_node(), published)

    (line,) = lines(found)
    where = "spec.devices[0].nodeSelector" if is_of_device else "spec.nodeSelector"
    assert line.endswith(f": {where}.{message}")
    assert "cluster eu: 1 device that no node reaches offers nothing" in found.notes


def test_devices_that_several_nodes_reach_stand_on_each(tmp_path: Path) -> None:
    """With per-device selection each says where, which takes a gate; what no node reaches is counted in a note."""
    found = of_fleet(
        tmp_path,
        a_node(),
        a_node("n2"),
        a_slice(),
        a_slice(None, name="all", allNodes=True, devices=[a_device("everywhere")]),
        a_slice(None, name="some", pool="p2", nodeSelector={"nodeSelectorTerms": [{}]}),
        a_slice(
            None,
            name="each",
            pool="p3",
            perDeviceNodeSelection=True,
            devices=[a_device("mine", nodeName="n1"), a_device("theirs", allNodes=True)],
        ),
    )

    gated = Withheld.OWN_NODES
    names = found.problem.fleet.devices.names
    expected = {
        "n1": {"gpu-0": None, "gpu-1": None, "mine": gated, "theirs": gated, "everywhere": None},
        "n2": {"theirs": gated, "everywhere": None},
    }
    starts = found.problem.fleet.devices.starts
    assert expected == {
        node: {names[row]: withheld(found)[row] for row in range(starts[n], starts[n + 1])}
        for n, node in enumerate(node_names(found))
    }
    assert "cluster eu: 2 devices that no node reaches offer nothing" in found.notes
    loose = found.loose_devices.table
    assert [Withheld.UNREACHED] * 2 == [WITHHELD[code - 1] for code in loose.withheld]


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
    said = "found device gpu.nvidia.com/n1/gpu-8 (and 2 more devices of 2 claims) that no ResourceSlice shows"
    assert f"ResourceClaim default/a: status.allocation: {said}" in line


def test_a_device_that_two_claims_hold_is_reported(tmp_path: Path) -> None:
    """Somebody has written a status by hand; the device is nobody's to give."""
    found = of_fleet(tmp_path, a_node(), a_slice(), a_claim("a", "gpu-0"), a_claim("b", "gpu-0"))

    (line,) = lines(found)
    assert (
        "ResourceClaim default/b: status.allocation: found device gpu.nvidia.com/n1/gpu-0 that another"
        in line
    )
    assert [True, False] == list(found.problem.fleet.devices.in_use)
