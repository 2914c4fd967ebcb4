"""``--claim``: raw claims among the deployments of a plan."""

import json
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot

from tests.adapters.cli.command import err, out, run
from tests.scheduler.snapshot.manifests import (
    GPU,
    Object,
    a_class,
    a_cluster,
    a_deployment,
    a_pod,
    changed,
    write,
)


def a_template(*requests: Object, name: str = "one-gpu", **devices: object) -> Object:
    wanted = list(requests) or [{"name": "gpu", "exactly": {"deviceClassName": GPU}}]
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaimTemplate",
        "metadata": {"name": name, "namespace": "demo"},
        "spec": {"spec": {"devices": {"requests": wanted, **devices}}},
    }


def a_fleet_and(folder: Path, *claims: Object) -> Path:
    write(folder / "fleet", a_class(), a_cluster(), a_deployment())
    (folder / "claims.yaml").write_text(yaml.safe_dump_all(claims))
    return folder


def test_a_claim_is_placed_like_a_deployment_of_one_pod(tmp_path: Path) -> None:
    a_fleet_and(tmp_path, a_template(), a_pod("user"))
    result = run(tmp_path, "plan", "{}/fleet", "--claim", "{}/claims.yaml", "-o", "json")

    assert 0 == result.exit_code
    decision = json.loads(result.stdout)
    placed = [(each["namespace"], each["deployment"], each["cluster"]) for each in decision["creates"]]
    assert [("demo", "one-gpu", "eu"), ("ml", "qwen", "eu")] == placed
    assert "ignored beside the claims: 1 Pod" in decision["notes"]


def test_manifests_leave_claims_out_and_say_so(tmp_path: Path) -> None:
    """There is no ModelReplica of something that is no ModelDeployment."""
    a_fleet_and(tmp_path, a_template(), a_pod("user"))
    result = run(tmp_path, "plan", "{}/fleet", "--claim", "{}/claims.yaml", "-o", "manifests")

    printed = list(yaml.safe_load_all(result.stdout))
    assert ["qwen"] == [each["metadata"]["labels"]["modelplane.ai/deployment"] for each in printed]
    assert err(result, tmp_path) == snapshot("""\
note: ignored beside the claims: 1 Pod
note: cluster eu is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
note: ResourceClaimTemplate demo/one-gpu goes to cluster eu and has no ModelReplica
""")


def test_the_option_can_be_given_again(tmp_path: Path) -> None:
    a_fleet_and(tmp_path, a_template())
    (tmp_path / "more.yaml").write_text(yaml.safe_dump(a_template(name="other")))
    options = ("--claim", "{}/claims.yaml", "--claim", "{}/more.yaml")
    decision = json.loads(run(tmp_path, "plan", "{}/fleet", *options, "-o", "json").stdout)

    wanted = [each["deployment"] for each in (*decision["creates"], *decision["shortfalls"])]
    assert ["one-gpu", "other", "qwen"] == sorted(wanted)


def test_a_bad_claim_is_told_and_the_rest_is_planned(tmp_path: Path) -> None:
    unnamed = {"name": "gpu", "exactly": {}}
    a_fleet_and(tmp_path, a_template(unnamed, name="bad"), a_template())
    result = run(tmp_path, "plan", "{}/fleet", "--claim", "{}/claims.yaml", "--claim", "{}/none.yaml")

    assert 1 == result.exit_code
    assert "demo/one-gpu@eu/0" in result.stdout
    assert err(result, tmp_path) == snapshot("""\
error: claims.yaml document 1: ResourceClaimTemplate demo/bad: spec.spec.devices.requests[0].exactly.deviceClassName: found nothing, expected this required field
error: none.yaml: no such file or folder, expected a path to manifests
warning: 2 errors; everything else in the input is planned
note: cluster eu is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
""")


def test_a_selector_of_a_claim_that_does_not_compile_is_told(tmp_path: Path) -> None:
    selectors = [{"cel": {"expression": "device.driverr == 'x'"}}]
    request = {"name": "gpu", "exactly": {"deviceClassName": GPU, "selectors": selectors}}
    a_fleet_and(tmp_path, a_template(request))
    result = run(tmp_path, "plan", "{}/fleet", "--claim", "{}/claims.yaml")

    assert "requests[0].exactly.selectors[0].cel.expression: selector does not compile" in result.stderr


def test_explain_knows_claims_and_what_they_ask_for(tmp_path: Path) -> None:
    """Alternatives, amounts and constraints would be guessed at otherwise."""
    part = {
        "name": "part",
        "exactly": {
            "deviceClassName": GPU,
            "tolerations": [{"key": "k", "value": "v", "effect": "NoSchedule"}, {"operator": "Exists"}],
            "capacity": {"requests": {"memory": "4Gi"}},
        },
    }
    whole = {
        "name": "gpu",
        "firstAvailable": [
            {"name": "pair", "deviceClassName": GPU, "count": 2},
            {"name": "rest", "deviceClassName": GPU, "allocationMode": "All"},
        ],
    }
    constraints = [
        {"requests": ["part", "gpu/pair"], "matchAttribute": "resource.kubernetes.io/pcieRoot"},
        {"distinctAttribute": "gpu.nvidia.com/uuid"},
    ]
    a_fleet_and(tmp_path, a_template(part, whole, constraints=constraints))
    result = run(tmp_path, "explain", "{}/fleet", "demo/one-gpu", "--claim", "{}/claims.yaml")

    facts, table, *_ = out(result, tmp_path).split("\n\n")
    assert [line for line in facts.splitlines() if "Constraint:" in line] + table.splitlines() == snapshot(
        [
            "Constraint:         claim Standalone: the devices of part, gpu/pair share resource.kubernetes.io/pcieRoot",
            "Constraint:         claim Standalone: all devices differ in gpu.nvidia.com/uuid",
            "ENGINE   COPIES   ROLE         PODS   REQUEST    COUNT   ALSO                                                                              SELECTORS",
            "claim    1        Standalone   1      part       1       class gpu.nvidia.com, memory 4Gi, tolerates k=v:NoSchedule, tolerates any taint   <none>",
            "claim    1        Standalone   1      gpu/pair   2       class gpu.nvidia.com                                                              <none>",
            "claim    1        Standalone   1      gpu/rest   all     class gpu.nvidia.com                                                              <none>",
        ]
    )


def test_explain_shows_the_alternatives_of_a_deployment(tmp_path: Path) -> None:
    alternatives = [{"name": name, "selectors": [{"cel": "true"}]} for name in ("big", "small")]
    request = {"name": "gpu", "firstAvailable": alternatives}
    path = "spec.template.spec.engines.0.members.0.nodeSelector.devices.0"
    write(tmp_path, a_class(), a_cluster(), changed(a_deployment(), path, request))
    text = out(run(tmp_path, "explain", "{}", "ml/qwen"), tmp_path)

    assert [line for line in text.splitlines() if line.startswith(("ENGINE", "main"))] == snapshot(
        [
            "ENGINE   COPIES   ROLE         PODS   REQUEST     COUNT   SELECTORS",
            "main     1        Standalone   1      gpu/big     1       true",
            "main     1        Standalone   1      gpu/small   1       true",
        ]
    )


LEFT_OUT: list[tuple[Object, str]] = [
    (
        a_template() | {"kind": "ResourceClaim", "status": {"allocation": {"devices": {"results": []}}}},
        "error: ResourceClaim demo/one-gpu is allocated already, so it is not planned",
    ),
    (
        changed(a_template(), "spec.spec.devices.requests", []),
        (
            "error: ResourceClaimTemplate demo/one-gpu requests no device (spec.spec.devices.requests is empty),"
            " so it is not planned"
        ),
    ),
    (
        a_template({"name": "gpu", "exactly": {}}),
        "error: ResourceClaimTemplate demo/one-gpu was read and is not valid, see above",
    ),
]


@pytest.mark.parametrize(("claim", "message"), LEFT_OUT)
def test_explain_says_why_a_claim_is_not_planned(tmp_path: Path, claim: Object, message: str) -> None:
    """It was read, so "found no ModelDeployment" would send its reader looking for the file."""
    a_fleet_and(tmp_path, claim)
    result = run(tmp_path, "explain", "{}/fleet", "demo/one-gpu", "--claim", "{}/claims.yaml")

    assert (1, message) == (result.exit_code, err(result, tmp_path).splitlines()[-1])
