"""Builders: defaults for everything, so that a test says only what matters to it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from solver.domain.device import Device, QualifiedName
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
from solver.domain.identity import (
    ClusterName,
    DeploymentKey,
    DeviceClassName,
    Driver,
    NodeKey,
    NodePoolKey,
    ReplicaKey,
)
from solver.domain.policy import Policy
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import (
    Health,
    ObservedEngine,
    ObservedMember,
    ObservedRequest,
    ObservedSlot,
    Replica,
)
from solver.domain.taint import Taint, Toleration
from solver.domain.workload import (
    DeviceRequest,
    Engine,
    Member,
    ModelCache,
    ModelDeployment,
    Phase,
    Role,
    ServingMode,
    SpreadRule,
)

GPU_DRIVER = Driver("gpu.nvidia.com")
GPU_CLASS = DeviceClassName("gpu.nvidia.com")


@dataclass(frozen=True, kw_only=True)
class DeviceSpec:
    """*count* like devices on each node of a pool."""

    count: int = 1
    memory: str = "141Gi"
    driver: Driver = GPU_DRIVER
    device_class: str | None = GPU_CLASS
    attributes: Mapping[str, str | int | bool] = field(default_factory=dict)
    name: str = "gpu"


@dataclass(frozen=True, kw_only=True)
class PoolSpec:
    """A declared node pool: by default two nodes with one 141Gi GPU each."""

    name: str = "default"
    nodes: int = 2
    expected: int = 0
    devices: Sequence[DeviceSpec] = (DeviceSpec(),)
    price: int | None = None
    domain_label: str | None = None
    infiniband_fabric: str | None = None
    #: Labels of each node, in order; the last entry serves all further nodes.
    labels: Sequence[Mapping[str, str]] = ({},)
    zones: tuple[str, ...] = ()
    free: NodeResources | None = None
    is_published: bool = True


@dataclass(frozen=True, kw_only=True)
class ClusterSpec:
    """A declared, ready cluster with one pool."""

    name: str = "cluster-a"
    pools: Sequence[PoolSpec] = (PoolSpec(),)
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    is_ready: bool = True
    has_gateway: bool = True


def gpus(count: int, memory: str = "141Gi", **changes: object) -> DeviceSpec:
    """*count* GPUs on each node."""
    return DeviceSpec(count=count, memory=memory, **changes)  # type: ignore[arg-type]


def a_fleet(*clusters: ClusterSpec) -> Fleet:
    """A declared fleet, in canonical order."""
    specs = sorted(clusters, key=lambda cluster: cluster.name)
    table = DeviceTableBuilder()
    nodes: list[Node] = []
    pools: list[NodePool] = []
    for cluster in specs:
        for pool in sorted(cluster.pools, key=lambda pool: pool.name):
            pools.append(_pool(cluster, pool))
            for number in range(pool.nodes + pool.expected):
                nodes.append(_node(cluster, pool, number))
                _add_devices(table, pool)
    return Fleet(
        clusters=tuple(_cluster(cluster) for cluster in specs),
        node_pools=tuple(pools),
        nodes=tuple(nodes),
        devices=table.build(),
    )


def _cluster(spec: ClusterSpec) -> Cluster:
    classes = {
        DeviceClassName(device.device_class): DeviceClass(
            name=DeviceClassName(device.device_class),
            selectors=(f'device.driver == "{device.driver}"',),
            stands_in=True,
        )
        for pool in spec.pools
        for device in pool.devices
        if device.device_class is not None
    }
    return Cluster(
        name=ClusterName(spec.name),
        labels=spec.labels,
        taints=spec.taints,
        is_ready=spec.is_ready,
        has_gateway=spec.has_gateway,
        source=CapacitySource.DECLARED,
        device_classes=dict(sorted(classes.items())),
    )


def _pool(cluster: ClusterSpec, pool: PoolSpec) -> NodePool:
    return NodePool(
        key=NodePoolKey(ClusterName(cluster.name), pool.name),
        class_name=pool.name,
        is_published=pool.is_published,
        zones=pool.zones,
        declared_devices=tuple(
            DeclaredDevice(
                name=device.name,
                driver=device.driver,
                count=device.count,
                device_class=None if device.device_class is None else DeviceClassName(device.device_class),
            )
            for device in pool.devices
        ),
        domain_label=pool.domain_label,
        infiniband_fabric=pool.infiniband_fabric,
        price_microdollars_per_hour=pool.price,
    )


def _node(cluster: ClusterSpec, pool: PoolSpec, number: int) -> Node:
    name = ClusterName(cluster.name)
    return Node(
        key=NodeKey(name, f"{pool.name}/{number}"),
        node_pool=NodePoolKey(name, pool.name),
        labels=pool.labels[min(number, len(pool.labels) - 1)],
        is_expected=number >= pool.nodes,
        free=pool.free,
    )


def _add_devices(table: DeviceTableBuilder, pool: PoolSpec) -> None:
    for device in pool.devices:
        for position in range(device.count):
            table.add(
                Device(
                    name=f"{device.name}-{position}",
                    driver=device.driver,
                    attributes={
                        QualifiedName(device.driver, key): value for key, value in device.attributes.items()
                    },
                    capacity={QualifiedName(device.driver, "memory"): Quantity.parse(device.memory)}
                    if device.memory
                    else {},
                ),
                declared_class=device.device_class or "",
            )
    table.end_node()


def at_least(memory: str, driver: str = GPU_DRIVER) -> str:
    """A selector on device memory."""
    return f'device.capacity["{driver}"].memory.compareTo(quantity("{memory}")) >= 0'


def a_request(count: int = 1, *selectors: str, name: str = "gpu") -> DeviceRequest:
    """A request for GPUs."""
    return DeviceRequest(name=name, count=count, selectors=selectors or (at_least("1Gi"),))


def an_engine(*members: Member, name: str = "main", copies: int = 1, phase: Phase | None = None) -> Engine:
    """An engine; one pod with one GPU by default."""
    return Engine(
        name=name, members=members or (Member(requests=(a_request(),)),), copies=copies, phase=phase
    )


def a_gang(pods: int, count: int = 1, name: str = "main", copies: int = 1) -> Engine:
    """A gang of *pods*, each with *count* GPUs."""
    return Engine(
        name=name,
        copies=copies,
        members=(
            Member(role=Role.LEADER, requests=(a_request(count),)),
            Member(role=Role.WORKER, pods_per_copy=pods - 1, requests=(a_request(count),)),
        ),
    )


def a_pair(prefill: int, decode: int) -> tuple[Engine, Engine]:
    """The two phases of a PrefillDecode replica, one pod each."""
    return (
        an_engine(Member(requests=(a_request(prefill),)), name="prefill", phase=Phase.PREFILL),
        an_engine(Member(requests=(a_request(decode),)), name="decode", phase=Phase.DECODE),
    )


def a_deployment(
    replicas: int = 1,
    *engines: Engine,
    name: str = "my-model",
    namespace: str = "ml-team",
    priority: int = 0,
    cluster_selector: Mapping[str, str] | None = None,
    cache: str | None = None,
    tolerations: tuple[Toleration, ...] = (),
    spread: tuple[SpreadRule, ...] = (),
    serving_mode: ServingMode = ServingMode.UNIFIED,
) -> ModelDeployment:
    """A deployment of one-GPU replicas."""
    return ModelDeployment(
        key=DeploymentKey(namespace, name),
        replicas=replicas,
        engines=engines or (an_engine(),),
        serving_mode=serving_mode,
        priority=priority,
        cluster_selector=cluster_selector or {},
        cache=cache,
        tolerations=tolerations,
        spread=spread,
    )


def a_replica(
    deployment: ModelDeployment,
    cluster: str = "cluster-a",
    index: int = 0,
    *,
    pool: str = "default",
    health: Health = Health.UNKNOWN,
    nodes: Sequence[str] = (),
    is_immovable: bool = False,
    name: str | None = None,
) -> Replica:
    """A replica of *deployment* as it is now, all of it in one pool; *nodes* of its pods in template order."""
    key = ReplicaKey(deployment.key, ClusterName(cluster), index)
    return Replica(
        key=key,
        name=name or f"{deployment.key.name}-{cluster}-{index}",
        engines=tuple(_observed(engine, pool) for engine in deployment.engines),
        health=health,
        slots=tuple(_slots(deployment, ClusterName(cluster), nodes)),
        is_immovable=is_immovable,
    )


def _observed(engine: Engine, pool: str) -> ObservedEngine:
    return ObservedEngine(
        name=engine.name,
        copies=engine.copies,
        members=tuple(
            ObservedMember(
                role=member.role,
                node_pool=pool,
                pods_per_copy=member.pods_per_copy,
                requests=tuple(
                    ObservedRequest(name=r.name, device_class=GPU_CLASS, count=r.count)
                    for r in member.requests
                ),
            )
            for member in engine.members
        ),
    )


def _slots(deployment: ModelDeployment, cluster: ClusterName, nodes: Sequence[str]) -> Iterable[ObservedSlot]:
    pods = [
        (engine.name, copy, member.role, rank)
        for engine in deployment.engines
        for copy in range(engine.copies)
        for member in engine.members
        for rank in range(member.pods_per_copy)
    ]
    for (engine, copy, role, rank), node in zip(pods, nodes, strict=False):
        yield ObservedSlot(engine=engine, copy=copy, role=role, rank=rank, node=NodeKey(cluster, node))


def a_problem(
    fleet: Fleet | None = None,
    deployments: Iterable[ModelDeployment] = (),
    replicas: Iterable[Replica] = (),
    *,
    caches: Iterable[ModelCache] = (),
    policy: Policy | None = None,
    knows_clusters: bool = True,
) -> Problem:
    """A problem; by default one cluster with two one-GPU nodes and nothing wanted."""
    return Problem(
        fleet=fleet if fleet is not None else a_fleet(ClusterSpec()),
        deployments=tuple(deployments),
        replicas=tuple(replicas),
        caches=tuple(caches),
        policy=policy if policy is not None else Policy(),
        knows_clusters=knows_clusters,
    )
