"""What the pod's events say when no node can be had: every text once."""

from collections.abc import Iterable, Mapping
from typing import Any

import pytest

from solver.domain.claim import AllocationOutcome, Claim
from solver.domain.kubernetes import Gate, Release
from solver.domain.resource_slice import ResourceSlice
from tests.solver.matching.replay.nodes import (
    ALL_GATES,
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    one_of,
    selecting,
    taking,
    verdict,
)

ONE = [a_slice("d0")]
TWICE = a_slice("d", "d", name="s1", pool="twice")
ALL: dict[str, Any] = {"allocationMode": "All", "count": 0}
UNREADABLE = selecting('device.attributes["gpu"].numa == 1')
LIKELY = a_device("good", attributes={"numa": 1})


def constrained(**constraint: object) -> Claim:
    return a_claim(a_request(count=2), constraints=[constraint])


def on(slices: Iterable[ResourceSlice], claim: Claim, **options: object) -> str:
    found = verdict(slices, claim, **options)  # type: ignore[arg-type]
    assert found.outcome is not AllocationOutcome.ALLOCATED
    return found.message


@pytest.mark.parametrize(
    ("claim", "gates", "message"),
    [
        (
            a_claim(one_of("r", s0={})),
            {Gate.ADMIN_ACCESS},
            "claim c, request r: has alternatives, and DRAPrioritizedList is off",
        ),
        (
            a_claim(a_request(capacity={"requests": {"mem": "1"}})),
            {Gate.ADMIN_ACCESS},
            "claim c, request r: asks for capacity, and DRAConsumableCapacity is off",
        ),
        (
            a_claim(a_request(adminAccess=True)),
            set[Gate](),
            "claim c, request r: asks for admin access, and DRAAdminAccess is off",
        ),
        (
            a_claim(a_request(selectors=[{}])),
            ALL_GATES,
            "claim c, request r: a selector is of a kind that is not known",
        ),
        (
            a_claim(a_request(deviceClassName="")),
            ALL_GATES,
            "claim c, request r: names no device class",
        ),
        (
            a_claim(a_request(deviceClassName="other")),
            ALL_GATES,
            "claim c, request r: device class other does not exist",
        ),
        (
            a_claim(one_of("r", s0={"allocationMode": "Some"})),
            ALL_GATES,
            "claim c, request s0: allocation mode 'Some' is not known",
        ),
        (
            a_claim(a_request("r0", count=20), a_request("r1", count=13)),
            ALL_GATES,
            "claim c: 33 devices are asked for, a claim can have 32",
        ),
        (
            constrained(),
            ALL_GATES,
            "claim c, constraint 0: found neither matchAttribute nor distinctAttribute",
        ),
        (
            a_claim(a_request(selectors=UNREADABLE)),
            ALL_GATES,
            "claim c, request r: device gpu/pool/d0: selector 0: runtime error: no such key: numa",
        ),
        (
            a_claim(a_request(selectors=UNREADABLE, **ALL)),
            ALL_GATES,
            "claim c, request r: device gpu/pool/d0: selector 0: runtime error: no such key: numa",
        ),
        (
            a_claim(a_request(deviceClassName="numa")),
            ALL_GATES,
            "claim c, request r: class numa, device gpu/pool/d0: selector 0: runtime error: no such key: numa",
        ),
        (
            a_claim(a_request(**ALL), constraints=[{"matchAttribute": "gpu/numa"}]),
            ALL_GATES,
            "claim c, request r: device gpu/pool/d0 is one of all, a constraint rules it out",
        ),
        (
            a_claim(one_of("r", s0={"count": 33}, s1=ALL)),
            ALL_GATES,
            "no choice of alternatives has at most 32 devices",
        ),
        (a_claim(a_request(count=2)), ALL_GATES, "nothing that is free satisfies the claims"),
    ],
)
def test_a_claim_that_cannot_be_met_says_what_it_asks_for(
    claim: Claim, gates: Iterable[Gate], message: str
) -> None:
    """The owner of the claim reads it, so it names claim and request."""
    classes: Mapping[str, str] = {"numa": 'device.attributes["gpu"].numa == 1'}

    assert message == on(ONE, claim, gates=gates, selectors=classes)


@pytest.mark.parametrize(
    ("slices", "release", "message"),
    [
        (
            [a_slice("d0", slices=2)],
            Release.V1_35,
            "claim c, request r: asks for all devices, and resource pool gpu/pool is incomplete",
        ),
        (
            [a_slice("d0", slices=2)],
            Release.V1_34,
            "claim c, request r: asks for all devices, and resource pool gpu/pool is incomplete",
        ),
        (
            [TWICE],
            Release.V1_35,
            "claim c, request r: asks for all devices, and resource pool gpu/twice is invalid",
        ),
    ],
)
def test_mode_all_names_the_pool_of_which_it_cannot_know_all_devices(
    slices: list[ResourceSlice], release: Release, message: str
) -> None:
    """The operator of the driver reads it, and the pool is what to look at."""
    assert message == on(slices, a_claim(a_request(**ALL)), release=release)


@pytest.mark.parametrize(
    ("slices", "complaint"),
    [
        ([TWICE], "device d is published twice"),
        (
            [
                counters("c0", slices=2, pool="twice", amounts={"memory": "1"}),
                counters("c1", slices=2, pool="twice", amounts={"memory": "1"}),
            ],
            "counter set set is published twice",
        ),
        (
            [a_slice(a_device("d", consumesCounters=taking(memory="1")), pool="twice")],
            "counter set set is not published",
        ),
        (
            [
                counters(slices=2, pool="twice", amounts={"memory": "1"}),
                a_slice(a_device("d", consumesCounters=taking(slots="1")), slices=2, pool="twice"),
            ],
            "counter slots is not published in counter set set",
        ),
    ],
)
def test_an_invalid_pool_says_what_is_wrong_with_it(slices: list[ResourceSlice], complaint: str) -> None:
    message = (
        f"nothing that is free satisfies the claims, and resource pool gpu/twice is invalid: {complaint}"
    )

    assert message == on(slices, a_claim(a_request()))


def test_an_invalid_pool_that_is_come_across_in_1_34_says_so() -> None:
    message = "claim c, request r: resource pool gpu/twice is invalid: device d is published twice"

    assert message == on([TWICE], a_claim(a_request()), release=Release.V1_34)


def test_a_slice_whose_node_selector_is_beyond_us_is_named_by_its_operator() -> None:
    """The allocator gives up on every pod of the node, so the message has to lead to the slice."""
    expressions = [
        {"key": "zone", "operator": "In", "values": ["a"]},
        {"key": "zone", "operator": "Near", "values": ["a"]},
    ]
    selector = {"nodeSelectorTerms": [{"matchExpressions": expressions}]}

    found = verdict([a_slice("d0", nodeSelector=selector)], a_claim(a_request()))

    assert (AllocationOutcome.ERROR, "node selector has the unknown operator 'Near'") == (
        found.outcome,
        found.message,
    )


def test_the_crash_of_1_34_names_the_slice_that_has_too_few_devices() -> None:
    """The second device of a request is looked up as number 1 of a slice of one; three of two are asked for."""
    slices = [a_slice("d0", name="s0", slices=2), a_slice("d1", name="s1", slices=2)]
    message = "claim c, request r: the scheduler crashes, slice s1 has no device 1"

    assert message == on(slices, a_claim(a_request(count=3)), release=Release.V1_34)


def test_a_search_that_takes_too_long_says_after_how_many_steps() -> None:
    slices = [a_slice(*(f"d{number}" for number in range(8)))]
    message = "timed out: no allocation was found in 1,000 steps"

    assert message == on(slices, a_claim(a_request(count=9)), step_limit=1000)


def test_a_verdict_that_the_order_decides_names_both_ends() -> None:
    slices = [a_slice(LIKELY, name="s0", pool="b"), a_slice("bad", name="s1", pool="a")]
    error = "claim c, request r: device gpu/a/bad: selector 0: runtime error: no such key: numa"
    message = f"depends on the order of the resource pools: allocated or error ({error})"

    assert message == on(slices, a_claim(a_request(selectors=UNREADABLE)))
