"""The constraint NodeResources: CPU, memory and pod slots."""

import pytest

from solver.domain.explanation import Reason
from solver.domain.fleet import NodeResources
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.formulation.matrix import Rule
from solver.place import place
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.formulation.models import most_replicas


def _problem(
    *, cpu: int = 8, memory: int = 8, pods: int = 8, replicas: int = 9, is_kept: bool = False
) -> Problem:
    """One node of 8 GPUs with so much left; each pod takes 2 milli-cores and 2 bytes."""
    free = NodeResources(cpu_millicores=cpu, memory_bytes=memory, pods=pods)
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(8),), free=free),)))
    member = Member(requests=(a_request(),), cpu_millicores=2, memory_bytes=2)
    deployment = a_deployment(replicas, an_engine(member))
    observed = [a_replica(deployment, nodes=("default/0",))] if is_kept else []
    return a_problem(fleet, [deployment], observed)


@pytest.mark.parametrize(
    ("left", "most"),
    [
        ({"cpu": 6}, 3),
        ({"cpu": 5}, 2),
        ({"memory": 4}, 2),
        ({"memory": 1}, 0),
        ({"pods": 2}, 2),
        ({"pods": 0}, 0),
    ],
    ids=str,
)
def test_a_node_holds_as_many_pods_as_its_scarcest_amount(left: dict[str, int], most: int) -> None:
    """Exactly at the boundary it still fits."""
    assert most == most_replicas(_problem(**left))  # type: ignore[arg-type]


def test_nodes_that_publish_nothing_are_not_limited() -> None:
    """None is "not published", never zero."""
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(8),)),)))
    member = Member(requests=(a_request(),), cpu_millicores=10**9)

    assert 8 == most_replicas(a_problem(fleet, [a_deployment(9, an_engine(member))]))


def test_what_is_kept_is_charged() -> None:
    """``free`` does not take our own pods off."""
    assert 3 == most_replicas(_problem(cpu=6, replicas=5, is_kept=True))


def test_it_is_this_rule_that_forbids_the_next_one() -> None:
    """Without its rows the devices decide."""
    rule = Rule(Reason.INSUFFICIENT_NODE_RESOURCES, "cluster-a/default")

    assert 8 == most_replicas(_problem(cpu=6), without=frozenset({rule}))


def test_it_is_the_only_culprit_and_says_so() -> None:
    """One sentence with the pool's name."""
    (conflict,) = place(_problem(pods=2, replicas=3)).conflicts

    assert [
        (
            Reason.INSUFFICIENT_NODE_RESOURCES,
            "the nodes of node pool cluster-a/default have 0 pod slots left, or too little CPU or memory",
        )
    ] == [(member.reason, member.sentence) for member in conflict.members]
