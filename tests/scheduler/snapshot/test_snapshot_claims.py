"""Raw claims and templates as workloads of one pod."""

from pathlib import Path

import pytest

from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceToleration
from solver.domain.identity import DeploymentKey, DeviceClassName
from solver.domain.quantity import Quantity
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment
from tests.scheduler.snapshot.claims import EXACT, a_claim_template, a_raw_claim, claiming, told
from tests.scheduler.snapshot.manifests import GPU, Object, a_deployment, a_replica

CLASS = DeviceClassName(GPU)
PCIE = "resource.kubernetes.io/pcieRoot"


def wanted(*requests: DeviceRequest, namespace: str = "ml", name: str = "c") -> ModelDeployment:
    member = Member(requests=requests)
    return ModelDeployment(
        key=DeploymentKey(namespace, name), replicas=1, engines=(Engine(name="claim", members=(member,)),)
    )


ONE_GPU = DeviceRequest(name="gpu", device_class=CLASS)


@pytest.mark.parametrize(
    "claim",
    [
        a_raw_claim(),
        a_claim_template(),
        a_raw_claim(version="v1beta2"),
        a_raw_claim({"name": "gpu", "deviceClassName": GPU}, version="v1beta1"),
        a_claim_template({"name": "gpu", "deviceClassName": GPU}, version="v1beta1"),
    ],
)
def test_a_claim_in_any_form_wants_one_pod(tmp_path: Path, claim: Object) -> None:
    """A claim says what one pod needs; what shares it or is stamped from it does not matter."""
    found = claiming(tmp_path, claim)

    assert ((), (wanted(ONE_GPU),)) == (found.findings, found.problem.deployments)
    assert {DeploymentKey("ml", "c"): f"{claim['kind']} ml/c"} == found.claims
    assert {} == found.deployments


def test_a_claim_without_namespace_is_in_default(tmp_path: Path) -> None:
    found = claiming(tmp_path, a_raw_claim(namespace=None))

    assert (wanted(ONE_GPU, namespace="default"),) == found.problem.deployments


def test_every_field_of_a_request_is_kept(tmp_path: Path) -> None:
    shared = {
        "name": "part",
        "exactly": {
            "deviceClassName": GPU,
            "count": 2,
            "selectors": [{"cel": {"expression": "true"}}],
            "tolerations": [{"key": "k", "operator": "Exists"}],
            "capacity": {"requests": {"memory": "4Gi"}},
        },
    }
    watching = {
        "name": "all",
        "exactly": {"deviceClassName": GPU, "allocationMode": "All", "adminAccess": True},
    }
    either = {
        "name": "gpu",
        "firstAvailable": [{"name": "a", "deviceClassName": GPU}, {"name": "b", "deviceClassName": GPU}],
    }
    constraint = {"requests": ["part", "gpu/a"], "matchAttribute": PCIE}
    found = claiming(tmp_path, a_raw_claim(shared, watching, either, constraints=[constraint]))

    expected = Member(
        requests=(
            DeviceRequest(
                name="part",
                count=2,
                selectors=("true",),
                device_class=CLASS,
                tolerations=(DeviceToleration(key="k", operator="Exists"),),
                capacity=(("memory", Quantity.parse("4Gi")),),
            ),
            DeviceRequest(name="all", device_class=CLASS, takes_all=True, has_admin_access=True),
            DeviceRequest(
                name="gpu",
                alternatives=(
                    DeviceRequest(name="a", device_class=CLASS),
                    DeviceRequest(name="b", device_class=CLASS),
                ),
            ),
        ),
        constraints=(ClaimConstraint(requests=("part", "gpu/a"), match_attribute=PCIE),),
    )
    assert () == found.findings
    assert expected == found.problem.deployments[0].engines[0].members[0]
    assert ["spec.devices.requests[0].exactly.selectors[0].cel.expression"] == [
        use.path for use in found.selectors if use.about == "ResourceClaim ml/c"
    ]


def test_claims_stand_among_the_deployments_in_order(tmp_path: Path) -> None:
    found = claiming(tmp_path, a_raw_claim(name="z"), a_raw_claim(name="a"), fleet=(a_deployment("m"),))

    assert ["ml/a", "ml/m", "ml/z"] == [str(each.key) for each in found.problem.deployments]
    assert ["ml/m"] == list(map(str, found.deployments))


#: A claim and what is told of it; it is not planned, the one beside it is.
REFUSED = [
    (a_raw_claim({"name": "gpu", "exactly": {}}),
     "spec.devices.requests[0].exactly.deviceClassName: found nothing, expected this required field"),
    (a_claim_template({"name": "gpu"}, version="v1beta1"),
     "spec.spec.devices.requests[0].deviceClassName: found nothing, expected this required field"),
    (a_raw_claim(EXACT, EXACT), "spec.devices.requests[1].name: found 'gpu' a second time, expected each name once"),
    (a_raw_claim({"name": "gpu", "exactly": {"deviceClassName": GPU, "capacity": {"requests": {"memory": "4GiB"}}}}),
     "spec.devices.requests[0].exactly.capacity.requests.memory: found '4GiB', expected a quantity of at least 0, such as 10Gi"),
    (a_raw_claim(version="v1alpha3"),
     "apiVersion: found the withdrawn API resource.k8s.io/v1alpha3, expected resource.k8s.io/v1"),
    (a_raw_claim(version="v2"), "apiVersion: found 'resource.k8s.io/v2', expected resource.k8s.io/v1"),
    (a_raw_claim() | {"spec": "x"}, "spec: found 'x', expected an object"),
    (a_raw_claim() | {"spec": {"devices": {"requests": 3}}}, "spec.devices.requests: found 3, expected a list"),
    (a_raw_claim(version="v1beta1") | {"spec": {"devices": {"requests": [3]}}},
     "spec.devices.requests[0]: found 3, expected an object"),
    (a_raw_claim(name="other"),
     "metadata.name: found 'other' a second time, expected each claim and template of a namespace once"),
    (a_raw_claim(name="qwen"),
     "metadata.name: found 'qwen', expected a name that no ModelDeployment of the namespace has"),
    (a_raw_claim(name="gone"),
     "metadata.name: found 'gone', expected a name that no ModelDeployment of the namespace has"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "message"), REFUSED)
def test_a_refused_claim_is_told_once_and_the_rest_is_planned(
    tmp_path: Path, claim: Object, message: str
) -> None:
    fleet = (a_deployment(), a_replica("old-1", deployment="gone"))
    found = claiming(tmp_path, a_raw_claim(name="other"), claim, fleet=fleet)

    assert [f"document 2: {claim['kind']} ml/{claim['metadata']['name']}: {message}"] == told(found)
    assert ["ml/other", "ml/qwen"] == [str(each.key) for each in found.problem.deployments]


#: What a claim for too many devices asks for.
TOO_MANY: list[list[Object]] = [
    [{"name": "gpu", "exactly": {"deviceClassName": GPU, "count": 40}}],
    [{"name": name, "exactly": {"deviceClassName": GPU, "count": 20}} for name in ("a", "b")],
    [
        {"name": "a", "exactly": {"deviceClassName": GPU, "count": 32}},
        {
            "name": "b",
            "firstAvailable": [
                {"name": "some", "deviceClassName": GPU, "count": 8},
                {"name": "all", "deviceClassName": GPU, "allocationMode": "All"},
            ],
        },
    ],
]


@pytest.mark.parametrize(("requests", "least"), [*zip(TOO_MANY, (40, 40, 33), strict=True)])
def test_a_claim_for_more_devices_than_it_can_hold_is_told(
    tmp_path: Path, requests: list[Object], least: int
) -> None:
    """Whatever the fleet has, so whoever wrote it need not wait for a bigger node."""
    found = claiming(tmp_path, a_raw_claim(*requests))

    expected = f"found {least} devices for one pod, expected at most 32, as a claim holds no more"
    assert [f"document 1: ResourceClaim ml/c: spec.devices.requests: {expected}"] == told(found)
    assert 1 == len(found.problem.deployments)


def test_a_claim_for_no_device_is_not_planned(tmp_path: Path) -> None:
    """Kubernetes allocates nothing for it on any node."""
    found = claiming(tmp_path, a_claim_template() | {"spec": {"spec": {"devices": {}}}})

    note = "ResourceClaimTemplate ml/c requests no device (spec.spec.devices.requests is empty), so it is not planned"
    assert note in found.notes
    assert {DeploymentKey("ml", "c"): note} == found.unplanned_claims
    assert ((), ()) == (found.findings, found.problem.deployments)


def test_an_unknown_class_is_told_and_planned(tmp_path: Path) -> None:
    """The plan says then that the class has no devices."""
    unknown = {"name": "gpu", "deviceClassName": "gpu.nvidia.con"}
    found = claiming(tmp_path, a_raw_claim(unknown, version="v1beta1"))

    (line,) = told(found)
    assert line == (
        "document 1: ResourceClaim ml/c: spec.devices.requests[0].deviceClassName: found 'gpu.nvidia.con', expected "
        "the name of a DeviceClass of a cluster or an InferenceClass (nearest: gpu.nvidia.com)"
    )
    assert 1 == len(found.problem.deployments)
    assert not found.has_errors
