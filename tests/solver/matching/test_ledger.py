"""What is left on nodes while a plan is put together."""

from collections.abc import Sequence

from solver.domain.fleet import NodeResources
from solver.domain.problem import Problem
from solver.matching.ledger import Ledger, Unit
from solver.matching.node_fit import Need
from solver.matching.survey import Survey
from tests.builders import (
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    gpus,
)


def _problem(*devices: DeviceSpec, free: NodeResources | None = None, nodes: Sequence[str] = ()) -> Problem:
    deployment = a_deployment()
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=2, devices=devices, free=free),)))
    return a_problem(fleet, [deployment], [a_replica(deployment, nodes=nodes)] if nodes else [])


def _ledger(problem: Problem) -> Ledger:
    survey = Survey(problem)
    return Ledger(survey.options.special, survey.observed.standing)


#: Every kind of the little fleets here.
ANY = 0b11


def _unit(count: int, *, pods: int = 1, cpu_millicores: int = 0, memory_bytes: int = 0) -> Unit:
    needs = (Need(ANY, count),)
    return Unit(needs=needs, pods=pods, cpu_millicores=cpu_millicores, memory_bytes=memory_bytes)


def test_a_node_has_room_until_its_devices_are_gone() -> None:
    """And again when a unit is taken off."""
    ledger = _ledger(_problem(gpus(4)))

    ledger.place(0, _unit(3))
    assert (True, False, 1, 4) == (
        ledger.has_room(0, _unit(1)),
        ledger.has_room(0, _unit(2)),
        ledger.left(0),
        ledger.left(1),
    )

    ledger.place(0, _unit(3), sign=-1)
    assert (True, 4) == (ledger.has_room(0, _unit(4)), ledger.left(0))


def test_what_runs_is_taken_off() -> None:
    """A kept pod needs its device."""
    ledger = _ledger(_problem(gpus(2), nodes=("default/1",)))

    assert (2, 1) == (ledger.left(0), ledger.left(1))


def test_needs_are_matched_and_not_just_counted() -> None:
    """One of 141Gi and one of 80Gi are not two of 141Gi."""
    survey = Survey(_problem(gpus(1, "141Gi"), gpus(1, "80Gi")))
    big = next(kind for kind, size in enumerate(survey.kinds.memory_bytes) if size == 141 << 30)
    ledger = Ledger(survey.options.special)
    picky = Unit(needs=(Need(1 << big, 1),))

    ledger.place(0, _unit(1))
    assert ledger.has_room(0, picky)

    ledger.place(0, picky)
    assert not ledger.has_room(0, picky)
    assert not ledger.has_room(0, _unit(1))


def test_pods_cpu_and_memory_are_limits_of_their_own() -> None:
    """A node full of pods takes none, whatever devices it has."""
    free = NodeResources(cpu_millicores=1000, memory_bytes=100, pods=2)
    ledger = _ledger(_problem(gpus(8), free=free))

    assert ledger.has_room(0, _unit(1, cpu_millicores=1000, memory_bytes=100))
    assert not ledger.has_room(0, _unit(1, cpu_millicores=1001))
    assert not ledger.has_room(0, _unit(1, memory_bytes=101))
    assert not ledger.has_room(0, _unit(1, pods=3))

    ledger.place(0, _unit(1, cpu_millicores=1001))
    # What is not asked for is not refused, even where others took too much of it.
    assert (True, False) == (ledger.has_room(0, _unit(1)), ledger.has_room(0, _unit(1, cpu_millicores=1)))


def test_an_overcommitted_node_takes_nothing() -> None:
    """It is broken already."""
    ledger = _ledger(_problem(gpus(2)))

    ledger.place(0, _unit(3))

    assert (-1, False) == (ledger.left(0), ledger.has_room(0, _unit(1)))
