"""Builders of what the device allocator is asked: nodes, devices and claims with only the fields that matter."""

from collections.abc import Iterable, Mapping
from typing import Any

from scheduler.snapshot.dra_objects import read_claim_spec, read_class, read_resource_slice
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, AllocationVerdict, Claim
from solver.domain.identity import Driver
from solver.domain.kubernetes import AllocatorVariant, Gate, Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId, ResourceSlice
from solver.matching.replay import STEP_LIMIT, allocate

NODE = "n1"
ALL_GATES = frozenset(Gate) - {Gate.LIST_ATTRIBUTES}


def a_device(name: str, **fields: object) -> dict[str, object]:
    """A device; attributes and capacity are given as plain values."""
    attributes = fields.pop("attributes", {})
    capacity = fields.pop("capacity", {})
    assert isinstance(attributes, Mapping)
    assert isinstance(capacity, Mapping)
    return {
        "name": name,
        "attributes": {key: _attribute(value) for key, value in attributes.items()},
        "capacity": {
            key: value if isinstance(value, dict) else {"value": value} for key, value in capacity.items()
        },
        **fields,
    }


def taking(**counters: str) -> list[dict[str, object]]:
    """What a device takes of the counter set ``set``."""
    return [{"counterSet": "set", "counters": {name: {"value": value} for name, value in counters.items()}}]


def a_slice(
    *devices: Mapping[str, object] | str,
    name: str = "slice",
    driver: str = "gpu",
    pool: str = "pool",
    slices: int = 1,
    generation: int = 1,
    **fields: object,
) -> ResourceSlice:
    """A slice of the node unless *fields* say otherwise."""
    scopes = {"nodeName", "allNodes", "nodeSelector", "perDeviceNodeSelection"}
    spec: dict[str, object] = {
        "driver": driver,
        "pool": {"name": pool, "generation": generation, "resourceSliceCount": slices},
        "devices": [a_device(each) if isinstance(each, str) else each for each in devices],
        **({} if scopes & fields.keys() else {"nodeName": NODE}),
        **fields,
    }
    return read_resource_slice({"metadata": {"name": name}, "spec": spec})


def counters(name: str = "counters", *, set_name: str = "set", **fields: Any) -> ResourceSlice:
    """A slice with one counter set."""
    amounts = fields.pop("amounts")
    shared = [{"name": set_name, "counters": {key: {"value": value} for key, value in amounts.items()}}]
    return a_slice(name=name, sharedCounters=shared, **fields)


def a_request(name: str = "r", **fields: object) -> dict[str, object]:
    """A request for one device of the class ``any``."""
    return {"name": name, "exactly": _query(fields)}


def one_of(name: str, **alternatives: Mapping[str, object]) -> dict[str, object]:
    """A request for the first alternative that can be had."""
    queries = [{"name": each, **_query(fields)} for each, fields in alternatives.items()]
    return {"name": name, "firstAvailable": queries}


def a_claim(*requests: Mapping[str, object], name: str = "c", constraints: Iterable[object] = ()) -> Claim:
    devices = {"requests": list(requests), "constraints": list(constraints)}
    return read_claim_spec({"metadata": {"name": name}, "spec": {"devices": devices}})


def selecting(expression: str) -> list[dict[str, object]]:
    return [{"cel": {"expression": expression}}]


def device(name: str, pool: str = "pool", driver: str = "gpu") -> DeviceId:
    return DeviceId(Driver(driver), pool, name)


def holding(*names: str) -> AllocatedState:
    """Devices that are held whole."""
    return AllocatedState(devices=frozenset(map(device, names)))


def sharing(**consumed: Mapping[str, str]) -> AllocatedState:
    """Devices that are held in part, and what is taken of them."""
    amounts = {
        device(name): {key: Quantity.parse(value) for key, value in taken.items()}
        for name, taken in consumed.items()
    }
    return AllocatedState(shared=frozenset(amounts), consumed=amounts)


def verdict(
    slices: Iterable[ResourceSlice],
    *claims: Claim,
    release: Release = Release.V1_35,
    gates: Iterable[Gate] = ALL_GATES,
    allocated: AllocatedState | None = None,
    selectors: Mapping[str, str] | None = None,
    variant: AllocatorVariant | None = AllocatorVariant.EXPERIMENTAL,
    step_limit: int = STEP_LIMIT,
    shuffles_slices: bool = False,
) -> AllocationVerdict:
    """The verdict on *claims*; classes are ``any`` and those of *selectors*."""
    texts = {"any": "", **(selectors or {})}
    classes = {
        name: read_class({"metadata": {"name": name}, "spec": {"selectors": selecting(text) if text else []}})
        for name, text in texts.items()
    }
    problem = AllocationProblem(
        node=NODE,
        labels={"zone": "a"},
        claims=claims,
        slices=tuple(slices),
        classes=classes,
        allocated=allocated or AllocatedState(),
    )
    features = SchedulerFeatures(release=release, gates=frozenset(gates))
    return allocate(
        problem, features, variant=variant, step_limit=step_limit, shuffles_slices=shuffles_slices
    )


def names(found: AllocationVerdict) -> list[list[str]]:
    """The devices of each claim."""
    return [[each.device.device for each in allocation.devices] for allocation in found.allocations]


def _query(fields: Mapping[str, object]) -> dict[str, object]:
    return {"deviceClassName": "any", "allocationMode": "ExactCount", "count": 1, **fields}


def _attribute(value: object) -> object:
    kinds = {bool: "bool", int: "int", str: "string"}
    return {kinds[type(value)]: value} if type(value) in kinds else value
