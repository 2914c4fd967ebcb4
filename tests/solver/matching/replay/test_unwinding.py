"""How the search goes on after a failure: what it counts, what it passes on, and where it begins again."""

from typing import Any

from solver.domain.claim import AllocationOutcome
from solver.domain.kubernetes import Gate, Release
from solver.domain.resource_slice import ResourceSlice
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

ALL: dict[str, Any] = {"allocationMode": "All", "count": 0}


def numbered(count: int, **fields: object) -> list[ResourceSlice]:
    """A slice of devices whose attribute ``id`` is their number."""
    return [a_slice(*(a_device(f"d{n}", attributes={"id": n}, **fields) for n in range(count)))]


def only(*numbers: int) -> dict[str, Any]:
    return {"selectors": selecting(f'device.attributes["gpu"].id in {list(numbers)}')}


def is_over_after(steps: int, slices: list[ResourceSlice], *requests: object, **claim: object) -> bool:
    """Whether the search for something that cannot be had takes exactly that many steps."""
    asked = a_claim(*requests, **claim)  # type: ignore[arg-type]
    enough, short = (verdict(slices, asked, step_limit=limit) for limit in (steps, steps - 1))
    assert enough.outcome is short.outcome is AllocationOutcome.NONE
    return not enough.message.startswith("timed out") and short.message.startswith("timed out")


def test_permutations_are_not_counted_where_a_constraint_cuts_them_short() -> None:
    """Each of three devices is tried as the first, and none of the others fits to it."""
    claim = {"constraints": [{"matchAttribute": "gpu/id"}]}

    assert is_over_after(4, numbered(3), a_request(count=4), **claim)
    assert is_over_after(16, numbered(3), a_request(count=4))


def test_devices_without_enough_capacity_are_in_no_permutation() -> None:
    """Of four devices three can serve the request, which asks for five."""
    sized = [a_slice(*(a_device(f"d{n}", capacity={"mem": mem}) for n, mem in enumerate("8828")))]

    assert is_over_after(16, sized, a_request(count=5, capacity={"requests": {"mem": "8"}}))


def test_devices_that_are_held_or_taken_are_in_no_permutation() -> None:
    claim = a_claim(a_request("r0", **only(0)), a_request("r1", count=6))

    enough, short = (
        verdict(numbered(5), claim, allocated=holding("d1"), step_limit=limit) for limit in (18, 17)
    )

    assert "nothing that is free satisfies the claims" == enough.message
    assert short.message.startswith("timed out")


def test_an_error_among_too_few_devices_is_an_error() -> None:
    """The short cut for too few devices must not hide it."""
    broken = selecting('device.attributes["gpu"].numa == 1')

    assert (
        AllocationOutcome.ERROR is verdict(numbered(1), a_claim(a_request(count=2, selectors=broken))).outcome
    )


def test_the_limit_of_devices_of_one_claim_is_no_signal_to_the_claim_before() -> None:
    """Alone the second claim is an error; behind another it only is no solution."""
    odd = a_claim(one_of("r", s0={"count": 33}, s1={**ALL, **only(1, 2)}), name="odd")

    assert AllocationOutcome.ERROR is verdict(numbered(3), odd).outcome
    found = verdict(numbered(3), a_claim(a_request(**only(0))), odd)
    assert AllocationOutcome.NONE is found.outcome


def test_alternatives_behind_alternatives_that_cannot_be_had_are_no_solution() -> None:
    """Nothing to be had is not too much, at whatever depth."""
    claim = a_claim(one_of("r0", s0={**ALL, **only(0)}), one_of("r1", s0=only(9)))

    assert AllocationOutcome.NONE is verdict(numbered(1), claim).outcome


def test_what_goes_on_with_the_first_alternative_begins_at_its_first_candidate() -> None:
    """Up to 1.35 mode All takes one device and leaves the rest to the first alternative, which wants two."""
    claim = a_claim(one_of("r", s0={"count": 2, **only(1)}, s1={**ALL, **only(0)}))

    assert [["d0", "d1"]] == names(verdict(numbered(2), claim))
    assert [["d0"]] == names(verdict(numbered(2), claim, release=Release.V1_36))


def test_all_in_a_third_alternative_does_not_see_the_matches_of_the_first() -> None:
    """It is checked under the index of the second, which itself was checked under that of the first."""
    alternatives = {f"s{number}": {**ALL, **only(number)} for number in range(3)}
    claim = a_claim(one_of("r", **alternatives))

    assert [["d2"]] == names(verdict(numbered(3), claim, allocated=holding("d0")))
    assert [["d1"]] == names(verdict(numbered(3), claim, allocated=holding("d0"), release=Release.V1_36))


def test_counters_of_devices_that_are_given_back_are_free_again() -> None:
    """The first of two devices leaves too little for the second; the smaller alternative gets all of it."""
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            a_device("half", attributes={"id": 0}, consumesCounters=taking(memory="2")),
            a_device("full", attributes={"id": 1}, consumesCounters=taking(memory="4")),
            slices=2,
        ),
    ]
    claim = a_claim(one_of("r", both={"count": 2}, full=only(1)))

    assert [["full"]] == names(verdict(slices, claim))


def test_counters_need_their_gate() -> None:
    """Without it devices that take counters are no candidates, and slices of counters are not looked at."""
    slices = [counters(slices=2, pool="other", amounts={"memory": "4"}), *numbered(1)]
    claim = a_claim(a_request(**ALL))

    assert [["d0"]] == names(verdict(slices, claim, gates=[Gate.ADMIN_ACCESS]))
    assert AllocationOutcome.ERROR is verdict(slices, claim).outcome
