"""Constraints between devices: lists of values, and what is forgotten when a device is given back."""

from collections.abc import Mapping

import pytest

from solver.domain.claim import AllocationOutcome, AllocationVerdict, Claim
from solver.domain.kubernetes import Gate, Release
from solver.domain.resource_slice import ResourceSlice
from tests.solver.matching.replay.nodes import (
    ALL_GATES,
    a_claim,
    a_device,
    a_request,
    a_slice,
    names,
    selecting,
    verdict,
)

DISTINCT = [{"distinctAttribute": "gpu/v"}]
MATCH = [{"matchAttribute": "gpu/v"}]
WITH_LISTS = frozenset(Gate)


def strings(*values: str) -> dict[str, object]:
    return {"strings": list(values)}


def devices(**values: object) -> list[ResourceSlice]:
    """A slice of devices with an attribute ``v``."""
    return [a_slice(*(a_device(name, attributes={"v": value}) for name, value in values.items()))]


def found_with_lists(
    slices: list[ResourceSlice], claim: Claim, release: Release = Release.V1_36
) -> AllocationVerdict:
    return verdict(slices, claim, release=release, gates=WITH_LISTS)


def picking(request: str, *device_names: str, **fields: object) -> Mapping[str, object]:
    """A request for one of the devices whose attribute ``id`` is named."""
    quoted = ", ".join(f'"{name}"' for name in device_names)
    return a_request(request, selectors=selecting(f'device.attributes["gpu"].id in [{quoted}]'), **fields)


def test_lists_match_as_long_as_all_of_them_share_a_value() -> None:
    """It is the intersection of all that counts, not that of any two."""
    slices = devices(d0=strings("a", "b"), d1=strings("b", "c"), d2=strings("c", "a"))

    assert [["d0", "d1"]] == names(found_with_lists(slices, a_claim(a_request(count=2), constraints=MATCH)))
    three = found_with_lists(slices, a_claim(a_request(count=3), constraints=MATCH))
    assert AllocationOutcome.NONE is three.outcome


def test_a_single_value_matches_a_list_that_has_it() -> None:
    slices = devices(d0="numa-1", d1=strings("numa-0"), d2=strings("numa-0", "numa-1"))

    assert [["d0", "d2"]] == names(found_with_lists(slices, a_claim(a_request(count=2), constraints=MATCH)))


def test_values_of_two_types_are_different_values() -> None:
    """Python takes True for 1, Kubernetes does not."""
    claim = a_claim(a_request(count=2), constraints=MATCH)

    assert [["d0", "d2"]] == names(verdict(devices(d0=1, d1=True, d2=1), claim))


def test_an_empty_list_matches_nothing_not_even_as_the_first_value() -> None:
    """Without the gate it is a value of unknown type, which can be the first."""
    slices, claim = devices(d0=strings()), a_claim(a_request(), constraints=MATCH)

    assert AllocationOutcome.NONE is found_with_lists(slices, claim).outcome
    assert [["d0"]] == names(verdict(slices, claim, release=Release.V1_36))


def test_without_the_gate_a_list_can_be_the_first_value_and_equals_none() -> None:
    slices = devices(d0=strings("a"), d1=strings("a"))

    one, two = (a_claim(a_request(count=count), constraints=MATCH) for count in (1, 2))

    assert [["d0"]] == names(verdict(slices, one, gates=ALL_GATES, release=Release.V1_36))
    assert AllocationOutcome.NONE is verdict(slices, two, release=Release.V1_36).outcome


@pytest.mark.parametrize("release", [Release.V1_36, Release.V1_37])
def test_distinct_lists_share_no_value(release: Release) -> None:
    """Both ways in which values are kept look at all values of a list."""
    slices = devices(d0=strings("a", "b"), d1=strings("b", "c"), d2=strings("c", "d"))
    claim = a_claim(a_request("r0"), a_request("r1"), constraints=DISTINCT)

    assert [["d0", "d2"]] == names(found_with_lists(slices, claim, release))


@pytest.mark.parametrize("release", list(Release))
def test_a_list_without_the_gate_is_distinct_from_nothing_but_comes_first(release: Release) -> None:
    slices = devices(d0=strings("a"), d1=strings("b"))
    one, two = (
        a_claim(*(a_request(f"r{n}") for n in range(count)), constraints=DISTINCT) for count in (1, 2)
    )

    assert [["d0"]] == names(verdict(slices, one, release=release))
    assert AllocationOutcome.NONE is verdict(slices, two, release=release).outcome


@pytest.mark.parametrize("release", list(Release))
def test_a_constraint_on_some_requests_leaves_the_others_alone(release: Release) -> None:
    slices = devices(d0="a", d1="a", d2="b")
    distinct = [{"distinctAttribute": "gpu/v", "requests": ["r0", "r1"]}]
    claim = a_claim(*(a_request(f"r{n}") for n in range(3)), constraints=distinct)

    assert [["d0", "d2", "d1"]] == names(verdict(slices, claim, release=release))


def test_an_attribute_without_a_domain_is_one_of_the_driver() -> None:
    claim = a_claim(a_request(count=2), constraints=[{"matchAttribute": "v"}])

    assert [["d0", "d2"]] == names(verdict(devices(d0="a", d1="b", d2="a"), claim))


@pytest.mark.parametrize("release", list(Release))
def test_a_value_that_is_given_back_is_free_for_another_request(release: Release) -> None:
    """The second request tries c and b for nothing; then the first can still have b."""
    values = {"z": "z", "a0": "a", "b0": "b", "c1": "c", "b1": "b", "a2": "a"}
    slices = [a_slice(*(a_device(name, attributes={"v": v, "id": name}) for name, v in values.items()))]
    requests = [
        picking("z", "z"),
        picking("r0", "a0", "b0"),
        picking("r1", "c1", "b1"),
        picking("r2", "a2"),
    ]
    claim = a_claim(*requests, constraints=DISTINCT)

    assert [["z", "b0", "c1", "a2"]] == names(verdict(slices, claim, release=release))


@pytest.mark.parametrize("release", list(Release))
def test_a_value_is_given_back_when_a_later_constraint_rules_its_device_out(release: Release) -> None:
    """The candidates c and b of the second request pass the first constraint only."""
    values = {"z": ("z", 0), "a0": ("a", 0), "b0": ("b", 1), "c1": ("c", 1), "b1": ("b", 1)}
    slices = [
        a_slice(
            *(
                a_device(name, attributes={"v": v, "numa": numa, "id": name})
                for name, (v, numa) in values.items()
            )
        )
    ]
    constraints = [*DISTINCT, {"matchAttribute": "gpu/numa", "requests": ["r0", "r1"]}]
    requests = [picking("z", "z"), picking("r0", "a0", "b0"), picking("r1", "c1", "b1")]
    claim = a_claim(*requests, constraints=constraints)

    assert [["z", "b0", "c1"]] == names(verdict(slices, claim, release=release))


def test_two_devices_of_one_request_can_both_be_given_back() -> None:
    """Up to 1.36 the first of them to go takes the memory of the request with it, the second finds nothing."""
    claim = a_claim(a_request("r0", count=2), a_request("r1"), constraints=DISTINCT)

    assert AllocationOutcome.NONE is verdict(devices(d0="a", d1="b"), claim).outcome
