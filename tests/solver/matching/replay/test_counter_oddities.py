"""What the allocator gets wrong about counters and shares, by the release that has it."""

from typing import Any

import pytest

from solver.domain.claim import AllocationOutcome
from solver.domain.kubernetes import Gate, Release
from tests.solver.matching.replay.nodes import (
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    holding,
    names,
    selecting,
    sharing,
    taking,
    verdict,
)

TAINT = [{"key": "t", "effect": "NoSchedule"}]
LEAKY = [Release.V1_35, Release.V1_36]


@pytest.mark.parametrize("release", list(Release)[1:])
def test_counters_of_a_tainted_candidate_are_lost(release: Release) -> None:
    """Issue 140436: up to 1.36.2 the devices behind it see fewer counters, and the pod is refused."""
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            a_device("tainted", taints=TAINT, consumesCounters=taking(memory="4")),
            a_device("clean", consumesCounters=taking(memory="4")),
            slices=2,
        ),
    ]

    found = verdict(slices, a_claim(a_request()), release=release)

    expected = AllocationOutcome.NONE if release in LEAKY else AllocationOutcome.ALLOCATED
    assert expected is found.outcome


@pytest.mark.parametrize("release", list(Release)[1:])
def test_counters_of_a_candidate_that_a_constraint_rules_out_are_lost(release: Release) -> None:
    """Issue 140436, the other place."""
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            a_device("bare", consumesCounters=taking(memory="4")),
            a_device("good", attributes={"numa": 0}, consumesCounters=taking(memory="4")),
            slices=2,
        ),
    ]
    claim = a_claim(a_request(), constraints=[{"matchAttribute": "gpu/numa"}])

    found = verdict(slices, claim, release=release)

    expected = AllocationOutcome.NONE if release in LEAKY else AllocationOutcome.ALLOCATED
    assert expected is found.outcome


@pytest.mark.parametrize("release", list(Release)[1:])
def test_pools_of_two_drivers_with_one_name_share_their_counters(release: Release) -> None:
    """checkAvailableCounters keys its cache by the name of the pool, which is often that of the node."""
    slices = [
        part
        for driver in ("gpu", "nic")
        for part in (
            counters(f"{driver}-c", driver=driver, slices=2, amounts={"memory": "1"}),
            a_slice(a_device("d", consumesCounters=taking(memory="1")), name=driver, driver=driver, slices=2),
        )
    ]
    claim = a_claim(
        a_request("r0", selectors=selecting('device.driver == "gpu"')),
        a_request("r1", selectors=selecting('device.driver == "nic"')),
    )

    found = verdict(slices, claim, release=release)

    expected = AllocationOutcome.NONE if release in LEAKY else AllocationOutcome.ALLOCATED
    assert expected is found.outcome


def test_counters_of_a_second_driver_are_not_checked_under_other_names() -> None:
    """The other side of the shared entry: what the first pool does not have is not looked at."""
    slices = [
        counters("gpu-c", driver="gpu", slices=2, amounts={"memory": "1"}),
        a_slice(a_device("d", consumesCounters=taking(memory="1")), name="gpu", driver="gpu", slices=2),
        counters("nic-c", driver="nic", slices=2, set_name="ports", amounts={"queues": "1"}),
        a_slice(
            *(
                a_device(
                    name, consumesCounters=[{"counterSet": "ports", "counters": {"queues": {"value": "1"}}}]
                )
                for name in ("p0", "p1")
            ),
            name="nic",
            driver="nic",
            slices=2,
        ),
    ]
    claim = a_claim(
        a_request("r0", selectors=selecting('device.driver == "gpu"')),
        a_request("r1", count=2, selectors=selecting('device.driver == "nic"')),
    )

    assert [["d", "p0", "p1"]] == names(verdict(slices, claim))
    assert AllocationOutcome.NONE is verdict(slices, claim, release=Release.V1_37).outcome


@pytest.mark.parametrize("release", list(Release)[1:])
def test_shares_of_other_pods_are_not_charged_to_counters(release: Release) -> None:
    """Fixed in 1.36.2 (2026-05): up to 1.35 only devices that are held whole count."""
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            a_device(
                "shared",
                allowMultipleAllocations=True,
                capacity={"mem": "4"},
                consumesCounters=taking(memory="4"),
            ),
            a_device("whole", consumesCounters=taking(memory="4")),
            slices=2,
        ),
    ]
    claim = a_claim(a_request(selectors=selecting("!device.allowMultipleAllocations")))

    found = verdict(slices, claim, release=release, allocated=sharing(shared={"mem": "1"}))

    expected = AllocationOutcome.ALLOCATED if release < Release.V1_36 else AllocationOutcome.NONE
    assert expected is found.outcome


def test_a_second_share_does_not_take_counters_again() -> None:
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            a_device(
                "shared",
                allowMultipleAllocations=True,
                capacity={"mem": "4"},
                consumesCounters=taking(memory="4"),
            ),
            slices=2,
        ),
    ]
    half = a_request(capacity={"requests": {"mem": "2"}})

    assert [["shared"], ["shared"]] == names(verdict(slices, a_claim(half), a_claim(half, name="d")))


def test_an_overdrawn_pool_gives_no_device_that_takes_counters() -> None:
    """The counter that is overdrawn need not be one that the device takes."""
    slices = [
        counters(slices=2, amounts={"memory": "1", "slots": "9"}),
        a_slice(
            a_device("held", consumesCounters=taking(memory="2")),
            a_device("other", consumesCounters=taking(slots="1")),
            a_device("free"),
            slices=2,
        ),
    ]

    found = verdict(slices, a_claim(a_request()), allocated=holding("held"))

    assert [["free"]] == names(found)


def test_devices_that_take_nothing_of_a_counter_set_need_the_gate_too() -> None:
    """It is the entry that counts, not what is in it."""
    slices = [a_slice(a_device("d", consumesCounters=[{"counterSet": "set", "counters": {}}]))]

    found = verdict(slices, a_claim(a_request()), gates=())

    assert AllocationOutcome.NONE is found.outcome


def test_admin_access_takes_counters_and_needs_tolerations() -> None:
    """It only looks past what others hold."""
    claim = a_claim(a_request(adminAccess=True))
    tainted = [a_slice(a_device("d", taints=TAINT))]
    drained = [
        counters(slices=2, amounts={"memory": "1"}),
        a_slice(a_device("d", consumesCounters=taking(memory="2")), slices=2),
    ]

    assert AllocationOutcome.NONE is verdict(tainted, claim).outcome
    assert AllocationOutcome.NONE is verdict(drained, claim).outcome
    assert AllocationOutcome.ALLOCATED is verdict([a_slice("d")], claim, allocated=holding("d")).outcome


def test_mode_all_of_a_shared_device_keeps_its_constraint_when_the_capacity_runs_out() -> None:
    """Same place as issue 140436: the value that it fixed stays, and the next alternative fails for it."""
    slices = [
        a_slice(
            a_device("s", allowMultipleAllocations=True, capacity={"mem": "4"}, attributes={"numa": 0}),
            a_device("w", attributes={"numa": 1}),
        )
    ]
    request = {
        "name": "r1",
        "firstAvailable": [
            {
                "name": "all",
                "deviceClassName": "any",
                "allocationMode": "All",
                "selectors": selecting("device.allowMultipleAllocations"),
            },
            {
                "name": "one",
                "deviceClassName": "any",
                "allocationMode": "ExactCount",
                "count": 1,
                "selectors": selecting("!device.allowMultipleAllocations"),
            },
        ],
    }
    first = a_request("r0", selectors=selecting("device.allowMultipleAllocations"))
    claim = a_claim(first, request, constraints=[{"matchAttribute": "gpu/numa", "requests": ["r1"]}])

    assert AllocationOutcome.NONE is verdict(slices, claim).outcome
    assert [["s", "w"]] == names(verdict(slices, claim, release=Release.V1_37))


def test_capacity_names_are_compared_as_written() -> None:
    slices = [a_slice(a_device("d", capacity={"mem": "4"}))]
    claim = a_claim(a_request(capacity={"requests": {"gpu/mem": "1"}}))

    assert AllocationOutcome.NONE is verdict(slices, claim).outcome


def test_a_shared_device_without_capacity_serves_one_request_many_times() -> None:
    """Up to 1.35; since 1.36 a request goes on behind its last device."""
    slices = [a_slice(a_device("d", allowMultipleAllocations=True))]
    claim = a_claim(a_request(count=5))

    assert [["d"] * 5] == names(verdict(slices, claim))
    assert AllocationOutcome.NONE is verdict(slices, claim, release=Release.V1_36).outcome


@pytest.mark.parametrize(
    ("policy", "asked", "taken"),
    [
        ({"default": "2", "validRange": {"min": "2", "step": "2", "max": "6"}}, "3", "4"),
        ({"default": "2", "validRange": {"min": "2", "step": "2", "max": "6"}}, "1", "2"),
        ({"default": "2", "validRange": {"min": "2", "step": "2", "max": "6"}}, "7", None),
        ({"default": "1", "validValues": ["1", "4"]}, "2", "4"),
        ({"default": "1", "validValues": ["1", "4"]}, "5", None),
        ({"default": "1", "validValues": ["1", "4"]}, None, "1"),
    ],
)
def test_requests_are_rounded_as_the_policy_says(
    policy: object, asked: str | None, taken: str | None
) -> None:
    capacity = {"mem": {"value": "8", "requestPolicy": policy}}
    slices = [a_slice(a_device("d", allowMultipleAllocations=True, capacity=capacity))]
    fields: dict[str, Any] = {} if asked is None else {"capacity": {"requests": {"mem": asked}}}

    found = verdict(slices, a_claim(a_request(**fields)))

    consumed = [str(each.consumed["mem"]) for a in found.allocations for each in a.devices if each.consumed]
    assert ([] if taken is None else [taken]) == consumed


def test_steps_are_whole_units_up_to_1_36() -> None:
    """Gate DRAFractionalCapacityRange of 1.37."""
    policy = {"default": "1", "validRange": {"min": "500m", "step": "500m"}}
    capacity = {"cores": {"value": "4", "requestPolicy": policy}}
    slices = [a_slice(a_device("d", allowMultipleAllocations=True, capacity=capacity))]
    claim = a_claim(a_request(capacity={"requests": {"cores": "1200m"}}))

    def taken(release: Release) -> list[str]:
        found = verdict(slices, claim, release=release, gates=[Gate.CONSUMABLE_CAPACITY])
        return [str(each.consumed["cores"]) for each in found.allocations[0].devices if each.consumed]

    assert ["2"] == taken(Release.V1_36)
    assert ["1500m"] == taken(Release.V1_37)
