"""Claims, classes and nodes of a cluster that cannot be read, or say what cannot be: told once, where it stands."""

from pathlib import Path

import pytest

from tests.scheduler.snapshot.claims import EXACT, a_claim_template, a_raw_claim
from tests.scheduler.snapshot.manifests import (
    GPU,
    Object,
    a_claim,
    a_device,
    a_device_class,
    a_node,
    a_slice,
    changed,
)
from tests.scheduler.snapshot.readings import lines, of_fleet

RESULTS = "status.allocation.devices.results"
REQUEST = "spec.devices.requests.0"
CHOICE = {"name": "gpu", "firstAvailable": [{"name": "a", "deviceClassName": GPU}]}
MISNAMED = {"name": "gpu", "exactly": {"deviceClassName": "gpu.nvidia.con"}}
PCIE = "resource.kubernetes.io/pcieRoot"


def allocated(*, request: str, requests: list[Object]) -> Object:
    claim = changed(a_claim("x", "gpu-0"), "spec.devices.requests", requests)
    return changed(claim, f"{RESULTS}.0.request", request)


#: An object of a cluster, and what is told of it.
TOLD: list[tuple[Object, str]] = [
    (
        changed(a_claim("x", "gpu-0"), RESULTS, "abc"),
        f"ResourceClaim default/x: {RESULTS}: found 'abc', expected a list",
    ),
    (
        changed(a_claim("x", "gpu-0"), "status.allocation", "abc"),
        "ResourceClaim default/x: status.allocation: found 'abc', expected an object",
    ),
    (
        changed(a_claim("x", "gpu-0"), "status.reservedFor", "abc"),
        "ResourceClaim default/x: status.reservedFor: found 'abc', expected a list",
    ),
    (
        changed(a_claim("x", "gpu-0"), f"{RESULTS}.0.adminAccess", "no"),
        f"ResourceClaim default/x: {RESULTS}[0].adminAccess: found 'no', expected true or false",
    ),
    (
        changed(a_claim("x", "gpu-0"), f"{RESULTS}.0.driver", 5),
        f"ResourceClaim default/x: {RESULTS}[0]: found an incomplete result, expected driver, pool and device",
    ),
    (
        allocated(request="gpux", requests=[EXACT]),
        (
            f"ResourceClaim default/x: {RESULTS}[0].request: found 'gpux', expected the name of a request of the claim"
            " (nearest: gpu)"
        ),
    ),
    (
        changed(a_raw_claim(), "spec.devices.requests", "abc"),
        "ResourceClaim ml/c: spec.devices.requests: found 'abc', expected a list",
    ),
    (
        changed(a_raw_claim(), f"{REQUEST}.exactly.count", "2"),
        "ResourceClaim ml/c: spec.devices.requests[0].exactly.count: found '2', expected an integer",
    ),
    (
        changed(a_raw_claim(), f"{REQUEST}.name", 5),
        "ResourceClaim ml/c: spec.devices.requests[0].name: found 5, expected a name",
    ),
    (
        a_raw_claim(MISNAMED),
        (
            "ResourceClaim ml/c: spec.devices.requests[0].exactly.deviceClassName: found 'gpu.nvidia.con',"
            " expected the name of a DeviceClass of cluster eu (nearest: gpu.nvidia.com)"
        ),
    ),
    (
        a_claim_template({"name": "gpu", "firstAvailable": [MISNAMED["exactly"] | {"name": "a"}]}),  # type: ignore[operator]
        (
            "ResourceClaimTemplate ml/c: spec.spec.devices.requests[0].firstAvailable[0].deviceClassName:"
            " found 'gpu.nvidia.con', expected the name of a DeviceClass of cluster eu (nearest: gpu.nvidia.com)"
        ),
    ),
    (
        a_raw_claim(EXACT, constraints=[{"requests": ["gpu", "gpux"], "matchAttribute": PCIE}]),
        (
            "ResourceClaim ml/c: spec.devices.constraints[0].requests[1]: found 'gpux',"
            " expected the name of a request, or REQUEST/ALTERNATIVE (nearest: gpu)"
        ),
    ),
    (
        changed(a_device_class("other"), "spec.selectors", "abc"),
        "DeviceClass other: spec.selectors: found 'abc', expected a list; the class matches nothing",
    ),
]


@pytest.mark.parametrize(("broken", "message"), TOLD)
def test_what_is_wrong_with_an_object_is_told_once(tmp_path: Path, broken: Object, message: str) -> None:
    """It would only be missing otherwise, or pass for what it is not."""
    found = of_fleet(tmp_path, a_node(), a_slice(), a_device_class(), broken)

    (line,) = lines(found)
    assert line.endswith(f"eu.json document 1: {message}")
    assert not found.has_errors


FINE: list[Object] = [
    allocated(request="gpu", requests=[EXACT]),
    allocated(request="gpu/a", requests=[CHOICE]),
    a_raw_claim(CHOICE, constraints=[{"requests": ["gpu/a", "gpu"], "matchAttribute": PCIE}]),
    a_raw_claim({"name": "gpu", "deviceClassName": GPU}, version="v1beta1"),
    changed(a_claim("x", "gpu-0"), "status.reservedFor", None),
    changed(a_claim("x", "gpu-0"), "status.allocation", None),
    a_node("n2", taints=[{"key": "k", "effect": "PreferNoSchedule"}]),
]


@pytest.mark.parametrize("fine", FINE)
def test_what_is_right_is_not_told(tmp_path: Path, fine: Object) -> None:
    assert [] == lines(of_fleet(tmp_path, a_node(), a_slice(), a_device_class(), fine))


def test_a_claim_that_nobody_can_read_is_noted(tmp_path: Path) -> None:
    """The plan may give away what it holds."""
    found = of_fleet(tmp_path, a_node(), a_slice(), changed(a_claim("x", "gpu-0"), RESULTS, "abc"))

    assert (
        "cluster eu: what ResourceClaim default/x holds cannot be read, so its devices count as free"
        in found.notes
    )


def test_a_class_whose_selectors_cannot_be_read_matches_nothing(tmp_path: Path) -> None:
    """Without selectors it would match everything."""
    broken = changed(a_device_class(), "spec.selectors", "abc")
    found = of_fleet(tmp_path, a_node(), a_slice(), broken)

    (cluster,) = found.problem.fleet.clusters
    assert [("false",)] == [each.selectors for each in cluster.device_classes.values()]


#: A field that keeps pods off a node, a value that nobody can read, and what is told of it.
GATES: list[tuple[str, object, str]] = [
    ("spec.taints", "abc", "spec.taints: found 'abc', expected a list"),
    ("spec.taints", [{"key": 5}], "spec.taints[0].key: found 5, expected text"),
    ("spec.unschedulable", "true", "spec.unschedulable: found 'true', expected true or false"),
    ("status.conditions", "abc", "status.conditions: found 'abc', expected a list"),
]


@pytest.mark.parametrize(("path", "value", "message"), GATES)
def test_a_node_whose_gates_cannot_be_read_takes_nothing_new(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    """Nobody knows whom it wanted to keep off."""
    found = of_fleet(tmp_path, changed(a_node(), path, value), a_slice())

    (line,) = lines(found)
    assert line.endswith(f"Node n1: {message}; the node takes nothing new")
    assert [False] == [node.is_schedulable for node in found.problem.fleet.nodes]
    assert "cluster eu: node n1 cannot be read in full and takes nothing new" in found.notes


#: Other fields of a node, with a value that nobody can read or that means nothing, and what is told.
FACTS: list[tuple[str, object, str]] = [
    ("metadata.labels.x", 5, "metadata.labels[x]: found 5, expected text"),
    ("status.allocatable", "abc", "status.allocatable: found 'abc', expected an object"),
    (
        "spec.taints",
        [{"key": "k", "effect": "NoSchedul"}],
        (
            "spec.taints[0].effect: found 'NoSchedul', expected one of NoSchedule, NoExecute, PreferNoSchedule"
            " (nearest: NoSchedule); it repels nothing"
        ),
    ),
]


@pytest.mark.parametrize(("path", "value", "message"), FACTS)
def test_what_else_cannot_be_read_of_a_node_is_told(
    tmp_path: Path, path: str, value: object, message: str
) -> None:
    found = of_fleet(tmp_path, changed(a_node(), path, value), a_slice())

    (line,) = lines(found)
    assert line.endswith(f"Node n1: {message}")
    assert [True] == [node.is_schedulable for node in found.problem.fleet.nodes]


def sharing(name: str, **consumed: str) -> Object:
    claim = a_claim(name, "gpu-0")
    claim["status"]["allocation"]["devices"]["results"][0] |= {"shareID": name, "consumedCapacity": consumed}
    return claim


def test_capacities_that_claims_overdraw_or_invent_are_told(tmp_path: Path) -> None:
    """Somebody has written a status by hand, or the driver has made the device smaller."""
    shared = a_slice(devices=[a_device(allowMultipleAllocations=True)])
    claims = [sharing("x", memory="50Gi"), sharing("y", memory="50Gi", cores="1"), sharing("z")]
    found = of_fleet(tmp_path, a_node(), shared, *claims)

    at = f"ResourceClaim default/y: {RESULTS}[0].consumedCapacity"
    assert [
        f"{at}[cores]: found 'cores', expected the name of a capacity of device gpu.nvidia.com/n1/gpu-0",
        (
            f"{at}[memory]: claims take 100Gi of device gpu.nvidia.com/n1/gpu-0, expected at most 80Gi;"
            " it gives no more of it"
        ),
    ] == [line.partition("document 1: ")[2] for line in lines(found)]
