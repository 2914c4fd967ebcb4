"""Fleets with partitionable and shared devices, small enough to count by hand."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from scheduler.snapshot.resource_pools import gated_off
from solver.domain.device import AttributeValue, Device, QualifiedName, Withheld
from solver.domain.device_table import DeviceTableBuilder
from solver.domain.device_terms import PLAIN, DeviceTerms
from solver.domain.fleet import CapacitySource, Cluster, DeclaredDevice, DeviceClass, Fleet, Node, NodePool
from solver.domain.identity import ClusterName, DeviceClassName, Driver, NodeKey, NodePoolKey
from solver.domain.kubernetes import Release, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet, RequestPolicy
from solver.domain.workload import DeviceRequest
from tests.builders import GPU_CLASS, GPU_DRIVER

CLUSTER = ClusterName("eu")
POOL = NodePoolKey(CLUSTER, "gpu")
SLICES = 7

#: First slice and number of slices of each placement, by profile: a GPU of seven slices.
PLACEMENTS: Mapping[str, Sequence[tuple[int, int]]] = {
    "1g": [(start, 1) for start in range(SLICES)],
    "2g": [(0, 2), (2, 2), (4, 2)],
    "3g": [(0, 4), (4, 3)],
}


@dataclass(frozen=True, kw_only=True)
class Published:
    """A device of a node, as its driver publishes it; an attribute of another domain is named in full."""

    name: str
    driver: Driver = GPU_DRIVER
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    capacity: Mapping[str, str] = field(default_factory=dict)
    terms: DeviceTerms = PLAIN
    in_use: bool = False
    consumed: Mapping[str, Quantity] | None = None
    withheld: Withheld | None = None


def slice_counters(start: int, count: int) -> tuple[tuple[str, Quantity], ...]:
    """What a placement takes: its slices, and as many multiprocessors."""
    slices = [(f"memory-slice-{number}", Quantity.of(1)) for number in range(start, start + count)]
    return tuple(sorted([*slices, ("multiprocessors", Quantity.of(count))]))


def a_partitionable_gpu(
    number: int, profiles: Iterable[str] = ("1g", "3g"), **changes: object
) -> list[Published]:
    """A GPU that is given away whole or in parts: seven parts of one slice, or two of three and four."""
    counter_set = f"gpu-{number}-counter-set"
    whole = Published(
        name=f"gpu-{number}",
        attributes={"type": "gpu", "uuid": f"GPU-{number}"},
        terms=DeviceTerms(consumes=((counter_set, slice_counters(0, SLICES)),)),
        **changes,  # type: ignore[arg-type]
    )
    parts = [
        Published(
            name=f"gpu-{number}-mig-{profile}-{start}",
            attributes={"type": "mig", "profile": profile, "parentUUID": f"GPU-{number}"},
            terms=DeviceTerms(consumes=((counter_set, slice_counters(start, count)),)),
        )
        for profile in profiles
        for start, count in PLACEMENTS[profile]
    ]
    return [whole, *parts]


def counters_of(gpus: int) -> tuple[CounterSet, ...]:
    """The counter sets of a node with *gpus* partitionable GPUs."""
    counters = dict(slice_counters(0, SLICES))
    return tuple(CounterSet(name=f"gpu-{number}-counter-set", counters=counters) for number in range(gpus))


def a_shared_device(name: str, memory: str, policy: RequestPolicy | None = None) -> Published:
    """A device whose memory several requests share."""
    policies = () if policy is None else (("memory", policy),)
    return Published(
        name=name, capacity={"memory": memory}, terms=DeviceTerms(is_shared=True, policies=policies)
    )


def a_published_fleet(
    *nodes: Sequence[Published],
    counters: Sequence[CounterSet] = (),
    release: Release = Release.V1_36,
) -> Fleet:
    """One cluster with one node pool; each node with the devices given, and a class for each driver."""
    features = SchedulerFeatures.default(release)
    drivers = sorted({GPU_DRIVER, *(each.driver for devices in nodes for each in devices)})
    table = DeviceTableBuilder()
    for number, devices in enumerate(nodes):
        for each in devices:
            table.add(
                Device(
                    name=each.name,
                    driver=each.driver,
                    attributes={QualifiedName.parse(k, each.driver): v for k, v in each.attributes.items()},
                    capacity={
                        QualifiedName.parse(k, each.driver): Quantity.parse(v)
                        for k, v in each.capacity.items()
                    },
                    allow_multiple_allocations=each.terms.is_shared,
                ),
                resource_pool=f"n{number}",
                withheld=each.withheld or gated_off(each.terms, features),
                terms=each.terms,
                in_use=each.in_use,
                consumed=each.consumed,
            )
        table.end_node()
    return Fleet(
        clusters=(
            Cluster(
                name=CLUSTER,
                source=CapacitySource.OBSERVED,
                device_classes={
                    DeviceClassName(driver): DeviceClass(
                        name=DeviceClassName(driver), selectors=(f'device.driver == "{driver}"',)
                    )
                    for driver in drivers
                },
                features=features,
                counter_sets={(GPU_DRIVER, f"n{number}"): tuple(counters) for number in range(len(nodes))}
                if counters
                else {},
            ),
        ),
        node_pools=(
            NodePool(
                key=POOL,
                class_name="gpu",
                declared_devices=tuple(
                    DeclaredDevice(name=driver, driver=driver, count=1, device_class=DeviceClassName(driver))
                    for driver in drivers
                ),
            ),
        ),
        nodes=tuple(Node(key=NodeKey(CLUSTER, f"n{number}"), node_pool=POOL) for number in range(len(nodes))),
        devices=table.build(),
    )


def whole_gpus(count: int = 1) -> DeviceRequest:
    """A request for GPUs that nobody has a part of."""
    return DeviceRequest(name="gpu", count=count, selectors=(_is("type", "gpu"),))


def a_part(profile: str, count: int = 1, name: str = "part") -> DeviceRequest:
    """A request for parts of GPUs."""
    return DeviceRequest(name=name, count=count, selectors=(_is("type", "mig"), _is("profile", profile)))


def _is(attribute: str, value: str) -> str:
    at = f'device.attributes["{GPU_DRIVER}"]'
    return f'"{attribute}" in {at} && {at}.{attribute} == "{value}"'


DEVICE_CLASS = DeviceClassName(GPU_CLASS)
