"""Recorded cases of the device allocator: the claims of a pod, one node, and what is held already."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.api.faults import shown
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot import shapes
from scheduler.snapshot.dra_devices import quantities
from scheduler.snapshot.dra_objects import read_claim_spec, read_class, read_resource_slice
from scheduler.snapshot.dra_shapes import CLAIM, DEVICE_CLASS, NODE, SLICE
from scheduler.snapshot.raw import items, mapping, text, texts
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate
from solver.domain.resource_slice import DeviceId

_JOINED = "+"

_DEVICE_ID = {"driver": shapes.text, "pool": shapes.text, "device": shapes.text}
_CASE = shapes.fields(
    name=shapes.text,
    features=shapes.each(shapes.text),
    claims=shapes.each(CLAIM),
    slices=shapes.each(SLICE),
    classes=shapes.each(DEVICE_CLASS),
    node=NODE,
    allocatedDevices=shapes.each(shapes.text_or(shapes.fields(**_DEVICE_ID))),
    allocatedSharedDevices=shapes.each(shapes.text_or(shapes.fields(**_DEVICE_ID))),
    allocatedCapacity=shapes.each(shapes.fields(**_DEVICE_ID, consumed=shapes.named(shapes.valued()))),
)

#: Gates of the scheduler that the search of the allocator does not look at.
_OTHER_GATES = frozenset(
    {
        "DynamicResourceAllocation",
        "DRAConsumableCapacity",
        "DRADerivedAttributes",
        "DRADeviceCompatibilityGroups",
        "DRADeviceTaintRules",
        "DRAExtendedResource",
        "DRAFractionalCapacityRange",
        "DRANodeAllocatableResources",
        "DRAOptionalNodeOperations",
        "DRAPartitionableDevicesType",
        "DRAResourcePoolStatus",
        "DRASchedulerFilterTimeout",
        "DRASharedConsumableCapacity",
        "DRAWorkloadResourceClaims",
    }
)


class InvalidCase(ValueError):
    """A record that is not a case; the text says what was found and what was expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AllocatorCase:
    """A problem, and the gates of the scheduler that it is put to."""

    name: str
    problem: AllocationProblem
    gates: frozenset[Gate]


def read_case(raw: Mapping[str, object]) -> AllocatorCase:
    """The case *raw*: its fields, or an object with those fields under ``input``.

    Nothing is defaulted: a request without a count asks for no device. What is null counts as absent.

    Raises:
        InvalidCase: *raw* has no claims or no slices, or a field of the wrong type; the first one is told.
    """
    nested = raw.get("input")
    if nested is None:
        return _case(raw)
    if not isinstance(nested, dict):
        raise InvalidCase(f"input: found {shown(nested)}, expected an object")
    try:
        return _case(nested)
    except InvalidCase as error:
        raise InvalidCase(f"input.{error}") from error


def _case(case: Mapping[str, object]) -> AllocatorCase:
    for path, message in _CASE(case, ""):
        raise InvalidCase(f"{path}: {message}")
    node = mapping(case.get("node"))
    problem = AllocationProblem(
        node=text(node, "metadata", "name"),
        labels=texts(node, "metadata", "labels"),
        claims=tuple(read_claim_spec(each, is_defaulted=False) for each in _required(case, "claims")),
        slices=tuple(read_resource_slice(each) for each in _required(case, "slices")),
        classes={each.name: each for each in map(read_class, items(case, "classes"))},
        allocated=AllocatedState(
            devices=frozenset(_devices(case, "allocatedDevices")),
            shared=frozenset(_devices(case, "allocatedSharedDevices", has_share=True)),
            consumed={
                device: quantities(mapping(each, "consumed"))
                for device, each in zip(
                    _devices(case, "allocatedCapacity"), items(case, "allocatedCapacity"), strict=True
                )
            },
        ),
    )
    return AllocatorCase(name=text(case, "name"), problem=problem, gates=_gates(items(case, "features")))


def _required(case: Mapping[str, object], name: str) -> list[object]:
    if name not in case:
        raise InvalidCase(f"{name}: found nothing, expected a list")
    return items(case, name)


def _devices(case: Mapping[str, object], name: str, *, has_share: bool = False) -> list[DeviceId]:
    return [
        _device(each, f"{name}[{position}]", has_share=has_share)
        for position, each in enumerate(items(case, name))
    ]


def _device(raw: object, path: str, *, has_share: bool) -> DeviceId:
    if isinstance(raw, str):  # driver/pool/device, and behind it the identity of a share
        name = raw.rpartition("/")[0] if has_share else raw
        driver, _, rest = name.partition("/")
        pool, _, device = rest.rpartition("/")
        found = DeviceId(Driver(driver), pool, device)
    else:
        found = DeviceId(Driver(text(raw, "driver")), text(raw, "pool"), text(raw, "device"))
    if not all(found):
        raise InvalidCase(f"{path}: found {shown(raw)}, expected driver, pool and device")
    return found


def _gates(names: list[object]) -> frozenset[Gate]:
    given = {part for name in names if isinstance(name, str) for part in name.split(_JOINED)}
    known = {part for gate in Gate for part in gate.value.split(_JOINED)} | _OTHER_GATES
    if unknown := sorted(given - known):
        hint = nearest_hint(unknown[0], known)
        raise InvalidCase(f"features: found {shown(unknown[0])}, expected the name of a feature gate{hint}")
    return frozenset(gate for gate in Gate if given.issuperset(gate.value.split(_JOINED)))
