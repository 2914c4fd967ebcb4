"""What would place one replica more: golden texts, each of them checked for truth.

The texts are snapshots: ``pytest --inline-snapshot=fix`` writes them anew, and a person reviews the difference.
"""

from collections.abc import Callable
from dataclasses import replace

from inline_snapshot import snapshot

from solver.domain.explanation import Fix
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    at_least,
    gpus,
)
from tests.solver.explanations import _on, _takes
from tests.solver.outcomes import decided, missing

# --- fixes ---


def _fixes(problem: Problem) -> list[str]:
    return [f"{fix.change} {fix.subject}: {fix.sentence}" for fix in decided(problem).fixes]


def _works(problem: Problem, change: str, changed: Callable[[Fix], Problem]) -> None:
    """The fix was offered, and one replica more runs in the problem that *changed* makes of it."""
    decision = decided(problem)
    fix = next(fix for fix in decision.fixes if fix.change == change)
    before, after = missing(decision.plan), missing(decided(changed(fix)).plan)
    key = str(fix.deployment)
    assert before[key] - 1 >= after.get(key, 0)
    assert {name: count for name, count in before.items() if name != key} == {
        name: count for name, count in after.items() if name != key
    }


def test_one_more_node_with_its_price() -> None:
    """The cheaper pool first."""

    def fleet_of(a: int, b: int) -> Problem:
        return _on(
            a_deployment(3),
            PoolSpec(name="a", nodes=a, price=98_320_000),
            PoolSpec(name="b", nodes=b, price=2_500_000),
        )

    problem = fleet_of(1, 1)

    assert _fixes(problem) == snapshot(
        [
            "AddNode cluster-a/b: add 1 node to node pool cluster-a/b ($2.50 per hour)",
            "AddNode cluster-a/a: add 1 node to node pool cluster-a/a ($98.32 per hour)",
        ]
    )
    _works(problem, "AddNode", lambda _: fleet_of(1, 2))


def test_several_nodes_for_a_gang() -> None:
    """As many as it takes."""
    problem = _on(a_deployment(1, a_gang(4)), PoolSpec(nodes=2))

    assert _fixes(problem) == snapshot(
        ["AddNode cluster-a/default: add 2 nodes to node pool cluster-a/default"]
    )


def test_no_nodes_are_added_that_would_not_share_a_fabric() -> None:
    """A node without the label of its pool's fabric is a domain of its own, and so is each one like it."""
    problem = _on(a_deployment(1, a_gang(2)), PoolSpec(nodes=1, domain_label="rack"))

    assert [] == _fixes(problem)


def test_moving_a_named_replica() -> None:
    """Two nodes of 2 with one device used on each: moving one makes room for a pod of 2."""
    small = a_deployment(2, name="small")
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=2, devices=(gpus(2),)),)))
    replicas = [a_replica(small, index=index, nodes=(f"default/{index}",)) for index in (0, 1)]
    problem = a_problem(fleet, [_takes(2, name="large"), small], replicas)

    assert _fixes(problem) == snapshot(
        [
            "MoveReplica ml-team/small@cluster-a/0: move replica ml-team/small@cluster-a/0 to node default/1 of cluster cluster-a; both then fit",
            "MoveReplica ml-team/small@cluster-a/1: move replica ml-team/small@cluster-a/1 to node default/0 of cluster cluster-a; both then fit",
            "AddNode cluster-a/default: add 1 node to node pool cluster-a/default",
        ]
    )
    _works(
        problem,
        "MoveReplica",
        lambda fix: replace(problem, replicas=tuple(r for r in replicas if str(r.key) != fix.subject)),
    )


def test_a_relaxed_selector() -> None:
    """Said with what the nearest pool says to it."""
    pool = PoolSpec(devices=(gpus(1, "80Gi"),))
    problem = _on(_takes(1, 'device.driver == "gpu.nvidia.com"', at_least("141Gi")), pool)

    assert _fixes(problem) == snapshot(
        [
            'RelaxSelector main/gpu: drop `device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("141Gi")) >= 0` from request gpu of engine main: in node pool cluster-a/default memory 80Gi < 141Gi'
        ]
    )
    _works(problem, "RelaxSelector", lambda _: _on(_takes(1, 'device.driver == "gpu.nvidia.com"'), pool))


def test_a_raised_quota() -> None:
    """From what to what."""

    def with_quota(devices: int) -> Problem:
        quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=devices)
        return _on(_takes(2, replicas=2), PoolSpec(devices=(gpus(2),)), policy=Policy(quotas=(quota,)))

    problem = with_quota(3)

    assert _fixes(problem) == snapshot(
        [
            "RaiseQuota ml-team/gpu.nvidia.com: raise the quota of namespace ml-team for class gpu.nvidia.com from 3 to 5 devices"
        ]
    )
    _works(problem, "RaiseQuota", lambda _: with_quota(5))


def test_at_most_three_fixes_and_none_that_does_not_help() -> None:
    """Adding nodes does not help against a quota."""
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=1)
    pools = tuple(PoolSpec(name=name, nodes=1) for name in "abcde")
    blocked = _on(a_deployment(2), *pools, policy=Policy(quotas=(quota,)))
    full = _on(a_deployment(6), *pools)

    assert ["RaiseQuota"] == [fix.change for fix in decided(blocked).fixes]
    assert 3 >= len(decided(full).fixes)


def test_the_cheapest_addition_is_offered_first() -> None:
    """One node at $10 is cheaper than three at $4, which the free one needs beside it."""
    problem = _on(
        a_deployment(1, a_gang(4)),
        PoolSpec(name="large", nodes=1, devices=(gpus(4),), price=10_000_000),
        PoolSpec(name="small", nodes=1, devices=(gpus(1),), price=4_000_000),
    )
    foreign = a_replica(a_deployment(name="foreign"), pool="large", nodes=("large/0",), is_immovable=True)

    decision = decided(replace(problem, replicas=(foreign,)))

    assert ["cluster-a/large", "cluster-a/small"] == [fix.subject for fix in decision.fixes]
