"""ModelReplicas, their pods, and the devices that those hold."""

import gzip
from pathlib import Path

import pytest
import yaml

from scheduler.snapshot import Reading, read
from scheduler.snapshot.names import hashed_name, replica_name
from solver.domain.identity import DeploymentKey, NodeKey, ReplicaKey
from solver.domain.replica import Health, ObservedSlot, Replica
from solver.domain.workload import Role
from solver.place import place
from tests.scheduler.snapshot.manifests import (
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_node,
    a_pod,
    a_replica,
    a_slice,
    a_template,
    changed,
    write,
)

WORKLOAD = {"modelplane.ai/workload": hashed_name("qwen-1", "main")}


def observed(
    folder: Path, replica: Object, *objects: Object, nodes: tuple[str, ...] = ("n1", "n2")
) -> Reading:
    """The replica on cluster eu, whose nodes have four devices each."""
    devices = [a_device(f"gpu-{number}") for number in range(4)]
    machines = [each for name in nodes for each in (a_node(name), a_slice(name, devices=devices))]
    return read([write(folder, a_class(), a_cluster(), a_deployment(), replica, eu=[*machines, *objects])])


def slots(found: Reading) -> tuple[ObservedSlot, ...]:
    (replica,) = found.problem.replicas
    return replica.slots


def lines(found: Reading) -> list[str]:
    return [str(finding) for finding in found.findings]


def a_slot(
    node: str = "n1", *devices: int, copy: int = 0, role: Role = Role.STANDALONE, rank: int = 0
) -> ObservedSlot:
    key = NodeKey("eu", node)  # type: ignore[arg-type]
    return ObservedSlot(engine="main", copy=copy, role=role, rank=rank, node=key, devices=devices)


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


def test_a_pod_joins_by_its_workload_label(tmp_path: Path) -> None:
    """Its devices are the replica's, and what it requests is not taken off its node."""
    found = observed(
        tmp_path, a_replica(), a_pod("p", labels=WORKLOAD), a_claim("c", "gpu-1", "gpu-3", pod="p")
    )

    assert (a_slot("n1", 1, 3),) == slots(found)
    assert not found.problem.fleet.devices.in_use.any()
    free = found.problem.fleet.nodes[0].free
    assert free is not None
    assert (8000, 10) == (free.cpu_millicores, free.pods)


def test_a_claim_is_its_owners_if_nobody_reserved_it(tmp_path: Path) -> None:
    """Between allocation and reservation only the owner reference tells."""
    owned = changed(
        a_claim("c", "gpu-0"), "metadata.ownerReferences", [{"kind": "Pod", "name": "p", "uid": "uid-p"}]
    )
    assert (a_slot("n1", 0),) == slots(observed(tmp_path, a_replica(), a_pod("p", labels=WORKLOAD), owned))


def test_a_claim_of_an_earlier_pod_of_that_name_is_anothers(tmp_path: Path) -> None:
    """The uid tells a recreated pod from the one that held the claim."""
    claim = changed(a_claim("c", "gpu-0", pod="p"), "status.reservedFor.0.uid", "earlier")
    found = observed(tmp_path, a_replica(), a_pod("p", labels=WORKLOAD), claim)

    assert (a_slot("n1"),) == slots(found)
    assert [0] == found.problem.fleet.devices.in_use.nonzero()[0].tolist()


def test_a_claim_shared_with_a_stranger_is_in_use(tmp_path: Path) -> None:
    """Evicting the replica would not free it."""
    claim = a_claim("c", "gpu-0", pod="p")
    claim["status"]["reservedFor"].append({"resource": "pods", "name": "q"})
    found = observed(tmp_path, a_replica(), a_pod("p", labels=WORKLOAD), a_pod("q"), claim)

    assert (a_slot("n1"),) == slots(found)
    assert found.problem.fleet.devices.in_use[0]


def test_a_device_held_twice_is_in_use(tmp_path: Path) -> None:
    """Two claims on one device contradict each other; the safe side is that others have it."""
    found = observed(
        tmp_path,
        a_replica(),
        a_pod("p", labels=WORKLOAD),
        a_claim("a", "gpu-0", pod="p"),
        a_claim("b", "gpu-0"),
    )
    assert found.problem.fleet.devices.in_use[0]
    assert (a_slot("n1"),) == slots(found)


def test_copies_are_numbered_in_name_order_and_no_more_than_there_are(tmp_path: Path) -> None:
    """A surplus pod is load of others; one that terminates gives way to its successor."""
    terminating = changed(a_pod("a", labels=WORKLOAD), "metadata.deletionTimestamp", "2026-01-01T00:00:00Z")
    found = observed(
        tmp_path,
        a_replica(copies=2),
        terminating,
        a_pod("c", node="n2", labels=WORKLOAD),
        a_pod("b", labels=WORKLOAD),
        a_claim("held", "gpu-0", pod="a"),
    )

    assert (a_slot("n1", copy=0), a_slot("n2", copy=1)) == slots(found)
    assert found.problem.fleet.devices.in_use[0]


def test_a_pod_joins_by_its_slot_annotation(tmp_path: Path) -> None:
    """It says more than labels can."""
    slot = {"replica": "qwen-1", "engine": "main", "copy": 1, "role": "Standalone", "rank": 0}
    found = observed(tmp_path, a_replica(copies=2), a_pod("p", slot=slot), a_claim("c", "gpu-2", pod="p"))
    assert (a_slot("n1", 2, copy=1),) == slots(found)

    for wrong in ({"copy": 9}, {"engine": "other"}, {"replica": "other"}, {"role": "Leader"}, {"rank": "0"}):
        assert () == slots(observed(tmp_path, a_replica(copies=2), a_pod("p", slot=slot | wrong)))


@pytest.mark.parametrize("replica", [{"replica": "ml/qwen-1"}, {"namespace": "ml", "replica": "qwen-1"}])
def test_a_slot_annotation_may_name_the_namespace(tmp_path: Path, replica: dict[str, str]) -> None:
    """Two namespaces may have replicas of one name."""
    slot = {"engine": "main", "copy": 0, "role": "Standalone", "rank": 0} | replica
    assert 1 == len(slots(observed(tmp_path, a_replica(), a_pod("p", slot=slot))))


def test_pods_of_a_gang_join_by_the_labels_of_its_group(tmp_path: Path) -> None:
    """Worker index 0 is the leader."""
    gang = a_replica(copies=2)
    request = [{"name": "gpu", "deviceClassName": "g"}]
    gang["spec"]["engines"][0]["members"] = [
        {"role": "Leader", "nodePoolName": "gpu", "deviceRequests": request, "template": a_template()},
        {"role": "Worker", "nodePoolName": "gpu", "worker": {"nodes": 2}, "template": a_template()},
    ]

    def member(name: str, *, group: int, worker: int, node: str = "n1") -> Object:
        prefix = "leaderworkerset.sigs.k8s.io"
        labels = {
            f"{prefix}/name": WORKLOAD["modelplane.ai/workload"],
            f"{prefix}/group-index": str(group),
            f"{prefix}/worker-index": str(worker),
        }
        return a_pod(name, node=node, labels=labels)

    found = observed(
        tmp_path,
        gang,
        member("a", group=1, worker=0),
        member("b", group=1, worker=2, node="n2"),
        member("c", group=1, worker=3),
        member("d", group=2, worker=0),
    )
    assert (
        a_slot("n1", copy=1, role=Role.LEADER),
        a_slot("n2", copy=1, role=Role.WORKER, rank=1),
    ) == slots(found)


def test_a_serving_label_is_enough_for_a_single_engine(tmp_path: Path) -> None:
    """Nothing else could have made the pod."""
    assert 1 == len(
        slots(observed(tmp_path, a_replica(), a_pod("p", labels={"modelplane.ai/serving": "qwen-1"})))
    )


def test_a_pod_of_another_cluster_does_not_join(tmp_path: Path) -> None:
    """The name of a workload is not unique over the fleet."""
    folder = write(
        tmp_path, a_class(), a_cluster(), a_cluster("us"), a_deployment(), a_replica(),
        eu=[a_node(), a_slice()], us=[a_node(), a_slice(), a_pod("p", labels=WORKLOAD)],
    )  # fmt: skip
    assert () == slots(read([folder]))


def test_the_plan_annotation_stands_for_pods_that_are_not_there(tmp_path: Path) -> None:
    """A fresh plan is not undone while its pods start; a pod that runs elsewhere wins."""
    plan = [
        {"engine": "main", "copy": copy, "role": "Standalone", "rank": 0, "nodePool": "gpu", "node": node}
        for copy, node in enumerate(("n2", "n1", "gone"))
    ]
    assert (a_slot("n2", copy=0), a_slot("n1", copy=1)) == slots(
        observed(tmp_path, a_replica(copies=3, plan=plan))
    )

    at_its_place = a_pod("p", node="n1", labels=WORKLOAD)
    assert (a_slot("n2", copy=0), a_slot("n1", copy=1)) == slots(
        observed(tmp_path, a_replica(copies=3, plan=plan), at_its_place)
    )
    for unreadable in ("x", {"engine": "main"}, [1, {"engine": "main"}], None):
        assert () == slots(observed(tmp_path, a_replica(plan=unreadable)))


def test_a_declared_cluster_takes_slots_from_the_plan_annotation(tmp_path: Path) -> None:
    """Its nodes are numbered slots of the pool."""
    plan = [
        {"engine": "main", "copy": 0, "role": "Standalone", "rank": 0, "nodePool": "gpu", "node": "gpu/1"}
    ]
    folder = write(tmp_path, a_class(), a_cluster(nodeCount=2), a_deployment(), a_replica(plan=plan))

    assert (a_slot("gpu/1"),) == slots(read([folder]))


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


def names(replicas: tuple[Replica, ...]) -> list[tuple[str, int]]:
    return [(each.name, each.key.index) for each in replicas]


def test_of_two_replicas_with_one_index_the_first_by_name_counts(tmp_path: Path) -> None:
    """Case S27 of the published scheduler; the other one is reported, and its load counts."""
    control = [
        a_class(),
        a_cluster(),
        a_deployment(),
        a_replica("b"),
        a_replica("a"),
        a_replica("c", index="1"),
    ]
    found = read([write(tmp_path, *control)])

    assert [("a", 0), ("c", 1), ("b", 2)] == names(found.problem.replicas)
    assert [False, False, True] == [each.is_immovable for each in found.problem.replicas]
    (line,) = lines(found)
    assert (
        "ModelReplica ml/b: metadata.labels[modelplane.ai/replica-index]: found replica index 0 on cluster eu"
        in line
    )


def test_all_load_of_others_counts_whatever_its_index(tmp_path: Path) -> None:
    """Nobody asks for the index of a replica that is not planned."""
    others = [a_replica("b", deployment="x"), a_replica("a", deployment="x"), a_replica("c", deployment=None)]
    found = read([write(tmp_path, a_class(), a_cluster(), *others)])

    assert [("c", 0), ("a", 0), ("b", 1)] == names(found.problem.replicas)


DELETED = "2026-01-01T00:00:00Z"
COLLIDING = {
    "an invalid one": [changed(a_replica("a"), "spec.engines.0.copies", 0), a_replica("b")],
    "only an invalid one": [changed(a_replica("a"), "spec.engines.0.copies", 0)],
    "one being deleted": [changed(a_replica("a"), "metadata.deletionTimestamp", DELETED), a_replica("b")],
    "only one being deleted": [changed(a_replica("a"), "metadata.deletionTimestamp", DELETED)],
    "duplicates": [a_replica("a"), a_replica("b"), a_replica("c")],
    "no labels": [a_replica("a", index=None), a_replica("b", index=None)],
    "the largest index": [a_replica("a", index="2147483647"), a_replica("b", index="2147483647")],
    "all of it": [
        changed(a_replica("a"), "spec.engines.0.copies", 0),
        changed(a_replica("b"), "metadata.deletionTimestamp", DELETED),
        a_replica("c"),
        a_replica("d"),
        a_replica("e", index="1"),
    ],
    "of no deployment": [a_replica("a", deployment="x"), a_replica("b", deployment="x")],
}


@pytest.mark.parametrize("wanted", [0, 1, 2])
@pytest.mark.parametrize("case", COLLIDING)
def test_replicas_that_collide_are_all_counted_and_planned_around(
    tmp_path: Path, case: str, wanted: int
) -> None:
    """No two share a key, what is valid keeps its index, and nothing that only loads is ever moved."""
    objects = COLLIDING[case]
    folder = write(tmp_path, a_class(), a_cluster(nodeCount=4), a_deployment(replicas=wanted), *objects)
    problem = read([folder]).problem
    immovable = {each.key for each in problem.replicas if each.is_immovable}

    assert {each["metadata"]["name"] for each in objects} == {each.name for each in problem.replicas}
    assert len(problem.replicas) == len({each.key for each in problem.replicas})
    assert all(each.key.index < 2**31 for each in problem.replicas)
    plan = place(problem).plan
    assert immovable <= {keep.replica for keep in plan.keeps}
    kept = [keep.replica for keep in plan.keeps if keep.replica not in immovable]
    assert wanted == len(kept) + len(plan.creates)
    assert all(create.replica.index < 2**31 for create in plan.creates)


def test_a_replica_keeps_its_index_beside_one_that_is_being_deleted(tmp_path: Path) -> None:
    """The valid one counts, whatever the names."""
    control = [a_class(), a_cluster(), a_deployment(), *COLLIDING["one being deleted"]]
    found = read([write(tmp_path, *control)])

    assert [("b", 0, False), ("a", 1, True)] == [
        (each.name, each.key.index, each.is_immovable) for each in found.problem.replicas
    ]
    assert [] == lines(found)


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
