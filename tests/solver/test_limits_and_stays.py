"""Plans under a policy's maxima, replicas that stay after all, and preferences that refuse nothing."""

from dataclasses import replace

from solver.domain.decision import Path
from solver.domain.policy import Policy, TierName, TierPolicy
from solver.domain.workload import Member, SpreadMode, SpreadRule
from solver.place import place
from solver.search.budget import Budget
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)

ZONES = [{"topology.kubernetes.io/zone": zone} for zone in ("z1", "z2")]


def _tiers(*chosen: TierPolicy) -> Policy:
    rest = [TierPolicy(name=name) for name in TierName if name not in {tier.name for tier in chosen}]
    return Policy(tiers=(*chosen, *rest))


def test_pods_kept_on_expected_nodes_count_against_the_maximum_and_stay() -> None:
    """The tier counts what is there, so a limit on it neither evicts nor lets more in."""
    pool = PoolSpec(nodes=1, expected=3, devices=[gpus(8)])
    gang = a_deployment(1, a_gang(2, 8), name="gang")
    high = a_deployment(1, a_gang(2, 8), name="high", priority=1)
    observed = a_replica(gang, nodes=["default/0", "default/1"])
    policy = _tiers(
        TierPolicy(name=TierName.SHORTFALL),
        TierPolicy(name=TierName.EVICTIONS),
        TierPolicy(name=TierName.EXPECTED, maximum=2),
    )

    decision = place(a_problem(a_fleet(ClusterSpec(pools=[pool])), [gang, high], [observed], policy=policy))

    (expected,) = [tier for tier in decision.tiers if tier.name == "expected"]
    assert ((), Path.NODES) == (decision.record.violations, decision.path)
    assert 2 >= expected.value
    assert expected.is_closed


def test_a_plan_comes_out_even_where_greedy_passes_a_maximum() -> None:
    """With no time for the solver and a greedy plan that the audit refuses, nothing new is still a plan."""
    policy = _tiers(
        TierPolicy(name=TierName.SHORTFALL),
        TierPolicy(name=TierName.EVICTIONS),
        TierPolicy(name=TierName.EXPECTED),
        TierPolicy(name=TierName.SPREAD, maximum=0),
    )
    problem = a_problem(deployments=[a_deployment(2)], policy=policy)

    decision = place(problem, Budget(deterministic_seconds=1e-9))

    assert 0 == next(tier.value for tier in decision.tiers if tier.name == "spread")


def test_a_replica_that_fits_once_another_has_left_stays_where_it_is() -> None:
    """Nobody is restarted on the very nodes it had."""
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1, devices=[gpus(8)])]))
    leaver = a_deployment(1, an_engine(Member(requests=(a_request(4),))), name="a")
    before = a_deployment(1, an_engine(Member(requests=(a_request(4),))), name="b")
    grown = replace(before, engines=(an_engine(Member(requests=(a_request(6),))),))
    replicas = [a_replica(leaver, nodes=["default/0"]), a_replica(before, nodes=["default/0"])]

    plan = place(a_problem(fleet, [replace(leaver, replicas=0), grown], replicas)).plan

    assert ["b"] == [keep.replica.deployment.name for keep in plan.keeps]
    assert () == plan.creates


def test_a_preferred_zone_spread_refuses_nothing() -> None:
    """A gang that fits only over two zones is placed, and counts in the zone of its leader."""
    rule = SpreadRule(topology_key="zone", max_skew=1, mode=SpreadMode.PREFERRED)
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(labels=ZONES)]))

    decision = place(a_problem(fleet, [a_deployment(1, a_gang(2), spread=(rule,))]))

    assert () == decision.plan.shortfalls
    assert all(tier.is_closed for tier in decision.tiers)


def test_a_required_zone_spread_keeps_a_replica_inside_one_zone() -> None:
    rule = SpreadRule(topology_key="zone", max_skew=1, mode=SpreadMode.REQUIRED)
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(labels=ZONES)]))

    assert 1 == len(place(a_problem(fleet, [a_deployment(1, a_gang(2), spread=(rule,))])).plan.shortfalls)
