"""What is wanted of a synthetic fleet: deployments of every shape, with fixed totals."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from solver.domain.identity import DeploymentKey, DeviceClassName
from solver.domain.policy import Quota
from solver.domain.workload import (
    DeviceRequest,
    Engine,
    Member,
    ModelDeployment,
    Phase,
    Role,
    ServingMode,
    SpreadMode,
    SpreadRule,
)

REGION_LABEL = "modelplane.ai/region"
NAMESPACES = tuple(f"team-{letter}" for letter in "abcdefghij")
#: These may hold a little less than they ask for.
LIMITED = ("team-c", "team-h")

_GPU = 'device.driver == "gpu.nvidia.com"'
_ATTRIBUTES = 'device.attributes["gpu.nvidia.com"]'
_NIC = 'device.driver == "dra.net" && device.attributes["dra.net"].rdma'
_PRIORITIES = (0, 0, 0, 0, 0, 0, 10, 10, 100, -10)


def _memory(least: str) -> str:
    return f'{_GPU} && device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("{least}")) >= 0'


def _product(part: str) -> str:
    return f'{_GPU} && {_ATTRIBUTES}.productName.contains("{part}")'


_HOPPER = f'{_GPU} && {_ATTRIBUTES}.architecture == "Hopper"'
_SMALL = (*[_memory("40Gi")] * 5, *[_memory("79Gi")] * 2, *[_product("L40S")] * 2, _product("A100"))
_LARGE = (*[_memory("79Gi")] * 6, *[_HOPPER] * 3, _memory("130Gi"))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Shape:
    """A shape of replica: how many deployments have it, and how many replicas they want together."""

    name: str
    deployments: int
    replicas: int
    gpus: int
    selectors: tuple[str, ...]


#: 200 deployments, 2,000 replicas, 7,410 GPUs.
_SHAPES = (
    _Shape(name="one", deployments=76, replicas=810, gpus=1, selectors=_SMALL),
    _Shape(name="two", deployments=42, replicas=420, gpus=2, selectors=_SMALL),
    _Shape(name="four", deployments=32, replicas=320, gpus=4, selectors=_LARGE),
    _Shape(name="eight", deployments=32, replicas=310, gpus=8, selectors=_LARGE),
    _Shape(name="gang", deployments=10, replicas=80, gpus=8, selectors=(_HOPPER,)),
    _Shape(name="pair-4", deployments=4, replicas=30, gpus=4, selectors=(_HOPPER,)),
    _Shape(name="pair-8", deployments=4, replicas=30, gpus=8, selectors=(_HOPPER, _memory("130Gi"))),
)


def mid_demand(rng: random.Random, regions: Sequence[str]) -> tuple[ModelDeployment, ...]:
    """200 deployments that want 2,000 replicas."""
    return tuple(
        _deployment(rng, shape, number, replicas, regions)
        for shape in _SHAPES
        for number, replicas in enumerate(_parts(rng, shape.replicas, shape.deployments))
    )


def quotas(deployments: Sequence[ModelDeployment]) -> tuple[Quota, ...]:
    """95 % of what two of the namespaces ask for."""
    asked: Counter[str] = Counter()
    for each in deployments:
        asked[each.key.namespace] += each.replicas * gpus_per_replica(each)
    return tuple(
        Quota(
            namespace=namespace,
            device_class=DeviceClassName("gpu.nvidia.com"),
            devices=asked[namespace] * 95 // 100,
        )
        for namespace in LIMITED
    )


def gpus_per_replica(deployment: ModelDeployment) -> int:
    """GPUs that one replica claims."""
    return sum(
        engine.copies * member.pods_per_copy * request.count
        for engine in deployment.engines
        for member in engine.members
        for request in member.requests
        if request.name == "gpu"
    )


def one_deployment(replicas: int) -> ModelDeployment:
    """*replicas* with one GPU of 79Gi."""
    return ModelDeployment(
        key=DeploymentKey("team-a", "one"), replicas=replicas, engines=_engines("one", 1, _memory("79Gi"))
    )


def _deployment(
    rng: random.Random, shape: _Shape, number: int, replicas: int, regions: Sequence[str]
) -> ModelDeployment:
    selector = rng.choice(shape.selectors)
    is_pair = shape.name.startswith("pair")
    # What only few clusters can host stays free of regions, or nobody could say why it is short.
    is_picky = is_pair or "130Gi" in selector or "L40S" in selector
    region = rng.choice(regions) if not is_picky and rng.random() < 0.2 else None  # noqa: PLR2004
    return ModelDeployment(
        key=DeploymentKey(rng.choice(NAMESPACES), f"{shape.name}-{number:02}"),
        replicas=replicas,
        engines=_engines(shape.name, shape.gpus, selector),
        serving_mode=ServingMode.PREFILL_DECODE if is_pair else ServingMode.UNIFIED,
        priority=rng.choice(_PRIORITIES),
        cluster_selector={} if region is None else {REGION_LABEL: region},
        spread=() if region is not None else _spread(rng),
    )


def _spread(rng: random.Random) -> tuple[SpreadRule, ...]:
    drawn = rng.randrange(20)
    match drawn:
        case 0:
            return (SpreadRule(topology_key=REGION_LABEL, max_skew=3),)
        case 1:
            return (SpreadRule(topology_key="cluster", max_percent=50),)
        case 2:
            return (SpreadRule(topology_key=REGION_LABEL, mode=SpreadMode.PREFERRED),)
        case _:
            return ()


def _engines(shape: str, gpus: int, selector: str) -> tuple[Engine, ...]:
    gpu = DeviceRequest(name="gpu", count=gpus, selectors=(selector,))
    nic = DeviceRequest(name="nic", count=gpus, selectors=(_NIC,))
    if shape == "gang":
        members = (
            Member(role=Role.LEADER, requests=(gpu, nic)),
            Member(role=Role.WORKER, requests=(gpu, nic)),
        )
        return (Engine(name="main", members=members),)
    if shape.startswith("pair"):
        pod = (Member(requests=(gpu, nic)),)
        return (
            Engine(name="prefill", members=pod, phase=Phase.PREFILL),
            Engine(name="decode", members=pod, phase=Phase.DECODE),
        )
    return (Engine(name="main", members=(Member(requests=(gpu,)),)),)


def _parts(rng: random.Random, total: int, count: int) -> list[int]:
    """*total* in *count* parts of at least one."""
    cuts = sorted(rng.sample(range(1, total), count - 1))
    return [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
