"""What only the allocator of 1.34 does: it weighs the wrong device, and takes pools as they are."""

from typing import Any

import pytest

from solver.domain.claim import AllocationOutcome
from solver.domain.kubernetes import Gate, Release
from tests.solver.matching.replay.nodes import (
    a_claim,
    a_device,
    a_request,
    a_slice,
    names,
    one_of,
    selecting,
    taking,
    verdict,
)

V1_34 = Release.V1_34
LARGE: dict[str, Any] = {"capacity": {"requests": {"mem": "8"}}}


def sized(name: str, mem: str) -> dict[str, object]:
    return a_device(name, capacity={"mem": mem}, attributes={"id": name})


def only(name: str) -> list[dict[str, object]]:
    return selecting(f'device.attributes["gpu"].id == "{name}"')


def test_each_device_of_a_request_is_weighed_as_the_one_of_its_number() -> None:
    """Large, large, small: two are found because the first two of the slice are large."""
    slices = [a_slice(sized("a", "8"), sized("b", "8"), sized("c", "1"))]

    assert [["a", "b"]] == names(verdict(slices, a_claim(a_request(count=2, **LARGE)), release=V1_34))


def test_all_devices_are_weighed_by_their_numbers() -> None:
    slices = [a_slice(sized("a", "8"), sized("b", "8"))]
    claim = a_claim(a_request(allocationMode="All", count=0))

    assert [["a", "b"]] == names(verdict(slices, claim, release=V1_34))


@pytest.mark.parametrize("admin", [{}, {"adminAccess": True}])
def test_a_device_refused_for_the_size_of_another_stays_marked(admin: dict[str, Any]) -> None:
    """It is lost to the second alternative, which asks for no capacity and could have it."""
    slices = [a_slice(sized("small", "1"), sized("large", "8"), sized("other", "1"))]
    request = one_of("r", first={**LARGE, **admin}, second={"selectors": only("large"), **admin})

    alone = verdict(slices, a_claim(request), release=V1_34)
    behind = verdict(slices, a_claim(a_request(selectors=only("other"))), a_claim(request), release=V1_34)

    assert AllocationOutcome.NONE is alone.outcome
    assert AllocationOutcome.NONE is behind.outcome
    assert [["large"]] == names(verdict(slices, a_claim(request)))


def test_a_refused_device_stays_that_of_the_claim_before_too() -> None:
    """Its own admin request must not have it a second time when the search comes back to it."""
    slices = [a_slice(sized("small", "1"), sized("other", "1"), sized("large", "8"))]
    either = selecting('device.attributes["gpu"].id != "small"')
    first = a_claim(
        a_request("r0", selectors=only("large")), a_request("r1", adminAccess=True, selectors=either)
    )
    refused = {**LARGE, "adminAccess": True, "selectors": only("large")}
    second = a_claim(one_of("r", refused=refused, plain={"selectors": only("other")}), name="d")

    assert AllocationOutcome.NONE is verdict(slices, first, second, release=V1_34).outcome


def test_every_share_takes_the_counters_of_its_device_again() -> None:
    """Later releases charge them with the first share only."""
    shared = a_device("s", allowMultipleAllocations=True, consumesCounters=taking(memory="2"))
    pool = [{"name": "set", "counters": {"memory": {"value": "4"}}}]
    slices = [a_slice(shared, sharedCounters=pool)]
    claims = [a_claim(a_request(), name=f"c{number}") for number in range(3)]

    assert [["s"], ["s"]] == names(verdict(slices, *claims[:2], release=V1_34))
    assert AllocationOutcome.NONE is verdict(slices, *claims, release=V1_34).outcome


@pytest.mark.parametrize(
    ("key", "outcome"), [("t", AllocationOutcome.ALLOCATED), ("u", AllocationOutcome.NONE)]
)
def test_taints_of_any_effect_can_be_tolerated(key: str, outcome: AllocationOutcome) -> None:
    slices = [a_slice(a_device("d", taints=[{"key": "t", "effect": "None"}]))]
    claim = a_claim(a_request(tolerations=[{"key": key, "operator": "Exists"}]))

    assert outcome is verdict(slices, claim, release=V1_34).outcome


def test_devices_next_to_counters_can_be_had_without_the_gate() -> None:
    """A slice with counters is skipped without it from 1.35 on, where it has no devices."""
    slices = [a_slice("d", sharedCounters=[{"name": "set", "counters": {"memory": {"value": "4"}}}])]

    assert [["d"]] == names(verdict(slices, a_claim(a_request()), release=V1_34, gates=()))


def test_an_invalid_pool_with_binding_conditions_comes_last() -> None:
    """So the devices before it are found in every order."""
    twice = [a_device("d", bindingConditions=["ready"])] * 2
    slices = [a_slice(*twice, name="twice", pool="a"), a_slice("good", name="good", pool="b")]

    found = verdict(slices, a_claim(a_request()), release=V1_34, gates=[Gate.BINDING_CONDITIONS])

    assert [["good"]] == names(found)
