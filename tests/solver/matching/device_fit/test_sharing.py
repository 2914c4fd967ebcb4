"""Devices that serve several requests at once, and what each of them takes."""

import pytest

from solver.domain.claim import AllocatedDevice
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy
from solver.matching.device_fit import UnusableClaim, feasible_allocation
from tests.solver.matching.device_fit.builders import (
    EVERYTHING,
    GPU,
    a_claim,
    a_device,
    a_problem,
    a_query,
    a_slice,
    an_id,
    served,
    without,
)


def q(text: str) -> Quantity:
    return Quantity.parse(text)


RANGE = RequestPolicy(default=q("2"), minimum=q("2"), maximum=q("12"), step=q("4"))
VALID = RequestPolicy(default=q("2"), valid_values=(q("2"), q("8")))


def consumed(policy: RequestPolicy | None, asked: str | None, *, value: str = "16") -> str | None:
    """What a request for *asked* takes of a shared device; None: it is refused."""
    device = a_device(
        "d", capacity={"mem": value}, policies={"mem": policy} if policy else {}, is_shared=True
    )
    query = a_query(capacity=None if asked is None else {"mem": asked})
    found = feasible_allocation(a_problem([a_slice(device)], a_claim(query)), EVERYTHING)
    if found is None:
        return None
    (taken,) = [each.consumed for each in found[0].devices]
    assert taken is not None
    return str(taken["mem"])


@pytest.mark.parametrize(
    ("policy", "asked", "expected"),
    [
        (None, "5", "5"),
        (None, None, "16"),
        (None, "17", None),
        (RANGE, None, "2"),
        (RANGE, "1", "2"),
        (RANGE, "2", "2"),
        (RANGE, "3", "6"),
        (RANGE, "6", "6"),
        (RANGE, "6500m", "10"),
        (RANGE, "11", None),
        (VALID, None, "2"),
        (VALID, "1", "2"),
        (VALID, "3", "8"),
        (VALID, "9", None),
    ],
)
def test_policies_decide_what_is_taken(
    policy: RequestPolicy | None, asked: str | None, expected: str | None
) -> None:
    """The default, the least, the next step, the next valid value; or it cannot be had."""
    assert expected == consumed(policy, asked)


def test_shares_add_up_to_the_capacity() -> None:
    """Over claims, within one request, and with what was taken before."""
    slices = [a_slice(a_device("d", capacity={"mem": "8"}, is_shared=True))]
    three = a_query(capacity={"mem": "3"})

    assert served(a_problem(slices, a_claim(three), a_claim(three))) is not None
    assert served(a_problem(slices, a_claim(three), a_claim(three), a_claim(three))) is None
    assert served(a_problem(slices, a_claim(a_query(count=2, capacity={"mem": "4"})))) is not None
    assert served(a_problem(slices, a_claim(three), shared={f"{GPU}/n1/d": {"mem": "5"}})) is not None
    assert served(a_problem(slices, a_claim(three), shared={f"{GPU}/n1/d": {"mem": "6"}})) is None


def test_a_capacity_that_is_not_asked_for_counts_in_full() -> None:
    """So that whoever asks for nothing gets the device alone."""
    slices = [a_slice(a_device("d", capacity={"mem": "8", "bw": "10"}, is_shared=True))]
    one = a_query(capacity={"mem": "1"})

    assert served(a_problem(slices, a_claim(one))) is not None
    assert served(a_problem(slices, a_claim(one), a_claim(one))) is None


def test_a_device_without_capacity_is_shared_without_limit() -> None:
    """Five times in one request."""
    slices = [a_slice(a_device("d", is_shared=True))]

    assert [[("r", "d")] * 5] == served(a_problem(slices, a_claim(a_query(count=5))))


def test_capacity_names_are_literal() -> None:
    """A name with the driver's domain is another one."""
    slices = [a_slice(a_device("d", capacity={"mem": "8"}, is_shared=True))]

    assert served(a_problem(slices, a_claim(a_query(capacity={f"{GPU}/mem": "1"})))) is None


def test_capacity_filters_devices_that_are_taken_whole() -> None:
    """The smaller device would do for nobody who asks for more."""
    slices = [a_slice(a_device("small", capacity={"mem": "4"}), a_device("large", capacity={"mem": "8"}))]
    problem = a_problem(slices, a_claim(a_query(capacity={"mem": "5"})))

    found = feasible_allocation(problem, EVERYTHING)

    assert found is not None
    assert (AllocatedDevice(request="r", device=an_id(f"{GPU}/n1/large")),) == found[0].devices


def test_a_shared_device_pays_its_counters_once() -> None:
    """However many claims have it, and not at all if somebody had it before."""
    device = a_device("d", capacity={"mem": "8"}, is_shared=True, consumes={"set": {"m": "2"}})
    other = a_device("e", capacity={"mem": "8"}, is_shared=True, consumes={"set": {"m": "2"}})
    slices = [a_slice(device, other, slice_count=2), a_slice(counters={"set": {"m": "3"}}, slice_count=2)]
    four = a_query(capacity={"mem": "4"})

    assert [[("r", "d")], [("r", "d")]] == served(a_problem(slices, a_claim(four), a_claim(four)))
    assert served(a_problem(slices, *[a_claim(four)] * 3)) is None
    held = {f"{GPU}/n1/e": {"mem": "1"}}
    assert [[("r", "e")]] == served(a_problem(slices, a_claim(four), shared=held))


def test_all_leaves_out_what_lacks_the_capacity() -> None:
    """And fails where claims of the same pod compete for it."""
    slices = [
        a_slice(
            a_device("a", capacity={"mem": "8"}, is_shared=True),
            a_device("b", capacity={"mem": "2"}, is_shared=True),
            a_device("c", is_shared=True),
        )
    ]
    every = a_claim(a_query(everything=True, capacity={"mem": "5"}))

    assert [[("r", "a")]] == served(a_problem(slices, every))
    assert served(a_problem(slices, every, every)) is None


def test_without_the_gate_devices_are_taken_whole() -> None:
    """What was given in part is then held as a whole."""
    slices = [a_slice(a_device("d", capacity={"mem": "8"}, is_shared=True))]
    gate = without(Gate.CONSUMABLE_CAPACITY)

    assert served(a_problem(slices, a_claim(a_query())), gate) is not None
    assert served(a_problem(slices, a_claim(a_query()), a_claim(a_query())), gate) is None
    assert served(a_problem(slices, a_claim(a_query()), shared={f"{GPU}/n1/d": {}}), gate) is None


def test_asking_for_capacity_without_the_gate_depends_on_the_copy_of_the_allocator() -> None:
    """The incubating one of 1.35 has never heard of it; the one of 1.36 refuses."""
    problem = a_problem([a_slice(a_device("d"))], a_claim(a_query(capacity={"mem": "5"})))

    assert served(problem, SchedulerFeatures.default(Release.V1_35)) is not None
    with pytest.raises(UnusableClaim, match="asks for capacity"):
        served(problem, without(Gate.CONSUMABLE_CAPACITY))


def test_a_whole_allocation_bars_sharing_and_the_other_way_round() -> None:
    """A driver may change a device while somebody has it."""
    shared = [a_slice(a_device("d", capacity={"mem": "8"}, is_shared=True))]
    whole = [a_slice(a_device("d", capacity={"mem": "8"}))]
    one = a_claim(a_query(capacity={"mem": "1"}))

    assert served(a_problem(shared, one, in_use=[f"{GPU}/n1/d"])) is None
    assert served(a_problem(whole, one, shared={f"{GPU}/n1/d": {}})) is None
