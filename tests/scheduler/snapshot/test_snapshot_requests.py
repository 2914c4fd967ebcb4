"""The request extensions of a ModelDeployment, from the file to what its pods want."""

from pathlib import Path
from typing import Any

import pytest

from scheduler.snapshot import Reading, read
from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceToleration
from solver.domain.quantity import Quantity
from solver.domain.workload import DeviceRequest, Member
from tests.scheduler.snapshot.manifests import a_cluster, a_deployment, a_replica, changed, write
from tests.scheduler.snapshot.readings import lines

SELECTOR = "spec.template.spec.engines.0.members.0.nodeSelector"
CEL = [{"cel": "true"}]
PCIE = "resource.kubernetes.io/pcieRoot"


def wanting(folder: Path, *devices: Any, **selector: Any) -> Reading:
    wanted = changed(a_deployment(), SELECTOR, {"devices": list(devices), **selector})
    return read([write(folder, wanted)])


def member(found: Reading) -> Member:
    return found.problem.deployments[0].engines[0].members[0]


def test_without_extensions_a_request_is_what_it_was(tmp_path: Path) -> None:
    """The defaults of the new fields change nothing."""
    found = member(wanting(tmp_path, {"name": "gpu", "count": 2, "selectors": CEL}))

    assert Member(requests=(DeviceRequest(name="gpu", count=2, selectors=("true",)),)) == found


def test_a_request_with_every_extension(tmp_path: Path) -> None:
    request = {
        "name": "gpu",
        "selectors": CEL,
        "allocationMode": "All",
        "adminAccess": True,
        "tolerations": [{"key": "k", "value": "v"}, {"operator": "Exists", "effect": "NoExecute"}],
        "capacity": {"requests": {"memory": "4Gi", "gpu.nvidia.com/shares": 2}},
    }
    found = wanting(tmp_path, request)

    assert [] == lines(found)
    expected = DeviceRequest(
        name="gpu",
        selectors=("true",),
        takes_all=True,
        has_admin_access=True,
        tolerations=(
            DeviceToleration(key="k", value="v"),
            DeviceToleration(operator="Exists", effect="NoExecute"),
        ),
        capacity=(("gpu.nvidia.com/shares", Quantity.of(2)), ("memory", Quantity.parse("4Gi"))),
    )
    assert (expected,) == member(found).requests


def test_alternatives_keep_their_order(tmp_path: Path) -> None:
    """The first is preferred; the request itself selects nothing."""
    alternatives = [{"name": "h200", "selectors": CEL}, {"name": "a100", "count": 2, "selectors": CEL}]
    found = member(wanting(tmp_path, {"name": "gpu", "firstAvailable": alternatives}))

    expected = DeviceRequest(
        name="gpu",
        alternatives=(
            DeviceRequest(name="h200", selectors=("true",)),
            DeviceRequest(name="a100", count=2, selectors=("true",)),
        ),
    )
    assert (expected,) == found.requests


def test_constraints_are_those_of_the_member(tmp_path: Path) -> None:
    devices = [{"name": "gpu", "selectors": CEL}, {"name": "nic", "selectors": CEL}]
    constraints = [
        {"requests": ["gpu", "nic"], "matchAttribute": PCIE},
        {"distinctAttribute": "gpu.nvidia.com/uuid"},
    ]
    found = member(wanting(tmp_path, *devices, constraints=constraints))

    expected = (
        ClaimConstraint(requests=("gpu", "nic"), match_attribute=PCIE),
        ClaimConstraint(distinct_attribute="gpu.nvidia.com/uuid"),
    )
    assert expected == found.constraints


@pytest.mark.parametrize(
    ("amount", "shown"), [("4GiB", "'4GiB'"), (None, "null"), ([1], "a list"), (True, "true")]
)
def test_an_unreadable_amount_matches_nothing(tmp_path: Path, amount: object, shown: str) -> None:
    """It must not pass for a request of any amount."""
    request = {"name": "gpu", "selectors": CEL, "capacity": {"requests": {"memory": amount, "shares": "1"}}}
    found = wanting(tmp_path, request)

    at = "spec.template.spec.engines[0].members[0].nodeSelector.devices[0].capacity.requests.memory"
    expected = f"{at}: found {shown}, expected a quantity such as 80Gi; the request matches nothing"
    (line,) = lines(found)
    assert line.endswith(expected), line
    assert DeviceRequest(name="gpu", selectors=("false",)) == member(found).requests[0]
    assert not found.has_errors


def test_an_amount_below_nought_matches_nothing(tmp_path: Path) -> None:
    """It would give back what others take."""
    alternative = {"name": "a", "selectors": CEL, "capacity": {"requests": {"a.b/c": "-1"}}}
    found = wanting(tmp_path, {"name": "gpu", "firstAvailable": [alternative]})

    (line,) = lines(found)
    assert (
        "devices[0].firstAvailable[0].capacity.requests[a.b/c]: found '-1', expected a quantity of at" in line
    )
    assert (DeviceRequest(name="a", selectors=("false",)),) == member(found).requests[0].alternatives


def test_selectors_of_alternatives_are_listed_with_their_path(tmp_path: Path) -> None:
    """A selector that does not compile is told wherever it stands."""
    found = wanting(tmp_path, {"name": "gpu", "firstAvailable": [{"name": "a", "selectors": [{"cel": "x"}]}]})

    at = "spec.template.spec.engines[0].members[0].nodeSelector.devices[0].firstAvailable[0].selectors[0].cel"
    assert [(at, "x")] == [(use.path, use.expression) for use in found.selectors]


def test_a_replica_with_alternatives_counts_as_its_preferred_one(tmp_path: Path) -> None:
    """Nothing records which alternative a pod got; the plan writes only those that it takes."""
    alternatives = [
        {"name": "h200", "deviceClassName": "big", "count": 2, "selectors": [{"cel": "y"}]},
        {"name": "a100", "deviceClassName": "small"},
    ]
    path = "spec.engines.0.members.0.deviceRequests.0"
    running = changed(a_replica(), path, {"name": "gpu", "firstAvailable": alternatives})
    found = read([write(tmp_path, a_cluster(), a_deployment(), running)])

    (replica,) = found.problem.replicas
    (request,) = replica.engines[0].members[0].requests
    assert ("gpu", "big", 2) == (request.name, request.device_class, request.count)
    assert "y" in [use.expression for use in found.selectors]


def test_a_pod_that_wants_more_devices_than_a_claim_can_hold_is_told(tmp_path: Path) -> None:
    """Each of its pods has one claim, so no fleet would do."""
    found = wanting(tmp_path, {"name": "gpu", "count": 33, "selectors": CEL})

    (line,) = lines(found)
    expected = "found 33 devices for one pod, expected at most 32, as a claim holds no more"
    assert line.endswith(f"engines[0].members[0].nodeSelector.devices: {expected}")
