"""What a request takes of a capacity, number by number and as it is written."""

import pytest

from solver.domain.device import Device
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy, SliceDevice
from solver.matching.replay.capacity import consumption

WHOLE, MILLI = False, True
BIG = Quantity(nano=Quantity.parse("7").nano, big=True)


def a_policy(*valid: str, **amounts: str | Quantity) -> RequestPolicy:
    """A policy of amounts as they are written."""
    return RequestPolicy(
        valid_values=tuple(map(Quantity.parse, valid)),
        **{name: Quantity.parse(each) if isinstance(each, str) else each for name, each in amounts.items()},
    )


def taken(policy: RequestPolicy, asked: str | Quantity | None, *, in_milli: bool = WHOLE) -> Quantity | None:
    """What a request takes of a capacity of 1000; None: the device cannot serve it."""
    capacity = {"mem": Quantity.parse("1000")}
    device = Device(name="d", driver=Driver("gpu"))
    published = SliceDevice(device=device, capacity=capacity, policies={"mem": policy})
    amount = Quantity.parse(asked) if isinstance(asked, str) else asked
    found = consumption(published, None if amount is None else {"mem": amount}, in_milli=in_milli)
    return None if found is None else found["mem"]


def written(amount: Quantity | None) -> tuple[str, str, int] | None:
    """The text of an amount, its format and the power of ten of its digits: all that Kubernetes compares."""
    return None if amount is None else (str(amount), str(amount.format), amount.scale)


@pytest.mark.parametrize(
    ("asked", "minimum", "step", "expected"),
    [("2", "1", "7", "8"), ("8", "1", "7", "8"), ("9", "1", "7", "15"), ("2", "1", "2", "3")],
)
def test_steps_are_counted_from_the_minimum(asked: str, minimum: str, step: str, expected: str) -> None:
    """A minimum that is no multiple of the step shifts every value, and the shifted values are valid."""
    found = taken(a_policy(minimum=minimum, step=step), asked)

    assert Quantity.parse(expected) == found


@pytest.mark.parametrize(
    ("in_milli", "minimum", "step", "asked", "expected"),
    [
        (WHOLE, "1", "2", "2", ("3", "BinarySI", 0)),
        (MILLI, "1", "2", "2", ("3", "DecimalSI", 0)),
        (MILLI, "500m", "500m", "1200m", ("1500m", "DecimalSI", -3)),
        (MILLI, "1Ki", "1Ki", "1025", ("2Ki", "BinarySI", 0)),
    ],
)
def test_a_rounded_amount_is_written_like_its_step_since_1_37(
    in_milli: bool,  # noqa: FBT001
    minimum: str,
    step: str,
    asked: str,
    expected: tuple[str, str, int],
) -> None:
    """Before, it always gets a binary suffix; how it is written decides whether it equals the default."""
    found = taken(a_policy(minimum=minimum, step=step), asked, in_milli=in_milli)

    assert expected == written(found)


def test_an_amount_that_needs_no_rounding_stays_as_it_is_written() -> None:
    """1024 is the minimum of 1Ki already, so it is not replaced by it."""
    assert ("1024", "DecimalSI", 0) == written(taken(a_policy(minimum="1Ki"), "1024"))


def test_one_amount_finer_than_milli_makes_all_steps_whole() -> None:
    """Then rounding to thousandths would lose something, so Kubernetes falls back to whole units."""
    policy = a_policy(minimum="1", step="1500u")

    assert Quantity.parse("2") == taken(policy, "1200m", in_milli=MILLI)


def test_a_valid_value_is_taken_as_it_is() -> None:
    """The next larger one is only for amounts in between."""
    assert Quantity.parse("1") == taken(a_policy("1", "4"), "1")


@pytest.mark.parametrize(
    ("policy", "asked", "expected"),
    [
        (a_policy(maximum="6"), "7", None),
        (a_policy(maximum="6"), "6", "6"),
        (a_policy(minimum="2"), "3", "3"),
        (a_policy(minimum="2", maximum="6"), "7", None),
        (a_policy(step="2"), "4", "4"),
        (a_policy(step="2"), "5", None),
        (a_policy(step="0"), "5", "5"),
    ],
)
def test_a_range_need_not_be_whole(policy: RequestPolicy, asked: str, expected: str | None) -> None:
    """Whatever part of it is published counts; the API server asks for a minimum, recordings need not have one."""
    assert (None if expected is None else Quantity.parse(expected)) == taken(policy, asked)


@pytest.mark.parametrize(("in_milli", "expected"), [(WHOLE, "1500m"), (MILLI, None)])
def test_a_fraction_passes_for_a_whole_step_up_to_1_36(in_milli: bool, expected: str | None) -> None:  # noqa: FBT001
    """1500m is 2 in whole units, a multiple of 1."""
    found = taken(a_policy(step="1"), "1500m", in_milli=in_milli)

    assert (None if expected is None else Quantity.parse(expected)) == found


@pytest.mark.parametrize(
    ("default", "asked", "is_taken"),
    [
        ("7", "7", True),
        ("7", None, True),
        ("7000m", "7", False),
        ("7000m", "7000m", True),
        ("7Ki", "7168", False),
        ("7Ki", "7Ki", True),
        ("7", BIG, False),
        (BIG, "7", False),
        (BIG, BIG, False),
    ],
)
def test_the_default_is_always_valid_if_it_is_written_as_published(
    default: str | Quantity, asked: str | Quantity | None, *, is_taken: bool
) -> None:
    """Kubernetes compares the structures, so the same number in other words has to keep to the maximum."""
    found = taken(a_policy(default=default, maximum="6"), asked)

    assert is_taken is (found is not None)
