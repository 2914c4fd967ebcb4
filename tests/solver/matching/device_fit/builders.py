"""Problems of one node with only the fields that matter to a test."""

from collections.abc import Mapping, Sequence

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, Allocation, Claim, ClaimConstraint, ClaimRequest, DeviceQuery
from solver.domain.device import Device, QualifiedName, Scalar
from solver.domain.device_taint import DeviceTaint, DeviceToleration
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import (
    CounterSet,
    CounterUse,
    DeviceId,
    NodeScope,
    RequestPolicy,
    ResourceSlice,
    SliceDevice,
)
from solver.matching.device_fit import feasible_allocation

GPU, NIC = Driver("gpu.example.com"), Driver("nic.example.com")
NODE = "n1"
EVERYTHING = SchedulerFeatures(
    release=Release.V1_36, gates=frozenset(gate for gate in Gate if gate is not Gate.LIST_ATTRIBUTES)
)


def without(*gates: Gate) -> SchedulerFeatures:
    return SchedulerFeatures(release=EVERYTHING.release, gates=EVERYTHING.gates - set(gates))


def amounts(of: Mapping[str, str]) -> dict[str, Quantity]:
    return {name: Quantity.parse(text) for name, text in of.items()}


def a_device(
    name: str,
    *,
    driver: Driver = GPU,
    attributes: Mapping[str, Scalar] | None = None,
    capacity: Mapping[str, str] | None = None,
    policies: Mapping[str, RequestPolicy] | None = None,
    consumes: Mapping[str, Mapping[str, str]] | None = None,
    is_shared: bool = False,
    taints: Sequence[DeviceTaint] = (),
    binding_conditions: Sequence[str] = (),
    binds_to_node: bool = False,
) -> SliceDevice:
    own = amounts(capacity or {})
    return SliceDevice(
        device=Device(
            name=name,
            driver=driver,
            attributes={QualifiedName.parse(key, driver): value for key, value in (attributes or {}).items()},
            capacity={QualifiedName.parse(key, driver): value for key, value in own.items()},
            allow_multiple_allocations=is_shared,
        ),
        capacity=own,
        policies=policies or {},
        consumes=tuple(
            CounterUse(counter_set=key, counters=amounts(of)) for key, of in (consumes or {}).items()
        ),
        taints=tuple(taints),
        binding_conditions=tuple(binding_conditions),
        binds_to_node=binds_to_node,
    )


def a_slice(
    *devices: SliceDevice,
    driver: Driver = GPU,
    pool: str = NODE,
    counters: Mapping[str, Mapping[str, str]] | None = None,
    scope: NodeScope | None = None,
    generation: int = 1,
    slice_count: int = 1,
) -> ResourceSlice:
    """A slice; one with devices and counters stands for the two that a driver has to publish."""
    sets = tuple(CounterSet(name=key, counters=amounts(of)) for key, of in (counters or {}).items())
    return ResourceSlice(
        name=f"{driver}-{pool}-{generation}-{'-'.join(device.name for device in devices)}",
        driver=driver,
        pool=pool,
        generation=generation,
        slice_count=slice_count,
        scope=scope or NodeScope(node=NODE),
        devices=devices,
        shared_counters=sets,
    )


def a_query(
    name: str = "r",
    *,
    driver: Driver | None = GPU,
    selectors: Sequence[str] = (),
    count: int = 1,
    everything: bool = False,
    admin: bool | None = None,
    tolerations: Sequence[DeviceToleration] = (),
    capacity: Mapping[str, str] | None = None,
    device_class: str | None = None,
) -> DeviceQuery:
    return DeviceQuery(
        name=name,
        device_class=device_class if device_class is not None else (driver or "any"),
        selectors=tuple(selectors),
        allocation_mode="All" if everything else "ExactCount",
        count=count,
        admin_access=admin,
        tolerations=tuple(tolerations),
        capacity=None if capacity is None else amounts(capacity),
    )


def a_claim(
    *requests: DeviceQuery | tuple[str, Sequence[DeviceQuery]],
    name: str = "c",
    constraints: Sequence[ClaimConstraint] = (),
) -> Claim:
    """A claim; a name and queries are a request with alternatives."""
    return Claim(
        name=name,
        requests=tuple(
            ClaimRequest(name=each.name, exactly=each)
            if isinstance(each, DeviceQuery)
            else ClaimRequest(name=each[0], first_available=tuple(each[1]))
            for each in requests
        ),
        constraints=tuple(constraints),
    )


def a_problem(
    slices: Sequence[ResourceSlice],
    *claims: Claim,
    in_use: Sequence[str] = (),
    shared: Mapping[str, Mapping[str, str]] | None = None,
) -> AllocationProblem:
    """Devices in use are named ``driver/pool/device``."""
    return AllocationProblem(
        node=NODE,
        labels={"zone": "a"},
        claims=claims,
        slices=tuple(slices),
        classes={
            name: DeviceClass(name=DeviceClassName(name), selectors=selectors)
            for name, selectors in {
                GPU: (f'device.driver == "{GPU}"',),
                NIC: (f'device.driver == "{NIC}"',),
                "any": (),
            }.items()
        },
        allocated=AllocatedState(
            devices=frozenset(an_id(text) for text in in_use),
            shared=frozenset(an_id(text) for text in shared or {}),
            consumed={an_id(text): amounts(of) for text, of in (shared or {}).items()},
        ),
    )


def an_id(text: str) -> DeviceId:
    driver, pool, device = text.split("/")
    return DeviceId(Driver(driver), pool, device)


def served(
    problem: AllocationProblem, features: SchedulerFeatures = EVERYTHING
) -> list[list[tuple[str, str]]] | None:
    """For each claim, the requests and the names of the devices they got."""
    found = feasible_allocation(problem, features)
    return None if found is None else [devices_of(each) for each in found]


def devices_of(allocation: Allocation) -> list[tuple[str, str]]:
    return [(each.request, each.device.device) for each in allocation.devices]
