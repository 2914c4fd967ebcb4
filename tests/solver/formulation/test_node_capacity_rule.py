"""The constraint NodeCapacity: no device serves two pods."""

import pytest

from solver.domain.explanation import Reason
from solver.domain.fleet import Fleet
from solver.domain.problem import Problem
from solver.domain.replica import Replica
from solver.domain.workload import Member, ModelDeployment
from solver.formulation.matrix import Rule
from solver.place import place
from tests.builders import (
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.formulation.models import PROBLEMS, most_replicas

RULE = Rule(Reason.INSUFFICIENT_FREE_CAPACITY, "cluster-a/default")


def _fleet(nodes: int, *devices: DeviceSpec) -> Fleet:
    return a_fleet(ClusterSpec(pools=(PoolSpec(nodes=nodes, devices=devices),)))


def _takes(count: int, replicas: int, memory: str = "1Gi", name: str = "my-model") -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count, at_least(memory)),)))
    return a_deployment(replicas, engine, name=name)


@pytest.mark.parametrize(("count", "most"), [(1, 8), (2, 4), (3, 2), (4, 2), (5, 0)])
def test_a_node_gives_as_many_places_as_its_devices(count: int, most: int) -> None:
    """Two nodes of 4: devices of two nodes never make one pod."""
    assert most == most_replicas(a_problem(_fleet(2, gpus(4)), [_takes(count, 9)]))


def test_mixed_sizes_fill_a_node_exactly() -> None:
    """3 + 1 on each of two nodes, and not one more."""
    problem = a_problem(_fleet(2, gpus(4)), [_takes(3, 2, name="large"), _takes(1, 3, name="small")])

    assert 4 == most_replicas(problem)


@pytest.mark.parametrize(("big", "anything", "most"), [(2, 2, 4), (3, 2, 4), (1, 4, 4), (0, 5, 4)])
def test_devices_of_two_kinds_serve_whoever_accepts_them(big: int, anything: int, most: int) -> None:
    """Two big and two small: what must be big is limited, what may be anything takes the rest."""
    fleet = _fleet(1, gpus(2, "141Gi"), gpus(2, "80Gi"))
    problem = a_problem(fleet, [_takes(1, big, "141Gi", "big"), _takes(1, anything, name="any")])

    assert most == most_replicas(problem)


def test_it_is_this_rule_that_forbids_the_next_one() -> None:
    """Without its rows there is room for all; so it, and nothing else, holds them back."""
    problem = a_problem(_fleet(1, gpus(2)), [_takes(1, 4)])

    assert 2 == most_replicas(problem)
    # Each variable is limited on its own by what a node could hold if it were empty.
    held = a_problem(_fleet(1, gpus(2)), [_takes(1, 2)], [_foreign()])
    assert (1, 2) == (most_replicas(held), most_replicas(held, without=frozenset({RULE})))


def _foreign() -> Replica:
    return a_replica(_takes(1, 1, name="foreign"), nodes=("default/0",), is_immovable=True)


def test_what_is_broken_already_takes_nothing_new() -> None:
    """Two kept replicas on a node of one device stay, and the node takes no third."""
    fleet = _fleet(1, gpus(1))
    foreign = [
        a_replica(_takes(1, 1, name=name), nodes=("default/0",), is_immovable=True) for name in ("x", "y")
    ]

    assert 0 == most_replicas(a_problem(fleet, [_takes(1, 1)], foreign))


def test_the_sentence_names_the_pool_and_what_is_left() -> None:
    """Numbers first, and nobody is blamed."""
    full = a_problem(_fleet(2, gpus(1)), [_takes(1, 3)])
    split = a_problem(_fleet(2, gpus(3)), [_takes(2, 3)])

    assert [
        "node pool cluster-a/default has no device left that would do, on 2 nodes; a pod needs 1"
    ] == _sentences(full)
    assert [
        (
            "node pool cluster-a/default has 2 devices left that would do, on 2 nodes, at most 1 on one; "
            "a pod needs 2"
        )
    ] == _sentences(split)


def _sentences(problem: Problem) -> list[str]:
    (conflict,) = place(problem).conflicts
    assert {Reason.INSUFFICIENT_FREE_CAPACITY} == {member.reason for member in conflict.members}
    return [member.sentence for member in conflict.members]


@pytest.mark.parametrize("name", PROBLEMS)
def test_cells_never_refuse_what_nodes_allow(name: str) -> None:
    """Rows about many nodes at once are a relaxation, so the bounds they give hold."""
    problem = PROBLEMS[name]
    if len({deployment.priority for deployment in problem.deployments}) > 1:
        pytest.skip("counts one priority only")

    assert most_replicas(problem, is_single=True) <= most_replicas(problem, is_single=False)
