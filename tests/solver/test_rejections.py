"""What a pool says when it does not take a deployment: golden texts, in the order in which pools are checked.

The texts are snapshots: ``pytest --inline-snapshot=fix`` writes them anew, and a person reviews the difference.
"""

from dataclasses import replace

from inline_snapshot import snapshot

from solver.domain.fleet import NodeResources
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import Member, ServingMode, SpreadRule
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.explanations import _on, _takes
from tests.solver.outcomes import decided


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
