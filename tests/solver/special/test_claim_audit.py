"""Errors planted in the devices of sound plans: the audit sees each, although no model and no device fit is asked."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import pytest

from solver.audit import violations
from solver.domain.claim import ClaimConstraint
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import Fleet
from solver.domain.plan import Plan, SlotDevices
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy
from solver.domain.workload import DeviceRequest, ModelDeployment
from solver.matching.survey import Survey
from solver.place import place
from tests.builders import a_problem
from tests.partitions import (
    Published,
    a_part,
    a_partitionable_gpu,
    a_published_fleet,
    a_shared_device,
    counters_of,
)
from tests.solver.special.claims import (
    SICK,
    TOLERATES_SICK,
    claiming,
    first_of,
    memory,
    plain,
    running,
    with_attribute,
    with_lists,
)

Planted = tuple[Problem, Plan]
APART = ClaimConstraint(distinct_attribute="gpu.nvidia.com/parent")
TOGETHER = ClaimConstraint(match_attribute="gpu.nvidia.com/parent")
ONE_GPU = a_published_fleet(a_partitionable_gpu(0), counters=counters_of(1))
TWO_PARTS = claiming("part", a_part("1g"), replicas=2)
FOUR = [plain(f"gpu-{number}", parent=parent, model=parent) for number, parent in enumerate("aabb")]


def sound(fleet: Fleet, *deployments: ModelDeployment, running_too: bool = False) -> Planted:
    """A plan that places everything and that nothing is wrong with; the first deployment may be running."""
    replicas = running(fleet, deployments[0]) if running_too else ()
    problem = a_problem(fleet, deployments, replicas)
    plan = place(problem).plan
    assert () == plan.shortfalls
    assert () == violations(Survey(problem), plan)
    return problem, plan


def given(
    planted: Planted, rows: Sequence[int], *, replica: int = 0, position: int = 0, **changes: object
) -> Planted:
    """The plan with the devices *rows* given to the entry at *position* of a new replica instead of its own."""
    problem, plan = planted
    creates = list(plan.creates)
    (slot,) = creates[replica].slots
    devices: list[SlotDevices] = list(slot.devices)
    devices[position] = replace(devices[position], rows=tuple(rows), count=len(rows), **changes)  # type: ignore[arg-type]
    creates[replica] = replace(creates[replica], slots=(replace(slot, devices=tuple(devices)),))
    return problem, replace(plan, creates=tuple(creates))


def _row(planted: Planted, replica: int = 0) -> int:
    return planted[1].creates[replica].slots[0].devices[0].rows[0]


def _named(fleet: Fleet, name: str) -> int:
    return fleet.devices.names.index(name)


# Which devices.


def _a_device_is_given_twice() -> Planted:
    plan = sound(ONE_GPU, TWO_PARTS)
    return given(plan, [_row(plan, 1)])


def _a_device_is_given_twice_in_one_claim() -> Planted:
    plan = sound(
        a_published_fleet(FOUR),
        claiming("model", DeviceRequest(name="gpu", count=2), constraints=(TOGETHER,)),
    )
    return given(plan, [_row(plan), _row(plan)])


def _it_is_of_the_wrong_kind() -> Planted:
    return given(sound(ONE_GPU, claiming("part", a_part("1g"))), [_named(ONE_GPU, "gpu-0-mig-3g-0")])


def _there_are_too_few() -> Planted:
    return given(sound(ONE_GPU, claiming("part", a_part("1g", 2))), [_named(ONE_GPU, "gpu-0-mig-1g-0")])


def _there_are_too_many() -> Planted:
    rows = [_named(ONE_GPU, f"gpu-0-mig-1g-{number}") for number in range(3)]
    return given(sound(ONE_GPU, claiming("part", a_part("1g", 2))), rows)


def _the_rows_are_fewer_than_the_count() -> Planted:
    plan = sound(ONE_GPU, claiming("part", a_part("1g", 2)))
    problem, found = given(plan, [_row(plan)])
    (create,) = found.creates
    (slot,) = create.slots
    devices = (replace(slot.devices[0], count=2),)
    return problem, replace(found, creates=(replace(create, slots=(replace(slot, devices=devices),)),))


def _a_device_of_another_node() -> Planted:
    fleet = a_published_fleet(a_partitionable_gpu(0), a_partitionable_gpu(0), counters=counters_of(1))
    plan = sound(fleet, claiming("part", a_part("1g")))
    other = _row(plan) + len(a_partitionable_gpu(0))
    return given(plan, [other])


def _a_device_in_use() -> Planted:
    used = [Published(name="gpu-0", attributes={"parent": "a"}, in_use=True), *FOUR[1:]]
    return given(
        sound(a_published_fleet(used), claiming("model", DeviceRequest(name="gpu"), constraints=(TOGETHER,))),
        [0],
    )


def _a_device_that_a_kept_replica_holds() -> Planted:
    problem, plan = sound(
        ONE_GPU, claiming("part", a_part("1g")), claiming("more", a_part("1g")), running_too=True
    )
    return given((problem, plan), problem.replicas[0].slots[0].devices)


def _an_untolerated_taint() -> Planted:
    tainted = Published(name="gpu-9", attributes={"parent": "a"}, terms=DeviceTerms(taints=(SICK,)))
    fleet = a_published_fleet([*FOUR, tainted])
    return given(sound(fleet, claiming("model", DeviceRequest(name="gpu"), constraints=(TOGETHER,))), [4])


# All, alternatives, constraints, the size of a claim.


def _a_part_of_all_is_missing() -> Planted:
    return given(
        sound(a_published_fleet(FOUR), claiming("model", DeviceRequest(name="gpu", takes_all=True))),
        [0, 1, 2],
    )


def _two_alternatives_at_once() -> Planted:
    wish = first_of(DeviceRequest(name="pair", count=2), DeviceRequest(name="single"))
    problem, plan = sound(a_published_fleet(FOUR), claiming("model", wish))
    (create,) = plan.creates
    (slot,) = create.slots
    (pair,) = slot.devices if len(slot.devices) == 1 else slot.devices[:1]
    devices = (
        replace(pair, request="any/pair", rows=(0, 1), count=2),
        replace(pair, request="any/single", rows=(2,), count=1),
    )
    return problem, replace(plan, creates=(replace(create, slots=(replace(slot, devices=devices),)),))


def _an_alternative_that_does_not_exist() -> Planted:
    wish = first_of(
        DeviceRequest(name="a", selectors=(with_attribute("model", "a"),)), DeviceRequest(name="b")
    )
    return given(sound(a_published_fleet(FOUR), claiming("model", wish)), [0], request="any/third")


def _the_wrong_number_for_an_alternative() -> Planted:
    wish = first_of(
        DeviceRequest(name="one", selectors=(with_attribute("model", "a"),)), DeviceRequest(name="b")
    )
    return given(sound(a_published_fleet(FOUR), claiming("model", wish)), [0, 1])


def _values_that_should_match_differ() -> Planted:
    two = DeviceRequest(name="gpu", count=2)
    return given(sound(a_published_fleet(FOUR), claiming("model", two, constraints=(TOGETHER,))), [1, 2])


def _values_that_should_differ_match() -> Planted:
    two = DeviceRequest(name="gpu", count=2)
    problem, plan = sound(a_published_fleet(FOUR), claiming("model", two, constraints=(APART,)))
    (create,) = plan.creates
    (slot,) = create.slots
    devices = (replace(slot.devices[0], rows=(0, 1), count=2),)
    return problem, replace(plan, creates=(replace(create, slots=(replace(slot, devices=devices),)),))


def _lists_that_should_differ_share_a_value() -> Planted:
    """Each list has a value that the other lacks, and one that it has too."""
    devices = [plain("0", parent=("x", "y")), plain("1", parent=("x", "z")), plain("2", parent=("v", "w"))]
    two = DeviceRequest(name="gpu", count=2)
    fleet = with_lists(a_published_fleet(devices))
    return given(sound(fleet, claiming("model", two, constraints=(APART,))), [0, 1])


def _a_list_where_the_scheduler_knows_none() -> Planted:
    devices = [*FOUR, plain("list-0", parent=("x", "y")), plain("list-1", parent=("x", "z"))]
    two = DeviceRequest(name="gpu", count=2)
    return given(sound(a_published_fleet(devices), claiming("model", two, constraints=(TOGETHER,))), [4, 5])


def _a_device_lacks_the_attribute() -> Planted:
    fleet = a_published_fleet([*FOUR, plain("bare")])
    return given(sound(fleet, claiming("model", DeviceRequest(name="gpu"), constraints=(TOGETHER,))), [4])


def _thirty_three_devices() -> Planted:
    many = [plain(f"gpu-{number:02}") for number in range(33)]
    thirty_two = sound(
        a_published_fleet(many[:32]), claiming("model", DeviceRequest(name="gpu", takes_all=True))
    )[1]
    problem = a_problem(
        a_published_fleet(many), [claiming("model", DeviceRequest(name="gpu", takes_all=True))]
    )
    return given((problem, thirty_two), range(33))


# Counters and capacities.


def _counters_are_overdrawn() -> Planted:
    large, small = claiming("a-large", a_part("3g")), claiming("b-small", a_part("1g"))
    plan = sound(ONE_GPU, large, small)
    return given(
        given(plan, [_named(ONE_GPU, "gpu-0-mig-3g-0")]), [_named(ONE_GPU, "gpu-0-mig-1g-0")], replica=1
    )


def _counters_of_what_others_hold_are_overdrawn() -> Planted:
    gpu = a_partitionable_gpu(0)
    gpu[1] = replace(gpu[1], in_use=True)
    fleet = a_published_fleet(gpu, counters=counters_of(1))
    return given(sound(fleet, claiming("part", a_part("3g"))), [_named(fleet, "gpu-0-mig-3g-0")])


def _capacity_is_overdrawn() -> Planted:
    fleet = a_published_fleet([a_shared_device("one", "8"), a_shared_device("two", "8")])
    plan = sound(fleet, claiming("model", memory(5), replicas=2))
    return given(plan, [_row(plan, 1)])


def _capacity_beside_others_is_overdrawn() -> Planted:
    taken = replace(a_shared_device("taken", "8"), consumed={"memory": Quantity.of(6)})
    fleet = a_published_fleet([taken, a_shared_device("free", "8")])
    return given(sound(fleet, claiming("model", memory(5))), [0])


def _less_is_taken_than_asked_for() -> Planted:
    fleet = a_published_fleet([a_shared_device("one", "8")])
    return given(sound(fleet, claiming("model", memory(5))), [0], consumed=(("memory", Quantity.of(1)),))


def _less_is_taken_than_the_policy_makes_of_it() -> Planted:
    policy = RequestPolicy(minimum=Quantity.of(4))
    fleet = a_published_fleet([a_shared_device("one", "8", policy)])
    return given(sound(fleet, claiming("model", memory(1))), [0], consumed=(("memory", Quantity.of(1)),))


def _less_is_taken_than_the_whole_that_stands_for_nothing_asked() -> Planted:
    fleet = a_published_fleet([a_shared_device("one", "8")])
    model = claiming("model", DeviceRequest(name="gpu"))
    return given(sound(fleet, model), [0], consumed=(("memory", Quantity.of(1)),))


# Admin access.


def _admin_access_that_was_not_asked_for() -> Planted:
    plan = sound(ONE_GPU, TWO_PARTS)
    return given(plan, [_row(plan, 1)], has_admin_access=True)


def _admin_access_twice_to_one_device() -> Planted:
    monitor = DeviceRequest(name="gpu", count=2, has_admin_access=True)
    return given(sound(a_published_fleet(FOUR), claiming("model", monitor)), [0, 0])


PLANTED: list[Callable[[], Planted]] = [
    _a_device_is_given_twice,
    _a_device_is_given_twice_in_one_claim,
    _it_is_of_the_wrong_kind,
    _there_are_too_few,
    _there_are_too_many,
    _the_rows_are_fewer_than_the_count,
    _a_device_of_another_node,
    _a_device_in_use,
    _a_device_that_a_kept_replica_holds,
    _an_untolerated_taint,
    _a_part_of_all_is_missing,
    _two_alternatives_at_once,
    _an_alternative_that_does_not_exist,
    _the_wrong_number_for_an_alternative,
    _values_that_should_match_differ,
    _values_that_should_differ_match,
    _lists_that_should_differ_share_a_value,
    _a_list_where_the_scheduler_knows_none,
    _a_device_lacks_the_attribute,
    _thirty_three_devices,
    _counters_are_overdrawn,
    _counters_of_what_others_hold_are_overdrawn,
    _capacity_is_overdrawn,
    _capacity_beside_others_is_overdrawn,
    _less_is_taken_than_asked_for,
    _less_is_taken_than_the_policy_makes_of_it,
    _less_is_taken_than_the_whole_that_stands_for_nothing_asked,
    _admin_access_that_was_not_asked_for,
    _admin_access_twice_to_one_device,
]


@pytest.mark.parametrize("plant", PLANTED, ids=lambda plant: plant.__name__.strip("_"))
def test_each_planted_error_is_seen(plant: Callable[[], Planted]) -> None:
    """An error that gets past the audit is carried out."""
    problem, plan = plant()

    assert () != violations(Survey(problem), plan)


@pytest.mark.parametrize("devices", [[0, 1], [2, 3]], ids=["as it was", "another that does as well"])
def test_any_devices_that_serve_are_accepted(devices: list[int]) -> None:
    """The audit checks a certificate; it has no opinion on which of several good ones it is."""
    two = DeviceRequest(name="gpu", count=2, tolerations=(TOLERATES_SICK,))
    planted = given(sound(a_published_fleet(FOUR), claiming("model", two, constraints=(TOGETHER,))), devices)

    assert () == violations(Survey(planted[0]), planted[1])
