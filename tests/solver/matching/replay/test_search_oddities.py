"""What the allocator gets wrong, or leaves to chance, in its search; by the release that does."""

import pytest

from solver.domain.claim import AllocationOutcome
from solver.domain.kubernetes import AllocatorVariant, Gate, Release
from tests.solver.matching.replay.nodes import (
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    holding,
    names,
    one_of,
    selecting,
    taking,
    verdict,
)

BROKEN = selecting("device.attributes[device.driver].numa == 1")
EIGHT = [a_slice(*(f"d{number}" for number in range(8)))]


def test_distinct_values_are_remembered_by_request() -> None:
    """constraint.go up to 1.36: a, b, a pass as three devices of one request, not as three requests."""
    slices = [a_slice(*(a_device(f"d{n}", attributes={"v": v}) for n, v in enumerate("aba")))]
    distinct = [{"distinctAttribute": "gpu/v"}]
    three = a_claim(*(a_request(f"r{n}") for n in range(3)), constraints=distinct)

    assert [["d0", "d1", "d2"]] == names(verdict(slices, a_claim(a_request(count=3), constraints=distinct)))
    assert AllocationOutcome.NONE is verdict(slices, three).outcome
    fixed = verdict(slices, a_claim(a_request(count=3), constraints=distinct), release=Release.V1_37)
    assert AllocationOutcome.NONE is fixed.outcome


def test_all_in_a_later_alternative_goes_on_with_the_first_one() -> None:
    """Fixed in 1.36 (2026-02): one device is enough where the first alternative asks for no more."""
    slices = [a_slice("d0", "d1")]
    request = one_of("r", s0={"selectors": selecting("false")}, s1={"allocationMode": "All", "count": 0})

    assert [["d0"]] == names(verdict(slices, a_claim(request)))
    assert [["d0", "d1"]] == names(verdict(slices, a_claim(request), release=Release.V1_36))


def test_all_in_a_second_alternative_sees_the_matches_of_the_first() -> None:
    """Up to 1.35 it is checked under the index of the one before."""
    slices = [a_slice(a_device("d0", attributes={"v": "a"}), a_device("d1", attributes={"v": "b"}))]
    only = {v: selecting(f'device.attributes["gpu"].v == "{v}"') for v in "ab"}
    request = one_of(
        "r",
        s0={"allocationMode": "All", "count": 0, "selectors": only["a"]},
        s1={"allocationMode": "All", "count": 0, "selectors": only["b"]},
    )

    assert AllocationOutcome.NONE is verdict(slices, a_claim(request), allocated=holding("d0")).outcome
    fixed = verdict(slices, a_claim(request), allocated=holding("d0"), release=Release.V1_36)
    assert [["d1"]] == names(fixed)


@pytest.mark.parametrize(("release", "steps"), [(Release.V1_35, 109_601), (Release.V1_36, 256)])
def test_nine_of_eight_devices_take_all_permutations_up_to_1_35(release: Release, steps: int) -> None:
    """PR 133678; a search that is too long counts as timed out, as in the filter of the plugin."""
    claim = a_claim(a_request(count=9))

    enough = verdict(EIGHT, claim, release=release, step_limit=steps)
    short = verdict(EIGHT, claim, release=release, step_limit=steps - 1)

    assert (AllocationOutcome.NONE, False) == (enough.outcome, enough.message.startswith("timed out"))
    assert (AllocationOutcome.NONE, True) == (short.outcome, short.message.startswith("timed out"))


def test_an_error_behind_the_chosen_device_does_not_show() -> None:
    good, bad = a_device("good", attributes={"numa": 1}), a_device("bad")
    claim = a_claim(a_request(selectors=BROKEN))

    assert [["good"]] == names(verdict([a_slice(good, bad)], claim))
    assert AllocationOutcome.ERROR is verdict([a_slice(bad, good)], claim).outcome
    assert [["good"]] == names(verdict([a_slice(bad, good)], claim, allocated=holding("bad")))


def test_a_class_protects_the_selectors_of_its_requests() -> None:
    claim = a_claim(a_request(deviceClassName="none", selectors=selecting("noSuchVariable")))

    found = verdict([a_slice("d")], claim, selectors={"none": "false"})

    assert AllocationOutcome.NONE is found.outcome


def test_all_meets_the_errors_of_every_pool() -> None:
    good = a_device("good", attributes={"numa": 1})
    slices = [a_slice(good), a_slice("bad", name="other", pool="other")]
    claim = a_claim(a_request(allocationMode="All", count=0, selectors=BROKEN))

    assert AllocationOutcome.ERROR is verdict(slices, claim).outcome


def test_an_error_in_another_pool_is_a_matter_of_chance_up_to_1_35() -> None:
    """reference/dra.md 2.5: 25 of 200 runs failed. Since 1.36 pools come by driver and name."""
    good = a_device("good", attributes={"numa": 1})
    slices = [a_slice(good, name="s1", pool="b"), a_slice("bad", name="s2", pool="a")]
    claim = a_claim(a_request(selectors=BROKEN))

    assert AllocationOutcome.ORDER_DEPENDENT is verdict(slices, claim).outcome
    assert AllocationOutcome.ERROR is verdict(slices, claim, release=Release.V1_36).outcome


def test_devices_that_only_the_order_decides_are_those_of_the_likely_order() -> None:
    slices = [a_slice("d0", name="s1", pool="b"), a_slice("d1", name="s2", pool="a")]

    assert [["d0"]] == names(verdict(slices, a_claim(a_request())))
    assert [["d1"]] == names(verdict(slices, a_claim(a_request()), release=Release.V1_36))


def test_slices_come_as_given_unless_they_are_shuffled() -> None:
    """An informer has them in any order, a recording in its own."""
    good = a_device("good", attributes={"numa": 1})
    slices = [a_slice(good, name="s1", slices=2), a_slice("bad", name="s2", slices=2)]
    claim = a_claim(a_request(selectors=BROKEN))

    assert [["good"]] == names(verdict(slices, claim))
    assert AllocationOutcome.ORDER_DEPENDENT is verdict(slices, claim, shuffles_slices=True).outcome


def test_more_than_eight_pools_come_in_any_order() -> None:
    """Then the map is no longer one group of places, and every order can occur."""
    good = a_device("good", attributes={"numa": 1})
    slices = [a_slice(good, name="s0", pool="p0")]
    slices += [
        a_slice("bad" if n == 9 else a_device("x", attributes={"numa": 0}), name=f"s{n}", pool=f"p{n}")
        for n in range(1, 10)
    ]
    claim = a_claim(a_request(selectors=BROKEN))

    assert AllocationOutcome.ORDER_DEPENDENT is verdict(slices, claim).outcome


def test_binding_conditions_come_last_and_need_their_gate() -> None:
    slices = [
        a_slice(a_device("binds", bindingConditions=["ready"]), name="s1", pool="a"),
        a_slice("plain", name="s2", pool="b"),
    ]

    assert [["plain"]] == names(verdict(slices, a_claim(a_request())))
    assert [["plain", "binds"]] == names(verdict(slices, a_claim(a_request(count=2))))
    assert AllocationOutcome.NONE is verdict(slices, a_claim(a_request(count=2)), gates=()).outcome


def test_the_limit_of_devices_unwinds_to_a_smaller_alternative() -> None:
    slices = [a_slice(*(f"d{number}" for number in range(40)))]
    claim = a_claim(a_request("r0", count=30), one_of("r1", many={"count": 3}, few={"count": 2}))

    found = verdict(slices, claim)

    assert AllocationOutcome.ALLOCATED is found.outcome
    assert {"r0", "r1/few"} == {each.request for each in found.allocations[0].devices}


def test_the_limit_of_devices_is_one_of_the_claim_not_of_the_pod() -> None:
    slices = [a_slice(*(f"d{number}" for number in range(40)))]

    assert AllocationOutcome.ERROR is verdict(slices, a_claim(a_request(count=33))).outcome
    two = verdict(slices, a_claim(a_request(count=20)), a_claim(a_request(count=20), name="d"))
    assert AllocationOutcome.ALLOCATED is two.outcome


def test_the_signal_of_the_limit_can_arrive_at_the_top() -> None:
    """With the lost alternative of 1.35 no branch is left that is small enough, and that is an error."""
    slices = [a_slice("d0", "d1")]
    claim = a_claim(one_of("r", s0={"count": 33}, s1={"allocationMode": "All", "count": 0}))

    assert AllocationOutcome.ERROR is verdict(slices, claim).outcome
    assert [["d0", "d1"]] == names(verdict(slices, claim, release=Release.V1_36))


def test_admin_access_marks_devices_for_its_own_pod() -> None:
    """Admin first, then the same only device for another request of the pod: refused; other way round: not."""
    admin, plain = a_claim(a_request(adminAccess=True), name="a"), a_claim(a_request(), name="b")

    assert AllocationOutcome.NONE is verdict([a_slice("d")], admin, plain).outcome
    assert [["d"], ["d"]] == names(verdict([a_slice("d")], plain, admin))
    twice = a_claim(a_request("r0", adminAccess=True), a_request("r1", adminAccess=True))
    assert AllocationOutcome.NONE is verdict([a_slice("d")], twice).outcome


def test_too_many_slices_are_as_bad_as_too_few() -> None:
    slices = [a_slice("d0", name="s0"), a_slice("d1", name="s1")]
    everything = a_claim(a_request(allocationMode="All", count=0))

    assert AllocationOutcome.NONE is verdict(slices, a_claim(a_request())).outcome
    assert AllocationOutcome.ERROR is verdict(slices, everything).outcome


def test_a_newer_generation_elsewhere_goes_unnoticed_while_the_old_slices_are_complete() -> None:
    new = a_slice("d1", name="new", generation=2, nodeName="n2")

    assert [["d0"]] == names(verdict([a_slice("d0", name="old"), new], a_claim(a_request())))
    old = a_slice("d0", name="old", slices=2)
    assert AllocationOutcome.NONE is verdict([old, new], a_claim(a_request())).outcome


def test_an_incomplete_pool_of_another_driver_is_fatal_for_all() -> None:
    slices = [a_slice("d0"), a_slice("d1", name="other", driver="nic", slices=2)]
    claim = a_claim(a_request(allocationMode="All", count=0, selectors=selecting('device.driver == "gpu"')))

    assert AllocationOutcome.ERROR is verdict(slices, claim).outcome


def test_an_invalid_pool_is_an_error_only_if_nothing_is_found() -> None:
    """Kubernetes then goes on with other nodes, unlike after other errors."""
    twice = a_slice("d", "d", name="twice", pool="twice")

    assert [["e"]] == names(verdict([twice, a_slice("e")], a_claim(a_request())))
    assert AllocationOutcome.ERROR is verdict([twice], a_claim(a_request())).outcome


@pytest.mark.parametrize("release", list(Release)[1:])
def test_counters_of_another_node_make_their_pool_concern_every_node(release: Release) -> None:
    """Up to 1.36 slices with counters are taken whatever node they name; 1.37 looks them up when needed."""
    away = counters(slices=3, amounts={"memory": "1"}, nodeName="n2", pool="n2")
    claim = a_claim(a_request(allocationMode="All", count=0))

    found = verdict([a_slice("d"), away], claim, release=release)

    expected = AllocationOutcome.ALLOCATED if release >= Release.V1_37 else AllocationOutcome.ERROR
    assert expected is found.outcome


def test_admin_access_false_is_too_much_without_the_gate() -> None:
    claim = a_claim(a_request(adminAccess=False))

    assert AllocationOutcome.ERROR is verdict([a_slice("d")], claim, gates=()).outcome


def test_the_copies_differ_in_what_they_know() -> None:
    """1.5 of reference/dra.md: incubating up to 1.35 has no code for shared devices."""
    distinct = a_claim(a_request(), constraints=[{"distinctAttribute": "gpu/v"}])
    capacity = a_claim(a_request(capacity={"requests": {"mem": "1"}}))
    slices = [a_slice(a_device("d", attributes={"v": 1}, capacity={"mem": "4"}))]

    def outcome(claim: object, variant: AllocatorVariant) -> AllocationOutcome:
        return verdict(slices, claim, gates=[Gate.ADMIN_ACCESS], variant=variant).outcome  # type: ignore[arg-type]

    assert AllocationOutcome.ERROR is outcome(distinct, AllocatorVariant.INCUBATING)
    assert AllocationOutcome.ALLOCATED is outcome(distinct, AllocatorVariant.EXPERIMENTAL)
    assert AllocationOutcome.ALLOCATED is outcome(capacity, AllocatorVariant.INCUBATING)
    assert AllocationOutcome.ERROR is outcome(capacity, AllocatorVariant.EXPERIMENTAL)


def test_an_unknown_effect_repels_nothing_since_1_35() -> None:
    slices = [a_slice(a_device("d", taints=[{"key": "t", "effect": "Unheard"}]))]

    assert AllocationOutcome.ALLOCATED is verdict(slices, a_claim(a_request())).outcome
    assert AllocationOutcome.NONE is verdict(slices, a_claim(a_request()), release=Release.V1_34).outcome


def test_incomplete_pools_give_devices_in_1_34() -> None:
    """Counters stand in the slice of the devices there."""
    slices = [
        a_slice(
            a_device("d0", consumesCounters=taking(memory="3")),
            a_device("d1", consumesCounters=taking(memory="3")),
            slices=2,
            sharedCounters=[{"name": "set", "counters": {"memory": {"value": "4"}}}],
        )
    ]

    assert [["d0"]] == names(verdict(slices, a_claim(a_request()), release=Release.V1_34))
    both = verdict(slices, a_claim(a_request(count=2)), release=Release.V1_34)
    assert AllocationOutcome.NONE is both.outcome


def test_the_last_look_at_capacity_is_at_another_device_in_1_34() -> None:
    """allocator_experimental.go of 1.34 passes the number of the device in its request."""
    slices = [a_slice(a_device("small", capacity={"mem": "1"}), a_device("large", capacity={"mem": "8"}))]
    claim = a_claim(a_request(capacity={"requests": {"mem": "8"}}))

    assert AllocationOutcome.NONE is verdict(slices, claim, release=Release.V1_34).outcome
    assert [["large"]] == names(verdict(slices, claim))


def test_the_stable_copy_of_1_36_is_the_incubating_one_of_1_35() -> None:
    """It does not sort, and tries permutations."""
    slices = [a_slice("d0", name="b", slices=2), a_slice("d1", name="a", slices=2)]
    found = {
        variant: names(verdict(slices, a_claim(a_request()), release=Release.V1_36, variant=variant))
        for variant in AllocatorVariant
    }

    assert [["d0"]] == found[AllocatorVariant.STABLE]
    assert [["d1"]] == found[AllocatorVariant.INCUBATING] == found[AllocatorVariant.EXPERIMENTAL]


def test_a_pod_with_many_claims_is_searched_to_the_end() -> None:
    """The search is as deep as there are devices, deeper than Python goes by itself."""
    slices = [a_slice(*(f"d{number}" for number in range(1000)))]
    claims = [a_claim(a_request(count=20), name=f"c{number}") for number in range(50)]

    assert AllocationOutcome.ALLOCATED is verdict(slices, *claims).outcome
