"""Section 3 of semantics.md: price, stranded devices, the choice among equals, and quotas."""

import pytest

from solver.domain.identity import ClusterName, NodePoolKey
from solver.domain.policy import Policy
from tests.builders import PoolSpec, a_deployment, a_problem, a_replica, an_engine, gpus
from tests.solver.outcomes import created, decided, kept, nodes, pools, running, tier
from tests.solver.semantics import _clusters, _fleet, _quota, _takes

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
