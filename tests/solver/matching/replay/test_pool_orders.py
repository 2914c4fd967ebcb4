"""Which orders of pools and slices are tried, as numbers of slots."""

from collections.abc import Iterable

from solver.domain.claim import AllocatedState, AllocationOutcome, Claim
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName
from solver.domain.kubernetes import AllocatorVariant, Release, SchedulerFeatures
from solver.domain.resource_slice import ResourceSlice
from solver.matching.replay import Selections, SliceIndex
from solver.matching.replay.asks import asked
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.orders import orders
from solver.matching.replay.scene import Scene, Stage
from tests.solver.matching.replay.nodes import (
    ALL_GATES,
    NODE,
    a_claim,
    a_device,
    a_request,
    a_slice,
    device,
    selecting,
    sharing,
    verdict,
)

ANY = {"any": DeviceClass(name=DeviceClassName("any"), selectors=())}
GOOD = a_device("good", attributes={"numa": 1})
BROKEN = selecting("device.attributes[device.driver].numa == 1")


def tried(
    slices: Iterable[ResourceSlice],
    claim: Claim,
    *,
    release: Release = Release.V1_35,
    allocated: AllocatedState | None = None,
    shuffles_slices: bool = False,
) -> list[tuple[int, ...]]:
    features = SchedulerFeatures(release=release, gates=ALL_GATES)
    behaviour = Behaviour.of(features, AllocatorVariant.EXPERIMENTAL)
    stage = Stage(SliceIndex(slices), NODE, {}, behaviour, Selections())
    scene = Scene(stage, allocated or AllocatedState())
    return orders(asked([claim], ANY, scene), scene, shuffles_slices=shuffles_slices)


def pools(count: int, concerned: int) -> list[ResourceSlice]:
    """Pools of one device, of which the first *concerned* have an attribute."""
    return [
        a_slice(
            a_device(f"d{number}", attributes={"numa": 1} if number < concerned else {}),
            name=f"s{number}",
            pool=f"p{number}",
        )
        for number in range(count)
    ]


def with_numa() -> Claim:
    return a_claim(a_request(selectors=selecting('"numa" in device.attributes["gpu"]')))


def parts(count: int, pool: str = "pool") -> list[ResourceSlice]:
    """A pool of slices with one device each."""
    return [
        a_slice(f"{pool}{number}", name=f"{pool}{number}", pool=pool, slices=count) for number in range(count)
    ]


def test_up_to_eight_pools_come_in_a_rotation() -> None:
    """A Go map of one group keeps its order and begins anywhere."""
    numbers = list(range(8))
    rotations = [tuple(numbers[first:] + numbers[:first]) for first in numbers]

    assert rotations == tried(pools(8, 8), with_numa())


def test_of_nine_pools_those_that_matter_come_in_any_order() -> None:
    """The others make no difference, so two pools have two orders and not nine factorial."""
    others = tuple(range(2, 9))

    assert [(0, 1, *others), (1, 0, *others)] == tried(pools(9, 2), with_numa())


def test_all_orders_of_five_pools_are_cut_off_at_sixty_four() -> None:
    found = tried(pools(9, 5), with_numa())

    assert 64 == len(found)
    assert [(0, 1, 2, 3, 4), (0, 1, 2, 4, 3)] == [order[:5] for order in found[:2]]


def test_six_of_nine_pools_come_in_rotations_of_both_directions() -> None:
    """More are not tried: 720 orders of six pools cost too much."""
    forth, back = [0, 1, 2, 3, 4, 5], [5, 4, 3, 2, 1, 0]
    rotations = [(*each[n:], *each[:n], 6, 7, 8) for each in (forth, back) for n in range(6)]

    assert rotations == tried(pools(9, 6), with_numa())


def test_no_order_matters_where_nothing_can_be_chosen() -> None:
    assert [(0, 1)] == tried(pools(2, 0), with_numa())


def test_a_device_that_mode_all_cannot_take_makes_no_difference_to_the_order() -> None:
    """What is full is not among the devices of mode All, though its selectors match."""
    full = a_device("full", allowMultipleAllocations=True, capacity={"mem": "4"})
    free = a_device("free", allowMultipleAllocations=True, capacity={"mem": "4"})
    slices = [a_slice(full), a_slice(free, name="s1", pool="other")]
    claim = a_claim(a_request(allocationMode="All", count=0, capacity={"requests": {"mem": "2"}}))

    assert [(0, 1)] == tried(slices, claim, allocated=sharing(full={"mem": "3"}))


def test_shuffled_slices_of_a_small_pool_come_in_any_order() -> None:
    expected = [(0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0)]

    assert expected == tried(parts(3), a_claim(a_request()), shuffles_slices=True)


def test_shuffled_slices_of_a_large_pool_come_in_rotations_and_backwards() -> None:
    expected = [(0, 1, 2, 3), (1, 2, 3, 0), (2, 3, 0, 1), (3, 0, 1, 2), (3, 2, 1, 0)]

    assert expected == tried(parts(4), a_claim(a_request()), shuffles_slices=True)


def test_slices_that_are_not_shuffled_move_with_their_pool() -> None:
    slices = [*parts(2, "a"), *parts(2, "b")]

    assert [(0, 1, 2, 3), (2, 3, 0, 1)] == tried(slices, a_claim(a_request()))


def test_an_invalid_pool_stands_in_the_way_in_1_34() -> None:
    """It is a number behind those of the slots, and fatal to come across."""
    twice = a_slice("d", "d", name="twice", pool="twice")
    good = a_slice(GOOD, name="good", pool="good")
    claim = a_claim(a_request())

    assert [(1, 0), (0, 1)] == tried([twice, good], claim, release=Release.V1_34)
    assert [(0, 2), (2, 0)] == tried([good, twice], claim, release=Release.V1_34)


def test_whether_an_invalid_pool_is_met_in_1_34_is_a_matter_of_chance() -> None:
    """Unless the devices before it are held: then every order meets it."""
    slices = [
        a_slice("d", "d", name="twice", pool="twice"),
        a_slice(GOOD, name="good", pool="good"),
    ]
    held = AllocatedState(devices=frozenset({device("good", pool="good")}))
    claim = a_claim(a_request())

    for given in (slices, slices[::-1]):
        assert AllocationOutcome.ORDER_DEPENDENT is verdict(given, claim, release=Release.V1_34).outcome
        found = verdict(given, claim, release=Release.V1_34, allocated=held)
        assert AllocationOutcome.ERROR is found.outcome
