import gzip
from pathlib import Path

import pytest
import yaml
from inline_snapshot import snapshot

from tests.adapters.cli.command import err, out, run
from tests.scheduler.snapshot.manifests import (
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_node,
    a_replica,
    a_slice,
    changed,
    write,
)

DEVICES = "spec.template.spec.engines.0.members.0.nodeSelector.devices"


def test_a_valid_input_has_a_summary(tmp_path: Path) -> None:
    service = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "a"}}
    write(
        tmp_path,
        a_class(),
        a_cluster(maxNodeCount=3),
        a_deployment(),
        service,
        eu=[a_node(), a_slice()],
    )
    result = run(tmp_path, "validate", "{}")

    assert 0 == result.exit_code
    assert out(result, tmp_path) == snapshot("""\
COUNT   KIND
1       InferenceClass
1       InferenceCluster
1       ModelDeployment
1       Node
1       ResourceSlice
1       Service (ignored)

COUNT   DEVICES
2       usable
4       usable once their nodes are added

no problem found
""")
    assert err(result, tmp_path) == snapshot("""\
note: DeviceClass gpu.nvidia.com of cluster eu was not read; device.driver == "gpu.nvidia.com" stands for it
note: ignored: 1 Service
""")


def test_devices_are_told_apart_as_a_plan_does(tmp_path: Path) -> None:
    """Each in one row; what is withheld is withheld in the plan too."""
    tainted = a_device("t", taints=[{"key": "k", "effect": "NoSchedule"}])
    devices = [a_device(), a_device("gpu-1"), tainted]
    write(
        tmp_path,
        a_class(),
        a_cluster(maxNodeCount=5),
        a_deployment(),
        eu=[
            *(a_node(name) for name in ("n1", "n2")),
            a_slice(devices=devices),
            a_slice("n2", count=2),
            a_slice("absent"),
            a_claim("c", "gpu-0"),
        ],
    )

    assert out(run(tmp_path, "validate", "{}"), tmp_path) == snapshot("""\
COUNT   KIND
1       InferenceClass
1       InferenceCluster
1       ModelDeployment
2       Node
1       ResourceClaim
3       ResourceSlice

COUNT   DEVICES
1       usable
1       usable by requests that tolerate their taints
6       usable once their nodes are added
1       in use by others
2       withheld: each belongs to an incomplete resource pool
2       outside the fleet: no node of a node pool has them

2 warnings
""")
    said = err(run(tmp_path, "plan", "{}"), tmp_path)
    assert "note: 1 device offers nothing: each has a taint that no request tolerates" in said
    assert "note: 2 devices offer nothing: each belongs to an incomplete resource pool" in said


def found_in(folder: Path, *objects: Object, status: int = 1, **clusters: list[Object]) -> str:
    """What ``validate`` says on stderr about *objects*, without notes."""
    write(folder, *objects, **clusters)
    return checked(folder, status=status)


def checked(folder: Path, *, status: int) -> str:
    result = run(folder, "validate", "{}")
    assert status == result.exit_code
    lines = [line for line in err(result, folder).splitlines() if not line.startswith("note:")]
    return "\n".join(lines)


def test_broken_yaml(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("kind: [\n")

    assert checked(tmp_path, status=1) == snapshot(
        "error: a.yaml document 1: line 2, column 1: while parsing a flow node did not find expected node content, expected YAML"
    )


def test_a_wrong_kind(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_class() | {"kind": "InferenceClas"}) == snapshot(
        "error: control.yaml document 1: InferenceClas h100: kind: found 'InferenceClas', expected one of InferenceClass, InferenceCluster, InferenceGateway, ModelCache, ModelDeployment, ModelEndpoint, ModelReplica, ModelService, PlacementPolicy (nearest: InferenceClass)"
    )


def test_a_missing_required_field(tmp_path: Path) -> None:
    assert found_in(tmp_path, changed(a_deployment(), "spec.template", ...)) == snapshot(
        "error: control.yaml document 1: ModelDeployment ml/qwen: spec.template: found nothing, expected this required field"
    )


def test_a_number_out_of_range(tmp_path: Path) -> None:
    assert found_in(tmp_path, changed(a_deployment(), "spec.replicas", -1)) == snapshot(
        "error: control.yaml document 1: ModelDeployment ml/qwen: spec.replicas: found -1, expected at least 0"
    )


def test_a_duplicate_list_key(tmp_path: Path) -> None:
    pool = {"name": "gpu", "className": "h100", "nodeCount": 1}

    assert found_in(tmp_path, a_class(), changed(a_cluster(), "spec.nodePools", [pool, pool])) == snapshot(
        "error: control.yaml document 2: InferenceCluster eu: spec.nodePools[1].name: found 'gpu' a second time, expected each name once"
    )


def test_a_duplicate_object(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_class(), a_class(), status=0) == snapshot(
        "warning: control.yaml document 2: InferenceClass h100: found this object already in control.yaml document 1, expected each once; the last one read counts"
    )


def test_a_pool_whose_class_does_not_exist(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_class("h100"), a_cluster(className="h10"), status=0) == snapshot(
        "warning: control.yaml document 2: InferenceCluster eu: spec.nodePools[0].className: found 'h10', expected the name of an InferenceClass (nearest: h100); node pool 'gpu' hosts nothing new"
    )


def test_a_bad_quantity_in_a_class(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_class(capacity={"memory": {"value": "80 GB"}}), status=0) == snapshot(
        "warning: control.yaml document 1: InferenceClass h100: spec.devices[0].capacity[memory].value: found '80 GB', expected a quantity such as 80Gi"
    )


def test_a_bad_version_in_a_class(tmp_path: Path) -> None:
    assert found_in(tmp_path, a_class(attributes={"driver": {"version": "9"}}), status=0) == snapshot(
        "warning: control.yaml document 1: InferenceClass h100: spec.devices[0].attributes[driver].version: found '9', expected a semantic version such as 9.0.0"
    )


def test_a_bad_quantity_and_version_in_a_slice(tmp_path: Path) -> None:
    device = a_device(capacity={"memory": {"value": "80 GB"}}, attributes={"driver": {"version": "9"}})
    found = found_in(tmp_path, a_class(), a_cluster(), status=0, eu=[a_node(), a_slice(devices=[device])])

    assert found == snapshot("""\
warning: clusters/eu.json document 1: ResourceSlice slice-n1: spec.devices[0].attributes[driver]: found '9', expected a semantic version such as 9.0.0
warning: clusters/eu.json document 1: ResourceSlice slice-n1: spec.devices[0].capacity[memory].value: found '80 GB', expected a quantity such as 80Gi\
""")


def test_a_broken_selector_has_position_and_caret(tmp_path: Path) -> None:
    broken = changed(a_deployment(), f"{DEVICES}.0.selectors.0.cel", "true &&\n  device.foo")

    assert found_in(tmp_path, broken, status=0) == snapshot("""\
warning: control.yaml document 1: ModelDeployment ml/qwen: spec.template.spec.engines[0].members[0].nodeSelector.devices[0].selectors[0].cel: selector does not compile: line 2, column 9: undefined field 'foo' of device
      device.foo
            ^\
""")


def test_an_incomplete_resource_pool(tmp_path: Path) -> None:
    found = found_in(tmp_path, a_class(), a_cluster(), status=0, eu=[a_node(), a_slice(count=2)])

    assert found == snapshot(
        "warning: clusters/eu.json document 1: ResourceSlice slice-n1: spec.pool: found 1 slice of generation 1, expected 2; resource pool gpu.nvidia.com/n1 offers nothing"
    )


def test_an_unknown_cluster_in_a_replica(tmp_path: Path) -> None:
    found = found_in(tmp_path, a_class(), a_cluster("eu-1"), a_replica(cluster="eu-2"), status=0)

    assert found == snapshot(
        "warning: control.yaml document 3: ModelReplica ml/qwen-1: spec.clusterName: found 'eu-2', expected the name of a known InferenceCluster (nearest: eu-1)"
    )


def test_a_path_that_does_not_exist(tmp_path: Path) -> None:
    result = run(tmp_path, "validate", "{}/absent.yaml")

    assert 1 == result.exit_code
    assert err(result, tmp_path) == snapshot(
        "error: absent.yaml: no such file or folder, expected a path to manifests\n"
    )


def test_a_link_that_leads_nowhere(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").symlink_to(tmp_path / "gone")

    assert checked(tmp_path, status=1) == snapshot(
        "error: a.yaml: No such file or directory, expected a readable file"
    )


def test_an_empty_folder(tmp_path: Path) -> None:
    assert checked(tmp_path, status=1) == snapshot(
        "error: .: found no manifest, expected YAML or JSON files (.yaml, .yml, .json, also with .gz)"
    )


def test_a_snapshot_cut_off_in_the_middle(tmp_path: Path) -> None:
    write(tmp_path, a_class(), a_cluster(), eu=[a_node(), a_slice()])
    whole = (tmp_path / "clusters" / "eu.json").read_bytes()
    (tmp_path / "clusters" / "eu.json").write_bytes(whole[: len(whole) // 2])

    assert checked(tmp_path, status=1) == snapshot(
        "error: clusters/eu.json document 1: line 1, column 389: unexpected end of data, expected JSON"
    )


def test_a_compressed_file_cut_off(tmp_path: Path) -> None:
    data = gzip.compress(yaml.safe_dump(a_class()).encode(), mtime=0)
    (tmp_path / "a.yaml.gz").write_bytes(data[:-20])

    assert checked(tmp_path, status=1) == snapshot(
        "error: a.yaml.gz: found the end of the file too early, expected the rest of the gzip data"
    )


@pytest.mark.parametrize("text", ["---\n---\n", "# nothing\n"])
def test_a_file_with_nothing_in_it_is_no_error(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.yaml").write_text(text)

    assert "" == checked(tmp_path, status=0)


def test_an_empty_file(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("")

    assert checked(tmp_path, status=1) == snapshot("error: a.yaml: found an empty file, expected manifests")


def test_a_name_that_would_steer_the_terminal_does_not(tmp_path: Path) -> None:
    device = a_device(capacity={"\x1b[31mmemory": {"value": "x"}})
    found = found_in(tmp_path, a_class(), a_cluster(), status=0, eu=[a_node(), a_slice(devices=[device])])

    assert "\x1b" not in found
