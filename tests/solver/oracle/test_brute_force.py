"""The oracle is right where the answer is known without it."""

from dataclasses import replace

from solver.domain.policy import Policy, Preemption, Quota
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.workload import Member, ModelCache, ServingMode, SpreadMode, SpreadRule
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.oracle.brute_force import best


def tiers(problem: Problem, *names: str) -> tuple[int, ...]:
    """The optimal values of *names*."""
    found = best(problem).tiers
    return tuple(found[name] for name in names)


def one_pool(nodes: int, count: int, **changes: object) -> ClusterSpec:
    return ClusterSpec(pools=[PoolSpec(nodes=nodes, devices=[gpus(count)], **changes)])  # type: ignore[arg-type]


def test_three_wanted_two_fit() -> None:
    problem = a_problem(a_fleet(one_pool(2, 1)), [a_deployment(3)])

    assert (1, 1, 3) == tiers(problem, "shortfall", "spread", "canonical")


def test_two_clusters_share_evenly() -> None:
    fleet = a_fleet(ClusterSpec(name="a"), ClusterSpec(name="b"))

    assert (0, 1) == tiers(a_problem(fleet, [a_deployment(3)]), "shortfall", "spread")


def test_a_gang_does_not_cross_pools() -> None:
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1)]))

    assert (1,) == tiers(a_problem(fleet, [a_deployment(1, a_gang(2))]), "shortfall")


def test_a_shared_infiniband_fabric_joins_the_phases() -> None:
    """Apart the pools hold one phase each; joined they hold the replica, two levels apart."""
    pair = a_deployment(1, *a_pair(2, 1), serving_mode=ServingMode.PREFILL_DECODE)
    pools = [
        PoolSpec(name="a", nodes=1, devices=[gpus(2)], infiniband_fabric="ib"),
        PoolSpec(name="b", nodes=1, devices=[gpus(1)], infiniband_fabric="ib"),
    ]
    apart = [replace(pool, infiniband_fabric=None) for pool in pools]

    joined = a_problem(a_fleet(ClusterSpec(pools=pools)), [pair])
    assert (0, 2) == tiers(joined, "shortfall", "distance")
    assert (1,) == tiers(a_problem(a_fleet(ClusterSpec(pools=apart)), [pair]), "shortfall")


def test_existing_nodes_come_before_expected_ones() -> None:
    fleet = a_fleet(one_pool(1, 1, expected=2))

    assert (0, 1, 3) == tiers(a_problem(fleet, [a_deployment(2)]), "shortfall", "expected", "canonical")


def test_a_higher_priority_takes_the_place_of_a_lower_one() -> None:
    low = a_deployment(1, name="low")
    high = a_deployment(1, name="high", priority=1)
    problem = a_problem(a_fleet(one_pool(1, 1)), [low, high], [a_replica(low, nodes=["default/0"])])
    never = replace(problem, policy=Policy(preemption=Preemption.NEVER))

    names = ("shortfall[1]", "shortfall[0]", "evictions")
    assert (0, 1, 1) == tiers(problem, *names)
    assert (1, 0, 0) == tiers(never, *names)


def test_an_equal_priority_takes_nothing() -> None:
    """One large replica stays although two small ones would fit in its place; a budget moves, it gives nothing up."""
    large = a_deployment(1, an_engine(Member(requests=(a_request(2),))), name="large")
    small = a_deployment(2, name="small")
    problem = a_problem(a_fleet(one_pool(1, 2)), [large, small], [a_replica(large, nodes=["default/0"])])

    assert (2, 0) == tiers(problem, "shortfall", "evictions")
    assert (2, 0) == tiers(replace(problem, policy=Policy(eviction_budget=1)), "shortfall", "evictions")


def test_scaling_down_takes_the_one_that_is_not_ready() -> None:
    model = a_deployment(1)
    replicas = [
        a_replica(model, index=0, nodes=["default/0"], health=Health.NOT_READY),
        a_replica(model, index=1, nodes=["default/1"], health=Health.READY),
    ]
    problem = a_problem(deployments=[model], replicas=replicas)

    assert (0, 0, 1, 2) == tiers(problem, "shortfall", "evictions", "evictions[not ready]", "canonical")


def test_a_quota_and_a_required_spread_hold() -> None:
    quota = Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=2),))
    fleet = a_fleet(one_pool(1, 4))
    skewed = SpreadRule(topology_key="cluster", max_percent=50, mode=SpreadMode.REQUIRED)

    assert (1,) == tiers(a_problem(fleet, [a_deployment(3)], policy=quota), "shortfall")
    assert (2,) == tiers(a_problem(fleet, [a_deployment(4, spread=(skewed,))]), "shortfall")


def test_locality_comes_before_price_and_price_before_stranded() -> None:
    """The cheap node without the weights loses; between two with them the cheap one wins, stranding more."""
    model = a_deployment(1, cache="weights")
    fleet = a_fleet(
        ClusterSpec(name="a", pools=[PoolSpec(nodes=1, devices=[gpus(4)], price=1)]),
        ClusterSpec(
            name="b",
            pools=[
                PoolSpec(name="cheap", nodes=1, devices=[gpus(4)], price=4_000),
                PoolSpec(name="dear", nodes=1, devices=[gpus(1)], price=2_000),
            ],
        ),
    )
    cache = ModelCache(namespace="ml-team", name="weights", ready_clusters=frozenset({"b"}))
    problem = a_problem(fleet, [model], caches=[cache])

    assert (0, 0, 1_000, 3) == tiers(problem, "shortfall", "locality", "price", "stranded")
    assert (1, 1) == tiers(
        replace(problem, caches=(replace(cache, ready_clusters=frozenset()),)), "locality", "price"
    )


def test_a_pod_with_two_requests_gets_two_devices() -> None:
    """The request that takes anything leaves the large device to the one that needs it."""
    any_one, large = (
        a_request(1, name="any"),
        a_request(1, 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("100Gi")) >= 0'),
    )
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1, devices=[gpus(1), gpus(1, "80Gi", name="b")])]))
    model = a_deployment(2, an_engine(Member(requests=(any_one, large))))

    assert (1, 0) == tiers(a_problem(fleet, [model]), "shortfall", "stranded")


def test_nvlink_is_nearer_than_the_fabric() -> None:
    labels = [{"nvidia.com/gpu.clique": name} for name in ("x", "y", "y")]
    fleet = a_fleet(one_pool(3, 1, labels=labels))

    assert (0, 1, 5) == tiers(
        a_problem(fleet, [a_deployment(1, a_gang(2))]), "shortfall", "distance", "canonical"
    )
