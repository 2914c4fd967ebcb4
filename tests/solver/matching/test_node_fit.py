"""Fitting device requests on one node, against brute force over single devices."""

from collections.abc import Mapping, Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from solver.matching.node_fit import Need, assign, closed_sets, demand_within, fits, supply

KINDS = 4
NEEDS = st.lists(st.builds(Need, accepts=st.integers(0, 2**KINDS - 1), count=st.integers(0, 3)), max_size=4)
HELD = st.dictionaries(st.integers(0, KINDS - 1), st.integers(0, 3))


def _brute_force(needs: Sequence[Need], held: Mapping[int, int]) -> bool:
    """Whether each single seat can be given a device, trying every choice."""
    seats = [need.accepts for need in needs for _ in range(need.count)]

    def seat(position: int, left: tuple[int, ...]) -> bool:
        if position == len(seats):
            return True
        return any(
            seats[position] >> kind & 1
            and left[kind] > 0
            and seat(position + 1, (*left[:kind], left[kind] - 1, *left[kind + 1 :]))
            for kind in range(KINDS)
        )

    if len(seats) > sum(held.values()):
        return False
    return seat(0, tuple(held.get(kind, 0) for kind in range(KINDS)))


@settings(max_examples=300, deadline=None)
@given(NEEDS, HELD)
def test_fits_is_exact(needs: list[Need], held: dict[int, int]) -> None:
    """No false refusal and no overcommit, whatever overlaps."""
    assert _brute_force(needs, held) == fits(needs, held)


@settings(max_examples=300, deadline=None)
@given(NEEDS, HELD)
def test_assign_gives_a_witness_exactly_when_it_fits(needs: list[Need], held: dict[int, int]) -> None:
    """Every need gets its count of accepted devices, and no device is given twice."""
    given_devices = assign(needs, held)

    assert fits(needs, held) == (given_devices is not None)
    for need, devices in zip(needs, given_devices or (), strict=False):
        assert need.count == sum(devices.values())
        assert all(need.accepts >> kind & 1 for kind, count in devices.items() if count)
    for kind, count in held.items():
        assert count >= sum(devices.get(kind, 0) for devices in given_devices or ())


@settings(max_examples=200, deadline=None)
@given(NEEDS, HELD)
def test_the_order_of_needs_never_matters(needs: list[Need], held: dict[int, int]) -> None:
    """Neither for the answer nor for whether there is a witness."""
    assert fits(needs, held) == fits(needs[::-1], held)
    assert (assign(needs, held) is None) == (assign(needs[::-1], held) is None)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 2**KINDS - 1), max_size=5))
def test_closed_sets_are_the_unions_of_connected_sets(masks: list[int]) -> None:
    """Ascending, without repeats, each given set among them, and closed under overlapping unions."""
    found = closed_sets(masks)

    assert list(found) == sorted(set(found))
    assert {mask for mask in masks if mask} <= set(found)
    for left in found:
        for right in masks:
            assert not left & right or left | right in found


def test_assign_spares_what_others_need() -> None:
    """The request that takes anything leaves the scarce device to the one that needs it."""
    anything, picky = Need(0b11, 1), Need(0b10, 1)

    assert ({0: 1}, {1: 1}) == assign([anything, picky], {0: 1, 1: 1})


def test_disjoint_sets_need_no_union() -> None:
    """Their inequality would be the sum of the two."""
    assert (0b01, 0b10) == closed_sets([0b01, 0b10])
    assert (0b001, 0b010, 0b011, 0b111) == closed_sets([0b001, 0b010, 0b011, 0b111])


def test_demand_and_supply_of_a_set() -> None:
    """Only what can be served from nowhere else counts."""
    assert 3 == demand_within([Need(0b01, 1), Need(0b11, 2), Need(0b100, 4)], 0b11)
    assert 5 == supply({0: 2, 1: 3, 2: 9}, 0b11)
    assert fits([Need(0, 0)], {})
    assert not fits([Need(0, 1)], {0: 1})
