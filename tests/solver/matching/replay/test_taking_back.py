"""What a choice takes, and that taking it back gives exactly that back."""

from collections.abc import Mapping
from typing import Any

import pytest

from solver.domain.claim import AllocatedDevice, AllocatedState, Allocation, AllocationOutcome
from solver.domain.kubernetes import Release
from solver.domain.node_selector import NAME_FIELD, NodeRequirement, NodeSelector
from solver.domain.quantity import Quantity
from tests.solver.matching.replay.nodes import (
    NODE,
    a_claim,
    a_device,
    a_request,
    a_slice,
    counters,
    device,
    holding,
    names,
    one_of,
    selecting,
    taking,
    verdict,
)

ALL: dict[str, Any] = {"allocationMode": "All", "count": 0}


def half() -> dict[str, Any]:
    return {"capacity": {"requests": {"mem": "2"}}}


def a_shared_device(name: str = "s", **fields: object) -> dict[str, object]:
    """A device of capacity 4 that several requests may have."""
    return a_device(name, allowMultipleAllocations=True, capacity={"mem": "4"}, **fields)


def numbered(*device_names: str, **fields: object) -> dict[str, Any]:
    """Alternatives and requests for a device whose attribute ``id`` is named."""
    quoted = ", ".join(f'"{name}"' for name in device_names)
    return {"selectors": selecting(f'device.attributes["gpu"].id in [{quoted}]'), **fields}


def with_id(name: str, **fields: object) -> Mapping[str, object]:
    return a_device(name, attributes={"id": name}, **fields)


def test_an_allocation_says_what_it_takes_and_from_where_it_can_be_reached() -> None:
    """A whole device takes nothing in part; the amounts of a shared one go into the status of the claim."""
    local = NodeSelector(fields=(NodeRequirement(key=NAME_FIELD, operator="In", values=(NODE,)),))
    slices = [a_slice("w", a_shared_device())]
    claim = a_claim(a_request("r0"), a_request("r1", **half()))

    expected = Allocation(
        devices=(
            AllocatedDevice(request="r0", device=device("w")),
            AllocatedDevice(request="r1", device=device("s"), consumed={"mem": Quantity.parse("2")}),
        ),
        node_selector=local,
    )
    assert (expected,) == verdict(slices, claim).allocations


def test_a_device_that_every_node_reaches_ties_the_pod_to_none() -> None:
    slices = [a_slice("d", allNodes=True)]

    assert None is verdict(slices, a_claim(a_request())).allocations[0].node_selector


def test_a_device_for_nodes_of_some_names_ties_the_pod_to_those() -> None:
    """A selector may have conditions on fields alone."""
    field = {"key": NAME_FIELD, "operator": "In", "values": [NODE, "n2"]}
    slices = [a_slice("d", nodeSelector={"nodeSelectorTerms": [{"matchFields": [field]}]})]
    expected = NodeSelector(fields=(NodeRequirement(key=NAME_FIELD, operator="In", values=(NODE, "n2")),))

    assert expected == verdict(slices, a_claim(a_request())).allocations[0].node_selector


def test_a_second_claim_can_give_a_device_back() -> None:
    """Its first request tries the only device that its second one could have."""
    slices = [a_slice(*map(with_id, ("d0", "d1", "d2")))]
    first = a_claim(a_request(**numbered("d0")))
    second = a_claim(a_request("r0", **numbered("d1", "d2")), a_request("r1", **numbered("d1")), name="d")

    assert [["d0"], ["d2", "d1"]] == names(verdict(slices, first, second))


def test_admin_access_that_is_given_back_leaves_the_device_to_its_claim() -> None:
    """The second claim looks at the device of the first, finds no second one, and still cannot have it whole."""
    second = a_claim(a_request("r0", adminAccess=True), a_request("r1"), name="d")
    whole = a_claim(one_of("r", admin={"adminAccess": True, "count": 2}, plain={}), name="d")

    assert AllocationOutcome.NONE is verdict([a_slice("d")], a_claim(a_request()), second).outcome
    assert AllocationOutcome.NONE is verdict([a_slice("d")], a_claim(a_request()), whole).outcome


@pytest.mark.parametrize("claims_before", [0, 1])
def test_admin_access_passes_over_what_its_claim_has_without_looking_at_it(claims_before: int) -> None:
    """A selector that fails on the device would end the attempt."""
    slices = [a_slice(with_id("d"), with_id("e"))]
    before = [a_claim(a_request(**numbered("e")), name="b")] * claims_before
    broken = selecting('device.attributes["gpu"].id == "d" && device.attributes["gpu"].numa == 1')
    claim = a_claim(
        a_request("r0", adminAccess=True, **numbered("d")),
        a_request("r1", adminAccess=True, selectors=broken),
    )

    assert AllocationOutcome.NONE is verdict(slices, *before, claim).outcome


def test_admin_access_to_all_devices_needs_those_that_its_claim_does_not_have() -> None:
    slices = [a_slice(with_id("d"), with_id("e"))]
    before = a_claim(a_request(**numbered("e")), name="b")
    claim = a_claim(
        a_request("r0", adminAccess=True, **numbered("d")),
        a_request("r1", adminAccess=True, **numbered("d", **ALL)),
    )

    assert AllocationOutcome.NONE is verdict(slices, before, claim).outcome


def test_shares_of_one_pod_add_up() -> None:
    """Three halves are too much, though any two of them fit."""
    claims = [a_claim(a_request(**half()), name=f"c{number}") for number in range(3)]

    assert [["s"], ["s"]] == names(verdict([a_slice(a_shared_device())], *claims[:2]))
    assert AllocationOutcome.NONE is verdict([a_slice(a_shared_device())], *claims).outcome


def test_a_share_that_is_given_back_leaves_those_of_other_requests() -> None:
    """Two more halves do not fit, one does, and then there is nothing left for a whole."""
    slices = [a_slice(a_shared_device())]
    whole = {"capacity": {"requests": {"mem": "4"}}}
    claim = a_claim(a_request("r0", **half()), one_of("r1", two={"count": 2, **half()}, whole=whole))

    assert AllocationOutcome.NONE is verdict(slices, claim).outcome


@pytest.mark.parametrize("release", [Release.V1_36, Release.V1_37])
@pytest.mark.parametrize(
    "allocated",
    [
        holding("held"),
        AllocatedState(shared=frozenset({device("held")})),
        AllocatedState(consumed={device("held"): {}}),
    ],
)
def test_counters_are_charged_for_whatever_is_held_since_1_36(
    release: Release, allocated: AllocatedState
) -> None:
    """Whole, in part, or known from its amounts alone."""
    slices = [
        counters(slices=2, amounts={"memory": "4"}),
        a_slice(
            *(with_id(name, consumesCounters=taking(memory="3")) for name in ("held", "free")),
            slices=2,
        ),
    ]
    claim = a_claim(a_request(**numbered("free")))

    assert AllocationOutcome.NONE is verdict(slices, claim, release=release, allocated=allocated).outcome


@pytest.mark.parametrize("release", list(Release)[1:])
def test_devices_of_other_nodes_are_charged_to_the_counters_of_their_pool(release: Release) -> None:
    """A multi-host partition takes from the same counters wherever it is held."""
    slices = [
        counters(slices=3, amounts={"memory": "4"}),
        a_slice(a_device("free", consumesCounters=taking(memory="3")), name="here", slices=3),
        a_slice(a_device("held", consumesCounters=taking(memory="3")), name="there", slices=3, nodeName="n2"),
    ]

    assert [["free"]] == names(verdict(slices, a_claim(a_request()), release=release))
    found = verdict(slices, a_claim(a_request()), release=release, allocated=holding("held"))
    assert AllocationOutcome.NONE is found.outcome


def test_a_counter_that_is_used_up_is_not_overdrawn() -> None:
    """Devices that take nothing of it can still be had."""
    slices = [
        counters(slices=2, amounts={"memory": "2", "slots": "1"}),
        a_slice(
            a_device("held", consumesCounters=taking(memory="2")),
            a_device("free", consumesCounters=taking(slots="1")),
            slices=2,
        ),
    ]

    assert [["free"]] == names(verdict(slices, a_claim(a_request()), allocated=holding("held")))
