"""The device allocator: one call of replay and of feasibility, and what the rehearsal of a large plan costs.

The baseline of a call is the original in Go, as ``reference/dra.md`` gives it; that of a plan is the plan without
its rehearsal.
"""

import json
import statistics
import sys
import time
from collections.abc import Callable
from typing import cast

from benchmarks.figure import Figure, figure, measured
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, Claim, ClaimRequest, DeviceQuery
from solver.domain.device import Device, QualifiedName
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.kubernetes import SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import NodeScope, ResourceSlice, SliceDevice
from solver.matching.device_fit import feasible_allocation
from solver.matching.replay import NodeReplay, allocate

BENCH = "allocator"
SEED = 1
_DRIVER = Driver("gpu.example.com")
_CLASS = DeviceClass(name=DeviceClassName("gpu"), selectors=(f'device.driver == "{_DRIVER}"',))
_MEMORY = f'device.capacity["{_DRIVER}"].memory.compareTo(quantity("40Gi")) >= 0'
#: Milliseconds of the original, one core.
_ORIGINAL = {1: 0.023, 8: 0.076}
_TARGET = {1: 1.0, 8: 10.0}


def run(quick: bool = False) -> list[Figure]:  # noqa: FBT001, FBT002 (the runner's contract)
    """Milliseconds of a call, then the rehearsal of the plan of 8,000 GPUs; *quick* measures fewer rounds."""
    return [*_calls(rounds=20 if quick else 200), *_rehearsal(rounds=1 if quick else 3)]


def _calls(rounds: int) -> list[Figure]:
    figures = []
    features = SchedulerFeatures.default()
    for count in (1, 8):
        problem = _a_problem(count)
        node = NodeReplay(problem.slices, problem.node, {}, problem.classes, features)
        state = AllocatedState()
        name = f"{count} of 8 devices"
        original = _ORIGINAL[count]
        figures += [
            figure(
                BENCH,
                name,
                "replay, node made ready",
                _milliseconds(lambda: node.allocate(problem.claims, state), rounds),  # noqa: B023 (called here)
                "ms",
                target=_TARGET[count],
                baseline=original,
            ),
            figure(
                BENCH,
                name,
                "replay, from the slices",
                _milliseconds(lambda: allocate(problem, features), rounds),  # noqa: B023
                "ms",
                target=_TARGET[count],
                baseline=original,
            ),
            figure(
                BENCH,
                name,
                "feasibility, from the slices",
                _milliseconds(lambda: feasible_allocation(problem, features), rounds),  # noqa: B023
                "ms",
                baseline=original,
            ),
        ]
    return figures


def _milliseconds(call: Callable[[], object], rounds: int) -> float:
    call()
    seconds = []
    for _ in range(rounds):
        started = time.perf_counter()
        call()
        seconds.append(time.perf_counter() - started)
    return 1000 * statistics.median(seconds)


def _a_problem(count: int) -> AllocationProblem:
    devices = tuple(
        SliceDevice(
            device=Device(
                name=f"gpu-{number}",
                driver=_DRIVER,
                attributes={QualifiedName(_DRIVER, "index"): number},
                capacity={QualifiedName(_DRIVER, "memory"): Quantity.parse("80Gi")},
            )
        )
        for number in range(8)
    )
    published = ResourceSlice(
        name="s",
        driver=_DRIVER,
        pool="n",
        generation=1,
        slice_count=1,
        scope=NodeScope(node="n"),
        devices=devices,
    )
    query = DeviceQuery(name="gpu", device_class="gpu", selectors=(_MEMORY,), count=count)
    claim = Claim(name="c", requests=(ClaimRequest(name="gpu", exactly=query),))
    return AllocationProblem(node="n", claims=(claim,), slices=(published,), classes={"gpu": _CLASS})


def _rehearsal(rounds: int) -> list[Figure]:
    runs = [measured("allocator", str(SEED)) for _ in range(rounds)]

    def median(name: str) -> float:
        return statistics.median(cast(float, each[name]) for each in runs)

    case = "20 clusters, 8,000 GPUs, 2,000 replicas"
    without = median("place") - median("cold")
    return [
        figure(BENCH, case, "rehearsal, cold", median("cold"), "s", target=5.0),
        figure(BENCH, case, "rehearsal, warm", 1000 * median("warm"), "ms", target=100.0),
        figure(BENCH, case, "pods rehearsed", median("pods"), "pods"),
        figure(BENCH, case, "answers known from a like node", 100 * median("known"), "%"),
        figure(
            BENCH, case, "place, over place without rehearsal", median("place") / without, "times", target=1.5
        ),
    ]


def _measure(seed: int) -> None:
    from benchmarks.fleets import mid_fleet  # noqa: PLC0415 (only the measured process loads it)
    from solver.matching.survey import Survey  # noqa: PLC0415
    from solver.place import place  # noqa: PLC0415
    from solver.rehearsal import Rehearsals, rehearse  # noqa: PLC0415

    problem = mid_fleet(seed)
    started = time.perf_counter()
    decision = place(problem)
    seconds = time.perf_counter() - started
    survey = Survey(problem)
    cold, warm = Rehearsals(), 0.0
    started = time.perf_counter()
    rehearse(survey, decision.plan, cold)
    cold_seconds = time.perf_counter() - started
    known = cold.known / max(1, cold.asked)
    started = time.perf_counter()
    rehearse(survey, decision.plan, cold)
    warm = time.perf_counter() - started
    pods = sum(len(create.slots) for create in decision.plan.creates)
    found = {"place": seconds, "cold": cold_seconds, "warm": warm, "known": known, "pods": pods}
    print(json.dumps(found))


if __name__ == "__main__":
    _measure(int(sys.argv[1]))
