"""Constraints, All, admin access, limits, alternatives, taints, binding conditions and doubtful pools."""

from collections.abc import Sequence

import pytest

from solver.domain.claim import ClaimConstraint
from solver.domain.device import Scalar, VersionText
from solver.domain.device_taint import DeviceTaint, DeviceToleration
from solver.domain.kubernetes import Gate
from solver.domain.resource_slice import NodeScope, ResourceSlice
from solver.matching.device_fit import UnusableClaim, feasibility, feasible_allocation
from tests.solver.matching.device_fit.builders import (
    EVERYTHING,
    GPU,
    NIC,
    NODE,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
    served,
    without,
)

ROOT = "resource.kubernetes.io/pcieRoot"


def plain(count: int) -> list[ResourceSlice]:
    return [a_slice(*[a_device(f"d{number}") for number in range(count)])]


def rooted(roots: str, nic_roots: str) -> list[ResourceSlice]:
    """A GPU for each letter of *roots* and a NIC for each of *nic_roots*."""
    gpus = [a_device(f"g{n}{root}", attributes={ROOT: root}) for n, root in enumerate(roots)]
    nics = [a_device(f"n{n}{root}", driver=NIC, attributes={ROOT: root}) for n, root in enumerate(nic_roots)]
    return [a_slice(*gpus), a_slice(*nics, driver=NIC)]


def test_match_attribute_ties_requests() -> None:
    """A GPU and a NIC on one root; two claims need two roots that have both."""
    pair = a_claim(
        a_query("g"), a_query("n", driver=NIC), constraints=[ClaimConstraint(match_attribute=ROOT)]
    )

    assert [[("g", "g1b"), ("n", "n0b")]] == served(a_problem(rooted("ab", "bc"), pair))
    assert served(a_problem(rooted("ab", "bc"), pair, pair)) is None
    assert served(a_problem(rooted("ab", "ba"), pair, pair)) is not None


def test_match_attribute_tells_types_and_spellings_apart() -> None:
    """``true`` is not 1, and versions are compared as they are written."""
    same = ClaimConstraint(match_attribute=f"{GPU}/x")

    def fits(*values: Scalar) -> bool:
        devices = [a_device(f"d{n}", attributes={"x": value}) for n, value in enumerate(values)]
        problem = a_problem([a_slice(*devices)], a_claim(a_query(count=len(values)), constraints=[same]))
        return served(problem) is not None

    yes: Scalar = True
    assert fits(yes, yes)
    assert not fits(yes, 1)
    assert not fits("1.0.0", VersionText("1.0.0"))
    assert not fits(VersionText("1.0.0"), VersionText("1.0.0+a"))


def test_distinct_attribute_compares_all_devices_of_a_request() -> None:
    """Kubernetes forgets all but the last of each request."""
    apart = ClaimConstraint(distinct_attribute=ROOT)

    assert served(a_problem(rooted("aab", ""), a_claim(a_query(count=2), constraints=[apart]))) is not None
    assert served(a_problem(rooted("aab", ""), a_claim(a_query(count=3), constraints=[apart]))) is None


def test_a_constraint_may_name_one_alternative() -> None:
    """The other one is free of it."""
    alternatives = ("r", [a_query("s0"), a_query("s1")])
    tied = ClaimConstraint(requests=("n", "r/s0"), match_attribute=ROOT)
    claim = a_claim(alternatives, a_query("n", driver=NIC), constraints=[tied])

    assert [[("r/s1", "g0a"), ("n", "n0b")]] == served(a_problem(rooted("a", "b"), claim))
    assert [[("r/s0", "g0a"), ("n", "n0a")]] == served(a_problem(rooted("a", "a"), claim))


def test_all_takes_everything_or_fails() -> None:
    """Something in use, nothing there, or something tainted: no."""
    every = a_claim(a_query(everything=True))
    taint = DeviceTaint(key="k", effect="NoSchedule")

    assert [[("r", "d0"), ("r", "d1")]] == served(a_problem(plain(2), every))
    assert served(a_problem(plain(2), every, in_use=[f"{GPU}/n1/d1"])) is None
    assert served(a_problem([], every)) is None
    assert served(a_problem([a_slice(a_device("a"), a_device("b", taints=[taint]))], every)) is None
    assert served(a_problem(plain(2), every, a_claim(a_query()))) is None


def test_admin_access_ignores_use() -> None:
    """By others; in one claim every device counts once."""
    monitor = a_query(everything=True, admin=True)
    in_use = [f"{GPU}/n1/d0"]

    assert [[("r", "d0"), ("r", "d1")]] == served(a_problem(plain(2), a_claim(monitor), in_use=in_use))
    assert served(a_problem(plain(1), a_claim(a_query("a", admin=True), a_query("b", admin=True)))) is None
    assert served(a_problem(plain(1), a_claim(a_query("a"), a_query("b", admin=True)))) is None


def test_admin_access_takes_a_device_from_what_the_pod_asks_for_later() -> None:
    """Claims are allocated in order, and a device that was given is given."""
    work, watch = a_claim(a_query()), a_claim(a_query(admin=True))

    assert served(a_problem(plain(1), work, watch)) is not None
    assert served(a_problem(plain(1), watch, work)) is None


def test_a_claim_has_at_most_32_devices() -> None:
    """Two claims may have more; alternatives that fit the limit are found."""
    many = a_claim(a_query(count=20), ("b", [a_query("large", count=20), a_query("small", count=12)]))

    assert served(a_problem(plain(40), a_claim(a_query(count=20)), a_claim(a_query(count=20)))) is not None
    found = served(a_problem(plain(40), many))
    assert found is not None
    assert {"r", "b/small"} == {request for request, _ in found[0]}
    with pytest.raises(UnusableClaim, match="33 devices are asked for, a claim can have 32"):
        served(a_problem(plain(40), a_claim(a_query("a", count=20), a_query("b", count=13))))


def test_the_first_alternative_that_leads_to_a_solution_is_taken() -> None:
    """An earlier request gets its preference before a later one."""
    two_or_one = [a_query("two", count=2), a_query("one")]
    claim = a_claim(("a", two_or_one), ("b", two_or_one))

    def chosen(devices: int) -> list[str] | None:
        found = served(a_problem(plain(devices), claim))
        return None if found is None else sorted({request for request, _ in found[0]})

    assert ["a/two", "b/two"] == chosen(4)
    assert ["a/two", "b/one"] == chosen(3)
    assert ["a/one", "b/one"] == chosen(2)
    assert chosen(1) is None


def test_taints_have_to_be_tolerated() -> None:
    """Those that repel, by every request, with admin access too; without the gate they are nothing."""
    slices = [a_slice(a_device("d", taints=[DeviceTaint(key="k", value="v", effect="NoExecute")]))]
    tolerant = a_query(tolerations=[DeviceToleration(key="k", operator="Exists")])

    assert served(a_problem(slices, a_claim(a_query()))) is None
    assert served(a_problem(slices, a_claim(a_query(admin=True)))) is None
    assert served(a_problem(slices, a_claim(tolerant))) is not None
    assert served(a_problem(slices, a_claim(a_query())), without(Gate.DEVICE_TAINTS)) is not None


def test_devices_with_binding_conditions_come_last() -> None:
    """And not at all without the gate."""
    slices = [a_slice(a_device("a", binding_conditions=["ready"]), a_device("b"))]

    assert [[("r", "b")]] == served(a_problem(slices, a_claim(a_query())))
    assert served(a_problem(slices, a_claim(a_query(count=2)))) is not None
    gate = without(Gate.BINDING_CONDITIONS)
    assert served(a_problem(slices, a_claim(a_query(count=2))), gate) is None


@pytest.mark.parametrize(
    "slices",
    [
        [a_slice(a_device("d"), slice_count=2)],
        [a_slice(a_device("d")), a_slice(a_device("e"))],
        [a_slice(a_device("d"), a_device("d"))],
        [a_slice(a_device("d", consumes={"unknown": {"m": "1"}}))],
        [a_slice(a_device("d"), slice_count=2), a_slice(a_device("e"), generation=2, slice_count=2)],
    ],
    ids=[
        "a slice is missing",
        "a slice too many",
        "a name twice",
        "an unknown counter set",
        "half an update",
    ],
)
def test_doubtful_pools_offer_nothing(slices: Sequence[ResourceSlice]) -> None:
    """To whom "all" is unknown then; the others do with other pools."""
    other = a_slice(a_device("n", driver=NIC), driver=NIC)

    assert served(a_problem(slices, a_claim(a_query()))) is None
    assert served(a_problem([*slices, other], a_claim(a_query(driver=None)))) == [[("r", "n")]]
    with pytest.raises(UnusableClaim, match="asks for all devices, but resource pool"):
        served(a_problem([*slices, other], a_claim(a_query(driver=NIC, everything=True))))


def test_a_newer_generation_elsewhere_withdraws_an_unfinished_pool() -> None:
    """The node's own slices are old, and not even complete."""
    old = a_slice(a_device("d"), slice_count=2)
    new = a_slice(a_device("d"), generation=2, scope=NodeScope(node="n2"))

    assert served(a_problem([old, new], a_claim(a_query()))) is None
    assert () == feasibility(a_problem([old, new], a_claim(a_query())), EVERYTHING).withheld


def test_a_selector_that_fails_makes_the_device_ineligible_and_is_told() -> None:
    """Other devices still serve; whoever asks learns which selector is wrong."""
    text = f'device.attributes["{GPU}"].model == "A"'
    slices = [a_slice(a_device("bad"), a_device("good", attributes={"model": "A"}))]

    found = feasibility(a_problem(slices, a_claim(a_query(selectors=[text]))), EVERYTHING)

    assert found.allocations is not None
    assert ["good"] == [each.device.device for each in found.allocations[0].devices]
    assert [f"claim c, request r: '{text}' on {GPU}/n1/bad: no such key: model"] == [
        str(fault) for fault in found.faults
    ]


def test_the_allocation_says_from_where_it_can_be_reached() -> None:
    """One local device pins it; otherwise what the devices require, or nothing at all."""
    anywhere = NodeScope(all_nodes=True)

    def fields(*slices: ResourceSlice) -> object:
        found = feasible_allocation(a_problem(slices, a_claim(a_query(everything=True))), EVERYTHING)
        assert found is not None
        selector = found[0].node_selector
        return selector and [each.values for each in selector.fields]

    assert fields(a_slice(a_device("d"))) == [(NODE,)]
    assert fields(a_slice(a_device("d"), scope=anywhere)) is None
    assert fields(a_slice(a_device("d"), scope=anywhere), a_slice(a_device("e"), pool="p")) == [(NODE,)]
    assert fields(a_slice(a_device("d", binds_to_node=True), scope=anywhere)) == [(NODE,)]
