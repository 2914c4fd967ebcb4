"""Replays recorded cases of the device allocator: one verdict for each line of JSON."""

from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum

import orjson

from adapters.cli.case_file import INVALID_CASE
from scheduler.api.faults import shown
from scheduler.snapshot.allocator_case import AllocatorCase, InvalidCase, read_case
from solver.domain.claim import AllocatedDevice, Allocation, AllocationOutcome, AllocationVerdict
from solver.domain.kubernetes import AllocatorVariant, Release, SchedulerFeatures
from solver.domain.node_selector import NodeRequirement, NodeSelector
from solver.matching.replay import allocate

Verdict = dict[str, object]


class Layer(StrEnum):
    """Who decides."""

    REPLAY = "replay"
    FEASIBLE = "feasible"


def run_cases(lines: Iterable[bytes | str], release: Release, layer: Layer) -> Iterator[Verdict]:
    """A verdict for each case of *lines*: name, outcome, results and message.

    Cases are run by the experimental copy of the allocator with the gates that they name, as they were
    recorded. Results are allocations as the API has them, one for each claim. Blank lines are skipped.
    """
    for number, line in enumerate(lines, start=1):
        if line.strip():
            yield _verdict(line, number, release, layer)


def _verdict(line: bytes | str, number: int, release: Release, layer: Layer) -> Verdict:
    try:
        case = _case(line)
    except InvalidCase as error:
        message = f"line {number}: {error}"
        return {"name": f"line {number}", "outcome": INVALID_CASE, "results": [], "message": message}
    features = SchedulerFeatures(release=release, gates=case.gates)
    verdict = _feasible(case, features) if layer is Layer.FEASIBLE else _replayed(case, features)
    return {
        "name": case.name or f"line {number}",
        "outcome": verdict.outcome.value,
        "results": _results(verdict.allocations),
        "message": verdict.message,
    }


def _case(line: bytes | str) -> AllocatorCase:
    try:
        record = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        raise InvalidCase(f"found no JSON ({error}), expected an object") from None
    if not isinstance(record, dict):
        raise InvalidCase(f"found {shown(record)}, expected an object")
    return read_case(record)


def _replayed(case: AllocatorCase, features: SchedulerFeatures) -> AllocationVerdict:
    return allocate(case.problem, features, variant=AllocatorVariant.EXPERIMENTAL)


def _feasible(case: AllocatorCase, features: SchedulerFeatures) -> AllocationVerdict:
    # Only this layer needs it, and the other one is to start at once.
    from solver.matching.device_fit import GaveUp, UnusableClaim, feasible_allocation  # noqa: PLC0415

    try:
        found = feasible_allocation(case.problem, features)
    except (UnusableClaim, GaveUp) as error:
        return AllocationVerdict(outcome=AllocationOutcome.ERROR, message=str(error))
    if found is None:
        return AllocationVerdict(outcome=AllocationOutcome.NONE, message="no allocation is feasible")
    return AllocationVerdict(outcome=AllocationOutcome.ALLOCATED, allocations=found)


def _results(allocations: Sequence[Allocation]) -> list[Verdict]:
    return [_allocation(allocation) for allocation in allocations]


def _allocation(allocation: Allocation) -> Verdict:
    found: Verdict = {"devices": {"results": [_device(device) for device in allocation.devices]}}
    if allocation.node_selector is not None:
        found["nodeSelector"] = _node_selector(allocation.node_selector)
    return found


def _device(allocated: AllocatedDevice) -> Verdict:
    found: Verdict = {
        "request": allocated.request,
        "driver": allocated.device.driver,
        "pool": allocated.device.pool,
        "device": allocated.device.device,
    }
    if allocated.has_admin_access:
        found["adminAccess"] = True
    if allocated.consumed:
        found["consumedCapacity"] = {name: str(amount) for name, amount in sorted(allocated.consumed.items())}
    return found


def _node_selector(selector: NodeSelector) -> Verdict:
    term: Verdict = {}
    if selector.expressions:
        term["matchExpressions"] = [_requirement(each) for each in selector.expressions]
    if selector.fields:
        term["matchFields"] = [_requirement(each) for each in selector.fields]
    return {"nodeSelectorTerms": [term]}


def _requirement(requirement: NodeRequirement) -> Verdict:
    found: Verdict = {"key": requirement.key, "operator": requirement.operator}
    if requirement.values:
        found["values"] = list(requirement.values)
    return found
