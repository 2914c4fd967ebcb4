"""The constraint Quota: devices of a class that a namespace may hold over the fleet."""

import pytest

from solver.domain.explanation import Reason
from solver.domain.identity import DeviceClassName
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.formulation.matrix import Rule
from solver.place import place
from tests.builders import (
    GPU_CLASS,
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


def _problem(devices: int, *, kept: int = 0, namespace: str = "ml-team", of: str = GPU_CLASS) -> Problem:
    """Three replicas of two devices over two clusters, under one quota."""
    deployment = a_deployment(3, an_engine(Member(requests=(a_request(2),))))
    pools = (PoolSpec(nodes=2, devices=(gpus(2),)),)
    fleet = a_fleet(ClusterSpec(pools=pools), ClusterSpec(name="cluster-b", pools=pools))
    replicas = [a_replica(deployment, index=i, nodes=(f"default/{i}",)) for i in range(kept)]
    quota = Quota(namespace=namespace, device_class=DeviceClassName(of), devices=devices)
    return a_problem(fleet, [deployment], replicas, policy=Policy(quotas=(quota,)))


@pytest.mark.parametrize(("devices", "most"), [(6, 3), (5, 2), (4, 2), (2, 1), (1, 0), (0, 0)])
def test_a_namespace_holds_at_most_its_quota(devices: int, most: int) -> None:
    """Over the whole fleet, and exactly the quota is allowed."""
    assert most == most_replicas(_problem(devices))


def test_other_namespaces_and_classes_are_not_limited() -> None:
    """A quota is for one of each."""
    assert 3 == most_replicas(_problem(0, namespace="other"))
    assert 3 == most_replicas(_problem(0, of="tpu.google.com"))


@pytest.mark.parametrize(("kept", "devices", "most"), [(1, 4, 2), (2, 3, 2), (2, 0, 2), (1, 0, 1)])
def test_what_runs_counts_and_stays(kept: int, devices: int, most: int) -> None:
    """A quota that is already passed removes nothing and takes nothing new."""
    assert most == most_replicas(_problem(devices, kept=kept))


def test_it_is_this_rule_that_forbids_the_next_one() -> None:
    """Without its rows there is room."""
    rule = Rule(Reason.QUOTA_EXCEEDED, f"ml-team/{GPU_CLASS}")

    assert (1, 3) == (most_replicas(_problem(2)), most_replicas(_problem(2), without=frozenset({rule})))


def test_it_is_the_only_culprit_and_says_so() -> None:
    """One sentence with the numbers."""
    (conflict,) = place(_problem(4)).conflicts

    assert [
        (
            Reason.QUOTA_EXCEEDED,
            "namespace ml-team may hold 4 devices of class gpu.nvidia.com, and one more replica would pass that",
        )
    ] == [(member.reason, member.sentence) for member in conflict.members]
