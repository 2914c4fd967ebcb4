"""A fleet of about a hundred nodes, through the front door."""

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from functools import cache
from random import Random

from solver.domain.decision import Decision, Path
from solver.domain.problem import Problem
from solver.domain.workload import Member
from solver.place import place
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_request,
    an_engine,
    gpus,
)

NODES = 100
#: Nodes that a gang takes whole.
GANG = 2
#: Far above what it takes, far below what would hold up a planner.
_SECONDS = 25


def a_large_problem(*, wanted: int = 24, seed: int = 0, added: Mapping[str, int] | None = None) -> Problem:
    """Five clusters of twenty nodes with four GPUs; *wanted* of each deployment; listed in the order of *seed*.

    *added* are nodes beyond those twenty, by cluster.
    """
    sizes = {"one": 1, "two": 2, "three": 3}
    deployments = [
        a_deployment(wanted, an_engine(Member(requests=(a_request(size),))), name=name, priority=size % 2)
        for name, size in sizes.items()
    ]
    deployments += [
        a_deployment(wanted // 4, a_gang(GANG, 4), name="gang"),
        a_deployment(wanted // 4, *a_pair(2, 1), name="pair"),
    ]
    clusters = [
        ClusterSpec(name=name, pools=[PoolSpec(nodes=NODES // 5 + more, devices=[gpus(4)], price=10 + i)])
        for i, name in enumerate(f"cluster-{c}" for c in "abcde")
        for more in ((added or {}).get(name, 0),)
    ]
    random = Random(seed)  # noqa: S311
    random.shuffle(deployments)
    random.shuffle(clusters)
    return a_problem(a_fleet(*clusters), deployments)


@cache
def a_large_decision() -> Decision:
    """The decision for it."""
    return place(a_large_problem())


@cache
def a_short_decision() -> Decision:
    """The decision for twice as many replicas, which do not all fit."""
    return place(a_large_problem(wanted=60))


def digest() -> str:
    """A short stand-in for the bytes of the decision."""
    return hashlib.sha256(repr(a_large_decision()).encode()).hexdigest()


def test_same_input_gives_the_same_decision() -> None:
    """Twice in one process, and with everything that has an order listed in another one."""
    decision = a_large_decision()

    assert Path.CELLS is decision.path
    assert () == decision.record.violations
    assert repr(decision) == repr(place(a_large_problem()))
    assert repr(decision) == repr(place(a_large_problem(seed=7)))


def test_fresh_process_gives_the_same_decision() -> None:
    """Strings hash otherwise there, so a set that is walked through somewhere would show."""
    code = "from tests.solver.search.test_large_fleet import digest; print(digest())"
    environment = {**os.environ, "PYTHONHASHSEED": "4711"}
    run = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )

    assert digest() == run.stdout.strip()


def test_shortage_is_explained() -> None:
    """The first of the short deployments gets a conflict and fixes, and they come in time."""
    start = time.monotonic()
    decision = a_short_decision()
    seconds = time.monotonic() - start

    assert Path.CELLS is decision.path
    assert () == decision.record.violations
    assert decision.conflicts
    assert decision.fixes
    assert seconds < _SECONDS


def test_conflict_and_fixes_are_true() -> None:
    """Who is blamed is really full, and who gets what a fix adds to the fleet is short of one replica less."""
    decision = a_short_decision()
    deployment = decision.conflicts[0].deployment
    short = {shortfall.deployment: shortfall.missing for shortfall in decision.plan.shortfalls}
    added = {fix.subject: fix for fix in decision.fixes if fix.change == "AddNode"}

    assert short[deployment] > 0
    assert [f"cluster-{c}/default" for c in "abcde"] == [m.subject for m in decision.conflicts[0].members]
    assert most_free_nodes(decision) < GANG
    assert {deployment} == {fix.deployment for fix in decision.fixes}
    assert {"cluster-a/default", "cluster-b/default"} == added.keys()
    for subject, fix in added.items():
        assert fix.sentence.startswith(f"add {GANG} nodes to node pool {subject}")
        assert _missing(a_large_problem(wanted=60, added={subject[:9]: GANG})) < sum(short.values())


def most_free_nodes(decision: Decision) -> int:
    """Nodes without any pod in the cluster that has most of them."""
    used = {
        slot.node for replica in decision.plan.replicas for slot in replica.slots if slot.node is not None
    }
    return max(NODES // 5 - sum(node.cluster == f"cluster-{c}" for node in used) for c in "abcde")


def _missing(problem: Problem) -> int:
    return sum(shortfall.missing for shortfall in place(problem).plan.shortfalls)
