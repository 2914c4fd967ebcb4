"""Section 2 of semantics.md, sentence by sentence: copies, gangs and phases on pools and fabrics."""

from dataclasses import replace

import pytest

from solver.domain.workload import Member, ServingMode
from tests.builders import (
    PoolSpec,
    a_deployment,
    a_gang,
    a_pair,
    a_problem,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import decided, missing, nodes, pools, running, tier
from tests.solver.semantics import _fleet, _pair_of

# --- pods, copies, fabrics ---


def test_all_copies_of_a_member_use_one_node_pool() -> None:
    """The published ModelReplica records one pool, so two half-full pools do not make one replica."""
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1))

    assert {"ml-team/my-model": 1} == missing(
        decided(a_problem(fleet, [a_deployment(1, an_engine(copies=2))])).plan
    )


def test_all_pods_of_a_member_get_one_device_class() -> None:
    """The published ModelReplica records one class for each request."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(1), gpus(1, device_class="other"))))
    problem = a_problem(fleet, [a_deployment(1, an_engine(copies=2))])

    (create,) = decided(problem).plan.creates

    assert 1 == len({devices.device_class for slot in create.slots for devices in slot.devices})


def test_different_engines_may_use_different_pools() -> None:
    """They share only the cluster."""
    big = an_engine(Member(requests=(a_request(1, at_least("141Gi")),)), name="big")
    small = an_engine(name="small")
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1, devices=(gpus(1, "80Gi"),)))

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(fleet, [a_deployment(1, big, small)])).plan)


def test_pods_copies_and_phases_may_share_a_node() -> None:
    """A node is not taken as a whole."""
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(8),)))

    assert {"cluster-a/0": ["default/0"] * 4} == nodes(
        decided(a_problem(fleet, [a_deployment(1, a_gang(2, copies=2))])).plan
    )
    assert {"cluster-a/0": ["default/0"] * 2} == nodes(decided(a_problem(fleet, [_pair_of(4, 4)])).plan)


def test_a_gang_stays_in_one_domain_of_the_label() -> None:
    """Two nodes on different racks are not full speed, though they are one pool."""
    rack = {"rack": "1"}, {"rack": "2"}
    fleet = _fleet(PoolSpec(nodes=2, domain_label="rack", labels=rack))

    assert [] == running(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan)


def test_a_gang_picks_the_rack_that_holds_it() -> None:
    """One rack has two nodes, the other one."""
    racks = ({"rack": "1"}, {"rack": "2"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=3, domain_label="rack", labels=racks))

    (found,) = nodes(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan).values()
    assert {"default/1", "default/2"} == set(found)


def test_a_node_without_the_domain_label_is_a_domain_of_its_own() -> None:
    """Nothing is known of its links."""
    fleet = _fleet(PoolSpec(nodes=2, domain_label="rack"))

    assert [] == running(decided(a_problem(fleet, [a_deployment(1, a_gang(2))])).plan)


def test_each_copy_of_a_gang_may_lie_on_its_own_fabric() -> None:
    """Only the pods of one copy talk at full speed."""
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=4, domain_label="rack", labels=racks))

    decision = decided(a_problem(fleet, [a_deployment(1, a_gang(2, copies=2))]))

    (create,) = decision.plan.creates
    by_copy = [{slot.node.name for slot in create.slots if slot.node and slot.copy == c} for c in (0, 1)]
    assert [{"default/0", "default/1"}, {"default/2", "default/3"}] == sorted(by_copy, key=sorted)
    assert 3 == tier(decision, "distance")


def test_pools_that_share_a_domain_label_and_value_are_one_fabric() -> None:
    """Prefill in one pool and decode in the other talk at full speed."""
    first = PoolSpec(name="a", nodes=1, domain_label="rack", labels=({"rack": "1"},))
    second = replace(first, name="b")
    other_rack = replace(second, labels=({"rack": "2"},))

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(_fleet(first, second), [_pair_of()])).plan)
    assert {} == pools(decided(a_problem(_fleet(first, other_rack), [_pair_of()])).plan)


def test_pools_of_one_infiniband_fabric_are_one_fabric() -> None:
    """That is what the fabric says."""
    first = PoolSpec(name="a", nodes=1, infiniband_fabric="ib-1")
    same, other = replace(first, name="b"), PoolSpec(name="b", nodes=1, infiniband_fabric="ib-2")

    assert {"cluster-a/0": ["a", "b"]} == pools(decided(a_problem(_fleet(first, same), [_pair_of()])).plan)
    assert {} == pools(decided(a_problem(_fleet(first, other), [_pair_of()])).plan)


def test_pools_without_a_fabric_are_separate() -> None:
    """Undeclared means separate, even on one cluster."""
    fleet = _fleet(PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1))

    assert {} == pools(decided(a_problem(fleet, [_pair_of()])).plan)


def test_all_copies_of_both_phases_lie_on_one_fabric() -> None:
    """The key-value cache travels between any two of them."""
    prefill, decode = a_pair(1, 1)
    two_copies = a_deployment(1, prefill, replace(decode, copies=2), serving_mode=ServingMode.PREFILL_DECODE)
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"})
    fleet = _fleet(PoolSpec(nodes=3, domain_label="rack", labels=racks))

    assert [] == running(decided(a_problem(fleet, [two_copies])).plan)


@pytest.mark.parametrize(
    ("labels", "level"),
    [
        (({},), 2),
        (({"nvidia.com/gpu.clique": "1"}, {}, {"nvidia.com/gpu.clique": "1"}), 1),
    ],
    ids=["fabric", "nvlink"],
)
def test_phases_are_joined_as_near_as_is_free(labels: tuple[dict[str, str], ...], level: int) -> None:
    """An NVLink domain is nearer than the fabric; one node is not to be had."""
    fleet = _fleet(PoolSpec(nodes=3, labels=labels))

    decision = decided(a_problem(fleet, [_pair_of()]))

    assert level == tier(decision, "distance")
    if level == 1:
        (found,) = nodes(decision.plan).values()
        assert {"default/0", "default/2"} == set(found)


def test_phases_share_a_node_if_one_has_room() -> None:
    """Distance 0."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(2),)))

    assert 0 == tier(decided(a_problem(fleet, [_pair_of()])), "distance")


def test_nearness_does_not_cost_a_replica() -> None:
    """Distance comes after the shortfall: of two pairs on nodes of 3, the second is split."""
    fleet = _fleet(PoolSpec(nodes=2, devices=(gpus(3),)))

    decision = decided(a_problem(fleet, [_pair_of(2, 1, replicas=2)]))

    assert ["cluster-a/0", "cluster-a/1"] == running(decision.plan)
    assert 0 == tier(decision, "distance")
