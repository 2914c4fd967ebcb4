"""Parts, shares, taints, alternatives, All and admin access, one case each, small enough to check by hand."""

from dataclasses import replace

import pytest

from solver.audit import violations
from solver.domain.claim import ClaimConstraint
from solver.domain.decision import Decision, Path
from solver.domain.device_taint import DeviceTaint
from solver.domain.device_terms import DeviceTerms
from solver.domain.explanation import PoolRejection, Reason
from solver.domain.fleet import Fleet
from solver.domain.identity import Driver
from solver.domain.kubernetes import Release
from solver.domain.plan import EvictionReason
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import Replica
from solver.domain.resource_slice import RequestPolicy
from solver.domain.workload import DeviceRequest, ModelDeployment
from solver.matching.survey import Survey
from solver.place import place
from tests.builders import GPU_CLASS, a_problem
from tests.partitions import (
    POOL,
    Published,
    a_part,
    a_partitionable_gpu,
    a_published_fleet,
    a_shared_device,
    counters_of,
    whole_gpus,
)
from tests.properties.changes import fixed, one_more
from tests.solver.special.claims import (
    PCIE_ROOT,
    SICK,
    TOLERATES_SICK,
    claiming,
    devices_of,
    first_of,
    memory,
    nodes_of,
    plain,
    rejected,
    running,
    short,
    tier,
    with_attribute,
    with_lists,
)


def decided(
    fleet: Fleet,
    *deployments: ModelDeployment,
    replicas: tuple[Replica, ...] = (),
    policy: Policy | None = None,
) -> tuple[Problem, Decision]:
    """The problem and its decision, which is exact, sound and proven in all that it places."""
    problem = a_problem(fleet, deployments, replicas, policy=policy)
    decision = place(problem)
    assert () == decision.record.violations
    assert () == violations(Survey(problem), decision.plan)
    assert Path.NODES is decision.path
    return problem, decision


ONE_GPU = a_published_fleet(a_partitionable_gpu(0), counters=counters_of(1))
TWO_GPUS = a_published_fleet([*a_partitionable_gpu(0), *a_partitionable_gpu(1)], counters=counters_of(2))


# Parts.


def test_a_gpu_is_given_whole_or_in_parts() -> None:
    """The counters of one GPU serve a whole one or its parts, never both: what comes first by priority has it."""
    whole, part = claiming("whole", whole_gpus(), priority=1), claiming("part", a_part("1g"), replicas=2)
    _, decision = decided(ONE_GPU, whole, part)

    assert {"part": 2} == short(decision)


def test_seven_parts_of_one_slice_fit_on_a_gpu_of_seven() -> None:
    """A seventh of a device is no whole number of thousandths; rounding must not cost a part."""
    _, decision = decided(ONE_GPU, claiming("part", a_part("1g"), replicas=8))

    assert {"part": 1} == short(decision)


def test_large_parts_leave_no_slice_for_small_ones() -> None:
    """Placements of three and four slices take all seven; what is counted is slices, not devices."""
    large, small = claiming("large", a_part("3g"), replicas=2, priority=1), claiming("small", a_part("1g"))
    _, decision = decided(ONE_GPU, large, small)

    assert {"small": 1} == short(decision)


def test_a_broken_gpu_is_used_up_before_a_whole_one_is_broken() -> None:
    """Only where the parts come from the GPU that is broken already is there a whole one left on the node."""
    part = claiming("part", a_part("1g"), replicas=3)
    problem, decision = decided(TWO_GPUS, part, claiming("whole", whole_gpus()))
    parts = {
        text.split("-mig")[0] for devices in devices_of(problem, decision.plan, "part") for text in devices
    }

    assert {} == short(decision)
    assert 1 == len(parts)


def test_parts_go_to_the_node_that_is_broken_already() -> None:
    """A part of a GPU nobody uses strands the rest of that node; beside other parts it strands nothing new."""
    fleet = a_published_fleet(*([*a_partitionable_gpu(0)] for _ in range(2)), counters=counters_of(1))
    first = claiming("first", a_part("1g"))
    before = running(fleet, first)
    _, decision = decided(fleet, first, claiming("more", a_part("1g"), replicas=2), replicas=before)

    assert nodes_of(decision.plan, "first") * 2 == nodes_of(decision.plan, "more")


def test_a_part_costs_its_share_of_the_node() -> None:
    """A node of one GPU at $7 an hour: a part of one slice of seven costs a dollar, up to rounding to thousandths."""
    _, decision = decided(
        ONE_GPU, claiming("part", a_part("1g")), policy=Policy(price_overrides={POOL: 7_000_000})
    )

    assert 990_000 <= tier(decision, "price") <= 1_010_000


def test_what_others_hold_of_a_gpu_is_gone() -> None:
    """A whole GPU that a foreign claim holds leaves no slice; a part that it holds leaves six."""
    whole = a_partitionable_gpu(0, in_use=True)
    _, none_left = decided(a_published_fleet(whole, counters=counters_of(1)), claiming("part", a_part("1g")))
    part = a_partitionable_gpu(0)
    part[1] = Published(name=part[1].name, attributes=part[1].attributes, terms=part[1].terms, in_use=True)
    _, six_left = decided(
        a_published_fleet(part, counters=counters_of(1)), claiming("part", a_part("1g"), replicas=7)
    )

    assert {"part": 1} == short(none_left)
    assert {"part": 1} == short(six_left)


@pytest.mark.parametrize("release", [Release.V1_34, Release.V1_35])
def test_parts_are_not_offered_where_the_gate_is_off(release: Release) -> None:
    """Before 1.36 schedulers skip such devices unless told otherwise; a plan that counts on them is never carried out."""
    fleet = a_published_fleet(a_partitionable_gpu(0, ("1g",)), counters=counters_of(1), release=release)
    _, decision = decided(fleet, claiming("part", a_part("1g")))

    assert {"part": 1} == short(decision)
    assert (
        "8 devices offer nothing: each consumes shared counters, and its cluster has DRAPartitionableDevices off"
        in decision.notes
    )


# Kept, preempted, moved.


def test_kept_replicas_keep_the_rows_that_they_hold() -> None:
    """Claims are not allocated anew: the part that a replica holds is its part, and the others fit around it."""
    part = claiming("part", a_part("3g"))
    before = running(ONE_GPU, part)
    held = before[0].slots[0].devices
    problem, decision = decided(ONE_GPU, part, claiming("more", a_part("3g")), replicas=before)
    rows = [
        row for keep in decision.plan.keeps for slot in keep.slots for d in slot.devices for row in d.rows
    ]
    new = [row for c in decision.plan.creates for slot in c.slots for d in slot.devices for row in d.rows]

    assert list(held) == rows
    assert {} == short(decision)
    assert not set(held) & set(new)
    assert problem.replicas == before


def test_a_preempted_part_frees_its_slices() -> None:
    """A whole GPU of higher priority takes the place of a part, which is the only thing in its way."""
    part = claiming("part", a_part("1g"))
    before = running(ONE_GPU, part)
    _, decision = decided(ONE_GPU, part, claiming("whole", whole_gpus(), priority=5), replicas=before)

    assert [EvictionReason.PREEMPTED] == [evict.reason for evict in decision.plan.evicts]
    assert {"part": 1} == short(decision)


def test_no_more_parts_are_preempted_than_are_in_the_way() -> None:
    """Four slices are needed and four are held by parts of one slice each: the other three parts stay."""
    part = claiming("part", a_part("1g"), replicas=7)
    before = running(ONE_GPU, part)
    _, decision = decided(ONE_GPU, part, claiming("large", a_part("3g"), priority=5), replicas=before)

    assert 3 == len(decision.plan.evicts)
    assert {"part": 3} == short(decision)


def test_a_part_of_equal_priority_is_not_preempted() -> None:
    """Nobody's place is taken for a replica that is worth no more."""
    part = claiming("part", a_part("1g"))
    before = running(ONE_GPU, part)
    _, decision = decided(ONE_GPU, part, claiming("whole", whole_gpus()), replicas=before)

    assert () == decision.plan.evicts
    assert {"whole": 1} == short(decision)


def test_fixes_for_parts_work() -> None:
    """A node more, or a part moved, is only offered after it was solved with; the fix is applied and tried here."""
    fleet = a_published_fleet(
        a_partitionable_gpu(0), a_partitionable_gpu(0, ("1g",))[1:], counters=counters_of(1)
    )
    part = claiming("part", a_part("1g"))
    before = running(ONE_GPU, part)
    problem, decision = decided(fleet, part, claiming("whole", whole_gpus()), replicas=before)

    assert {"whole": 1} == short(decision)
    assert ["MoveReplica", "AddNode"] == [fix.change for fix in decision.fixes]
    moved = fixed(one_more(problem, decision.plan, decision.fixes[0].deployment), decision.fixes[0])
    assert () == place(moved).plan.shortfalls


def test_a_conflict_over_parts_names_the_node_pool() -> None:
    """The rule in the way is what the devices of the pool have left, and the conflict cannot be smaller."""
    _, decision = decided(ONE_GPU, claiming("part", a_part("1g"), replicas=8))
    (conflict,) = decision.conflicts

    assert conflict.is_minimal
    assert {(Reason.INSUFFICIENT_FREE_CAPACITY, str(POOL))} == {
        (m.reason, m.subject) for m in conflict.members
    }


# Shares.


def test_shares_fill_a_device_and_the_next_goes_to_another_node() -> None:
    """Two of three eighths fit beside each other on eight; the third does not, whatever counts of devices say."""
    fleet = a_published_fleet([a_shared_device("share", "8")], [a_shared_device("share", "8")])
    _, decision = decided(fleet, claiming("model", memory(3), replicas=3))

    assert ["n0", "n0", "n1"] == nodes_of(decision.plan, "model")


def test_shares_that_others_hold_are_gone() -> None:
    """Six of eight are taken by a foreign claim: what asks for three goes elsewhere, what asks for two stays."""
    taken = Published(
        name="share",
        capacity={"memory": "8"},
        terms=DeviceTerms(is_shared=True),
        consumed={"memory": Quantity.of(6)},
    )
    fleet = a_published_fleet([taken])
    _, three = decided(fleet, claiming("model", memory(3)))
    _, two = decided(fleet, claiming("model", memory(2)))

    assert {"model": 1} == short(three)
    assert {} == short(two)


def test_what_is_not_asked_for_is_taken_in_full() -> None:
    """Without a policy a request that names no amount takes all of a capacity, so two do not share."""
    fleet = a_published_fleet([a_shared_device("share", "8")])
    _, decision = decided(fleet, claiming("model", DeviceRequest(name="share"), replicas=2))

    assert {"model": 1} == short(decision)


@pytest.mark.parametrize(
    ("policy", "asked", "fitting"),
    [
        # Five is rounded up to six of eight, a second six does not fit.
        (RequestPolicy(minimum=Quantity.of(2), step=Quantity.of(2)), 5, 1),
        # Three is rounded up to four: two fit.
        (RequestPolicy(minimum=Quantity.of(2), step=Quantity.of(2)), 3, 2),
        # One is below the minimum of two: four fit.
        (RequestPolicy(minimum=Quantity.of(2)), 1, 4),
        # The next valid value of two is four: two fit.
        (RequestPolicy(valid_values=(Quantity.of(1), Quantity.of(4), Quantity.of(8))), 2, 2),
        # Nine is above all valid values.
        (RequestPolicy(valid_values=(Quantity.of(1), Quantity.of(4))), 5, 0),
        # Three is over the maximum.
        (RequestPolicy(minimum=Quantity.of(1), maximum=Quantity.of(2)), 3, 0),
    ],
)
def test_policies_round_amounts_up(policy: RequestPolicy, asked: int, fitting: int) -> None:
    """What a request takes is what the device's policy makes of it, not what it asks for."""
    fleet = a_published_fleet([a_shared_device("share", "8", policy)])
    _, decision = decided(fleet, claiming("model", memory(asked), replicas=5))

    assert {"model": 5 - fitting} == short(decision)


def test_a_default_stands_for_what_is_not_asked_for() -> None:
    """Four requests without an amount share eight where the default is two."""
    policy = RequestPolicy(default=Quantity.of(2), minimum=Quantity.of(1))
    fleet = a_published_fleet([a_shared_device("share", "8", policy)])
    _, decision = decided(fleet, claiming("model", DeviceRequest(name="share"), replicas=5))

    assert {"model": 1} == short(decision)


def test_what_a_kept_share_holds_is_proven_in_every_tier() -> None:
    """The model and the measures must agree on what a part of a device is, or a small fleet stays unproven."""
    fleet = a_published_fleet([a_shared_device("share", "8")])
    model = claiming("model", memory(2))
    _, decision = decided(fleet, model, replicas=running(fleet, model))

    assert [] == [each for each in decision.tiers if not each.is_closed]


def test_what_a_kept_claim_holds_is_proven_in_every_tier() -> None:
    """A request for any device was given the whole GPU: nothing of it is stranded any more."""
    model = claiming("model", DeviceRequest(name="any"))
    before = running(ONE_GPU, model)
    _, decision = decided(ONE_GPU, model, replicas=before)

    assert ((0,),) == tuple(slot.devices for slot in before[0].slots)
    assert 0 == tier(decision, "stranded")
    assert [] == [each for each in decision.tiers if not each.is_closed]


# Shows a bug: the model charges two devices with the part that a share would be; the tier is not proven.
def test_what_is_held_beside_shared_devices_is_proven_in_every_tier() -> None:
    """A request that a shared device elsewhere would serve too holds whole ones here."""
    fleet = a_published_fleet(
        [plain("gpu-0"), plain("gpu-1"), plain("gpu-2")], [a_shared_device("share", "8")]
    )
    model = claiming("model", DeviceRequest(name="any", count=2))
    _, decision = decided(fleet, model, replicas=running(fleet, model))

    assert ["n0"] == nodes_of(decision.plan, "model")
    assert 1000 == tier(decision, "stranded")
    assert [] == [each for each in decision.tiers if not each.is_closed]


# Taints.


def test_an_untolerated_device_taint_is_named() -> None:
    """The user learns which taint it is, and that nothing else is wrong."""
    tainted = Published(name="gpu-0", terms=DeviceTerms(taints=(SICK,)))
    _, decision = decided(a_published_fleet([tainted]), claiming("model", DeviceRequest(name="gpu")))

    assert [
        PoolRejection(
            node_pool=POOL,
            reason=Reason.DEVICE_SELECTOR_NOT_MATCHED,
            detail="gpu: untolerated device taint sick:NoSchedule",
        )
    ] == rejected(decision)
    assert "1 device offers nothing: each has a taint that no request tolerates" in decision.notes


def test_a_tolerated_device_is_used() -> None:
    """A toleration of the request opens the device to it, and to it alone."""
    tainted = Published(name="gpu-0", terms=DeviceTerms(taints=(SICK,)))
    tolerant = DeviceRequest(name="gpu", tolerations=(TOLERATES_SICK,))
    _, decision = decided(
        a_published_fleet([tainted]),
        claiming("tolerant", tolerant),
        claiming("other", DeviceRequest(name="gpu"), priority=1),
    )

    assert {"other": 1} == short(decision)


def test_a_taint_without_effect_on_scheduling_repels_nobody() -> None:
    """Effect None is for people to read."""
    noted = Published(name="gpu-0", terms=DeviceTerms(taints=(DeviceTaint(key="noted", effect="None"),)))
    _, decision = decided(a_published_fleet([noted]), claiming("model", DeviceRequest(name="gpu")))

    assert {} == short(decision)


# Alternatives.


def test_the_second_alternative_is_taken_where_the_first_is_used_up() -> None:
    """One big device and one small: the first replica gets what it prefers, the second what is left."""
    fleet = a_published_fleet([plain("big", model="big"), plain("small", model="small")])
    wish = first_of(
        DeviceRequest(name="big", selectors=(with_attribute("model", "big"),)),
        DeviceRequest(name="small", selectors=(with_attribute("model", "small"),)),
    )
    problem, decision = decided(fleet, claiming("model", wish, replicas=2))

    assert [("n0: any/big big",), ("n0: any/small small",)] == devices_of(problem, decision.plan, "model")


def test_an_alternative_that_no_device_satisfies_is_passed_over() -> None:
    """The names in a plan are those of the template: the second alternative is not called by the first one's name."""
    wish = first_of(
        DeviceRequest(name="big", selectors=(with_attribute("model", "big"),)),
        DeviceRequest(name="small", selectors=(with_attribute("model", "small"),)),
    )
    problem, decision = decided(a_published_fleet([plain("small", model="small")]), claiming("model", wish))

    assert [("n0: any/small small",)] == devices_of(problem, decision.plan, "model")


def test_a_smaller_part_stands_in_for_a_larger() -> None:
    """Two placements of three slices are all there are; the third replica takes one of one slice elsewhere."""
    wish = first_of(a_part("3g", name="large"), a_part("1g", name="small"))
    fleet = a_published_fleet(
        a_partitionable_gpu(0), a_partitionable_gpu(0, ("1g",)), counters=counters_of(1)
    )
    _, decision = decided(fleet, claiming("model", wish, replicas=3))

    assert {} == short(decision)


def test_two_alternatives_of_different_size_use_up_a_node() -> None:
    """Three devices: the preferred pair for one replica, a single one for the next."""
    fleet = a_published_fleet([plain(f"gpu-{number}") for number in range(3)])
    wish = first_of(DeviceRequest(name="pair", count=2), DeviceRequest(name="single"))
    _, decision = decided(fleet, claiming("model", wish, replicas=2))

    assert {} == short(decision)


def test_alternatives_count_against_the_quota_with_the_most_they_may_take() -> None:
    """Which alternative it will be is for the allocator to say, so the namespace needs room for the larger."""
    fleet = a_published_fleet([plain(f"gpu-{number}") for number in range(3)])
    wish = first_of(DeviceRequest(name="pair", count=2), DeviceRequest(name="single"))
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=3)
    _, decision = decided(fleet, claiming("model", wish, replicas=2), policy=Policy(quotas=(quota,)))

    assert {"model": 1} == short(decision)


def test_an_alternative_that_takes_all_does_not_keep_others_off_a_node() -> None:
    """The first alternative takes one device, so a node of two serves two replicas."""
    fleet = a_published_fleet([plain("gpu-0"), plain("gpu-1")])
    wish = first_of(DeviceRequest(name="one"), DeviceRequest(name="everything", takes_all=True))
    _, decision = decided(fleet, claiming("model", wish, replicas=2))

    assert {} == short(decision)


# All, and admin access.


def test_all_does_not_fit_beside_a_device_in_use() -> None:
    """All means all that match, also those that others hold: such a node is no place for it."""
    used = Published(name="gpu-1", in_use=True)
    everything = DeviceRequest(name="gpu", takes_all=True)
    _, nowhere = decided(a_published_fleet([plain("gpu-0"), used]), claiming("model", everything))
    _, elsewhere = decided(
        a_published_fleet([plain("gpu-0"), used], [plain("gpu-0"), plain("gpu-1")]),
        claiming("model", everything),
    )

    assert {"model": 1} == short(nowhere)
    assert ["n1"] == nodes_of(elsewhere.plan, "model")


def test_all_takes_every_device_of_the_node() -> None:
    """After it there is nothing left for anybody."""
    everything = DeviceRequest(name="gpu", takes_all=True)
    fleet = a_published_fleet([plain("gpu-0"), plain("gpu-1")])
    problem, decision = decided(
        fleet, claiming("everything", everything, priority=1), claiming("one", DeviceRequest(name="gpu"))
    )

    assert [("n0: gpu gpu-0", "n0: gpu gpu-1")] == devices_of(problem, decision.plan, "everything")
    assert {"one": 1} == short(decision)


def test_all_does_not_leave_out_a_tainted_device() -> None:
    """The allocator takes tainted devices for part of All and then refuses them, so such a node never fits.

    That is known before any plan is made: the pool says it itself, no allocator has to be asked.
    """
    tainted = Published(name="gpu-1", terms=DeviceTerms(taints=(SICK,)))
    _, decision = decided(
        a_published_fleet([plain("gpu-0"), tainted]),
        claiming("model", DeviceRequest(name="gpu", takes_all=True)),
    )

    assert {"model": 1} == short(decision)
    assert Reason.REFUSED_BY_ALLOCATOR is not rejected(decision)[0].reason


def test_all_of_shared_devices_leaves_out_those_without_enough_left() -> None:
    """With consumable capacity All is all that can still give what is taken of each."""
    full = Published(
        name="full",
        capacity={"memory": "8"},
        terms=DeviceTerms(is_shared=True),
        consumed={"memory": Quantity.of(8)},
    )
    problem, decision = decided(
        a_published_fleet([full, a_shared_device("free", "8")]),
        claiming("model", DeviceRequest(name="gpu", takes_all=True)),
    )

    assert [("n0: gpu free",)] == devices_of(problem, decision.plan, "model")


def test_admin_access_takes_nothing_away() -> None:
    """A monitor looks at the one GPU that a model uses, and a second monitor at the same."""
    monitor = DeviceRequest(name="gpu", has_admin_access=True)
    _, decision = decided(
        a_published_fleet([plain("gpu-0")]),
        claiming("model", DeviceRequest(name="gpu")),
        claiming("monitor", monitor, replicas=2),
    )

    assert {} == short(decision)


def test_admin_access_is_to_devices_of_others_too() -> None:
    """What a foreign claim holds is no less to look at."""
    used = Published(name="gpu-0", in_use=True)
    monitor = DeviceRequest(name="gpu", has_admin_access=True)
    _, decision = decided(a_published_fleet([used]), claiming("monitor", monitor))

    assert {} == short(decision)


def test_admin_access_is_proven_in_every_tier() -> None:
    """Monitors fill no node: the model and the measures must agree on what is stranded beside them."""
    node = [plain("gpu-0"), Published(name="gpu-1", in_use=True)]
    monitor = DeviceRequest(name="gpu", has_admin_access=True)
    _, decision = decided(a_published_fleet(node, node), claiming("monitor", monitor, replicas=2))

    assert {} == short(decision)
    assert [] == [each for each in decision.tiers if not each.is_closed]


# Constraints and limits.


def test_a_gpu_and_a_nic_come_from_one_pcie_root() -> None:
    """The pair that shares a root is on one node only, although every node has both devices."""
    nic_driver = Driver("nic.example.com")

    def node(gpu_root: str, nic_root: str) -> list[Published]:
        return [
            Published(name="gpu-0", attributes={PCIE_ROOT: gpu_root}),
            Published(name="nic-0", driver=nic_driver, attributes={PCIE_ROOT: nic_root}),
        ]

    requests = (
        DeviceRequest(name="gpu", selectors=('device.driver == "gpu.nvidia.com"',)),
        DeviceRequest(name="nic", selectors=(f'device.driver == "{nic_driver}"',)),
    )
    joined = ClaimConstraint(requests=("gpu", "nic"), match_attribute=PCIE_ROOT)
    fleet = a_published_fleet(node("r0", "r1"), node("r1", "r1"))
    _, decision = decided(fleet, claiming("model", *requests, constraints=(joined,), replicas=2))

    assert ["n1"] == nodes_of(decision.plan, "model")
    assert {"model": 1} == short(decision)


def test_distinct_attribute_wants_different_values() -> None:
    """Two devices of different parents: a node with one parent only has no such pair."""
    apart = ClaimConstraint(distinct_attribute="gpu.nvidia.com/parent")
    twins = [plain("gpu-0", parent="a"), plain("gpu-1", parent="a")]
    others = [plain("gpu-0", parent="a"), plain("gpu-1", parent="b")]
    _, decision = decided(
        a_published_fleet(twins, others),
        claiming("model", DeviceRequest(name="gpu", count=2), constraints=(apart,)),
    )

    assert ["n1"] == nodes_of(decision.plan, "model")


def test_a_pool_that_is_overdrawn_gives_no_counter_away() -> None:
    """The allocator refuses whatever takes from any counter of the pool; what takes from none is still given."""
    broken = [replace(each, in_use=True) for each in a_partitionable_gpu(0)[:2]]
    plain_gpu = plain("gpu-2", type="gpu")
    fleet = a_published_fleet([*broken, *a_partitionable_gpu(1), plain_gpu], counters=counters_of(2))
    problem, decision = decided(fleet, claiming("model", whole_gpus(), replicas=2))

    assert {"model": 1} == short(decision)
    assert [("n0: gpu gpu-2",)] == devices_of(problem, decision.plan, "model")


def test_nodes_that_publish_different_attributes_are_told_apart() -> None:
    """One node has only the attribute that the first constraint names, the other only that of the second."""
    two = DeviceRequest(name="gpu", count=2)
    same = {
        name: claiming(
            name, two, constraints=(ClaimConstraint(match_attribute=f"gpu.nvidia.com/{attribute}"),)
        )
        for name, attribute in (("a-model", "left"), ("b-model", "right"))
    }
    fleet = a_published_fleet(
        [plain("gpu-0", right="x"), plain("gpu-1", right="x")],
        [plain("gpu-0", left="x"), plain("gpu-1", left="x")],
    )
    _, decision = decided(fleet, *same.values())

    assert {"a-model": ["n1"], "b-model": ["n0"]} == {name: nodes_of(decision.plan, name) for name in same}


@pytest.mark.parametrize(("is_known", "missing"), [(True, {}), (False, {"model": 1})])
def test_a_list_is_a_value_where_the_scheduler_knows_lists(
    *, is_known: bool, missing: dict[str, int]
) -> None:
    """A value matches a list that holds it; a scheduler that knows no lists matches it with nothing."""
    joined = ClaimConstraint(match_attribute="gpu.nvidia.com/root")
    fleet = a_published_fleet([plain("gpu-0", root="x"), plain("gpu-1", root=("x", "y"))])
    _, decision = decided(
        with_lists(fleet) if is_known else fleet,
        claiming("model", DeviceRequest(name="gpu", count=2), constraints=(joined,)),
    )

    assert missing == short(decision)


def test_a_claim_holds_thirty_two_devices() -> None:
    """The limit is the API's, whatever the node has; the sentence says both numbers."""
    fleet = a_published_fleet([plain(f"gpu-{number:02}") for number in range(40)])
    _, most = decided(fleet, claiming("model", DeviceRequest(name="gpu", count=32)))
    _, more = decided(fleet, claiming("model", DeviceRequest(name="gpu", count=33)))

    assert {} == short(most)
    assert [
        PoolRejection(
            node_pool=POOL,
            reason=Reason.INSUFFICIENT_DEVICES,
            detail="a claim holds at most 32 devices, a pod requests 33",
        )
    ] == rejected(more)


def test_the_limit_is_of_a_claim_and_not_of_a_request() -> None:
    """Two requests of one pod add up."""
    fleet = a_published_fleet([plain(f"gpu-{number:02}") for number in range(40)])
    requests = (DeviceRequest(name="a", count=20), DeviceRequest(name="b", count=13))
    _, decision = decided(fleet, claiming("model", *requests))

    assert ["a claim holds at most 32 devices, a pod requests 33"] == [
        each.detail for each in rejected(decision)
    ]
