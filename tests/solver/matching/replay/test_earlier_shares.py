"""Shares of a device: what taking one back gives back, and what a later attempt makes of those that stand.

Issues 140436, 140433 and 140797 of Kubernetes, all fixed in 1.37.
"""

from typing import Any

import pytest

from solver.domain.claim import AllocatedState, AllocationOutcome
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from tests.solver.matching.replay.nodes import (
    ALL_GATES,
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    device,
    selecting,
    sharing,
    taking,
    verdict,
)

OF_SHARING = [Release.V1_35, Release.V1_36, Release.V1_37]
MEMORY = {"memory": "4"}


def a_share(name: str, *, memory: str = "4", **fields: object) -> dict[str, object]:
    return a_device(name, allowMultipleAllocations=True, consumesCounters=taking(memory=memory), **fields)


def one_named(name: str) -> dict[str, Any]:
    return {"selectors": selecting(f'device.attributes["gpu"].id == "{name}"')}


@pytest.mark.parametrize("capacity", [{}, {"mem": "4"}])
@pytest.mark.parametrize("release", OF_SHARING)
def test_counters_of_a_share_that_is_taken_back_are_lost(release: Release, capacity: dict[str, str]) -> None:
    """Issue 140436: the second device is the right one, and up to 1.36.2 there is nothing left for it."""
    slices = [
        counters(slices=2, amounts=MEMORY),
        a_slice(
            a_share("wrong", attributes={"id": "wrong", "numa": 0}, capacity=capacity),
            a_share("right", attributes={"id": "right", "numa": 1}, capacity=capacity),
            a_device("other", attributes={"id": "other", "numa": 1}),
            slices=2,
        ),
    ]
    shared = a_request("r0", selectors=selecting("device.allowMultipleAllocations"))
    claim = a_claim(
        shared, a_request("r1", **one_named("other")), constraints=[{"matchAttribute": "gpu/numa"}]
    )

    found = verdict(slices, claim, release=release)

    expected = AllocationOutcome.ALLOCATED if release >= Release.V1_37 else AllocationOutcome.NONE
    assert expected is found.outcome


def test_a_share_that_is_taken_back_leaves_the_counters_of_those_before() -> None:
    """Of two shares of a device the second goes; a third party must not have the counters of the first."""
    slices = [
        counters(slices=2, amounts=MEMORY),
        a_slice(
            a_share("s", attributes={"id": "s", "numa": 0}, capacity={"mem": "4"}),
            a_device("t", attributes={"id": "t", "numa": 1}, consumesCounters=taking(memory="1")),
            slices=2,
        ),
    ]
    half = {"capacity": {"requests": {"mem": "2"}}}
    first = a_claim(a_request("r", **one_named("s"), **half), name="first")
    either = a_claim(a_request("r", selectors=selecting("true"), **half), name="either")
    last = a_claim(a_request("r", **one_named("t")), name="last")

    assert AllocationOutcome.NONE is verdict(slices, first, either, last, release=Release.V1_37).outcome


@pytest.mark.parametrize("release", OF_SHARING)
@pytest.mark.parametrize("has_amounts", [True, False])
def test_a_share_without_amounts_is_charged_twice(release: Release, *, has_amounts: bool) -> None:
    """Issue 140433: 1.36 counts it as held and, finding nothing taken of its capacity, charges it again.

    Up to 1.35 what is held in part is not charged at all, so the second charge is the only one.
    """
    slices = [counters(slices=2, amounts=MEMORY), a_slice(a_share("s", capacity={"mem": "4"}), slices=2)]
    claim = a_claim(a_request(capacity={"requests": {"mem": "1"}}))
    allocated = sharing(s={"mem": "1"} if has_amounts else {})

    found = verdict(slices, claim, release=release, allocated=allocated)

    is_refused = release is Release.V1_36 and not has_amounts
    assert (AllocationOutcome.NONE if is_refused else AllocationOutcome.ALLOCATED) is found.outcome


@pytest.mark.parametrize("release", OF_SHARING)
@pytest.mark.parametrize("is_admin", [True, False])
def test_a_device_that_is_shared_no_more_is_given_whole(release: Release, *, is_admin: bool) -> None:
    """Issue 140797: a driver may change the device while shares of it stand; up to 1.36 nobody looks."""
    claim = a_claim(a_request(adminAccess=True) if is_admin else a_request())

    found = verdict([a_slice("d")], claim, release=release, allocated=sharing(d={"mem": "1"}))

    is_refused = release >= Release.V1_37 and not is_admin
    assert (AllocationOutcome.NONE if is_refused else AllocationOutcome.ALLOCATED) is found.outcome


@pytest.mark.parametrize("release", list(Release))
def test_without_the_gate_a_share_holds_the_device(release: Release) -> None:
    """3.1 of reference/dra.md: the scheduler then counts every result as a device that is held whole."""
    without = SchedulerFeatures(release=release, gates=ALL_GATES - {Gate.CONSUMABLE_CAPACITY})
    slices = [a_slice(a_device("d", allowMultipleAllocations=True))]

    found = verdict(
        slices,
        a_claim(a_request()),
        release=release,
        gates=without.gates,
        variant=None,
        allocated=AllocatedState(shared=frozenset({device("d")})),
    )

    assert AllocationOutcome.NONE is found.outcome
