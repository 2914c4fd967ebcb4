"""Resource pools as one node sees them: which slices count, whether the pool is complete, whether it is valid."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.resource_slice import CounterSet, NodeScope, ResourceSlice, SliceDevice


class PoolState(StrEnum):
    """Whether a resource pool offers its devices."""

    USABLE = "usable"
    INCOMPLETE = "currently being updated"
    INVALID = "currently invalid"


@dataclass(frozen=True, slots=True, kw_only=True)
class VisiblePool:
    """A resource pool of which something concerns the node."""

    driver: Driver
    name: str
    state: PoolState
    #: Devices that the node reaches, and from where else they are reached; none unless usable.
    devices: tuple[tuple[SliceDevice, NodeScope], ...]
    #: Devices of the pool on whatever node: those that are allocated have taken from the counters.
    all_devices: tuple[SliceDevice, ...]
    counter_sets: tuple[CounterSet, ...]

    def __str__(self) -> str:
        return f"{self.driver}/{self.name}"


def visible_pools(problem: AllocationProblem, features: SchedulerFeatures) -> tuple[VisiblePool, ...]:
    """The pools that the node of *problem* sees, by driver and name."""
    every: dict[tuple[Driver, str], list[ResourceSlice]] = {}
    for each in sorted(problem.slices, key=lambda each: each.name):
        every.setdefault((each.driver, each.pool), []).append(each)
    pools = []
    for _, slices in sorted(every.items()):
        relevant = _relevant(problem, slices, features)
        if relevant:
            has_partitions = features.has(Gate.PARTITIONABLE_DEVICES)
            pools.append(_pool(problem, slices, relevant, has_partitions=has_partitions))
    return tuple(pool for pool in pools if pool is not None)


def _relevant(
    problem: AllocationProblem, slices: Sequence[ResourceSlice], features: SchedulerFeatures
) -> list[ResourceSlice]:
    """The slices of the newest generation that concern the node."""
    seen = [each for each in slices if _reaches(problem, each)]
    if not features.has(Gate.PARTITIONABLE_DEVICES):
        seen = [each for each in seen if not (each.scope.per_device or each.shared_counters)]
    elif features.release < Release.V1_37:
        # Counters concern every node before 1.37; since then they are looked up with the rest of the pool.
        seen += [each for each in slices if each.shared_counters and each not in seen]
    newest = max((each.generation for each in seen), default=0)
    return [each for each in seen if each.generation == newest]


def _reaches(problem: AllocationProblem, each: ResourceSlice) -> bool:
    if each.scope.per_device:
        return any(
            device.scope is not None and device.scope.reaches(problem.node, problem.labels)
            for device in each.devices
        )
    return each.scope.reaches(problem.node, problem.labels)


def _pool(
    problem: AllocationProblem,
    slices: Sequence[ResourceSlice],
    relevant: Sequence[ResourceSlice],
    *,
    has_partitions: bool,
) -> VisiblePool | None:
    """The pool of *slices*; None: a newer generation is on its way that does not concern the node."""
    first = relevant[0]
    same = [each for each in slices if each.generation == first.generation]
    looked_up: Sequence[ResourceSlice] = relevant
    state = PoolState.USABLE
    if len(relevant) != first.slice_count:
        if any(each.generation > first.generation for each in slices):
            return None
        looked_up = same
        if len(same) != first.slice_count:
            state = PoolState.INCOMPLETE
    if state is PoolState.USABLE and not _is_valid(relevant, looked_up, has_partitions=has_partitions):
        state = PoolState.INVALID
    devices = [pair for each in relevant for pair in _reached(problem, each)]
    return VisiblePool(
        driver=first.driver,
        name=first.pool,
        state=state,
        devices=tuple(devices) if state is PoolState.USABLE else (),
        all_devices=tuple(device for each in looked_up for device in each.devices),
        counter_sets=tuple(found for each in looked_up for found in each.shared_counters),
    )


def _reached(problem: AllocationProblem, each: ResourceSlice) -> list[tuple[SliceDevice, NodeScope]]:
    if not each.scope.per_device:
        # A slice with counters that others use may be seen without being reached.
        return [(device, each.scope) for device in each.devices] if _reaches(problem, each) else []
    return [
        (device, device.scope)
        for device in each.devices
        if device.scope is not None and device.scope.reaches(problem.node, problem.labels)
    ]


def _is_valid(
    relevant: Sequence[ResourceSlice], looked_up: Sequence[ResourceSlice], *, has_partitions: bool
) -> bool:
    """Whether names are unique and every counter that a device takes from exists."""
    names = Counter(device.name for each in relevant for device in each.devices)
    sets = Counter(found.name for each in looked_up for found in each.shared_counters)
    if max(names.values(), default=0) > 1 or max(sets.values(), default=0) > 1:
        return False
    if not has_partitions:
        return True
    known: Mapping[str, frozenset[str]] = {
        found.name: frozenset(found.counters) for each in looked_up for found in each.shared_counters
    }
    return all(
        use.counter_set in known and use.counters.keys() <= known[use.counter_set]
        for each in looked_up
        for device in each.devices
        for use in device.consumes
    )
