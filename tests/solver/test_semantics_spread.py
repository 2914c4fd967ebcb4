"""Section 3 of semantics.md: spread over domains, distance and locality."""

import pytest

from solver.domain.policy import Policy
from solver.domain.workload import ModelCache, SpreadMode, SpreadRule
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_gang, a_problem, a_replica, gpus
from tests.solver.outcomes import created, decided, kept, missing, nodes, pools, running, tier
from tests.solver.semantics import _clusters, _fleet

ZONE = "topology.kubernetes.io/zone"


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
