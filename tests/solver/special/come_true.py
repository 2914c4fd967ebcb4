"""A plan that came true: what the allocator chose in the rehearsal is what the claims hold."""

from collections.abc import Iterator
from dataclasses import replace

from solver.domain.identity import DeploymentKey
from solver.domain.plan import Create, Keep, Plan, Slot
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import ObservedEngine, ObservedMember, ObservedRequest, ObservedSlot, Replica
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment
from tests.solver.special.single_node import SingleNode


def come_true(problem: Problem, plan: Plan) -> Problem:
    """*problem* with the replicas of *plan* observed, and the devices that its slots were allocated held."""
    observed = {replica.key: replica for replica in problem.replicas}
    deployments = {d.key: d for d in problem.deployments}
    kept = [observed[keep.replica] for keep in plan.keeps]
    created = [_created(problem, create, deployments) for create in plan.creates]
    return replace(problem, replicas=(*kept, *created))


def node_of(problem: Problem, node: int) -> SingleNode:
    """The node at position *node*, for the brute force."""
    fleet = problem.fleet
    starts = fleet.devices.starts
    cluster = next(c for c in fleet.clusters if c.name == fleet.nodes[node].key.cluster)
    pools = {fleet.devices.resource_pools[r] for r in range(int(starts[node]), int(starts[node + 1]))}
    sets = [each for (_, pool), found in cluster.counter_sets.items() if pool in pools for each in found]
    return SingleNode(fleet.devices, int(starts[node]), int(starts[node + 1]), sets)


def _created(problem: Problem, create: Create, deployments: dict[DeploymentKey, ModelDeployment]) -> Replica:
    deployment = deployments[create.replica.deployment]
    return Replica(
        key=create.replica,
        name=str(create.replica),
        engines=tuple(
            ObservedEngine(
                name=engine.name,
                copies=engine.copies,
                members=tuple(_member(create, engine, member) for member in engine.members),
            )
            for engine in deployment.engines
        ),
        slots=tuple(_slots(problem, create, deployment)),
    )


def _member(create: Create, engine: Engine, member: Member) -> ObservedMember:
    slot = next(s for s in create.slots if s.engine == engine.name and s.role is member.role)
    classes = {d.request.partition("/")[0]: d.device_class for d in slot.devices}
    return ObservedMember(
        role=member.role,
        node_pool=slot.node_pool.name,
        pods_per_copy=member.pods_per_copy,
        requests=tuple(
            ObservedRequest(name=r.name, device_class=name, count=r.count)
            for r in member.requests
            if (name := classes.get(r.name)) is not None
        ),
    )


def _slots(problem: Problem, replica: Keep | Create, deployment: ModelDeployment) -> Iterator[ObservedSlot]:
    for slot in replica.slots:
        assert slot.node is not None
        whole, parts = held_rows(problem, slot, deployment)
        yield ObservedSlot(
            engine=slot.engine,
            copy=slot.copy,
            role=slot.role,
            rank=slot.rank,
            node=slot.node,
            devices=whole,
            shares=parts,
        )


def held_rows(
    problem: Problem, slot: Slot, deployment: ModelDeployment
) -> tuple[tuple[int, ...], tuple[tuple[int, tuple[tuple[str, Quantity], ...]], ...]]:
    """What the claim of a new pod holds once the allocator has served it as it was rehearsed."""
    nodes = [n for n, node in enumerate(problem.fleet.nodes) if node.key == slot.node]
    node = node_of(problem, nodes[0])
    member = next(
        m for e in deployment.engines for m in e.members if e.name == slot.engine and m.role is slot.role
    )
    whole: list[int] = []
    parts: list[tuple[int, tuple[tuple[str, Quantity], ...]]] = []
    for name, row in slot.allocated:
        query = query_of(member, name)
        if query.has_admin_access:
            continue
        if not problem.fleet.devices.terms(row).is_shared:
            whole.append(row)
            continue
        taken = node.takes(query, row)
        assert taken is not None
        parts.append((row, tuple((key, Quantity(nano=nano)) for key, nano in sorted(taken.items()))))
    return tuple(sorted(whole)), tuple(sorted(parts, key=str))


def query_of(member: Member, name: str) -> DeviceRequest:
    """The request, or the alternative of one, that a plan calls *name*."""
    first, _, second = name.partition("/")
    request = next(each for each in member.requests if each.name == first)
    return next((each for each in request.alternatives if each.name == second), request)
