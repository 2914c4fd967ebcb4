"""From paths to documents: formats, folders, clusters, and everything that can be wrong with a file."""

import gzip
import json
from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import Reading, Severity, read
from scheduler.snapshot.documents import cluster_of
from scheduler.snapshot.yaml_text import yaml_documents
from solver.domain.fleet import CapacitySource
from tests.scheduler.snapshot.manifests import (
    Object,
    a_class,
    a_cluster,
    a_deployment,
    a_node,
    a_slice,
    changed,
    write,
)

FLEET: list[Object] = [a_class(), a_cluster(), a_deployment()]


def lines(reading: Reading) -> list[str]:
    return [str(finding) for finding in reading.findings]


def as_yaml(objects: list[Object]) -> bytes:
    return yaml.safe_dump_all(objects).encode()


def as_json_list(objects: list[Object]) -> bytes:
    return json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}, indent=4).encode()


def as_yaml_list(objects: list[Object]) -> bytes:
    return yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": objects}).encode()


FORMATS = {
    "fleet.yaml": as_yaml(FLEET),
    "fleet.yml": as_yaml_list(FLEET),
    "fleet.json": as_json_list(FLEET),
    "json-inside.yaml": as_json_list(FLEET),
    "fleet.yaml.gz": gzip.compress(as_yaml(FLEET)),
    "fleet.json.gz": gzip.compress(as_json_list(FLEET)),
    "two-members.yaml.gz": gzip.compress(as_yaml(FLEET[:2])) + gzip.compress(b"---\n" + as_yaml(FLEET[2:])),
    "gzip-by-content.yaml": gzip.compress(as_yaml(FLEET)),
    "with-mark.yaml": b"\xef\xbb\xbf" + as_yaml(FLEET),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_problem(tmp_path: Path, name: str) -> None:
    """How kubectl was asked to print must not matter."""
    (tmp_path / "expected.yaml").write_bytes(FORMATS["fleet.yaml"])
    (tmp_path / name).write_bytes(FORMATS[name])

    expected, found = read([tmp_path / "expected.yaml"]), read([tmp_path / name])
    assert [] == lines(found)
    assert expected.problem.deployments == found.problem.deployments
    assert expected.problem.fleet.clusters == found.problem.fleet.clusters
    assert expected.problem.fleet.nodes == found.problem.fleet.nodes


def test_a_typed_list_gives_its_items_their_kind(tmp_path: Path) -> None:
    """The API server leaves kind and apiVersion out of the items of a NodeList."""
    nodes = [
        {key: value for key, value in a_node(name).items() if key not in ("kind", "apiVersion")}
        for name in "ab"
    ]
    folder = write(tmp_path, *FLEET, eu=[a_slice("a")])
    node_list = {"apiVersion": "v1", "kind": "NodeList", "items": nodes}
    (folder / "clusters" / "eu").mkdir()
    (folder / "clusters" / "eu" / "nodes.json").write_text(json.dumps(node_list))

    assert ["a", "b"] == [node.key.name for node in read([folder]).problem.fleet.nodes]


@pytest.mark.parametrize(
    ("path", "cluster"),
    [
        ("fleet/clusters/eu.yaml", "eu"),
        ("fleet/clusters/eu.yml", "eu"),
        ("fleet/clusters/eu.json.gz", "eu"),
        ("fleet/clusters/eu/nodes.yaml", "eu"),
        ("fleet/clusters/eu/deep/nodes.yaml", "eu"),
        ("clusters/old/clusters/new.yaml", "new"),
        ("clusters/eu.west.yaml", "eu.west"),
        ("fleet/clusters.yaml", None),
        ("clusters", None),
        ("fleet/control.yaml", None),
    ],
)
def test_the_last_clusters_in_a_path_names_the_cluster(path: str, cluster: str | None) -> None:
    """However deep the recording lies."""
    assert cluster == cluster_of(Path(path))


@pytest.mark.parametrize(
    ("inside", "path"), [("clusters", "."), ("clusters", "eu.json"), ("clusters/eu", ".."), (".", "clusters")]
)
def test_membership_is_the_same_from_inside_the_clusters_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, inside: str, path: str
) -> None:
    """Where somebody stands changes no plan."""
    folder = write(tmp_path, *FLEET, eu=[a_node(), a_slice()])
    (folder / "clusters/eu").mkdir()
    monkeypatch.chdir(folder / inside)
    found = read([folder / "control.yaml", Path(path)])

    assert ["n1"] == [node.key.name for node in found.problem.fleet.nodes]
    assert not any("outside clusters" in note for note in found.notes)


def test_a_fleet_below_a_folder_named_clusters_loses_no_cluster(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What breaks in its control file may still be an InferenceCluster."""
    folder = write(tmp_path / "clusters/prod", *FLEET)
    (folder / "broken.yaml").write_text("kind: InferenceCluster\nmetadata: {")
    monkeypatch.chdir(folder)

    assert not read([Path()]).problem.knows_clusters


def test_a_path_into_the_clusters_folder_still_names_the_cluster(tmp_path: Path) -> None:
    """Someone who plans one cluster gives its file alone."""
    folder = write(tmp_path, *FLEET, eu=[a_node(), a_slice()])

    for path in ("clusters", "clusters/eu.json"):
        found = read([folder / "control.yaml", folder / path])
        assert CapacitySource.OBSERVED is found.problem.fleet.clusters[0].source


def test_other_files_and_hidden_ones_are_skipped_in_folders_only(tmp_path: Path) -> None:
    """A README beside the manifests is no mistake."""
    folder = write(tmp_path, *FLEET)
    (folder / "README.md").write_text("[broken")
    (folder / "notes.txt").write_text("{")
    (folder / ".hidden.yaml").write_text("[")
    (folder / ".git").mkdir()
    (folder / ".git" / "a.yaml").write_text("[")

    assert [] == lines(read([folder]))
    assert 1 == len(read([folder / "README.md"]).findings)


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """A folder and a file in it overlap easily."""
    folder = write(tmp_path, *FLEET)

    assert [] == lines(read([folder, folder / "control.yaml"]))


BROKEN = {
    "missing": (None, "no such file or folder"),
    "tab.yaml": (b"a:\n\tb: 1\n", "line 2, column 1: "),
    "cut.json": (as_json_list(FLEET)[:-40], "expected JSON"),
    "empty.json": (b"", "found an empty file"),
    "empty.yaml": (b"\n", "found an empty file"),
    "rubbish.yaml": (bytes(range(256)), "found a character that is no text"),
    "rubbish.json": (bytes(range(256)), "line 1, column 1: "),
    "rubbish.yaml.gz": (bytes(range(256)), "found damaged data, expected gzip"),
    "cut.json.gz": (gzip.compress(as_json_list(FLEET))[:-20], "found the end of the file too early"),
    "latin.yaml": (b"a: caf\xe9", "found a character that is no text"),
    "twice.yaml": (b"a: 1\nb: {c: 1, c: 2}\n", "line 2, column 11: duplicate key 'c', expected each key once"),
    "tag.yaml": (b"a: !!python/object:os.system x", "could not determine a constructor"),
    "alias.yaml": (b"a: *b", "undefined alias"),
    "deep-flow.yaml": (b"[" * 50_000, "found too many levels"),
    "deep-block.yaml": (b"- " * 50_000, "found too many levels"),
    "deep.json": (b"[" * 50_000, "expected JSON"),
    "scalar.yaml": (b"hello", "found text, expected an object with apiVersion and kind"),
    "list.json": (b"[1]", "found a list, expected an object"),
    "no-kind.yaml": (b"apiVersion: modelplane.ai/v1alpha1\nspec: {}", "kind: found nothing, expected one of"),
    "no-version.yaml": (b"kind: ModelReplica", "ModelReplica: apiVersion: found nothing, expected modelplane.ai/"),
    "bad-version.yaml": (b"kind: ModelReplica\napiVersion: 1", "apiVersion: found 1, expected modelplane.ai/"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_file_is_one_line_and_an_error(tmp_path: Path, name: str) -> None:
    """Never a traceback, and the exit status shows it."""
    content, message = BROKEN[name]
    if content is not None:
        (tmp_path / name).write_bytes(content)

    found = read([tmp_path / name])
    assert 1 == len(found.findings), lines(found)
    assert found.has_errors
    assert str(tmp_path / name) in lines(found)[0]
    assert message in lines(found)[0]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "kind: Pod\nmetadata: {name: x}",
            "Pod x: apiVersion: not a Kubernetes object: found nothing, expected this required field",
        ),
        (
            "kind: ModelReplic",
            "ModelReplic: apiVersion: not a Kubernetes object: found nothing, expected this required field (nearest: ModelReplica)",
        ),
        (
            "apiVersion: v1\nmetadata: {name: x}",
            "x: kind: not a Kubernetes object: found nothing, expected this required field",
        ),
        ("replicas: 2", "kind: not a Kubernetes object: found nothing, expected this required field"),
        ("kind: 3", "kind: not a Kubernetes object: found 3, expected this required field"),
    ],
)
def test_what_is_no_kubernetes_object_is_a_warning(tmp_path: Path, text: str, expected: str) -> None:
    """Values of a chart beside the manifests, or a published example that forgot its apiVersion."""
    (tmp_path / "a.yaml").write_text(text)
    found = read([tmp_path])

    assert [f"{tmp_path}/a.yaml document 1: {expected}"] == lines(found)
    assert not found.has_errors


def test_an_empty_folder_is_an_error(tmp_path: Path) -> None:
    """A mistyped path to an empty folder must not plan nothing in silence."""
    assert [Severity.ERROR] == [finding.severity for finding in read([tmp_path]).findings]
    assert "found no manifest, expected YAML or JSON files" in lines(read([tmp_path]))[0]


def test_an_unreadable_file_is_an_error(tmp_path: Path) -> None:
    """A link that leads nowhere, as permissions do not bind the user that tests run as."""
    (tmp_path / "gone.yaml").symlink_to(tmp_path / "nowhere")

    assert ["gone.yaml: No such file or directory, expected a readable file"] == [
        line.removeprefix(f"{tmp_path}/") for line in lines(read([tmp_path]))
    ]


def test_what_comes_before_a_break_still_counts(tmp_path: Path) -> None:
    """A file of many documents is not lost for its last."""
    text = as_yaml(FLEET) + b"---\na: [1,\n"
    (tmp_path / "f.yaml").write_bytes(text)
    (tmp_path / "g.yaml").write_bytes(as_yaml(FLEET[:2]) + b"---\na: 1\na: 2\n---\n" + as_yaml(FLEET[2:]))

    for name, document in (("f.yaml", 4), ("g.yaml", 3)):
        found = read([tmp_path / name])
        assert [document] == [finding.document for finding in found.findings]
        assert 1 == len(found.problem.deployments)


def test_a_gzip_cut_off_counts_all_but_its_last_document(tmp_path: Path) -> None:
    """The last one may be cut and look whole."""
    many = [a_deployment(f"d{number:04}") for number in range(400)]
    data = gzip.compress(as_yaml(many))
    (tmp_path / "f.yaml.gz").write_bytes(data[: len(data) // 2])

    found = read([tmp_path / "f.yaml.gz"])
    assert 1 == len(found.findings)
    assert 0 < len(found.problem.deployments) < 400


@pytest.mark.parametrize("cut", [0.2, 0.5, 0.95])
@pytest.mark.parametrize("suffix", ["json", "yaml"])
def test_nothing_new_goes_to_a_cluster_whose_snapshot_is_cut_off(
    tmp_path: Path, suffix: str, cut: float
) -> None:
    """What the rest of the file would show may be in use."""
    folder = write(tmp_path, *FLEET)
    objects = [each for number in range(9) for each in (a_node(f"n{number}"), a_slice(f"n{number}"))]
    data = as_json_list(objects) if suffix == "json" else as_yaml(objects) + b"\n--- {"
    (folder / "clusters").mkdir()
    (folder / "clusters" / f"eu.{suffix}").write_bytes(
        data[: int(len(data) * cut)] if suffix == "json" else data
    )

    found = read([folder])
    cluster = found.problem.fleet.clusters[0]
    assert found.has_errors
    assert not cluster.is_ready
    assert CapacitySource.OBSERVED is cluster.source
    assert "cannot be read to its end" in cluster.not_ready_because


def as_kubectl_yaml(objects: list[Object]) -> bytes:
    """A list as ``kubectl get -o yaml`` writes it: the kind after the items."""
    listed = {"apiVersion": "v1", "items": objects, "kind": "List", "metadata": {"resourceVersion": ""}}
    return yaml.safe_dump(listed).encode()


@pytest.mark.parametrize("folder", ["", "clusters"])
def test_a_list_without_its_kind_is_cut_off(tmp_path: Path, folder: str) -> None:
    """It still is YAML when it is cut after a line; the last object may be cut too."""
    whole = as_kubectl_yaml([a_node(), a_slice(), a_node("n2"), a_slice("n2")])
    (tmp_path / folder).mkdir(exist_ok=True)
    path = tmp_path / folder / "eu.yaml"
    path.write_bytes(whole[: whole.index(b"kind: List")])
    found = read([path])

    assert [f"{path} document 1: kind: found nothing after items, expected the rest of the list; the file is cut off"] == lines(found)  # fmt: skip
    assert found.has_errors
    assert {"Node": 2, "ResourceSlice": 1} == found.read


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("yes", "yes"), ("on", "on"), ("true", True), ("False", False), ("2026-01-02", "2026-01-02"),
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05Z"), ("0000:53:00.0", "0000:53:00.0"), ("1:30", "1:30"),
        ("012", 12), ("0o17", 15), ("0x1f", 31), ("1_000", "1_000"), ("-3", -3), ("1e3", 1000.0), (".5", 0.5),
        ("~", None), ("", None), ("null", None), ('"1"', "1"), ("1.2.3", "1.2.3"), ("=", "="), ("0b1", "0b1"),
    ],
)  # fmt: skip
def test_scalars_are_those_of_the_core_schema(text: str, value: object) -> None:
    """A bus address must not become a number, nor a date a date."""
    (document,) = yaml_documents(f"a: {text}".encode())
    assert {"a": value} == document.value


def test_keys_are_text() -> None:
    """As in the JSON that the API server makes of it."""
    (document,) = yaml_documents(b"1: a\ntrue: b\nnull: c")
    assert {"1": "a", "true": "b", "null": "c"} == document.value


def test_a_line_never_breaks_a_terminal(tmp_path: Path) -> None:
    """Names come from files that others wrote."""
    odd = changed(a_deployment("a\n\x1b[31mb"), "spec.replicas", -1)
    (tmp_path / "f.json").write_text(json.dumps(odd))

    line = lines(read([tmp_path]))[0]
    assert line.isprintable()
    assert "spec.replicas: found -1, expected at least 0" in line


def test_progress_tells_each_file(tmp_path: Path) -> None:
    """So that a long load shows where it is."""
    told: list[str] = []
    read([write(tmp_path, *FLEET)], progress=told.append)

    assert [f"reading {tmp_path / 'control.yaml'}", "putting the fleet together"] == told
