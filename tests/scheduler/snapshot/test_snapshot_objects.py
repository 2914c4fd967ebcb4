"""What becomes of each object: kinds, duplicates, references, selectors, and what is only counted."""

from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import Reading, read, selector_findings
from solver.domain.identity import DeploymentKey
from solver.domain.taint import TaintEffect, Toleration
from solver.domain.workload import (
    DeviceRequest,
    Engine,
    Member,
    ModelCache,
    ModelDeployment,
    Phase,
    Role,
    ServingMode,
    SpreadMode,
    SpreadRule,
)
from tests.scheduler.snapshot.manifests import (
    API,
    GPU,
    RESOURCE_API,
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_device_class,
    a_node,
    a_pod,
    a_replica,
    a_slice,
    a_template,
    changed,
    write,
)


def lines(found: Reading) -> list[str]:
    return [str(finding) for finding in found.findings]


def a_cache(**status: object) -> Object:
    spec = {
        "source": "HuggingFace",
        "huggingFace": {"repo": "a/b", "sizeGiB": 1},
        "clusterSelector": {"matchLabels": {"region": "eu"}},
    }
    metadata = {"name": "weights", "namespace": "ml"}
    return {"apiVersion": API, "kind": "ModelCache", "metadata": metadata, "spec": spec, "status": status}


def test_a_deployment_reaches_the_domain_whole(tmp_path: Path) -> None:
    """Every field that a plan depends on."""
    template = a_template()
    template["spec"]["containers"][0]["resources"] = {"requests": {"cpu": "1500m", "memory": "2Gi"}}
    devices = [{"name": "gpu", "count": 8, "selectors": [{"cel": "a"}, {"cel": "b"}]}]
    leader = {"role": "Leader", "nodeSelector": {"devices": devices}, "template": template}
    worker = {"role": "Worker", "worker": {"nodes": 3}, "template": a_template()}
    lone = {
        "nodeSelector": {"devices": [{"name": "n", "selectors": [{"cel": "c"}]}]},
        "template": a_template(),
    }
    spec = {
        "clusterSelector": {"matchLabels": {"region": "eu"}},
        "modelCacheRef": {"name": "weights"},
        "serving": {"mode": "PrefillDecode"},
        "tolerations": [
            {"key": "k", "value": "v", "effect": "NoExecute"},
            {"operator": "Exists"},
            {"key": "k"},
        ],
        "engines": [
            {"name": "p", "phase": "Prefill", "copies": 2, "members": [leader, worker]},
            {"name": "d", "phase": "Decode", "members": [lone]},
        ],
    }
    wanted = changed(a_deployment(replicas=12), "spec.template.spec", spec)
    wanted["spec"] |= {
        "priority": -5,
        "spread": [{"topologyKey": "zone", "maxSkew": 1, "maxPercent": 50, "mode": "Preferred"}],
    }
    found = read([write(tmp_path, wanted)])

    expected = ModelDeployment(
        key=DeploymentKey("ml", "qwen"),
        replicas=12,
        priority=-5,
        serving_mode=ServingMode.PREFILL_DECODE,
        cluster_selector={"region": "eu"},
        cache="weights",
        tolerations=(
            Toleration(key="k", value="v", effect=TaintEffect.NO_EXECUTE),
            Toleration(),
            Toleration(key="k", value=""),
        ),
        spread=(SpreadRule(topology_key="zone", max_skew=1, max_percent=50, mode=SpreadMode.PREFERRED),),
        engines=(
            Engine(
                name="p",
                copies=2,
                phase=Phase.PREFILL,
                members=(
                    Member(
                        role=Role.LEADER,
                        requests=(DeviceRequest(name="gpu", count=8, selectors=("a", "b")),),
                        cpu_millicores=1500,
                        memory_bytes=2 << 30,
                    ),
                    Member(role=Role.WORKER, pods_per_copy=3),
                ),
            ),
            Engine(
                name="d",
                phase=Phase.DECODE,
                members=(Member(requests=(DeviceRequest(name="n", selectors=("c",)),)),),
            ),
        ),
    )
    assert (expected,) == found.problem.deployments
    assert wanted == found.deployments[expected.key]


def test_a_bad_amount_in_a_template_is_a_warning(tmp_path: Path) -> None:
    """The published schema knows no resources, so it cannot be an error."""
    path = "spec.template.spec.engines.0.members.0.template.spec.containers.0.resources"
    found = read([write(tmp_path, changed(a_deployment(), path, {"requests": {"cpu": "two"}}))])

    assert "containers[0].resources.requests.cpu: found 'two', expected a quantity" in lines(found)[0]
    assert (1, False) == (len(found.problem.deployments), found.has_errors)


def test_a_cache_is_ready_where_its_status_says_so(tmp_path: Path) -> None:
    """The locality tier and the label gate need both."""
    clusters = [{"name": "a", "phase": "Ready"}, {"name": "b", "phase": "Hydrating"}, {"name": "c"}]
    found = read([write(tmp_path, a_cache(clusters=clusters))])

    expected = ModelCache(
        namespace="ml", name="weights", cluster_selector={"region": "eu"}, ready_clusters=frozenset({"a"})
    )
    assert (expected,) == found.problem.caches


def test_a_cache_that_is_not_there_is_reported_if_any_was_read(tmp_path: Path) -> None:
    """In its own namespace."""
    wanted = changed(a_deployment(), "spec.template.spec.modelCacheRef", {"name": "weight"})
    found = read([write(tmp_path, wanted, a_cache())])
    (line,) = lines(found)
    assert "modelCacheRef.name: found 'weight', expected the name of a known ModelCache" in line
    assert "(nearest: weights)" in line

    assert [] == lines(read([write(tmp_path / "none", wanted)]))


KINDS: list[tuple[str, str, str]] = [
    (API, "ModelDeploymnt", "kind: found 'ModelDeploymnt', expected one of"),
    ("modelplane.ai/v1beta1", "ModelDeployment", "apiVersion: found 'modelplane.ai/v1beta1'"),
    ("v1", "ModelDeployment", "apiVersion: found 'v1', expected modelplane.ai/v1alpha1"),
]


@pytest.mark.parametrize(("version", "kind", "message"), KINDS)
def test_a_wrong_kind_is_an_error(tmp_path: Path, version: str, kind: str, message: str) -> None:
    """The API server would refuse it."""
    found = read([write(tmp_path, a_deployment() | {"apiVersion": version, "kind": kind})])

    assert message in lines(found)[0]
    assert ("(nearest: ModelDeployment)" in lines(found)[0]) == (kind == "ModelDeploymnt")
    assert found.has_errors


def test_kinds_that_no_plan_needs_are_counted(tmp_path: Path) -> None:
    """A recording of a cluster holds many of them."""
    others = [{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}} for name in "ab"]
    gke = {
        "apiVersion": "infrastructure.modelplane.ai/v1alpha1",
        "kind": "GKECluster",
        "metadata": {"name": "x"},
    }
    found = read([write(tmp_path, *others, gke)])

    assert {"GKECluster": 1, "Namespace": 2} == found.ignored
    assert ("ignored: 1 GKECluster, 2 Namespace",) == found.notes
    assert [] == lines(found)


def test_of_two_objects_of_one_name_the_last_counts(tmp_path: Path) -> None:
    """And the line says where the first is."""
    found = read([write(tmp_path, a_deployment(replicas=1), a_deployment(replicas=2))])

    assert [2] == [deployment.replicas for deployment in found.problem.deployments]
    (line,) = lines(found)
    assert "control.yaml document 2: ModelDeployment ml/qwen: found this object already in" in line
    assert "control.yaml document 1, expected each once" in line


@pytest.mark.parametrize("repeated", [a_pod("p"), a_claim("c", "gpu-0")], ids=["Pod", "ResourceClaim"])
def test_a_duplicate_of_a_cluster_names_the_file_and_document_of_the_first(
    tmp_path: Path, repeated: Object
) -> None:
    """A cluster's objects may stand in many files."""
    folder = write(tmp_path, a_class(), a_cluster())
    (folder / "clusters/eu").mkdir(parents=True)
    node = [a_node(), a_slice()]
    for name, objects in (("a", node), ("b", [a_node("n2"), repeated]), ("c", [repeated])):
        (folder / f"clusters/eu/{name}.yaml").write_text(yaml.safe_dump_all(objects))
    found = read([folder])

    (line,) = (line for line in lines(found) if "already in" in line)
    assert f"found this object already in {folder}/clusters/eu/b.yaml document 2, expected" in line


def test_a_quota_of_a_device_class_that_nothing_names_is_a_warning(tmp_path: Path) -> None:
    """A slip in the name would lift the quota in silence."""
    names = [GPU, "of-a-cluster", "gpu.nvidia.co"]
    spec = {"quotas": [{"namespace": "ml", "deviceClassName": name, "devices": 1} for name in names]}
    policy = {"apiVersion": API, "kind": "PlacementPolicy", "metadata": {"name": "default"}, "spec": spec}
    of_cluster = [a_node(), a_slice(), a_device_class("of-a-cluster")]

    (line,) = lines(read([write(tmp_path / "a", policy, a_class(), a_cluster(), eu=of_cluster)]))
    assert "spec.quotas[2].deviceClassName: found 'gpu.nvidia.co', expected the name of a DeviceClass" in line
    assert f"(nearest: {GPU})" in line
    assert [] == lines(read([write(tmp_path / "b", policy)]))


def test_a_required_spread_rule_without_a_limit_is_a_warning(tmp_path: Path) -> None:
    """It reads as if it kept replicas apart, and keeps nothing."""
    rules = [
        {"topologyKey": "a"},
        {"topologyKey": "b", "maxSkew": 1},
        {"topologyKey": "c", "maxPercent": 50},
        {"topologyKey": "d", "mode": "Preferred"},
    ]
    (line,) = lines(read([write(tmp_path, changed(a_deployment(), "spec.spread", rules))]))

    assert "spec.spread[0]: found neither maxSkew nor maxPercent, expected one with mode Required" in line


def test_equal_names_in_two_namespaces_are_two_objects(tmp_path: Path) -> None:
    """The namespace is part of the identity."""
    found = read([write(tmp_path, a_deployment(), a_deployment(namespace="other"))])
    assert ([], 2) == (lines(found), len(found.problem.deployments))


def test_a_misspelt_optional_field_is_a_warning(tmp_path: Path) -> None:
    """It is kept and ignored, as later versions may define it."""
    found = read([write(tmp_path, changed(a_deployment(), "spec.priorty", 3))])

    assert "spec.priorty: found an unknown field, which is ignored (nearest: priority)" in lines(found)[0]
    assert not found.has_errors


def test_every_broken_selector_is_one_warning(tmp_path: Path) -> None:
    """With the object and the field; each text is checked once."""
    wanted = changed(a_deployment(), "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors", [
        {"cel": "good"}, {"cel": "bad"}])  # fmt: skip
    replica = changed(a_replica(), "spec.engines.0.members.0.deviceRequests.0.selectors", [{"cel": "bad"}])
    requests = [
        {"name": "a", "exactly": {"deviceClassName": "c", "selectors": [{"cel": {"expression": "bad"}}]}},
        {"name": "b", "firstAvailable": [
            {"name": "x", "deviceClassName": "c", "selectors": [{"cel": {"expression": "bad"}}]}]},
    ]  # fmt: skip
    claim = {"apiVersion": RESOURCE_API, "kind": "ResourceClaim", "metadata": {"name": "c"},
             "spec": {"devices": {"requests": requests}}}  # fmt: skip
    old = [{"name": "a", "deviceClassName": "c", "selectors": [{"cel": {"expression": "bad"}}]}]
    template = {"apiVersion": "resource.k8s.io/v1beta1", "kind": "ResourceClaimTemplate", "metadata": {"name": "t"},
                "spec": {"spec": {"devices": {"requests": old}}}}  # fmt: skip
    found = read(
        [
            write(
                tmp_path, a_cluster(), a_class(), wanted, replica, claim, template, a_device_class("d", "bad")
            )
        ]
    )
    asked: list[str] = []

    def check(expression: str) -> str | None:
        asked.append(expression)
        return "line 1: found bad, expected good\n  bad\n  ^" if expression == "bad" else None

    warnings = list(selector_findings(found, check))
    assert [
        "ModelDeployment ml/qwen: spec.template.spec.engines[0].members[0].nodeSelector.devices[0].selectors[1].cel",
        "ModelReplica ml/qwen-1: spec.engines[0].members[0].deviceRequests[0].selectors[0].cel",
        "ResourceClaim c: spec.devices.requests[0].exactly.selectors[0].cel.expression",
        "ResourceClaim c: spec.devices.requests[1].firstAvailable[0].selectors[0].cel.expression",
        "ResourceClaimTemplate t: spec.spec.devices.requests[0].selectors[0].cel.expression",
        "DeviceClass d: spec.selectors[0].cel.expression",
    ] == [f"{warning.object}: {warning.path}" for warning in warnings]
    assert ["bad", "good"] == sorted(asked)
    assert str(warnings[0]).endswith("selectors[1].cel: line 1: found bad, expected good")
    assert "  bad\n  ^" == warnings[0].excerpt
    assert [] == lines(found)


@pytest.mark.parametrize(
    ("request_", "path"),
    [
        ({"exactly": {"deviceClassName": "c"}}, "spec.devices.requests[0].name"),
        ({"name": "a", "exactly": {"count": 1}}, "spec.devices.requests[0].exactly.deviceClassName"),
        ({"name": "a"}, "spec.devices.requests[0].deviceClassName"),
        ({"name": "a", "firstAvailable": [{"name": "x"}]}, "spec.devices.requests[0].firstAvailable[0].deviceClassName"),
    ],
)  # fmt: skip
def test_a_broken_request_of_a_claim_is_a_warning(tmp_path: Path, request_: Object, path: str) -> None:
    """Claims are read for what they say, never fatal."""
    claim = {"apiVersion": RESOURCE_API, "kind": "ResourceClaim", "metadata": {"name": "c"},
             "spec": {"devices": {"requests": [request_]}}}  # fmt: skip
    assert any(f"ResourceClaim c: {path}: found" in line for line in lines(read([write(tmp_path, claim)])))


def test_objects_are_counted_by_kind(tmp_path: Path) -> None:
    """Whatever can be used, valid or not; what nobody uses is counted apart."""
    service = {"apiVersion": API, "kind": "ModelService", "metadata": {"name": "s", "namespace": "ml"}}
    other = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "a"}}
    objects = [a_node(), a_node("n2"), a_slice(), a_pod("p"), a_claim("c", "gpu-0"), a_device_class()]
    found = read([write(tmp_path, a_class(), a_cluster(), service, other, eu=objects)])

    assert {
        "DeviceClass": 1,
        "InferenceClass": 1,
        "InferenceCluster": 1,
        "ModelService": 1,
        "Node": 2,
        "Pod": 1,
        "ResourceClaim": 1,
        "ResourceSlice": 1,
    } == found.read
    assert {"Deployment": 1} == found.ignored
    assert found.has_errors
