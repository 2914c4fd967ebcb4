"""Sound plans for the tests of the audit, and small changes that break them."""

from collections.abc import Callable
from dataclasses import replace

from solver.domain.identity import ClusterName, NodeKey, NodePoolKey
from solver.domain.plan import Create, Keep, Plan, Slot
from solver.domain.problem import Problem
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_gang, a_problem, a_replica

Planted = tuple[Problem, Plan]
#: For each check: errors that it has to see, and the other checks that see them too.
Table = dict[str, list[tuple[Callable[[], Planted], set[str]]]]

TWO_CLUSTERS = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b"))
MODEL = a_deployment(2)
ONE_KEPT = a_problem(TWO_CLUSTERS, [MODEL], [a_replica(MODEL, nodes=("default/0",))])
TWO_POOLS = a_fleet(ClusterSpec(pools=(PoolSpec(name="a"), PoolSpec(name="b"))))
GANG = a_problem(deployments=[a_deployment(1, a_gang(2))])
A, B = NodePoolKey(ClusterName("cluster-a"), "a"), NodePoolKey(ClusterName("cluster-a"), "b")


def _node(name: str, cluster: str = "cluster-a") -> NodeKey:
    return NodeKey(ClusterName(cluster), name)


def _slot_changed(replica: Keep | Create, position: int = 0, **changes: object) -> tuple[Slot, ...]:
    slots = list(replica.slots)
    slots[position] = replace(slots[position], **changes)  # type: ignore[arg-type]
    return tuple(slots)


def _with_slot(plan: Plan, position: int = 0, **changes: object) -> Plan:
    """*plan* with one slot of its first new replica changed."""
    create, *others = plan.creates
    return replace(plan, creates=(replace(create, slots=_slot_changed(create, position, **changes)), *others))
