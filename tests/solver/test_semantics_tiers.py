"""Section 3 of semantics.md: shortfall, expected nodes, and the order of the tiers."""

from dataclasses import replace

import pytest

from solver.domain.policy import DEFAULT_TIERS, Policy, Quota, ShortfallUnit, TierName
from solver.domain.workload import SpreadRule
from tests.builders import GPU_CLASS, ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica, gpus
from tests.solver.outcomes import decided, evicted, kept, missing, nodes, pools, running, tier
from tests.solver.semantics import _clusters, _fleet, _quota, _takes, _tiers

# --- shortfall ---


def test_the_higher_priority_is_placed_although_more_of_the_lower_would_fit() -> None:
    """One replica of priority 1 beats two of priority 0."""
    high, low = _takes(2, name="high", priority=1), _takes(1, 2, name="low")

    decision = decided(a_problem(_fleet(PoolSpec(nodes=1, devices=(gpus(2),))), [high, low]))

    assert {"ml-team/low": 2} == missing(decision.plan)
    assert (0, 2) == (tier(decision, "shortfall[1]"), tier(decision, "shortfall[0]"))


@pytest.mark.parametrize(
    ("unit", "short"),
    [(ShortfallUnit.REPLICAS, {"ml-team/large": 1}), (ShortfallUnit.DEVICES, {"ml-team/small": 2})],
)
def test_the_policy_says_what_a_missing_replica_counts(unit: ShortfallUnit, short: dict[str, int]) -> None:
    """Of a node with 4 devices: two replicas of 1, or one of 4."""
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(4),)))
    problem = a_problem(
        fleet,
        [_takes(4, name="large"), _takes(1, 2, name="small")],
        policy=Policy(shortfall_unit=unit),
    )

    assert short == missing(decided(problem).plan)


def test_nothing_is_wanted_of_zero_replicas() -> None:
    """Scale to zero leaves nothing and is not short."""
    deployment = a_deployment(0)

    plan = decided(a_problem(deployments=[deployment], replicas=[a_replica(deployment)])).plan

    assert ([("cluster-a/0", "ScaleDown")], {}) == (evicted(plan), missing(plan))


# --- expected ---


def test_expected_nodes_are_used_only_after_what_exists() -> None:
    """They may never come; they are used for what does not fit otherwise, and last in order."""
    fleet = _fleet(PoolSpec(name="a", nodes=0, expected=2), PoolSpec(name="b", nodes=1))

    decision = decided(a_problem(fleet, [a_deployment(2)]))

    assert {"cluster-a/0": ["a"], "cluster-a/1": ["b"]} == pools(decision.plan)
    marks = {
        slot.node_pool.name: (slot.is_expected, slot.order) for c in decision.plan.creates for slot in c.slots
    }
    assert {"a": (True, 2), "b": (False, 1)} == marks
    assert 1 == tier(decision, "expected")


def test_existing_nodes_come_before_an_even_spread() -> None:
    """The expected tier is ahead of spread."""
    growing = ClusterSpec(name="cluster-b", pools=(PoolSpec(nodes=0, expected=2),))

    plan = decided(a_problem(a_fleet(ClusterSpec(), growing), [a_deployment(2)])).plan

    assert ["cluster-a/0", "cluster-a/1"] == running(plan)


def test_a_policy_may_rule_expected_nodes_out() -> None:
    """A maximum of 0 pods on nodes that do not exist."""
    fleet = _fleet(PoolSpec(nodes=1, expected=2))
    policy = Policy(tiers=_tiers(expected=0))

    decision = decided(a_problem(fleet, [a_deployment(3)], policy=policy))

    assert (["cluster-a/0"], {"ml-team/my-model": 2}) == (running(decision.plan), missing(decision.plan))


def test_a_maximum_never_makes_an_error_of_what_runs() -> None:
    """What is observed may pass it; nothing new is added to that."""
    deployment = a_deployment(2)
    replicas = [a_replica(deployment, index=index) for index in (0, 1)]
    policy = Policy(tiers=_tiers(spread=0))

    plan = decided(a_problem(deployments=[deployment], replicas=replicas, policy=policy)).plan

    assert ["cluster-a/0", "cluster-a/1"] == kept(plan)


# --- the policy's order ---


def test_tiers_count_in_the_order_of_the_policy() -> None:
    """Price ahead of spread puts both on the cheap cluster."""
    cheap = ClusterSpec(pools=(PoolSpec(price=1_000_000),))
    dear = ClusterSpec(name="cluster-b", pools=(PoolSpec(price=9_000_000),))
    rest = [name for name in TierName if name not in (TierName.SHORTFALL, TierName.PRICE)]
    order = (TierName.SHORTFALL, TierName.PRICE, *rest)
    policy = Policy(tiers=_tiers(*order))

    decision = decided(a_problem(a_fleet(cheap, dear), [a_deployment(2)], policy=policy))

    assert ["cluster-a/0", "cluster-a/1"] == running(decision.plan)
    assert [name.value for name in order] == [result.name for result in decision.tiers]


def test_a_tier_that_is_off_is_left_out() -> None:
    """It neither counts nor is reported."""
    policy = Policy(tiers=tuple(tier for tier in DEFAULT_TIERS if tier.name is not TierName.SPREAD))

    decision = decided(a_problem(_clusters(a=2, b=2), [a_deployment(2)], policy=policy))

    assert "spread" not in [result.name for result in decision.tiers]
    assert ["cluster-a/0", "cluster-a/1"] == running(decision.plan)


def test_no_eviction_at_all_if_evictions_come_first() -> None:
    """A policy may put what runs above everything."""
    low, high = a_deployment(name="low"), a_deployment(name="high", priority=1)
    order = (TierName.EVICTIONS, *(name for name in TierName if name is not TierName.EVICTIONS))
    problem = a_problem(_clusters(a=1), [low, high], [a_replica(low)], policy=Policy(tiers=_tiers(*order)))

    assert {"ml-team/high": 1} == missing(decided(problem).plan)


def test_nothing_on_expected_nodes_if_they_come_first() -> None:
    """A policy may put not to wait for nodes above placing."""
    order = (TierName.EXPECTED, *(name for name in TierName if name is not TierName.EXPECTED))
    problem = a_problem(
        _fleet(PoolSpec(nodes=1, expected=1)), [a_deployment(2)], policy=Policy(tiers=_tiers(*order))
    )

    assert ["cluster-a/0"] == running(decided(problem).plan)


def test_price_ahead_of_the_shortfall_does_not_evict_what_runs() -> None:
    """Whatever the order, running work goes only for the reasons that section 2 names."""
    low, high = a_deployment(name="low"), a_deployment(name="high", priority=1)
    order = (TierName.PRICE, *(name for name in TierName if name is not TierName.PRICE))
    problem = a_problem(_clusters(a=2), [low, high], [a_replica(low)], policy=Policy(tiers=_tiers(*order)))

    assert ["cluster-a/0"] == kept(decided(problem).plan)


def test_the_same_input_in_any_order_gives_the_same_decision() -> None:
    """Same input, same bytes."""
    low, high = a_deployment(2, name="low"), a_deployment(2, name="high", priority=1)
    replicas = [a_replica(low, index=index) for index in (0, 1)]
    quotas = (*_quota(5).quotas, Quota(namespace="a", device_class=GPU_CLASS, devices=1))
    one = a_problem(_clusters(a=2, b=2), [low, high], replicas, policy=Policy(quotas=quotas))
    other = a_problem(_clusters(b=2, a=2), [high, low], replicas[::-1], policy=Policy(quotas=quotas[::-1]))

    assert decided(one) == decided(other)


def test_a_decision_that_came_true_is_kept_as_it_is() -> None:
    """Asked again, nothing moves."""
    deployment = a_deployment(3)
    fleet = _clusters(a=2, b=2)
    first = decided(a_problem(fleet, [deployment])).plan
    observed = [
        a_replica(
            deployment,
            create.replica.cluster,
            create.replica.index,
            nodes=[slot.node.name for slot in create.slots if slot.node],
        )
        for create in first.creates
    ]

    second = decided(a_problem(fleet, [deployment], observed)).plan

    assert (running(first), (), ()) == (kept(second), second.creates, second.evicts)
    assert nodes(first) == nodes(second)


def test_a_moved_replica_may_take_its_share_of_the_domain_with_it() -> None:
    """Three of four on one cluster is too many, but the misfit that moves there was already one of them."""
    rule = SpreadRule(topology_key="cluster", max_percent=50)
    before, after = a_deployment(4, spread=(rule,)), _takes(2, 4, spread=(rule,))
    specs = PoolSpec(name="a", nodes=1, devices=(gpus(2),)), PoolSpec(name="b", nodes=3, devices=(gpus(2),))
    replicas = [
        a_replica(before, index=0, pool="a", nodes=("a/0",)),
        a_replica(before, index=1, pool="a", nodes=("a/0",)),
        a_replica(before, index=2, pool="b", nodes=("b/0",)),
    ]

    plan = decided(a_problem(_fleet(*specs), [replace(after, spread=(rule,))], replicas)).plan

    assert 3 == len(running(plan))
