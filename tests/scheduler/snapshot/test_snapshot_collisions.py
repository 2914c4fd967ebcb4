"""ModelReplicas with one index: which of them counts, and what is planned around."""

from pathlib import Path

import pytest

from scheduler.snapshot import read
from solver.domain.replica import Replica
from solver.place import place
from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_deployment, a_replica, changed, write
from tests.scheduler.snapshot.readings import lines


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
