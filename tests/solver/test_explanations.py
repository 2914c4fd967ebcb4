"""What a user reads when something is not placed: golden texts, each of them checked for truth.

The texts are snapshots: ``pytest --inline-snapshot=fix`` writes them anew, and a person reviews the difference.
"""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from inline_snapshot import snapshot

from solver.domain.decision import Decision
from solver.domain.explanation import Conflict, Fix
from solver.domain.fleet import NodeResources
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import Member, ModelDeployment, ServingMode, SpreadRule
from solver.formulation.matrix import Rule
from solver.matching.scene import Survey
from solver.place import place
from solver.search.held import held
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import decided, missing


def _takes(count: int, *selectors: str, replicas: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count, *selectors),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def _on(deployment: ModelDeployment, *specs: PoolSpec, **changes: object) -> Problem:
    return a_problem(a_fleet(ClusterSpec(pools=specs or (PoolSpec(),))), [deployment], **changes)  # type: ignore[arg-type]


def _said(problem: Problem) -> list[str]:
    """What each pool says, and what holds for the deployment as a whole."""
    (rejection,) = decided(problem).rejections
    return [
        *(f"{said.node_pool}: {said.reason} ({said.detail})" for said in rejection.rejected),
        *rejection.general,
    ]


# --- rejections, in the order in which a pool is checked ---


def test_a_cluster_that_is_not_selected() -> None:
    """The label that differs, and both values."""
    fleet = a_fleet(ClusterSpec(labels={"tier": "silver"}), ClusterSpec(name="cluster-b"))

    assert _said(a_problem(fleet, [a_deployment(cluster_selector={"tier": "gold"})])) == snapshot(
        [
            "cluster-a/default: ClusterSelectorNotMatched (label tier is silver, gold is selected)",
            "cluster-b/default: ClusterSelectorNotMatched (label tier is missing, gold is selected)",
        ]
    )


def test_a_cluster_that_is_not_ready() -> None:
    """Not ready, and ready without a gateway."""
    fleet = a_fleet(ClusterSpec(is_ready=False), ClusterSpec(name="cluster-b", has_gateway=False))

    assert _said(a_problem(fleet, [a_deployment()])) == snapshot(
        [
            "cluster-a/default: ClusterNotReady (it is not ready)",
            "cluster-b/default: ClusterNotReady (it has no gateway address)",
        ]
    )


def test_a_tainted_cluster() -> None:
    """The taint as Kubernetes writes it."""
    taints = (Taint(key="dedicated", value="research", effect=TaintEffect.NO_SCHEDULE),)

    assert _said(a_problem(a_fleet(ClusterSpec(taints=taints)), [a_deployment()])) == snapshot(
        ["cluster-a/default: UntoleratedTaint (taint dedicated=research:NoSchedule)"]
    )


def test_devices_that_do_not_match() -> None:
    """Down to the attribute: what it is, and what it must be."""
    deployment = _takes(1, 'device.driver == "gpu.nvidia.com"', at_least("200Gi"))

    assert _said(
        _on(deployment, PoolSpec(name="a"), PoolSpec(name="b", devices=(gpus(1, "80Gi"),)))
    ) == snapshot(
        [
            "cluster-a/a: DeviceSelectorNotMatched (gpu: memory 141Gi < 200Gi)",
            "cluster-a/b: DeviceSelectorNotMatched (gpu: memory 80Gi < 200Gi)",
        ]
    )


def test_an_attribute_that_no_device_publishes() -> None:
    """A typo in a selector is an error on every device, and shown where nothing matched."""
    deployment = _takes(1, 'device.attributes["gpu.nvidia.com"].architectur == "Hopper"')

    assert _said(
        _on(deployment, PoolSpec(devices=(gpus(1, attributes={"architecture": "Hopper"}),)))
    ) == snapshot(
        [
            "cluster-a/default: DeviceSelectorNotMatched (gpu: no attribute gpu.nvidia.com/architectur, nearest is architecture)"
        ]
    )


def test_a_selector_that_does_not_compile() -> None:
    """The compiler's sentence."""
    assert _said(_on(_takes(1, "device.driver ="))) == snapshot(
        [
            "cluster-a/default: DeviceSelectorNotMatched (gpu: selector does not compile: Syntax error: unexpected '=')"
        ]
    )


def test_an_engine_is_named_where_there_are_several() -> None:
    """Otherwise nobody knows which request is meant."""
    engines = (
        an_engine(name="small"),
        an_engine(Member(requests=(a_request(1, at_least("1Ti")),)), name="big"),
    )

    assert _said(_on(a_deployment(1, *engines))) == snapshot(
        ["cluster-a/default: DeviceSelectorNotMatched (engine big: gpu: memory 141Gi < 1Ti)"]
    )


def test_a_pool_that_is_not_published() -> None:
    """Its class is what is missing."""
    assert _said(_on(a_deployment(), PoolSpec(name="h100", is_published=False))) == snapshot(
        [
            "cluster-a/h100: DeviceSelectorNotMatched (its class h100 was not read or the cluster does not publish it)"
        ]
    )


def test_a_node_that_could_never_give_so_many() -> None:
    """Requested, and the most of any node."""
    assert _said(_on(_takes(8), PoolSpec(name="a", devices=(gpus(4),)), PoolSpec(name="b"))) == snapshot(
        [
            "cluster-a/a: InsufficientDevices (gpu: 8 requested, 4 on a node)",
            "cluster-a/b: InsufficientDevices (gpu: 8 requested, 1 on a node)",
        ]
    )


def test_requests_that_do_not_fit_on_a_node_together() -> None:
    """Each alone would."""
    requests = a_request(5, name="first"), a_request(5, name="second")
    deployment = a_deployment(1, an_engine(Member(requests=requests)))

    assert _said(_on(deployment, PoolSpec(devices=(gpus(8),)))) == snapshot(
        ["cluster-a/default: InsufficientDevices (the requests of one pod do not fit on a node together)"]
    )


def test_a_node_without_cpu() -> None:
    """Or memory, or pod slots."""
    member = Member(requests=(a_request(),), cpu_millicores=64_000)
    free = NodeResources(cpu_millicores=1000, memory_bytes=1 << 40, pods=110)

    assert _said(_on(a_deployment(1, an_engine(member)), PoolSpec(free=free))) == snapshot(
        [
            "cluster-a/default: InsufficientNodeResources (at most 110 pod slots on a node, or too little CPU or memory for one pod)"
        ]
    )


def test_a_fabric_that_is_too_small() -> None:
    """Pods that must be together, and what the largest fabric has."""
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"})
    pool = PoolSpec(nodes=3, domain_label="rack", labels=racks)

    assert _said(_on(a_deployment(1, a_gang(4)), pool)) == snapshot(
        [
            "cluster-a/default: FabricTooSmall (4 pods must share a fabric, the largest here has 2 nodes that one could use)"
        ]
    )


def test_phases_that_share_no_fabric() -> None:
    """Each phase fits in a pool of its own, and nothing joins the two."""
    pair = a_deployment(1, *a_pair(1, 1), serving_mode=ServingMode.PREFILL_DECODE)

    (rejection,) = decided(_on(pair, PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1))).rejections

    assert ["FabricTooSmall", "FabricTooSmall"] == [said.reason.value for said in rejection.rejected]


def test_a_pool_that_is_full() -> None:
    """Free devices, the most on one node, and what a pod needs."""
    assert _said(_on(_takes(3, replicas=3), PoolSpec(devices=(gpus(4),)))) == snapshot(
        [
            "cluster-a/default: InsufficientFreeCapacity (gpu: 3 requested, 1 free on the best node, 2 in the pool)"
        ]
    )


def test_a_pool_whose_nodes_are_cordoned() -> None:
    """The devices are free and cannot be had."""
    problem = _on(a_deployment())
    nodes = tuple(replace(node, is_schedulable=False) for node in problem.fleet.nodes)

    assert _said(replace(problem, fleet=replace(problem.fleet, nodes=nodes))) == snapshot(
        ["cluster-a/default: InsufficientFreeCapacity (all 2 nodes are cordoned, not ready or tainted)"]
    )


def test_a_pool_without_nodes() -> None:
    """Nothing to be had yet."""
    assert ["cluster-a/default: InsufficientFreeCapacity (no nodes)"] == _said(
        _on(a_deployment(), PoolSpec(nodes=0))
    )


def test_room_for_a_pod_but_not_for_the_replica() -> None:
    """One of two copies would fit."""
    deployment = a_deployment(2, an_engine(copies=2))

    assert _said(_on(deployment, PoolSpec(nodes=3))) == snapshot(
        ["cluster-a/default: InsufficientFreeCapacity (one pod fits, the replica does not)"]
    )


def test_a_quota_that_is_used_up() -> None:
    """There is room, but not for this namespace."""
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=1)

    assert _said(_on(a_deployment(2), policy=Policy(quotas=(quota,)))) == snapshot(
        ["cluster-a/default: QuotaExceeded (the quota of namespace ml-team is used up)"]
    )


def test_a_required_spread() -> None:
    """There is room, but not in this domain."""
    rule = SpreadRule(topology_key="cluster", max_percent=50)

    assert _said(_on(a_deployment(2, spread=(rule,)))) == snapshot(
        ["cluster-a/default: SpreadRequired (a required spread rule allows no more replicas here)"]
    )


def test_a_cache_that_does_not_exist() -> None:
    """Said once for the deployment, too."""
    assert _said(_on(a_deployment(cache="weights"))) == snapshot(
        [
            "cluster-a/default: ModelCacheNotFound (ModelCache ml-team/weights does not exist)",
            "ModelCache ml-team/weights does not exist",
        ]
    )


def test_every_pool_says_one_thing_in_the_order_of_the_fleet() -> None:
    """Stable order, the first check that fails."""
    fleet = a_fleet(
        ClusterSpec(is_ready=False, labels={"tier": "silver"}),
        ClusterSpec(name="cluster-b", is_ready=False, labels={"tier": "gold"}),
        ClusterSpec(
            name="cluster-c", labels={"tier": "gold"}, pools=(PoolSpec(devices=()), PoolSpec(name="x"))
        ),
    )
    (rejection,) = decided(a_problem(fleet, [_takes(8, cluster_selector={"tier": "gold"})])).rejections

    assert 4 == rejection.node_pools
    assert [
        ("cluster-a/default", "ClusterSelectorNotMatched"),
        ("cluster-b/default", "ClusterNotReady"),
        ("cluster-c/default", "DeviceSelectorNotMatched"),
        ("cluster-c/x", "InsufficientDevices"),
    ] == [(str(said.node_pool), said.reason.value) for said in rejection.rejected]


def test_nobody_who_is_placed_is_explained() -> None:
    """Reasons are for those who are short."""
    decision = decided(_on(a_deployment(2)))

    assert ((), (), ()) == (decision.rejections, decision.conflicts, decision.fixes)


# --- conflicts ---


def _verified(problem: Problem) -> list[str]:
    """The sentences of the one conflict, after its members were shown to be guilty together and only together."""
    decision = decided(problem)
    (conflict,) = decision.conflicts
    assert conflict.is_minimal
    _verify(problem, decision, conflict)
    return [f"{member.reason}: {member.sentence}" for member in conflict.members]


def _verify(problem: Problem, decision: Decision, conflict: Conflict) -> None:
    one_more = held(Survey(problem), decision.plan, conflict.deployment)
    guilty = {Rule(member.reason, member.subject) for member in conflict.members}
    innocent = frozenset(one_more.variables.matrix.rules) - guilty
    assert one_more.places_all(without=innocent) is False
    for rule in guilty:
        assert one_more.places_all(without=innocent | {rule}) is True


def _two_clusters(nodes: int = 1) -> tuple[ClusterSpec, ClusterSpec]:
    return tuple(  # type: ignore[return-value]
        ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=nodes),)) for name in "ab"
    )


def test_a_conflict_of_two_full_pools() -> None:
    """Either one with a free node would do, so both are named."""
    assert _verified(a_problem(a_fleet(*_two_clusters()), [a_deployment(3)])) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has no device left that would do, on 1 node; a pod needs 1",
            "InsufficientFreeCapacity: node pool cluster-b/default has no device left that would do, on 1 node; a pod needs 1",
        ]
    )


def test_a_conflict_of_a_quota_alone() -> None:
    """There is room everywhere, so no pool is blamed."""
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=2)
    problem = a_problem(a_fleet(*_two_clusters(4)), [a_deployment(3)], policy=Policy(quotas=(quota,)))

    assert _verified(problem) == snapshot(
        [
            "QuotaExceeded: namespace ml-team may hold 2 devices of class gpu.nvidia.com, and one more replica would pass that"
        ]
    )


def test_a_conflict_of_a_full_cluster_and_the_spread_that_forbids_the_other() -> None:
    """Neither alone keeps the replica out."""
    rule = SpreadRule(topology_key="cluster", max_skew=1)
    full, roomy = _two_clusters(1)
    roomy = replace(roomy, pools=(PoolSpec(nodes=5),))

    assert _verified(a_problem(a_fleet(full, roomy), [a_deployment(4, spread=(rule,))])) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has no device left that would do, on 1 node; a pod needs 1",
            "SpreadRequired: the required spread of ml-team/my-model over cluster allows no further replica where there is room",
        ]
    )


def test_a_conflict_of_pod_slots() -> None:
    """The devices are free."""
    free = NodeResources(cpu_millicores=1000, memory_bytes=1 << 30, pods=1)

    assert _verified(_on(a_deployment(2), PoolSpec(nodes=1, devices=(gpus(8),), free=free))) == snapshot(
        [
            "InsufficientNodeResources: the nodes of node pool cluster-a/default have 0 pod slots left, or too little CPU or memory"
        ]
    )


def test_a_conflict_of_fragments() -> None:
    """Two devices are free, on two nodes."""
    assert _verified(_on(_takes(2, replicas=3), PoolSpec(nodes=2, devices=(gpus(3),)))) == snapshot(
        [
            "InsufficientFreeCapacity: node pool cluster-a/default has 2 devices left that would do, on 2 nodes, at most 1 on one; a pod needs 2"
        ]
    )


def test_no_conflict_without_candidates() -> None:
    """Nothing matches, so the rejections say it all."""
    assert () == decided(_on(_takes(1, at_least("1Ti")))).conflicts


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


# --- notes ---


def test_notes_say_how_capacity_was_counted_and_what_was_assumed() -> None:
    """In stable order."""
    deployment = a_deployment()

    assert place(_on(deployment, replicas=[a_replica(deployment)])).notes == snapshot(
        (
            "cluster cluster-a is counted from its declared classes",
            'DeviceClass gpu.nvidia.com of cluster cluster-a was not read; device.driver == "gpu.nvidia.com" stands for it',
            "replica ml-team/my-model@cluster-a/0: nodes were not observed and are assumed, best fit in name order",
        )
    )


def test_a_note_says_that_price_is_counted_in_memory() -> None:
    """Because one pool has no price."""
    decision = place(_on(a_deployment(), PoolSpec(name="a", price=1), PoolSpec(name="b")))

    assert decision.notes[-1] == snapshot(
        "some eligible node pool has no price, so price is counted in bytes of device memory"
    )


def test_a_note_says_what_is_withheld() -> None:
    """Devices that offer nothing are counted."""
    nic = DeviceSpec(device_class=None, memory="", name="nic")
    problem = _on(a_deployment(), PoolSpec(devices=(gpus(1), nic)))
    devices = problem.fleet.devices
    withheld = replace(devices, withheld=np.array([1, 0, 1, 0], dtype=np.int8))

    decision = place(replace(problem, fleet=replace(problem.fleet, devices=withheld)))

    assert [note for note in decision.notes if "offer" in note] == snapshot(
        ["2 devices offer nothing: each consumes shared counters"]
    )


@pytest.mark.parametrize("count", [1, 2])
def test_a_conflict_never_blames_what_a_fix_would_not_touch(count: int) -> None:
    """What a fix adds belongs to a pool that the conflict names."""
    decision = decided(_on(_takes(1, replicas=2 * count + 1), PoolSpec(nodes=2, devices=(gpus(count),))))

    subjects = {member.subject for conflict in decision.conflicts for member in conflict.members}
    assert {fix.subject for fix in decision.fixes} <= subjects
