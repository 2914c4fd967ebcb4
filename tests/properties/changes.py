"""Changes to problems: a decision come true, another order, one more node, a fix applied."""

import re
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from solver.domain.device_table import DeviceTable, DeviceTableBuilder, Field
from solver.domain.explanation import Fix
from solver.domain.fleet import Fleet, Node
from solver.domain.identity import DeploymentKey, NodeKey, NodePoolKey
from solver.domain.plan import Create, Keep, Plan
from solver.domain.policy import Preemption
from solver.domain.problem import Problem
from solver.domain.replica import ObservedEngine, ObservedMember, ObservedRequest, ObservedSlot, Replica
from solver.domain.workload import Engine, Member, ModelDeployment


def applied(problem: Problem, plan: Plan) -> Problem:
    """*problem* after *plan* has come true."""
    observed = {replica.key: replica for replica in problem.replicas}
    kept = [replace(observed[keep.replica], slots=_slots(keep)) for keep in plan.keeps]
    deployments = {d.key: d for d in problem.deployments}
    created = [_created(create, deployments[create.replica.deployment]) for create in plan.creates]
    return replace(problem, replicas=(*kept, *created))


def _slots(replica: Keep | Create) -> tuple[ObservedSlot, ...]:
    return tuple(
        ObservedSlot(engine=s.engine, copy=s.copy, role=s.role, rank=s.rank, node=s.node)
        for s in replica.slots
        # What was only assumed is no better known for having been planned with.
        if s.node is not None and not s.is_assumed
    )


def _created(create: Create, deployment: ModelDeployment) -> Replica:
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
        slots=_slots(create),
    )


def _member(create: Create, engine: Engine, member: Member) -> ObservedMember:
    slot = next(s for s in create.slots if s.engine == engine.name and s.role is member.role)
    classes = {d.request: d.device_class for d in slot.devices if d.device_class is not None}
    return ObservedMember(
        role=member.role,
        node_pool=slot.node_pool.name,
        pods_per_copy=member.pods_per_copy,
        requests=tuple(
            ObservedRequest(name=r.name, device_class=classes[r.name], count=r.count)
            for r in member.requests
            if r.name in classes
        ),
    )


def shuffled(problem: Problem, random: Random) -> Problem:
    """*problem* with everything that has no order in another one; the devices of a slice have one."""

    def mixed(items: Sequence[object]) -> tuple[object, ...]:
        return tuple(random.sample(list(items), len(items)))

    nodes = [replace(n, labels=dict(reversed(list(n.labels.items())))) for n in problem.fleet.nodes]
    fleet = replace(problem.fleet, nodes=tuple(nodes))
    replicas = tuple(replace(r, slots=mixed(r.slots)) for r in problem.replicas)  # type: ignore[arg-type]
    return replace(
        problem,
        fleet=fleet,
        deployments=mixed(problem.deployments),  # type: ignore[arg-type]
        replicas=mixed(replicas),  # type: ignore[arg-type]
        caches=mixed(problem.caches),  # type: ignore[arg-type]
        policy=replace(problem.policy, quotas=mixed(problem.policy.quotas)),  # type: ignore[arg-type]
    )


def _table(table: DeviceTable, nodes: Sequence[int]) -> DeviceTable:
    """The devices of *nodes* of *table*, in order."""
    built = DeviceTableBuilder()
    for node in nodes:
        for row in range(int(table.starts[node]), int(table.starts[node + 1])):
            built.add(
                table.device(row),
                resource_pool=table.resource_pools[row],
                slice_name=table.slices[row],
                declared_class=_declared(table, row),
                terms=table.terms(row),
            )
        built.end_node()
    return built.build()


def _declared(table: DeviceTable, row: int) -> str | None:
    column = table.columns.get(Field("declaredClass"))
    return None if column is None or column.codes[row] < 0 else str(column.values[column.codes[row]])


def with_nodes(problem: Problem, like: int, count: int = 1, *, is_expected: bool = False) -> Problem:
    """*problem* with *count* more nodes like the one at position *like*, at the end of its pool."""
    fleet = problem.fleet
    model = fleet.nodes[like]
    last = max(
        n
        for n, node in enumerate(fleet.nodes)
        if node.node_pool == model.node_pool and (is_expected or not node.is_expected or n == like)
    )
    extra = [
        replace(
            model,
            key=NodeKey(model.key.cluster, f"{model.node_pool.name}/extra-{number}"),
            is_expected=is_expected,
            is_schedulable=True,
        )
        for number in range(count)
    ]
    source = [*range(last + 1), *([like] * count), *range(last + 1, len(fleet.nodes))]
    nodes: list[Node] = [*fleet.nodes[: last + 1], *extra, *fleet.nodes[last + 1 :]]
    devices = _table(fleet.devices, source)
    return replace(
        problem,
        fleet=Fleet(
            clusters=fleet.clusters, node_pools=fleet.node_pools, nodes=tuple(nodes), devices=devices
        ),
    )


def one_more(problem: Problem, plan: Plan, deployment: DeploymentKey) -> Problem:
    """*plan* has come true, and *deployment* wants one replica more than it has; nobody may be displaced."""
    placed = [replica.replica.deployment for replica in plan.replicas]
    wanted = tuple(
        replace(d, replicas=placed.count(d.key) + (d.key == deployment)) for d in problem.deployments
    )
    calm = replace(problem.policy, preemption=Preemption.NEVER, eviction_budget=0)
    return replace(applied(problem, plan), deployments=wanted, policy=calm)


def fixed(problem: Problem, fix: Fix) -> Problem:
    """*problem* with *fix* applied, as its sentence says."""
    match fix.change:
        case "AddNode":
            return _with_added_nodes(problem, fix)
        case "MoveReplica":
            return replace(problem, replicas=tuple(r for r in problem.replicas if str(r.key) != fix.subject))
        case "RaiseQuota":
            raised = int(re.findall(r"to (\d+) devices", fix.sentence)[0])
            quotas = tuple(
                replace(q, devices=raised) if f"{q.namespace}/{q.device_class}" == fix.subject else q
                for q in problem.policy.quotas
            )
            return replace(problem, policy=replace(problem.policy, quotas=quotas))
        case "RelaxSelector":
            return _relaxed(problem, fix)
        case other:
            raise AssertionError(other)


def _with_added_nodes(problem: Problem, fix: Fix) -> Problem:
    cluster, _, pool = fix.subject.partition("/")
    key = NodePoolKey(cluster, pool)  # type: ignore[arg-type]
    starts = problem.fleet.devices.starts
    nodes = [n for n, node in enumerate(problem.fleet.nodes) if node.node_pool == key]
    like = max(nodes, key=lambda n: (int(starts[n + 1] - starts[n]), -n))
    count = int(re.findall(r"add (\d+) node", fix.sentence)[0])
    return with_nodes(problem, like, count, is_expected=True)


def _relaxed(problem: Problem, fix: Fix) -> Problem:
    engine, _, request = fix.subject.partition("/")
    dropped = re.findall(r"`(.*)`", fix.sentence)[0]

    def member(of: Engine, old: Member) -> Member:
        requests = tuple(
            replace(r, selectors=tuple(t for t in r.selectors if " ".join(t.split()) != dropped))
            if of.name == engine and r.name == request
            else r
            for r in old.requests
        )
        return replace(old, requests=requests)

    def changed(deployment: ModelDeployment) -> ModelDeployment:
        if deployment.key != fix.deployment:
            return deployment
        engines = tuple(
            replace(e, members=tuple(member(e, m) for m in e.members)) for e in deployment.engines
        )
        return replace(deployment, engines=engines)

    return replace(problem, deployments=tuple(changed(d) for d in problem.deployments))
