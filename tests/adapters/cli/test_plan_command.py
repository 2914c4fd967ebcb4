"""What ``modelplane plan`` does: manifests of the replicas, exit codes, policies and errors."""

import json
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot

from tests.adapters.cli.command import err, out, run
from tests.adapters.cli.fleets import SHORT, a_fleet
from tests.scheduler.snapshot.manifests import (
    a_class,
    a_cluster,
    a_deployment,
    a_node,
    a_replica,
    a_slice,
    changed,
    write,
)


def a_running_fleet(folder: Path) -> Path:
    """One replica that stays, one that has to go since only one is wanted."""
    write(
        folder,
        a_class(),
        a_cluster(nodeCount=2),
        a_deployment("qwen"),
        a_replica("qwen-old", index="0"),
        a_replica("qwen-older", index="1"),
    )
    return folder


def test_manifests_are_the_replicas_after_the_plan(tmp_path: Path) -> None:
    """What is kept keeps its name and is stamped again; what goes is named on stderr."""
    result = run(a_running_fleet(tmp_path), "plan", "{}", "-o", "manifests")

    assert out(result, tmp_path) == snapshot("""\
apiVersion: modelplane.ai/v1alpha1
kind: ModelReplica
metadata:
  labels:
    modelplane.ai/deployment: qwen
    modelplane.ai/replica-index: '0'
    modelplane.ai/cluster: eu
  name: qwen-old
  namespace: ml
  annotations:
    modelplane.ai/plan: '[{"engine":"main","copy":0,"role":"Standalone","rank":0,"nodePool":"gpu","node":"gpu/0"}]'
spec:
  clusterName: eu
  engines:
  - name: main
    copies: 1
    members:
    - role: Standalone
      nodePoolName: gpu
      deviceRequests:
      - name: gpu
        deviceClassName: gpu.nvidia.com
        count: 1
        selectors:
        - cel: 'true'
      template:
        spec:
          containers:
          - image: engine:1
            name: engine
""")
    assert err(result, tmp_path) == snapshot("""\
note: cluster eu is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
note: replica ml/qwen@eu/0: nodes were not observed and are assumed, best fit in name order
note: ModelReplica ml/qwen-older is to be deleted (ScaleDown: 1 replica is wanted)
""")


def test_a_plan_that_was_applied_moves_nothing(tmp_path: Path) -> None:
    """The manifests of a plan, read beside its deployments, ask for nothing new."""
    a_fleet(tmp_path / "before")
    manifests = run(tmp_path, "plan", "{}/before", "-o", "manifests").stdout
    write(tmp_path / "after", *SHORT)
    (tmp_path / "after" / "replicas.yaml").write_text(manifests)
    again = run(tmp_path, "plan", "{}/after", "-o", "manifests").stdout

    assert list(yaml.safe_load_all(manifests)) == list(yaml.safe_load_all(again))


def test_a_replica_without_deployment_is_printed_as_it_was_read(tmp_path: Path) -> None:
    lonely = a_replica("lonely", deployment="gone")
    write(tmp_path, a_class(), a_cluster(), lonely)
    result = run(tmp_path, "plan", "{}", "-o", "manifests")

    assert [lonely] == list(yaml.safe_load_all(result.stdout))


def test_server_fields_are_not_printed(tmp_path: Path) -> None:
    observed = changed(a_replica("qwen-old"), "metadata.resourceVersion", "7")
    observed = changed(observed, "metadata.annotations", {"team": "ml"})
    write(tmp_path, a_class(), a_cluster(), a_deployment(), observed)
    (printed,) = yaml.safe_load_all(run(tmp_path, "plan", "{}", "-o", "manifests").stdout)

    assert ["annotations", "labels", "name", "namespace"] == sorted(printed["metadata"])
    assert "ml" == printed["metadata"]["annotations"]["team"]
    assert "status" not in printed


@pytest.mark.parametrize("form", ["table", "wide", "json", "yaml", "manifests"])
def test_same_input_in_any_order_gives_the_same_bytes(tmp_path: Path, form: str) -> None:
    """Scripts may compare plans as text."""
    objects = list(SHORT)
    write(tmp_path / "one", *objects)
    objects.reverse()
    write(tmp_path / "two", *objects)

    assert run(tmp_path, "plan", "{}/one", "-o", form).stdout_bytes == (
        run(tmp_path, "plan", "{}/two", "-o", form).stdout_bytes
    )


def test_a_shortfall_fails_only_where_asked(tmp_path: Path) -> None:
    a_fleet(tmp_path)

    assert 0 == run(tmp_path, "plan", "{}").exit_code
    assert 1 == run(tmp_path, "plan", "{}", "--fail-on-shortfall").exit_code


def test_enough_room_does_not_fail(tmp_path: Path) -> None:
    write(tmp_path, a_class(), a_cluster(), a_deployment())

    assert 0 == run(tmp_path, "plan", "{}", "--fail-on-shortfall").exit_code


def test_an_error_in_the_input_is_told_and_the_rest_is_planned(tmp_path: Path) -> None:
    write(tmp_path, a_class(), a_cluster(), a_deployment(), changed(a_deployment("bad"), "spec.replicas", -1))
    result = run(tmp_path, "plan", "{}")

    assert 1 == result.exit_code
    assert "ml/qwen@eu/0" in result.stdout
    assert err(result, tmp_path) == snapshot("""\
error: control.yaml document 4: ModelDeployment ml/bad: spec.replicas: found -1, expected at least 0
warning: 1 error; everything else in the input is planned
note: cluster eu is counted from its declared classes
note: cluster eu has no status and is assumed to be ready
""")


def test_a_policy_file_wins(tmp_path: Path) -> None:
    write(tmp_path / "fleet", a_class(), a_cluster(), a_deployment(replicas=2))
    policy = {
        "apiVersion": "modelplane.ai/v1alpha1",
        "kind": "PlacementPolicy",
        "metadata": {"name": "default"},
        "spec": {"quotas": [{"namespace": "ml", "deviceClassName": "gpu.nvidia.com", "devices": 1}]},
    }
    (tmp_path / "policy.yaml").write_text(yaml.safe_dump(policy))
    result = run(tmp_path, "plan", "{0}/fleet", "--policy", "{0}/policy.yaml")

    assert 0 == result.exit_code
    assert "QuotaExceeded" in result.stdout


def test_a_policy_file_without_policy_is_an_error(tmp_path: Path) -> None:
    write(tmp_path / "fleet", a_class(), a_cluster(), a_deployment())
    result = run(tmp_path, "plan", "{0}/fleet", "--policy", "{0}/absent.yaml")

    assert 1 == result.exit_code
    assert err(result, tmp_path).splitlines()[0] == snapshot(
        "error: absent.yaml: no such file or folder, expected a path to manifests"
    )


@pytest.mark.parametrize("seconds", ["0", "-1", "nan", "inf", "soon"])
def test_a_budget_is_above_nothing(tmp_path: Path, seconds: str) -> None:
    result = run(a_fleet(tmp_path), "plan", "{}", "--budget", seconds)

    assert 2 == result.exit_code
    assert "--budget" in result.stderr


def test_nothing_wanted_is_said(tmp_path: Path) -> None:
    write(tmp_path, a_class(), a_cluster())
    result = run(tmp_path, "plan", "{}")

    assert 0 == result.exit_code
    assert "note: no ModelDeployment was read, so nothing is wanted" in result.stderr


def test_a_broken_selector_is_told_with_a_caret(tmp_path: Path) -> None:
    broken = changed(
        a_deployment(),
        "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors.0.cel",
        'device.drivr == "gpu.nvidia.com"',
    )
    write(tmp_path, a_class(), a_cluster(), broken)
    result = run(tmp_path, "plan", "{}")

    assert 0 == result.exit_code
    assert "\n".join(err(result, tmp_path).splitlines()[:3]) == snapshot("""\
warning: control.yaml document 3: ModelDeployment ml/qwen: spec.template.spec.engines[0].members[0].nodeSelector.devices[0].selectors[0].cel: selector does not compile: line 1, column 7: undefined field 'drivr' of device; did you mean 'driver'?
    device.drivr == "gpu.nvidia.com"
          ^\
""")


def test_a_broken_selector_is_told_once(tmp_path: Path) -> None:
    """The warning has the place and the caret; the decision itself still says it."""
    broken = changed(
        a_deployment(),
        "spec.template.spec.engines.0.members.0.nodeSelector.devices.0.selectors.0.cel",
        'device.drivr == "gpu.nvidia.com"',
    )
    write(tmp_path, a_class(), a_cluster(), broken)

    for form in ("table", "wide", "manifests"):
        said = run(tmp_path, "plan", "{}", "-o", form).stderr
        assert 1 == said.count("selector does not compile"), said
        assert "nothing new is placed for it" not in said
    assert 1 == run(tmp_path, "explain", "{}", "ml/qwen").stderr.count("selector does not compile")
    notes = json.loads(run(tmp_path, "plan", "{}", "-o", "json").stdout)["notes"]
    assert 1 == sum("selector does not compile" in note for note in notes)


def test_a_class_that_was_not_read_is_told_once(tmp_path: Path) -> None:
    """Reading a fleet and planning it both know of it."""
    write(tmp_path, a_class(), a_cluster(), a_deployment(), eu=[a_node(), a_slice()])
    told = [line for line in err(run(tmp_path, "plan", "{}"), tmp_path).splitlines() if "DeviceClass" in line]

    assert told == snapshot(
        [
            'note: DeviceClass gpu.nvidia.com of cluster eu was not read; device.driver == "gpu.nvidia.com" stands for it'
        ]
    )
