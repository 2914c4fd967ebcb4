"""Recorded cases of the device allocator: the claims of a pod, one node, and what is held already."""

from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.api.faults import shown
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.device_values import UnreadableFieldError
from scheduler.snapshot.dra_devices import quantities
from scheduler.snapshot.dra_objects import read_claim_spec, read_class, read_resource_slice
from scheduler.snapshot.raw import mapping, text, texts
from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate
from solver.domain.resource_slice import DeviceId

_JOINED = "+"

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

    Nothing is defaulted: a request without a count asks for no device.

    Raises:
        InvalidCase: *raw* has no claims or no slices, or an amount that is not a quantity.
    """
    nested = raw.get("input")
    case = nested if isinstance(nested, dict) else raw
    node = mapping(case.get("node"))
    try:
        problem = AllocationProblem(
            node=text(node, "metadata", "name"),
            labels=texts(node, "metadata", "labels"),
            claims=tuple(read_claim_spec(each, is_defaulted=False) for each in _required(case, "claims")),
            slices=tuple(read_resource_slice(each) for each in _required(case, "slices")),
            classes={each.name: each for each in map(read_class, _listed(case, "classes"))},
            allocated=AllocatedState(
                devices=frozenset(_device(each) for each in _listed(case, "allocatedDevices")),
                shared=frozenset(_shared_device(each) for each in _listed(case, "allocatedSharedDevices")),
                consumed={
                    _device(each): quantities(mapping(each, "consumed"))
                    for each in _listed(case, "allocatedCapacity")
                },
            ),
        )
    except UnreadableFieldError as error:
        raise InvalidCase(str(error)) from error
    return AllocatorCase(name=text(case, "name"), problem=problem, gates=_gates(_listed(case, "features")))


def _required(case: Mapping[str, object], name: str) -> list[object]:
    if name not in case:
        raise InvalidCase(f"{name}: found nothing, expected a list")
    return _listed(case, name)


def _listed(case: Mapping[str, object], name: str) -> list[object]:
    value = case.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise InvalidCase(f"{name}: found {shown(value)}, expected a list")
    return value


def _device(raw: object) -> DeviceId:
    if isinstance(raw, str):  # driver/pool/device
        driver, slash, rest = raw.partition("/")
        pool, slash, device = rest.rpartition("/")
        if slash and device:
            return DeviceId(Driver(driver), pool, device)
    found = DeviceId(Driver(text(raw, "driver")), text(raw, "pool"), text(raw, "device"))
    if not all(found):
        raise InvalidCase(f"allocated device: found {shown(raw)}, expected driver, pool and device")
    return found


def _shared_device(raw: object) -> DeviceId:
    # As text the identity of the share stands behind the device.
    return _device(raw.rpartition("/")[0] if isinstance(raw, str) else raw)


def _gates(names: list[object]) -> frozenset[Gate]:
    given = {part for name in names if isinstance(name, str) for part in name.split(_JOINED)}
    known = {part for gate in Gate for part in gate.value.split(_JOINED)} | _OTHER_GATES
    if unknown := sorted(given - known):
        hint = nearest_hint(unknown[0], known)
        raise InvalidCase(f"features: found {shown(unknown[0])}, expected the name of a feature gate{hint}")
    return frozenset(gate for gate in Gate if given.issuperset(gate.value.split(_JOINED)))
