"""The request extensions: every limit and every rule, one line each, on deployments, replicas and claims."""

from typing import Any

import pytest
from pydantic import ValidationError

from scheduler.api.faults import Fault, faults
from scheduler.api.resource_claim import ResourceClaim
from tests.scheduler.api.objects import (
    D0,
    DEPLOYMENT,
    M0,
    MEMBER,
    REPLICA,
    REQUEST,
    SELECTOR,
    broken,
    path_of,
)
from tests.scheduler.snapshot.manifests import Object, changed

R0 = "spec.engines.0.members.0.deviceRequests.0"
RM0 = "spec.engines.0.members.0"
PLACED = "spec.engines[0].members[0]"
PCIE = "resource.kubernetes.io/pcieRoot"


def an_alternative(name: str = "a", **fields: object) -> Object:
    return {"name": name, "selectors": [SELECTOR], **fields}


def preferring(*alternatives: Object, **fields: object) -> Object:
    return {"name": "gpu", "firstAvailable": list(alternatives), **fields}


def a_served_alternative(name: str = "a", **fields: object) -> Object:
    return {"name": name, "deviceClassName": "c", **fields}


#: Base, path, a valid value, an invalid one; the finding is at the path.
FIELDS: list[tuple[Object, str, object, object]] = [
    (DEPLOYMENT, D0, preferring(*(an_alternative(f"a{i}") for i in range(8))),
     preferring(*(an_alternative(f"a{i}") for i in range(9)))),
    (DEPLOYMENT, D0, preferring(an_alternative("a" * 63)), preferring(an_alternative("a" * 64))),
    (DEPLOYMENT, D0, preferring(an_alternative(count=64, tolerations=[], capacity={})), preferring(an_alternative(count=65))),
    (DEPLOYMENT, D0, preferring(an_alternative(allocationMode="All")), preferring(an_alternative(selectors=[]))),
    (DEPLOYMENT, D0, {"name": "gpu", "selectors": [SELECTOR], "firstAvailable": []}, preferring({"name": "a"})),
    (DEPLOYMENT, D0, {"name": "gpu", "selectors": [SELECTOR], "allocationMode": "All"}, {"name": "gpu"}),
    (DEPLOYMENT, f"{D0}.allocationMode", "ExactCount", "Some"),
    (DEPLOYMENT, f"{D0}.tolerations", [{"operator": "Exists"}] * 16, [{"operator": "Exists"}] * 17),
    (DEPLOYMENT, f"{D0}.tolerations", [{"key": "k", "value": "v", "effect": "NoExecute", "tolerationSeconds": 3}],
     [{"key": "k", "effect": "None"}]),
    (DEPLOYMENT, f"{D0}.capacity.requests", {"memory": "4Gi", "shares": 2}, ["memory"]),
    (DEPLOYMENT, f"{D0}.capacity.requests", {"memory": "many"}, {f"c{i}": "1" for i in range(33)}),
    (DEPLOYMENT, f"{D0}.adminAccess", True, "yes"),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"matchAttribute": PCIE}] * 32, [{"matchAttribute": PCIE}] * 33),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"requests": ["gpu"], "distinctAttribute": PCIE}],
     [{"requests": "gpu", "distinctAttribute": PCIE}]),
    (REPLICA, R0, preferring(a_served_alternative()), preferring({"name": "a"})),
    (REPLICA, f"{R0}.adminAccess", False, 0),
    (REPLICA, f"{R0}.capacity.requests", {"memory": "4Gi"}, "4Gi"),
    (REPLICA, f"{RM0}.constraints", [{"requests": ["gpu"], "matchAttribute": PCIE}], {"matchAttribute": PCIE}),
]  # fmt: skip

#: Base, the changed field and its value, path and text of the finding.
RULES: list[tuple[Object, str, object, str, str]] = [
    (DEPLOYMENT, D0, {"name": "gpu"}, f"{REQUEST}.selectors", "found nothing, expected this required field"),
    (DEPLOYMENT, D0, {"name": "gpu", "selectrs": [SELECTOR]}, f"{REQUEST}.selectors",
     "found the unknown field selectrs, expected this required field"),
    *((DEPLOYMENT, D0, preferring(an_alternative(), **{field: value}), f"{REQUEST}.{field}",
       "found the field beside firstAvailable, expected it on each alternative")
      for field, value in (("count", 2), ("selectors", [SELECTOR]), ("allocationMode", "All"), ("tolerations", []),
                           ("capacity", {}))),
    (DEPLOYMENT, D0, preferring(an_alternative(), adminAccess=True), f"{REQUEST}.adminAccess",
     "found the field beside firstAvailable, expected one of the two"),
    (DEPLOYMENT, D0, preferring(an_alternative(adminAccess=True)), f"{REQUEST}.firstAvailable[0].adminAccess",
     "found the field on an alternative, expected it on a request only"),
    (DEPLOYMENT, D0, preferring(an_alternative(firstAvailable=[])), f"{REQUEST}.firstAvailable[0].firstAvailable",
     "found the field on an alternative, expected it on a request only"),
    (DEPLOYMENT, D0, preferring(an_alternative(), an_alternative()), f"{REQUEST}.firstAvailable[1].name",
     "found 'a' a second time, expected each name once"),
    (DEPLOYMENT, D0, preferring(an_alternative("a/b")), f"{REQUEST}.firstAvailable[0].name",
     "found 'a/b', expected at most 63 lower-case letters, digits or '-', no '-' at either end"),
    (DEPLOYMENT, D0, {"name": "gpu", "selectors": [SELECTOR], "allocationMode": "All", "count": 2}, f"{REQUEST}.count",
     "found 2, expected none with allocationMode All"),
    (DEPLOYMENT, f"{D0}.allocationMode", "Al", f"{REQUEST}.allocationMode",
     "found 'Al', expected ExactCount or All (nearest: All)"),
    (DEPLOYMENT, f"{D0}.tolerations", [{"effect": "NoSchedule"}], f"{REQUEST}.tolerations[0].key",
     "found nothing, expected a key with operator Equal"),
    (DEPLOYMENT, f"{D0}.tolerations", [{"key": "k", "operator": "Exists", "value": "v"}], f"{REQUEST}.tolerations[0].value",
     "found 'v', expected none with operator Exists"),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"requests": ["gpus"], "matchAttribute": PCIE}],
     f"{MEMBER}.nodeSelector.constraints[0].requests[0]",
     "found 'gpus', expected the name of a request, or REQUEST/ALTERNATIVE (nearest: gpu)"),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"requests": ["gpu/a"], "matchAttribute": PCIE}],
     f"{MEMBER}.nodeSelector.constraints[0].requests[0]", "found 'gpu/a'"),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"requests": ["gpu"]}], f"{MEMBER}.nodeSelector.constraints[0]",
     "found neither, expected exactly one of matchAttribute and distinctAttribute"),
    (DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"matchAttribute": PCIE, "distinctAttribute": PCIE}],
     f"{MEMBER}.nodeSelector.constraints[0]", "found both, expected exactly one of"),
    *((DEPLOYMENT, f"{M0}.nodeSelector.constraints", [{"matchAttribute": name}],
       f"{MEMBER}.nodeSelector.constraints[0].matchAttribute",
       f"found {name!r}, expected an attribute with its domain, such as resource.kubernetes.io/pcieRoot")
      for name in ("pcieRoot", "/pcieRoot", "k8s.io/", "K8s.io/x", "a.b/2x", "d" * 64 + "/x", "a/b/c")),
    (REPLICA, R0, preferring(a_served_alternative(), deviceClassName="c"), f"{PLACED}.deviceRequests[0].deviceClassName",
     "found the field beside firstAvailable, expected it on each alternative"),
    (REPLICA, R0, preferring({"name": "a"}), f"{PLACED}.deviceRequests[0].firstAvailable[0].deviceClassName",
     "found nothing, expected this required field"),
    (REPLICA, R0, {"name": "gpu"}, f"{PLACED}.deviceRequests[0].deviceClassName",
     "found nothing, expected this required field"),
    (REPLICA, f"{RM0}.constraints", [{"requests": ["nic"], "matchAttribute": PCIE}],
     f"{PLACED}.constraints[0].requests[0]", "found 'nic', expected the name of a request"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "path", "valid", "invalid"), FIELDS)
def test_each_field_takes_its_limit_and_refuses_what_is_beyond(
    base: Object, path: str, valid: object, invalid: object
) -> None:
    """The limits are those of DRA, so that a request means here what it means in a claim."""
    assert [] == broken(changed(base, path, valid))
    found = [fault.path for fault in broken(changed(base, path, invalid))]
    assert any(at.startswith(path_of(path)) for at in found), found


@pytest.mark.parametrize(("base", "path", "value", "at", "message"), RULES)
def test_each_rule_says_where_what_and_what_else(
    base: Object, path: str, value: object, at: str, message: str
) -> None:
    """A user must be able to fix the manifest from the line alone."""
    found = broken(changed(base, path, value))
    assert any(fault.path == at and message in fault.message for fault in found), found


@pytest.mark.parametrize(
    "request_",
    [
        preferring(an_alternative(), count=1, allocationMode="ExactCount"),
        preferring(an_alternative(count=1, allocationMode="All")),
        {"name": "gpu", "selectors": [SELECTOR], "allocationMode": "All", "count": 1},
    ],
)
def test_a_default_that_the_api_server_stored_says_nothing(request_: Object) -> None:
    """What a valid deployment becomes when it is stored must still be valid when it is read back."""
    assert [] == broken(changed(DEPLOYMENT, D0, request_))


def test_a_constraint_may_name_an_alternative() -> None:
    base = changed(DEPLOYMENT, D0, preferring(an_alternative("a"), an_alternative("b")))
    constraints = [{"requests": ["gpu/b", "gpu"], "matchAttribute": PCIE}]

    assert [] == broken(changed(base, f"{M0}.nodeSelector.constraints", constraints))


def a_claim_with(*requests: object, **devices: object) -> Object:
    return {"metadata": {"name": "c"}, "spec": {"devices": {"requests": list(requests), **devices}}}


def exactly(**fields: object) -> Object:
    return {"name": "r", "exactly": {"deviceClassName": "c", **fields}}


#: A claim, path below the devices and text of the finding.
CLAIM_RULES: list[tuple[Object, str, str]] = [
    (a_claim_with({"name": "r"}), "requests[0]", "found nothing, expected exactly one of exactly and firstAvailable"),
    (a_claim_with(exactly() | {"firstAvailable": [a_served_alternative()]}), "requests[0]",
     "found both, expected exactly one of exactly and firstAvailable"),
    (a_claim_with(exactly(deviceClassName=None)), "requests[0].exactly.deviceClassName",
     "found nothing, expected this required field"),
    (a_claim_with(exactly(), exactly()), "requests[1].name", "found 'r' a second time, expected each name once"),
    (a_claim_with(exactly(count=0)), "requests[0].exactly.count", "found 0, expected at least 1"),
    (a_claim_with(exactly(count=1, allocationMode="All")), "requests[0].exactly.count",
     "found 1, expected none with allocationMode All"),
    (a_claim_with(exactly(selectors=[{"cel": {}}])), "requests[0].exactly.selectors[0].cel.expression",
     "found nothing, expected this required field"),
    (a_claim_with(exactly(capacity={"requests": {"memory": "4GiB"}})), "requests[0].exactly.capacity.requests.memory",
     "found '4GiB', expected a quantity of at least 0, such as 10Gi"),
    (a_claim_with(exactly(capacity={"requests": {"memory": -1}})), "requests[0].exactly.capacity.requests.memory",
     "found -1, expected a quantity of at least 0, such as 10Gi"),
    (a_claim_with(exactly(capacity={"requests": {"memory": True}})), "requests[0].exactly.capacity.requests.memory",
     "found true, expected a quantity of at least 0, such as 10Gi"),
    (a_claim_with(exactly(), constraints=[{"requests": ["s"], "matchAttribute": PCIE}]),
     "constraints[0].requests[0]", "found 's', expected the name of a request"),
    (a_claim_with(*(exactly() | {"name": f"r{i}"} for i in range(33))), "requests", "found 33 items, expected at most 32"),
]  # fmt: skip


def _faults(claim: Any) -> list[Fault]:
    try:
        ResourceClaim.model_validate(claim)
    except ValidationError as error:
        return list(faults(error))
    return []


@pytest.mark.parametrize(("claim", "at", "message"), CLAIM_RULES)
def test_each_rule_of_a_claim(claim: Object, at: str, message: str) -> None:
    found = _faults(claim)
    assert [f"spec.devices.{at}"] == [fault.path for fault in found], found
    assert message in found[0].message


def test_a_claim_may_have_what_dra_allows_and_we_do_not_limit() -> None:
    """Counts and selectors go beyond those of a deployment."""
    request = exactly(count=1000, selectors=[{"cel": {"expression": "true"}}] * 32, adminAccess=True)
    assert [] == _faults(a_claim_with(request, config=[{"opaque": {}}]))
