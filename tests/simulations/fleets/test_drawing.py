"""Dividing and drawing with integers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulations.fleets.drawing import apportioned, drawn, stream


@given(st.integers(0, 10_000), st.lists(st.integers(0, 1000), min_size=1, max_size=20))
def test_parts_add_up_and_are_near_their_share(total: int, weights: list[int]) -> None:
    """No part is off by a whole one."""
    parts = apportioned(total, weights)

    assert total == sum(parts)
    if sum(weights):
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * sum(weights) - total * weight) < sum(weights)


def test_no_part_is_below_the_least() -> None:
    """Every deployment wants a replica, however small its weight."""
    assert [8, 1, 1] == apportioned(10, [1000, 1, 0], least=1)


def test_too_little_to_divide_is_refused() -> None:
    """Three parts of one do not fit into two."""
    with pytest.raises(ValueError, match="2 in 3 parts of at least 1 is not possible"):
        apportioned(2, [1, 1, 1], least=1)


def test_what_weighs_nothing_is_never_drawn() -> None:
    """Weights are shares, and none is none."""
    rng = stream(0, "test")

    assert {"a", "c"} == {drawn(rng, {"a": 1, "b": 0, "c": 1}) for _ in range(100)}
