"""ModelReplicas: names and health, whose they are, and those that stay whatever cannot be read."""

import gzip
from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import read
from scheduler.snapshot.names import hashed_name, replica_name
from solver.domain.identity import DeploymentKey, ReplicaKey
from solver.domain.replica import Health
from solver.place import place
from tests.scheduler.snapshot.manifests import (
    Object,
    a_class,
    a_cluster,
    a_deployment,
    a_node,
    a_pod,
    a_replica,
    a_slice,
    changed,
    write,
)
from tests.scheduler.snapshot.readings import WORKLOAD, lines, observed


def test_names_are_those_of_the_published_system() -> None:
    """Running objects are adopted by name."""
    assert "my-model-5ab63" == replica_name("my-model", "cluster-a", 0)
    assert "my-model-609c5" == replica_name("my-model", "cluster-a", 1)
    assert "my-model-f0b76" == replica_name("my-model", "cluster-b", 0)
    assert "modelcache-ml-team-qwen-17db2" == hashed_name("modelcache", "ml-team", "qwen")


def test_a_replica_without_pods_has_no_slots(tmp_path: Path) -> None:
    """It is assumed somewhere in the pool of its members."""
    found = observed(tmp_path, a_replica())
    (replica,) = found.problem.replicas

    assert ReplicaKey(DeploymentKey("ml", "qwen"), "eu", 0) == replica.key  # type: ignore[arg-type]
    assert () == replica.slots
    assert Health.UNKNOWN is replica.health
    assert not replica.is_immovable


@pytest.mark.parametrize(
    ("status", "expected"),
    [("True", Health.READY), ("False", Health.NOT_READY), ("Unknown", Health.UNKNOWN)],
)
def test_health_is_the_ready_condition(tmp_path: Path, status: str, expected: Health) -> None:
    """Scale-down drops what is not ready first."""
    replica = changed(a_replica(), "status.conditions", [{"type": "Ready", "status": status}])
    assert expected is observed(tmp_path, replica).problem.replicas[0].health


def test_a_replica_without_its_deployment_is_immovable(tmp_path: Path) -> None:
    """Whoever else manages it, its load counts."""
    folder = write(tmp_path, a_class(), a_cluster(), a_replica(deployment="other"))
    assert [True] == [each.is_immovable for each in read([folder]).problem.replicas]


def test_a_replica_of_another_namespace_belongs_to_another_deployment(tmp_path: Path) -> None:
    """The published scheduler confused the two."""
    found = read([write(tmp_path, a_class(), a_cluster(), a_deployment(namespace="other"), a_replica())])
    (replica,) = found.problem.replicas
    assert (DeploymentKey("ml", "qwen"), True) == (replica.key.deployment, replica.is_immovable)


def test_the_replicas_of_an_invalid_deployment_stay(tmp_path: Path) -> None:
    """A bad edit must not delete what runs."""
    found = read(
        [write(tmp_path, a_class(), a_cluster(), changed(a_deployment(), "spec.replicas", "x"), a_replica())]
    )

    assert () == found.problem.deployments
    assert [True] == [each.is_immovable for each in found.problem.replicas]
    assert found.has_errors


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("spec.engines.0.members.0.template", ...),
        ("spec.engines.0.copies", 99),
        ("spec.engines.0.members.0.role", "Boss"),
        ("spec.engines.0.members.0.deviceRequests.0.count", 0),
        ("spec.engines", ...),
    ],
)
def test_an_invalid_replica_counts_as_far_as_it_can_be_read(tmp_path: Path, path: str, value: object) -> None:
    """Its devices must not be given to others because of a field that does not matter to them."""
    found = read([write(tmp_path, a_class(), a_cluster(), a_deployment(), changed(a_replica(), path, value))])

    assert found.has_errors
    assert [("qwen-1", True)] == [(each.name, each.is_immovable) for each in found.problem.replicas]


def test_a_replica_being_deleted_counts_for_nobody(tmp_path: Path) -> None:
    """Its successor may be placed; what it holds is not free before it is gone."""
    deleted = changed(a_replica(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    assert [True] == [each.is_immovable for each in observed(tmp_path, deleted).problem.replicas]


def test_a_deployment_being_deleted_wants_nothing(tmp_path: Path) -> None:
    """Its replicas stay until they are gone."""
    deleted = changed(a_deployment(), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    found = read([write(tmp_path, a_class(), a_cluster(), deleted, a_replica())])
    assert ((), [True]) == (found.problem.deployments, [each.is_immovable for each in found.problem.replicas])


@pytest.mark.parametrize(
    ("index", "expected", "warnings"),
    [
        ("2", 2, 0),
        (None, 0, 0),
        ("two", 0, 1),
        ("-1", 0, 1),
        ("+1", 0, 1),
        ("1_0", 0, 1),
        ("\u0663", 0, 1),
        ("", 0, 1),
        ("2147483647", 2**31 - 1, 0),
        ("2147483648", 0, 1),
        ("9" * 5000, 0, 1),
    ],
)
def test_an_unreadable_index_is_nought(
    tmp_path: Path, index: str | None, expected: int, warnings: int
) -> None:
    """As in the published scheduler, but said."""
    found = read([write(tmp_path, a_class(), a_cluster(), a_deployment(), a_replica(index=index))])
    assert (expected, warnings) == (found.problem.replicas[0].key.index, len(found.findings))


def a_bad_input(folder: Path, case: str) -> None:
    """A replica runs on eu, us has room for another, and something about eu cannot be read."""
    eu, us = a_cluster(nodeCount=2), a_cluster("us", nodeCount=2)
    found: list[Object] = [a_node(), a_slice(), a_node("n2"), a_slice("n2"), a_pod("p", labels=WORKLOAD)]
    match case:
        case "class that does not exist":
            eu = a_cluster(nodeCount=2, className="h10")
        case "number out of range":
            eu = a_cluster(nodeCount=-2)
        case "declared, number out of range":
            eu, found = a_cluster(nodeCount=2, minNodeCount=-1), []
        case "wrong kind":
            eu = eu | {"kind": "InferenceClustr"}
        case "wrong version":
            eu = eu | {"apiVersion": "modelplane.ai/v1"}
    control = [a_class(), us, a_deployment(), a_replica(copies=1)]
    write(folder, *control, **({"eu": found} if found else {}))
    text = yaml.safe_dump(eu)
    (folder / "eu.yaml").write_text(text if case != "broken YAML" else f"{text}  a: [\n")
    snapshot = folder / "clusters" / "eu.json"
    match case:
        case "snapshot cut off":
            snapshot.write_bytes(snapshot.read_bytes()[:-100])
        case "snapshot cut off, compressed":
            (folder / "clusters" / "eu.json.gz").write_bytes(gzip.compress(snapshot.read_bytes())[:-20])
            snapshot.unlink()
        case "snapshot cut off, YAML":
            listed = {"items": found[:4], "apiVersion": "v1"}
            (folder / "clusters" / "eu.yaml").write_text(yaml.safe_dump(listed))
            snapshot.unlink()
        case "unreadable file":
            snapshot.unlink()
            snapshot.symlink_to("/nowhere")


@pytest.mark.parametrize(
    "case",
    [
        "class that does not exist",
        "number out of range",
        "declared, number out of range",
        "wrong kind",
        "wrong version",
        "broken YAML",
        "snapshot cut off",
        "snapshot cut off, compressed",
        "snapshot cut off, YAML",
        "unreadable file",
    ],
)
def test_what_runs_stays_whatever_cannot_be_read(tmp_path: Path, case: str) -> None:
    """A mistake in a file is no reason to move a replica."""
    a_bad_input(tmp_path, case)
    found = read([tmp_path])
    plan = place(found.problem).plan

    assert found.findings
    assert [("eu", 0)] == [(keep.replica.cluster, keep.replica.index) for keep in plan.keeps], plan
    assert ((), ()) == (plan.creates, plan.evicts)


def test_a_cluster_that_is_not_in_a_readable_input_is_gone(tmp_path: Path) -> None:
    """Unless what could not be read may have it."""
    folder = write(tmp_path, a_class(), a_cluster("us"), a_deployment(), a_replica())
    assert read([folder]).problem.knows_clusters

    (folder / "broken.yaml").write_text("kind: ModelDeployment\na: [\n")
    assert read([folder]).problem.knows_clusters

    (folder / "broken.yaml").write_text("kind: InferenceCluster\na: [\n")
    found = read([folder])
    assert not found.problem.knows_clusters
    assert any("no cluster counts as gone" in note for note in found.notes)


def test_an_unknown_cluster_names_the_nearest(tmp_path: Path) -> None:
    """Only if some InferenceCluster was read."""
    found = read([write(tmp_path, a_class(), a_cluster("eu-west"), a_replica(cluster="eu-wst"))])
    expected = (
        "spec.clusterName: found 'eu-wst', expected the name of a known InferenceCluster (nearest: eu-west)"
    )
    assert expected in lines(found)[0]
    assert found.problem.knows_clusters

    alone = read([write(tmp_path / "alone", a_replica())])
    assert ([], False) == (lines(alone), alone.problem.knows_clusters)
