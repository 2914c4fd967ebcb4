"""What happened since the replicas were placed: nodes lost, templates edited, namespaces that want too much."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace

from simulations.fleets.demand import Wanted
from simulations.fleets.drawing import stream
from simulations.fleets.machines import GPU_CLASS
from simulations.fleets.placing import PlacedReplica
from simulations.fleets.pods import GPU_REQUEST
from simulations.fleets.sites import Sites
from simulations.fleets.spec import FleetSpec
from solver.domain.policy import Quota
from solver.domain.workload import Engine, ModelDeployment

_PERMILLE = 1000
_GENEROUS_PERCENT = 125


def lost_nodes(spec: FleetSpec, sites: Sites) -> frozenset[int]:
    """Numbers of the nodes that are gone; no fabric loses its last one."""
    rng = stream(spec.seed, "lost nodes")
    last = {fabric.first for fabric in sites.fabrics}
    others = [node for node in range(sites.nodes) if node not in last]
    return frozenset(rng.sample(others, min(sites.nodes - spec.nodes, len(others))))


def edited(spec: FleetSpec, wanted: Sequence[Wanted]) -> tuple[ModelDeployment, ...]:
    """The deployments as they are now: some ask for twice the GPUs that their replicas were placed with."""
    rng = stream(spec.seed, "edits")
    growing = [
        at for at, each in enumerate(wanted) if each.shape.pods == 1 and each.shape.gpus * 2 <= each.kind.gpus
    ]
    count = len(wanted) * spec.edited_deployments_permille // _PERMILLE
    chosen = set(rng.sample(growing, min(count, len(growing))))
    return tuple(
        _doubled(each.deployment) if at in chosen else each.deployment for at, each in enumerate(wanted)
    )


def _doubled(deployment: ModelDeployment) -> ModelDeployment:
    engine = deployment.engines[0]
    member = engine.members[0]
    request = member.requests[0]
    grown = replace(member, requests=(replace(request, count=request.count * 2), *member.requests[1:]))
    return replace(deployment, engines=(replace(engine, members=(grown,)),))


def quotas(
    spec: FleetSpec, deployments: Sequence[ModelDeployment], replicas: Iterable[PlacedReplica]
) -> tuple[Quota, ...]:
    """Quotas of GPUs: some between what a namespace has and what it wants, as many well above."""
    rng = stream(spec.seed, "quotas")
    asked: Counter[str] = Counter()
    for each in deployments:
        asked[each.key.namespace] += each.replicas * sum(map(gpus_of, each.engines))
    held: Counter[str] = Counter()
    for replica in replicas:
        namespace = replica.wanted.deployment.key.namespace
        held[namespace] += sum(pod.gpus.bit_count() for pod in replica.pods)
    short = [name for name in sorted(asked) if held[name] + 1 < asked[name]]
    binding = rng.sample(short, min(spec.binding_quotas, len(short)))
    free = [name for name in sorted(asked) if name not in binding]
    generous = rng.sample(free, min(len(binding), len(free)))
    limits = {
        name: held[name] + (asked[name] - held[name]) * rng.randrange(300, 900) // 1000 for name in binding
    }
    limits |= {name: max(asked[name], held[name]) * _GENEROUS_PERCENT // 100 for name in generous}
    return tuple(
        Quota(namespace=name, device_class=GPU_CLASS, devices=limit) for name, limit in sorted(limits.items())
    )


def gpus_of(engine: Engine) -> int:
    """GPUs that an engine of one replica claims."""
    return engine.copies * sum(
        member.pods_per_copy * request.count
        for member in engine.members
        for request in member.requests
        if request.name == GPU_REQUEST
    )
