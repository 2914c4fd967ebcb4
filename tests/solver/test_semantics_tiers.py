"""Section 3 of semantics.md: each tier, its measure, and what it is traded for."""

from dataclasses import replace

import pytest

from solver.domain.fleet import Fleet
from solver.domain.identity import ClusterName, NodePoolKey
from solver.domain.policy import DEFAULT_TIERS, Policy, Quota, ShortfallUnit, TierName, TierPolicy
from solver.domain.workload import Member, ModelCache, ModelDeployment, SpreadMode, SpreadRule
from tests.builders import (
    GPU_CLASS,
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
from tests.solver.outcomes import (
    created,
    decided,
    evicted,
    kept,
    missing,
    nodes,
    pools,
    running,
    tier,
)

ZONE = "topology.kubernetes.io/zone"


def _fleet(*specs: PoolSpec) -> Fleet:
    return a_fleet(ClusterSpec(pools=specs))


def _clusters(**nodes_of: int) -> Fleet:
    return a_fleet(
        *(ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=n),)) for name, n in nodes_of.items())
    )


def _takes(count: int, replicas: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def _tiers(*names: TierName, **maxima: int) -> tuple[TierPolicy, ...]:
    return tuple(TierPolicy(name=name, maximum=maxima.get(name.value)) for name in names or tuple(TierName))


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


# --- spread ---


def test_replicas_are_spread_over_clusters_before_price() -> None:
    """Without any rule: both clusters, although one is cheaper."""
    cheap = ClusterSpec(pools=(PoolSpec(price=1_000_000),))
    dear = ClusterSpec(name="cluster-b", pools=(PoolSpec(price=9_000_000),))

    decision = decided(a_problem(a_fleet(cheap, dear), [a_deployment(2)]))

    assert ["cluster-a/0", "cluster-b/0"] == running(decision.plan)
    assert (0, 10_000_000) == (tier(decision, "spread"), tier(decision, "price"))


def test_required_skew_over_clusters_forbids_the_third_on_one() -> None:
    """cluster-b is full at 1, so cluster-a takes 2 and no more."""
    rule = SpreadRule(topology_key="cluster", max_skew=1)

    plan = decided(a_problem(_clusters(a=4, b=1), [a_deployment(4, spread=(rule,))])).plan

    assert ["cluster-a/0", "cluster-a/1", "cluster-b/0"] == running(plan)
    assert {"ml-team/my-model": 1} == missing(plan)


def test_required_share_of_one_domain() -> None:
    """Half of four is two; nobody gets less than one."""
    half = SpreadRule(topology_key="cluster", max_percent=50)
    tenth = SpreadRule(topology_key="cluster", max_percent=10)
    fleet = _clusters(a=4, b=1)

    assert 3 == len(running(decided(a_problem(fleet, [a_deployment(4, spread=(half,))])).plan))
    assert 2 == len(running(decided(a_problem(fleet, [a_deployment(4, spread=(tenth,))])).plan))


def test_a_cluster_that_could_never_host_does_not_count_as_empty() -> None:
    """Otherwise the skew to it would refuse everything."""
    rule = SpreadRule(topology_key="cluster", max_skew=1)
    fleet = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b", is_ready=False))

    assert 2 == len(running(decided(a_problem(fleet, [a_deployment(2, spread=(rule,))])).plan))


def test_a_cluster_label_is_a_domain() -> None:
    """Two clusters of one region count together."""
    rule = SpreadRule(topology_key="region", max_skew=1)
    fleet = a_fleet(
        *(
            ClusterSpec(name=f"cluster-{name}", labels={"region": region}, pools=(PoolSpec(nodes=1),))
            for name, region in (("a", "eu"), ("b", "eu"), ("c", "us"))
        ),
        ClusterSpec(name="cluster-d", pools=(PoolSpec(nodes=4),)),
    )

    plan = decided(a_problem(fleet, [a_deployment(4, spread=(rule,))])).plan

    # cluster-d has no region: a place outside every domain takes nothing.
    assert ["cluster-a/0", "cluster-b/0", "cluster-c/0"] == running(plan)


@pytest.mark.parametrize("by", ["node", "pool"])
def test_zones_are_domains(by: str) -> None:
    """From the label of the node, or from a pool that is in one zone."""
    if by == "node":
        zones = ({ZONE: "z1"}, {ZONE: "z1"}, {ZONE: "z1"}, {ZONE: "z2"})
        fleet = _fleet(PoolSpec(nodes=4, labels=zones))
    else:
        fleet = _fleet(PoolSpec(name="a", nodes=3, zones=("z1",)), PoolSpec(name="b", nodes=1, zones=("z2",)))
    rule = SpreadRule(topology_key="zone", max_skew=1)

    plan = decided(a_problem(fleet, [a_deployment(4, spread=(rule,))])).plan

    assert {"ml-team/my-model": 1} == missing(plan)


def test_preferred_spread_gives_way() -> None:
    """It orders plans and forbids none."""
    rule = SpreadRule(topology_key="zone", max_skew=1, mode=SpreadMode.PREFERRED)
    zones = ({ZONE: "z1"}, {ZONE: "z1"}, {ZONE: "z2"})
    fleet = _fleet(PoolSpec(nodes=3, labels=zones))

    two = decided(a_problem(fleet, [a_deployment(2, spread=(rule,))]))
    three = decided(a_problem(fleet, [a_deployment(3, spread=(rule,))]))

    used = sorted(str(node) for found in nodes(two.plan).values() for node in found)
    assert ["default/0", "default/2"] == used
    # One pair in the cluster; three pairs and one in a zone.
    assert (1, 4) == (tier(two, "spread"), tier(three, "spread"))


def test_a_spread_that_is_already_broken_is_made_no_worse() -> None:
    """What runs is no reason to refuse where the new replica makes it better."""
    rule = SpreadRule(topology_key="cluster", max_skew=1)
    deployment = a_deployment(4, spread=(rule,))
    replicas = [a_replica(deployment, index=index) for index in range(3)]

    plan = decided(a_problem(_clusters(a=4, b=4), [deployment], replicas)).plan

    assert (["cluster-b/0"], 3) == (created(plan), len(kept(plan)))


# --- distance, locality ---


def test_distance_comes_before_price() -> None:
    """A gang on one dear node rather than on two cheap ones."""
    near = PoolSpec(name="near", nodes=1, devices=(gpus(2),), price=90_000_000)
    far = PoolSpec(name="far", nodes=2, devices=(gpus(1),), price=1_000_000)

    decision = decided(a_problem(_fleet(near, far), [a_deployment(1, a_gang(2))]))

    assert ({"cluster-a/0": ["near"]}, 0) == (pools(decision.plan), tier(decision, "distance"))


def _cached(policy: Policy) -> list[str]:
    cache = ModelCache(namespace="ml-team", name="weights", ready_clusters=frozenset({"cluster-b"}))
    problem = a_problem(_clusters(a=2, b=2), [a_deployment(cache="weights")], caches=[cache], policy=policy)
    return running(decided(problem).plan)


def test_new_replicas_go_where_their_cache_is_ready() -> None:
    """Unless the policy says that it does not matter."""
    assert ["cluster-b/0"] == _cached(Policy())
    assert ["cluster-a/0"] == _cached(Policy(prefers_ready_caches=False))


def test_the_cache_narrows_the_clusters() -> None:
    """Both selectors must hold, and a contradiction matches nothing."""
    cache = ModelCache(namespace="ml-team", name="weights", cluster_selector={"tier": "gold"})
    gold = ClusterSpec(name="cluster-b", labels={"tier": "gold"})
    fleet = a_fleet(ClusterSpec(), gold)
    silver = a_deployment(cache="weights", cluster_selector={"tier": "silver"})

    agreed = decided(a_problem(fleet, [a_deployment(cache="weights")], caches=[cache]))
    against = decided(a_problem(fleet, [silver], caches=[cache]))

    assert (["cluster-b/0"], []) == (running(agreed.plan), running(against.plan))
    said = {str(r.node_pool): r.detail for r in against.rejections[0].rejected}
    assert "tier must be silver for the deployment and gold for its cache" == said["cluster-b/default"]


# --- price ---


def test_price_is_the_largest_share_of_a_node_rounded_up() -> None:
    """A third of a dollar is 333,334 micro-dollars."""
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(3),), price=1_000_000))

    decision = decided(a_problem(fleet, [a_deployment()]))

    assert 333_334 == tier(decision, "price")
    assert "micro-dollars/h" == next(t.unit for t in decision.tiers if t.name == "price")


def test_the_cheaper_pool_wins_and_the_policy_sets_prices() -> None:
    """An override wins over what the pool says."""
    fleet = _fleet(PoolSpec(name="a", price=2_000_000), PoolSpec(name="b", price=1_000_000))
    override = {NodePoolKey(ClusterName("cluster-a"), "a"): 500_000}

    plain = decided(a_problem(fleet, [a_deployment()]))
    overridden = decided(a_problem(fleet, [a_deployment()], policy=Policy(price_overrides=override)))

    assert ({"cluster-a/0": ["b"]}, 1_000_000) == (pools(plain.plan), tier(plain, "price"))
    assert ({"cluster-a/0": ["a"]}, 500_000) == (pools(overridden.plan), tier(overridden, "price"))


def test_one_eligible_pool_without_a_price_turns_price_into_memory() -> None:
    """Dollars and no dollars cannot be compared; a pool that hosts nothing of ours does not matter."""
    priced, unpriced = PoolSpec(name="a", price=9), PoolSpec(name="b", devices=(gpus(1, "80Gi"),))
    foreign = PoolSpec(name="c", devices=(gpus(1, driver="tpu.google.com", device_class="tpu"),))

    memory = decided(a_problem(_fleet(priced, unpriced), [a_deployment()]))
    dollars = decided(a_problem(_fleet(priced, foreign), [a_deployment()]))

    assert ({"cluster-a/0": ["b"]}, 80 << 30) == (pools(memory.plan), tier(memory, "price"))
    assert 9 == tier(dollars, "price")


# --- stranded, canonical ---


def test_free_devices_on_partly_used_nodes_are_stranded() -> None:
    """A replica goes to the node that is already used, where it strands fewer."""
    foreign = a_replica(a_deployment(name="foreign"), nodes=("default/1",), is_immovable=True)
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(4),)))

    decision = decided(a_problem(fleet, [a_deployment()], [foreign]))

    assert {"cluster-a/0": ["default/1"]} == nodes(decision.plan)
    assert 2 == tier(decision, "stranded")


def test_among_equals_the_first_by_name() -> None:
    """Cluster, then node pool, then node; a later slot costs its rank."""
    decision = decided(a_problem(_clusters(b=2, a=2), [a_deployment()]))

    assert ({"cluster-a/0": ["default/0"]}, 1) == (nodes(decision.plan), tier(decision, "canonical"))


# --- quotas ---


def _quota(devices: int) -> Policy:
    return Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=devices),))


@pytest.mark.parametrize(("devices", "placed"), [(4, 2), (3, 1), (1, 0)])
def test_a_quota_counts_devices_of_a_namespace(devices: int, placed: int) -> None:
    """Two replicas of two devices; another namespace is not charged."""
    fleet = _fleet(PoolSpec(nodes=4, devices=(gpus(2),)))
    problem = a_problem(fleet, [_takes(2, 2), _takes(2, namespace="other-team")], policy=_quota(devices))

    plan = decided(problem).plan

    assert placed == len(running(plan))
    assert 1 == len(running(plan, namespace="other-team"))


def test_a_quota_that_is_already_passed_takes_nothing_new_and_removes_nothing() -> None:
    """No worse than observed."""
    deployment = a_deployment(3)
    replicas = [a_replica(deployment, index=index) for index in (0, 1)]

    plan = decided(a_problem(_fleet(PoolSpec(nodes=4)), [deployment], replicas, policy=_quota(1))).plan

    assert (["cluster-a/0", "cluster-a/1"], []) == (kept(plan), created(plan))


def test_a_quota_holds_for_the_pods_that_a_template_adds() -> None:
    """Of two added copies the quota allows one; the other waits and is not counted."""
    before, after = a_deployment(), a_deployment(1, an_engine(copies=3))
    problem = a_problem(
        _fleet(PoolSpec(nodes=4)), [after], [a_replica(before, nodes=("default/0",))], policy=_quota(2)
    )

    (keep,) = decided(problem).plan.keeps

    assert [False, False, True] == sorted(slot.node is None for slot in keep.slots)


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
