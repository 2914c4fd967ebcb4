"""Pools that stand on several nodes: which of their slices count on this one (3.2 of reference/dra.md)."""

import pytest

from solver.domain.kubernetes import Release, SchedulerFeatures
from solver.domain.resource_slice import NodeScope
from solver.matching.device_fit import UnusableClaim
from tests.solver.matching.device_fit.builders import (
    EVERYTHING,
    GPU,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
    served,
)

ELSEWHERE = NodeScope(node="n2")


def test_slices_beyond_the_count_of_the_pool_are_not_looked_up() -> None:
    """The two slices of the node are as many as the pool has, so nobody knows what is held elsewhere."""
    taking = {"set": {"m": "1"}}
    slices = [
        a_slice(a_device("here", consumes=taking), slice_count=2),
        a_slice(counters={"set": {"m": "1"}}, slice_count=2),
        a_slice(a_device("there", consumes=taking), slice_count=2, scope=ELSEWHERE),
    ]
    problem = a_problem(slices, a_claim(a_query()), in_use=[f"{GPU}/n1/there"])

    assert [[("r", "here")]] == served(problem)


@pytest.mark.parametrize("release", [Release.V1_36, Release.V1_37])
def test_counters_of_another_node_do_not_make_a_pool_complete_since_1_37(release: Release) -> None:
    """Up to 1.36 two of the three slices are of this node, and the pool has two; then all three are counted."""
    slices = [
        a_slice(a_device("here"), slice_count=2),
        a_slice(counters={"set": {"m": "1"}}, slice_count=2, scope=ELSEWHERE),
        a_slice(a_device("there"), slice_count=2, scope=ELSEWHERE),
    ]
    problem = a_problem(slices, a_claim(a_query(everything=True)))
    features = SchedulerFeatures(release=release, gates=EVERYTHING.gates)

    if release < Release.V1_37:
        assert [[("r", "here")]] == served(problem, features)
    else:
        with pytest.raises(UnusableClaim, match="currently being updated"):
            served(problem, features)
