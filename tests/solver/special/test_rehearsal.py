"""Plans are rehearsed before the allocators of their clusters: first fit, pod by pod, faults included."""

from collections import Counter
from dataclasses import replace

import pytest

from solver.audit import violations
from solver.domain.claim import ClaimConstraint
from solver.domain.decision import Decision
from solver.domain.explanation import PoolRejection, Reason
from solver.domain.fleet import Fleet
from solver.domain.identity import DeploymentKey
from solver.domain.kubernetes import Release
from solver.domain.plan import Slot
from solver.domain.policy import Policy, Quota
from solver.domain.workload import DeviceRequest, ModelDeployment
from solver.matching.survey import Survey
from solver.place import place
from solver.rehearsal import Rehearsals
from solver.search.attempt import attempt
from solver.search.budget import Budget
from tests.builders import GPU_CLASS, a_problem
from tests.partitions import (
    POOL,
    Published,
    a_part,
    a_partitionable_gpu,
    a_published_fleet,
    a_shared_device,
    counters_of,
)
from tests.solver.special.claims import (
    SICK,
    claiming,
    memory,
    nodes_of,
    plain,
    rejected,
    short,
    with_attribute,
)

ANY = DeviceRequest(name="gpu")
ONLY_B = DeviceRequest(name="gpu", selectors=(with_attribute("model", "b"),))
NOTHING_FREE = "nothing that is free satisfies the claims"


def released(decision: Decision) -> list[tuple[str, int, bool]]:
    """Who is released when, and whether that matters."""
    found = [
        (create.replica.deployment.name, slot.order, slot.is_ordered)
        for create in decision.plan.creates
        for slot in create.slots
    ]
    return sorted(found, key=lambda each: each[1])


def slots(decision: Decision, name: str) -> list[Slot]:
    key = DeploymentKey("ml-team", name)
    return [slot for c in decision.plan.creates if c.replica.deployment == key for slot in c.slots]


def decided(fleet: Fleet, *deployments: ModelDeployment) -> Decision:
    """A decision that the audit has nothing against."""
    problem = a_problem(fleet, deployments)
    decision = place(problem)
    assert () == decision.record.violations
    assert () == violations(Survey(problem), decision.plan)
    return decision


# The order of release.


def test_like_pods_come_in_any_order() -> None:
    """Whoever comes first takes the first device, and nobody can tell the difference."""
    decision = decided(a_published_fleet([plain("a"), plain("b")]), claiming("model", ANY, replicas=2))

    assert [("model", 1, False), ("model", 2, False)] == released(decision)


def test_an_order_that_works_is_kept_if_another_would_not() -> None:
    """Released first, the pod that takes anything would take the only device that the other can use."""
    fleet = a_published_fleet([plain("first", model="b"), plain("second", model="a")])
    decision = decided(fleet, claiming("a-picky", ONLY_B), claiming("b-easy", ANY))

    assert [("a-picky", 1, True), ("b-easy", 2, True)] == released(decision)


def test_another_order_is_found_and_numbered() -> None:
    """In the order of names the second would be refused: the plan says to release it first."""
    fleet = a_published_fleet([plain("first", model="b"), plain("second", model="a")])
    decision = decided(fleet, claiming("a-easy", ANY), claiming("b-picky", ONLY_B))

    assert [("b-picky", 1, True), ("a-easy", 2, True)] == released(decision)
    assert [(("gpu", 0),), (("gpu", 1),)] == [
        slot.allocated for name in ("b-picky", "a-easy") for slot in slots(decision, name)
    ]


def test_orders_of_two_nodes_are_numbered_through() -> None:
    """Each node has its own order; the numbers of a plan are still one sequence without gaps."""
    node = [plain("first", model="b"), plain("second", model="a")]
    decision = decided(
        a_published_fleet(node, node),
        claiming("a-easy", ANY, replicas=2),
        claiming("b-picky", ONLY_B, replicas=2),
    )

    assert [1, 2, 3, 4] == [order for _, order, _ in released(decision)]
    assert all(is_ordered for _, _, is_ordered in released(decision))


def test_parts_that_break_a_gpu_in_one_order_only() -> None:
    """First fit puts the small part where the large one needs its slices, unless the large one comes first."""
    fleet = a_published_fleet(a_partitionable_gpu(0)[1:], counters=counters_of(1))
    small, large = claiming("a-small", a_part("1g"), replicas=3), claiming("b-large", a_part("3g"))
    decision = decided(fleet, small, large)

    assert {} == short(decision)


# Refusals.


def _errors_before(goods: int) -> list[Published]:
    """A node where the first device has no model: the selector is an error on it."""
    return [plain("bare"), *(plain(f"good-{number}", model="a") for number in range(goods))]


PICKY = DeviceRequest(name="gpu", selectors=(with_attribute("model", "a"),))


def test_a_run_time_error_before_the_good_device_refuses_the_node() -> None:
    """The allocator comes across the bare device first and gives up; behind the good one it never gets there."""
    fleet = a_published_fleet(_errors_before(1))
    decision = decided(fleet, claiming("model", PICKY))
    turned = decided(a_published_fleet(list(reversed(_errors_before(1)))), claiming("model", PICKY))

    (rejection,) = rejected(decision)
    assert {"model": 1} == short(decision)
    assert (POOL, Reason.REFUSED_BY_ALLOCATOR) == (rejection.node_pool, rejection.reason)
    assert "no such key: model" in rejection.detail
    assert {} == short(turned)


def test_a_pod_that_takes_the_bad_device_first_averts_the_veto() -> None:
    """What is in use is not looked at: released after somebody who holds the bare device, the pod is served."""
    decision = decided(a_published_fleet(_errors_before(1)), claiming("model", PICKY), claiming("other", ANY))

    assert [("other", 1, True), ("model", 2, True)] == released(decision)


def test_a_veto_leads_to_another_node() -> None:
    """The node that refuses is closed to that pod, and so are those like it; the next best takes it."""
    fleet = a_published_fleet(
        _errors_before(1), _errors_before(1), [plain(f"good-{n}", model="a") for n in range(6)]
    )
    rehearsals = Rehearsals()
    problem = a_problem(fleet, [claiming("model", PICKY)])
    decision = place(problem, rehearsals=rehearsals)

    assert ["n2"] == nodes_of(decision.plan, "model")
    # The two nodes that are alike were asked once.
    assert 2 == rehearsals.asked


def test_after_three_vetoes_a_deployment_is_short() -> None:
    """Somewhere an end must be: the sentence of the allocator is the reason, and nothing else is tried."""
    fleet = a_published_fleet(
        _errors_before(1),
        _errors_before(2),
        _errors_before(3),
        [plain(f"good-{number}", model="a") for number in range(9)],
    )
    decision = decided(fleet, claiming("model", PICKY))
    (rejection,) = decision.rejections
    (general,) = rejection.general

    assert {"model": 1} == short(decision)
    assert general.startswith("the device allocator refused 3 plans for it: ")
    assert [PoolRejection(node_pool=POOL, reason=Reason.REFUSED_BY_ALLOCATOR, detail=general)] == list(
        rejection.rejected
    )


def _bad_after(goods: int) -> list[Published]:
    """A node that serves *goods* pods before its allocator comes across the device without a model."""
    return [*(plain(f"early-{n}", model="a") for n in range(goods)), *_errors_before(1)]


def test_a_node_that_refuses_the_third_pod_keeps_the_first_two() -> None:
    """A veto is one of so many pods together: what the allocator does accept is placed all the same."""
    decision = decided(a_published_fleet(_bad_after(2)), claiming("model", PICKY, replicas=3))
    (rejection,) = rejected(decision)

    assert {"model": 1} == short(decision)
    assert ["n0", "n0"] == nodes_of(decision.plan, "model")
    assert (POOL, Reason.REFUSED_BY_ALLOCATOR) == (rejection.node_pool, rejection.reason)
    assert "no such key: model" in rejection.detail


def test_like_nodes_are_each_given_what_their_allocator_accepts() -> None:
    """One veto tells how many pods each of many like nodes takes, and the second plan asks no more of them."""
    rehearsals = Rehearsals()
    problem = a_problem(a_published_fleet(*[_bad_after(2)] * 6), [claiming("model", PICKY, replicas=12)])
    decision = place(problem, rehearsals=rehearsals)

    assert {} == short(decision)
    assert {f"n{n}": 2 for n in range(6)} == Counter(nodes_of(decision.plan, "model"))


def test_nodes_with_different_faults_are_learnt_from_one_plan() -> None:
    """A plan in which many nodes refuse is one try, and what each of them said is kept."""
    nodes = [_bad_after(goods) for goods in (1, 2, 3, 4)]
    decision = decided(a_published_fleet(*nodes), claiming("model", PICKY, replicas=12))

    assert {"model": 2} == short(decision)
    assert {"n0": 1, "n1": 2, "n2": 3, "n3": 4} == Counter(nodes_of(decision.plan, "model"))


def test_pods_of_two_deployments_are_refused_together_only() -> None:
    """Behind the bare device there is one good one: either may have the node, and both may not."""
    fleet = a_published_fleet(_bad_after(1), _bad_after(1))
    other = replace(PICKY, selectors=(*PICKY.selectors, "true"))
    decision = decided(fleet, claiming("model", PICKY, replicas=2), claiming("other", other, replicas=2))

    assert 2 == sum(short(decision).values())
    assert ["n0", "n1"] == sorted(nodes_of(decision.plan, "model") + nodes_of(decision.plan, "other"))


def test_after_three_vetoes_what_was_accepted_stays_planned() -> None:
    """Only the replica that is refused again and again is short; its fellow has a node that takes it."""
    fleet = a_published_fleet(
        [plain("good", model="a")], *(_errors_before(goods) for goods in (1, 2, 3, 4, 5, 6, 7))
    )
    decision = decided(fleet, claiming("model", PICKY, replicas=2))

    assert {"model": 1} == short(decision)
    assert ["n0"] == nodes_of(decision.plan, "model")
    assert [Reason.REFUSED_BY_ALLOCATOR] == [each.reason for each in rejected(decision)]


def test_the_record_counts_the_plans_that_were_refused_too() -> None:
    """What a decision cost is what all of its plans cost, and the first one alone is not all."""
    problem = a_problem(a_published_fleet(_errors_before(1), _errors_before(2)), [claiming("model", PICKY)])
    first = attempt(Survey(problem), Budget())

    assert place(problem).record.solves > first.record.solves


def test_what_was_vetoed_is_not_proven() -> None:
    """The node takes two of three before its allocator gives up: that none of them can be had is not shown."""
    node = [plain("good-0", model="a"), plain("good-1", model="a"), *_errors_before(1)]
    decision = decided(a_published_fleet(node), claiming("model", PICKY, replicas=3))
    shortfall = decision.tiers[0]

    assert (0, False) == (shortfall.bound, shortfall.is_closed)
    assert shortfall.value


def test_a_veto_of_one_deployment_is_none_of_another() -> None:
    """What is refused is a pod with its claim; who asks for something else may have the node."""
    at = 'device.attributes["gpu.nvidia.com"]'
    careful = DeviceRequest(name="gpu", selectors=(f'"model" in {at} && {at}.model == "a"',))
    decision = decided(
        a_published_fleet(_errors_before(2)), claiming("model", PICKY), claiming("other", careful)
    )

    assert {"model": 1} == short(decision)
    assert ["n0"] == nodes_of(decision.plan, "other")


@pytest.mark.parametrize(("release", "missing"), [(Release.V1_36, {"model": 1}), (Release.V1_37, {})])
def test_counters_lost_to_a_tainted_device_are_a_refusal(release: Release, missing: dict[str, int]) -> None:
    """Issue 140436: the whole GPU is looked at, charged, and then found tainted; its parts find no slice left."""
    gpu = a_partitionable_gpu(0, ("1g",))
    whole = replace(gpu[0], terms=replace(gpu[0].terms, taints=(SICK,)))
    fleet = a_published_fleet([whole, *gpu[1:]], counters=counters_of(1), release=release)
    decision = decided(fleet, claiming("model", ANY))

    assert missing == short(decision)
    if missing:
        assert [
            PoolRejection(node_pool=POOL, reason=Reason.REFUSED_BY_ALLOCATOR, detail=NOTHING_FREE)
        ] == rejected(decision)


def test_what_the_allocator_lets_pass_by_mistake_does_not_break_the_audit() -> None:
    """distinctAttribute compares with the last value of a request only: a, b, a passes. The witness has a, b, c.

    The plan holds by the rules; which devices the allocator takes is noted as it will be.
    """
    node = [plain(f"gpu-{number}", parent=parent) for number, parent in enumerate("abac")]
    apart = ClaimConstraint(distinct_attribute="gpu.nvidia.com/parent")
    three = DeviceRequest(name="gpu", count=3)
    decision = decided(a_published_fleet(node), claiming("model", three, constraints=(apart,)))
    (slot,) = slots(decision, "model")

    assert {} == short(decision)
    assert ["a", "b", "c"] == sorted("abac"[row] for each in slot.devices for row in each.rows)
    assert (("gpu", 0), ("gpu", 1), ("gpu", 2)) == slot.allocated


def test_what_the_allocator_takes_decides_who_else_fits() -> None:
    """Two replicas of three devices fit by the rules; the first takes a, b, a and leaves no three of a kind apart."""
    node = [plain(f"gpu-{number}", parent=parent) for number, parent in enumerate("abacdd")]
    apart = ClaimConstraint(distinct_attribute="gpu.nvidia.com/parent")
    three = DeviceRequest(name="gpu", count=3)
    decision = decided(a_published_fleet(node), claiming("model", three, constraints=(apart,), replicas=2))
    rows = [row for slot in slots(decision, "model") for _, row in slot.allocated]

    assert sorted(set(rows)) == sorted(rows)


def test_no_node_is_added_that_the_allocator_would_refuse() -> None:
    """A fix is a promise: a second node like the first meets the same run-time error, so it is none."""
    bare, good = _errors_before(1)
    fleet = a_published_fleet([bare, replace(good, in_use=True)])
    decision = decided(fleet, claiming("model", PICKY))

    assert {"model": 1} == short(decision)
    assert [] == [fix.sentence for fix in decision.fixes if fix.change == "AddNode"]


def test_no_quota_is_raised_for_what_the_allocator_would_refuse() -> None:
    """With the quota raised the pod meets the bare device and is refused: raising it helps nobody."""
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=0)
    problem = a_problem(
        a_published_fleet(_errors_before(1)), [claiming("model", PICKY)], policy=Policy(quotas=(quota,))
    )
    decision = place(problem)

    assert {"model": 1} == short(decision)
    assert [] == [fix.sentence for fix in decision.fixes]


# Answers that are known.


def test_like_nodes_have_one_answer() -> None:
    """A thousand nodes of one kind cost one rehearsal; rows are those of each node all the same."""
    node = a_partitionable_gpu(0)
    fleet = a_published_fleet(node, node, node, counters=counters_of(1))
    rehearsals = Rehearsals()
    whole = DeviceRequest(name="gpu", selectors=('device.attributes["gpu.nvidia.com"].type == "gpu"',))
    decision = place(a_problem(fleet, [claiming("model", whole, replicas=3)]), rehearsals=rehearsals)
    starts = [int(start) for start in fleet.devices.starts[:3]]

    assert (3, 2) == (rehearsals.asked, rehearsals.known)
    assert starts == sorted(row for slot in slots(decision, "model") for _, row in slot.allocated)


def test_nodes_that_differ_in_what_others_hold_have_two() -> None:
    """The same devices, one of them in use: not the same question."""
    used = [replace(each, in_use=number == 0) for number, each in enumerate([plain("a"), plain("b")])]
    fleet = a_published_fleet([plain("a"), plain("b")], used)
    rehearsals = Rehearsals()
    decision = place(a_problem(fleet, [claiming("model", ANY, replicas=3)]), rehearsals=rehearsals)

    assert {} == short(decision)
    assert (2, 0) == (rehearsals.asked, rehearsals.known)


def test_releases_have_answers_of_their_own() -> None:
    """What 1.36 refuses 1.37 gives: an answer that outlives a decision says which it is of."""
    gpu = a_partitionable_gpu(0, ("1g",))
    whole = replace(gpu[0], terms=replace(gpu[0].terms, taints=(SICK,)))
    rehearsals = Rehearsals()
    found = []
    for release in (Release.V1_36, Release.V1_37):
        fleet = a_published_fleet([whole, *gpu[1:]], counters=counters_of(1), release=release)
        found.append(short(place(a_problem(fleet, [claiming("model", ANY)]), rehearsals=rehearsals)))

    assert [{"model": 1}, {}] == found


def test_known_answers_give_the_same_bytes() -> None:
    """A cache must not show: the second decision with it is the first, and nothing is rehearsed again."""
    fleet = a_published_fleet(
        [a_shared_device("share", "8")],
        [a_shared_device("share", "8"), *_errors_before(2)],
        _errors_before(1),
    )
    problem = a_problem(
        fleet, [claiming("shares", memory(3), replicas=3), claiming("picky", PICKY), claiming("any", ANY)]
    )
    rehearsals = Rehearsals()
    first = place(problem, rehearsals=rehearsals)
    asked, known = rehearsals.asked, rehearsals.known
    again = place(problem, rehearsals=rehearsals)

    assert repr(first) == repr(again) == repr(place(problem))
    assert rehearsals.asked - asked == rehearsals.known - known == asked
