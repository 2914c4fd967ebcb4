"""Large synthetic problems, built straight in the domain; the same seed gives the same problem.

``mid_fleet`` is 20 clusters, 1,000 nodes and 8,000 GPUs with 200 deployments that want 2,000 replicas, about 93 %
of all GPUs; ``million`` is 1,000,000 devices and one deployment. What is wanted is made in ``demand``, what runs
already in ``earlier_plan``.
"""

import gc
import random
from collections.abc import Iterable, Sequence
from fractions import Fraction

from benchmarks.demand import mid_demand, one_deployment, quotas
from benchmarks.earlier_plan import Setback, earlier_plan, set_back
from benchmarks.machines import A100, A100_16, GPU, H100, H200, L40S, L40S_4, NIC, Machine, MachineType, Place
from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.device_table import DeviceTableBuilder
from solver.domain.fleet import (
    CapacitySource,
    Cluster,
    DeclaredDevice,
    DeviceClass,
    Fleet,
    Node,
    NodePool,
    NodeResources,
)
from solver.domain.identity import ClusterName, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.policy import Policy
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import Replica

CLUSTERS, NODES_PER_CLUSTER = 20, 50
REGIONS = ("us-east", "us-west", "eu-west", "eu-north", "asia")
BLOCK_LABEL = "network.example/block"
NODES_PER_BLOCK = 10
ZONES_PER_CLUSTER = 2
_MICRODOLLARS = 1_000_000
_UUID, _PCIE_ROOT = QualifiedName(GPU, "uuid"), QualifiedName("resource.kubernetes.io", "pcieRoot")
_RDMA, _IF_NAME = QualifiedName(NIC, "rdma"), QualifiedName(NIC, "ifName")


#: Node pools of each cluster, in turn; each line is 50 nodes.
_LAYOUTS: tuple[tuple[tuple[MachineType, int], ...], ...] = (
    ((H100, 30), (L40S, 20)),
    ((H100, 30), (A100, 20)),
    ((H200, 20), (H100, 30)),
    ((A100, 30), (H200, 20)),
    ((H100, 20), (A100, 20), (L40S, 10)),
)
#: 20 nodes of 4 and 10 of 16: the 30 nodes have as many GPUs as 30 nodes of 8.
_MIXED: tuple[tuple[MachineType, int], ...] = ((H100, 20), (L40S_4, 20), (A100_16, 10))


def mid_fleet(seed: int, *, is_observed: bool = False) -> Problem:
    """20 clusters, 1,000 nodes, 8,000 GPUs, 200 deployments, 2,000 replicas wanted.

    Args:
        seed: of everything that is drawn.
        is_observed: about 85 % of the replicas run already; after they were placed, a network block and a few
            single nodes went away and others were cordoned.
    """
    rng = random.Random(seed)  # noqa: S311 (repeatable is the point)
    places = [_place(cluster, rng) for cluster in range(CLUSTERS)]
    machines = [machine for place in places for machine in place.machines]
    deployments = mid_demand(rng, REGIONS)
    setback = Setback()
    replicas: tuple[Replica, ...] = ()
    if is_observed:
        running = earlier_plan(rng, places, deployments, share=Fraction(85, 100))
        setback = set_back(rng, machines)
        first_row = _first_rows(machine for machine in machines if machine.key not in setback.lost)
        replicas = running.replicas(first_row)
    return Problem(
        fleet=_fleet(places, setback),
        deployments=deployments,
        replicas=replicas,
        policy=Policy(quotas=quotas(deployments)),
    )


def million(nodes: int = 125_000) -> Problem:
    """Eight H100 on each of *nodes* nodes in 20 clusters, and one deployment of 100 replicas."""
    layout = ((H100, nodes // CLUSTERS),)
    places = [_laid_out(f"cluster-{number:02}", number, layout, nics=False) for number in range(CLUSTERS)]
    gc.disable()  # nothing here refers to itself, and looking for it takes longer than building
    try:
        return Problem(fleet=_fleet(places, Setback()), deployments=(one_deployment(replicas=100),))
    finally:
        gc.enable()


def _place(number: int, rng: random.Random) -> Place:
    layout = _MIXED if number == CLUSTERS - 1 else rng.choice(_LAYOUTS)
    return _laid_out(f"cluster-{number:02}", number, layout, nics=True)


def _laid_out(name: str, number: int, layout: Sequence[tuple[MachineType, int]], *, nics: bool) -> Place:
    region = REGIONS[number % len(REGIONS)]
    machines = (
        Machine(
            key=NodeKey(ClusterName(name), f"{name}-{kind.name}-{node:04}"),
            kind=kind,
            region=region,
            zone=f"{region}-{'ab'[node % ZONES_PER_CLUSTER]}",
            block=f"{name}-{kind.name}-{node // NODES_PER_BLOCK}",
            nics=kind.nics if nics else 0,
        )
        for kind, count in sorted(layout, key=lambda pool: pool[0].name)
        for node in range(count)
    )
    return Place(name=ClusterName(name), region=region, machines=tuple(machines))


def _first_rows(machines: Iterable[Machine]) -> dict[NodeKey, int]:
    rows, row = {}, 0
    for machine in machines:
        rows[machine.key] = row
        row += machine.kind.gpus + machine.nics
    return rows


def _fleet(places: Sequence[Place], setback: Setback) -> Fleet:
    table = DeviceTableBuilder()
    pools: dict[NodePoolKey, NodePool] = {}
    nodes = []
    for machine in (machine for place in places for machine in place.machines):
        pools.setdefault(machine.pool, _pool(machine))
        if machine.key not in setback.lost:
            nodes.append(_node(machine, is_schedulable=machine.key not in setback.cordoned))
            _add_devices(table, machine)
    return Fleet(
        clusters=tuple(_cluster(place) for place in places),
        node_pools=tuple(pools.values()),
        nodes=tuple(nodes),
        devices=table.build(),
    )


def _cluster(place: Place) -> Cluster:
    classes = {
        DeviceClassName("gpu.nvidia.com"): ('device.driver == "gpu.nvidia.com"',),
        DeviceClassName("rdma-nic"): ('device.driver == "dra.net" && device.attributes["dra.net"].rdma',),
    }
    return Cluster(
        name=place.name,
        labels={"modelplane.ai/region": place.region},
        source=CapacitySource.OBSERVED,
        device_classes={name: DeviceClass(name=name, selectors=texts) for name, texts in classes.items()},
    )


def _pool(machine: Machine) -> NodePool:
    declared = [
        DeclaredDevice(
            name="gpu", driver=GPU, count=machine.kind.gpus, device_class=DeviceClassName("gpu.nvidia.com")
        )
    ]
    if machine.nics:
        declared.append(
            DeclaredDevice(
                name="nic", driver=NIC, count=machine.nics, device_class=DeviceClassName("rdma-nic")
            )
        )
    return NodePool(
        key=machine.pool,
        class_name=machine.kind.name,
        declared_devices=tuple(declared),
        domain_label=BLOCK_LABEL if machine.nics else None,
        price_microdollars_per_hour=machine.kind.dollars_per_hour * _MICRODOLLARS,
    )


def _node(machine: Machine, *, is_schedulable: bool) -> Node:
    return Node(
        key=machine.key,
        node_pool=machine.pool,
        labels={BLOCK_LABEL: machine.block, "topology.kubernetes.io/zone": machine.zone},
        is_schedulable=is_schedulable,
        free=NodeResources(cpu_millicores=190_000, memory_bytes=2 << 40, pods=100),
    )


def _add_devices(table: DeviceTableBuilder, machine: Machine) -> None:
    memory = {QualifiedName(GPU, "memory"): Quantity.parse(machine.kind.memory)}
    shared: dict[QualifiedName, AttributeValue] = {
        QualifiedName(GPU, "type"): "gpu",
        QualifiedName(GPU, "productName"): machine.kind.product,
        QualifiedName(GPU, "architecture"): machine.kind.architecture,
        QualifiedName(GPU, "cudaComputeCapability"): VersionText(machine.kind.compute_capability),
    }
    for number in range(machine.kind.gpus):
        own = {_UUID: f"GPU-{machine.key.name}-{number}", _PCIE_ROOT: f"pci0000:{16 * number:02x}"}
        device = Device(name=f"gpu-{number}", driver=GPU, attributes=shared | own, capacity=memory)
        table.add(device, resource_pool=machine.key.name)
    for number in range(machine.nics):
        attributes: dict[QualifiedName, AttributeValue] = {
            _RDMA: True,
            _IF_NAME: f"gpu{number}rdma0",
            _PCIE_ROOT: f"pci0000:{16 * number:02x}",
        }
        device = Device(name=f"nic-{number}", driver=NIC, attributes=attributes)
        table.add(device, resource_pool=machine.key.name)
    table.end_node()
