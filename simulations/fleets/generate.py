"""A spec to a problem: the sites, what is wanted on them, what lives there, and what happened since."""

from collections.abc import Mapping, Sequence

from simulations.fleets.churn import edited, lost_nodes, quotas
from simulations.fleets.demand import REGION_LABEL, TIER_LABEL, demand
from simulations.fleets.devices import device_table
from simulations.fleets.history import lived
from simulations.fleets.machines import GPU, GPU_CLASS, NIC, NIC_CLASS, MachineType
from simulations.fleets.observations import observed
from simulations.fleets.selectors import NIC_SELECTOR
from simulations.fleets.sites import FabricSite, Site, Sites, laid_out
from simulations.fleets.spec import FleetSpec
from solver.collector import collector_paused
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
from solver.domain.identity import NodeKey, NodePoolKey
from solver.domain.policy import Policy
from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect

BLOCK_LABEL = "network.example.com/block"
POOL_LABEL = "modelplane.ai/pool"
ZONE_LABEL = "topology.kubernetes.io/zone"
DRAINED = Taint(key="example.com/drained", effect=TaintEffect.NO_EXECUTE)
_PODS_PER_NODE = 110
_CLASSES = {
    GPU_CLASS: DeviceClass(
        name=GPU_CLASS,
        selectors=(f'device.driver == "{GPU}" && device.attributes["{GPU}"].type == "gpu"',),
    ),
    NIC_CLASS: DeviceClass(name=NIC_CLASS, selectors=(NIC_SELECTOR,)),
}


def generate(spec: FleetSpec) -> Problem:
    """The problem that *spec* describes; the same on every machine and in every process."""
    with collector_paused():
        sites = laid_out(spec)
        wanted = demand(spec, sites)
        running = lived(spec, sites, wanted)
        lost = lost_nodes(spec, sites)
        deployments = edited(spec, wanted)
        nodes, kinds = _nodes(sites, lost)
        fleet = Fleet(
            clusters=tuple(_cluster(site) for site in sites.clusters),
            node_pools=_pools(sites.fabrics),
            nodes=tuple(nodes.values()),
            devices=device_table([node.key.name for node in nodes.values()], kinds),
        )
        return Problem(
            fleet=fleet,
            deployments=deployments,
            replicas=observed(running, nodes, fleet.devices),
            policy=Policy(quotas=quotas(spec, deployments, running)),
        )


def _cluster(site: Site) -> Cluster:
    return Cluster(
        name=site.name,
        labels={REGION_LABEL: site.region, TIER_LABEL: site.tier},
        taints=(DRAINED,) if site.is_drained else (),
        source=CapacitySource.OBSERVED,
        device_classes=_CLASSES,
    )


def _pools(fabrics: Sequence[FabricSite]) -> tuple[NodePool, ...]:
    zones: dict[NodePoolKey, set[str]] = {}
    first: dict[NodePoolKey, FabricSite] = {}
    for fabric in fabrics:
        zones.setdefault(fabric.pool, set()).add(fabric.zone)
        first.setdefault(fabric.pool, fabric)
    declared = {fabric.kind: _declared(fabric.kind) for fabric in first.values()}
    return tuple(
        NodePool(
            key=key,
            class_name=fabric.kind.name,
            zones=tuple(sorted(zones[key])),
            declared_devices=declared[fabric.kind],
            domain_label=None if fabric.block is None else BLOCK_LABEL,
            price_microdollars_per_hour=fabric.price_microdollars_per_hour,
        )
        for key, fabric in first.items()
    )


def _declared(kind: MachineType) -> tuple[DeclaredDevice, ...]:
    gpu = DeclaredDevice(name="gpu", driver=GPU, count=kind.gpus, device_class=GPU_CLASS)
    if not kind.nics:
        return (gpu,)
    return (gpu, DeclaredDevice(name="nic", driver=NIC, count=kind.nics, device_class=NIC_CLASS))


def _nodes(sites: Sites, lost: frozenset[int]) -> tuple[Mapping[int, Node], list[MachineType]]:
    """The nodes that exist, by their numbers, and the kind of each; those of a fabric share their labels."""
    nodes: dict[int, Node] = {}
    kinds: list[MachineType] = []
    for fabric in sites.fabrics:
        labels = {POOL_LABEL: fabric.pool.name, ZONE_LABEL: fabric.zone}
        labels |= {} if fabric.block is None else {BLOCK_LABEL: fabric.block}
        free = NodeResources(
            cpu_millicores=fabric.kind.cpu_millicores,
            memory_bytes=fabric.kind.memory_bytes,
            pods=_PODS_PER_NODE,
        )
        for number in range(fabric.first, fabric.first + fabric.nodes):
            if number not in lost:
                key = NodeKey(fabric.site.name, fabric.node_name(number))
                nodes[number] = Node(key=key, node_pool=fabric.pool, labels=labels, free=free)
                kinds.append(fabric.kind)
    return nodes, kinds
