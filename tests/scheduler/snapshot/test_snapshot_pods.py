"""Pods and claims, the slots of a ModelReplica that they join, and the devices that they hold."""

from pathlib import Path

import pytest

from scheduler.snapshot import read
from solver.domain.workload import Role
from tests.scheduler.snapshot.manifests import (
    Object,
    a_claim,
    a_class,
    a_cluster,
    a_deployment,
    a_node,
    a_pod,
    a_replica,
    a_slice,
    a_template,
    changed,
    write,
)
from tests.scheduler.snapshot.readings import WORKLOAD, a_slot, observed, slots


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
