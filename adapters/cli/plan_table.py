"""A plan as tables: one line for each deployment, then where every replica goes."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from adapters.cli.reasons import shortfall_text
from adapters.cli.tables import Cell, Tinted, table
from adapters.cli.tier_table import tier_table
from scheduler.wire.decision import release
from solver.domain.decision import Decision
from solver.domain.identity import ClusterName, DeploymentKey
from solver.domain.plan import Create, Evict, Keep, Plan, Slot
from solver.domain.workload import ModelDeployment

POD_HEADERS = ("ENGINE", "COPY", "ROLE", "RANK")
_NONE = "<none>"


def plan_text(decision: Decision, deployments: Sequence[ModelDeployment], *, is_wide: bool = False) -> str:
    """Everything a platform engineer wants to see of *decision*, parts apart by an empty line."""
    plan = decision.plan
    wanted = sum(deployment.replicas for deployment in deployments)
    parts = [
        deployment_table(plan, deployments),
        replica_table(plan),
        slot_table(plan) if is_wide else "",
        tier_table(decision, wanted=wanted),
        *(shortfall_text(decision, shortfall, is_wide=is_wide) for shortfall in plan.shortfalls),
    ]
    return "\n\n".join(part for part in parts if part)


def deployment_table(plan: Plan, deployments: Sequence[ModelDeployment]) -> str:
    """One line for each deployment; the priority only where there are several."""
    if not deployments:
        return ""
    tally = _tally(plan)
    has_priorities = len({deployment.priority for deployment in deployments}) > 1
    headers = ["DEPLOYMENT", "WANTED", "PLACED", "KEPT", "NEW", "SHORT", "WHERE"]
    rows: list[list[Cell]] = []
    for deployment in deployments:
        own = tally.get(deployment.key, _Tally())
        rows.append(
            [
                str(deployment.key),
                deployment.replicas,
                own.kept + own.new,
                own.kept,
                own.new,
                Tinted(str(own.short), "red") if own.short else own.short,
                own.where or _NONE,
            ]
        )
    if has_priorities:
        headers.insert(1, "PRIORITY")
        for row, deployment in zip(rows, deployments, strict=True):
            row.insert(1, deployment.priority)
    return table(headers, rows)


def replica_table(plan: Plan) -> str:
    """Where every replica goes, a line for each node it is on; then those that go."""
    rows = [row for _, row in sorted(_replica_rows(plan), key=lambda pair: pair[0])]
    headers = ("REPLICA", "CLUSTER", "NODE POOL", "NODE", "PODS", "DEVICES", "ACTION")
    return table(headers, rows) if rows else ""


def slot_table(plan: Plan) -> str:
    """Every pod with its node, its place in the release order, what that means, and its devices by signature."""
    headers = ("REPLICA", *POD_HEADERS, "NODE POOL", "NODE", "ORDER", "RELEASE", "DEVICES")
    rows = [
        (
            str(replica.replica),
            *pod_cells(slot),
            slot.node_pool.name,
            node_text(slot),
            slot.order,
            release_text(slot),
            ", ".join(f"{taken.request}: {taken.count} x {taken.signature}" for taken in slot.devices),
        )
        for replica in sorted(plan.replicas, key=lambda each: each.replica)
        for slot in replica.slots
    ]
    return table(headers, rows) if rows else ""


def pod_cells(slot: Slot) -> tuple[Cell, ...]:
    """Which pod of its replica *slot* is, under ``POD_HEADERS``."""
    return (slot.engine, slot.copy, slot.role.value, slot.rank)


def release_text(slot: Slot) -> str:
    """``any order`` or ``in order N``; empty for a pod that already runs."""
    return f"{release(slot)} {slot.order}" if slot.is_ordered else release(slot)


def node_text(slot: Slot) -> str:
    """The node of *slot*, marked if it does not exist yet or was not seen."""
    if slot.node is None:
        return _NONE
    mark = " (expected)" if slot.is_expected else " (assumed)" if slot.is_assumed else ""
    return f"{slot.node.name}{mark}"


def devices_text(slots: Sequence[Slot]) -> str:
    """Devices of *slots* by class: ``8 gpu.nvidia.com, 2 nic.example.com``; ``<none>`` if they claim nothing."""
    counts: Counter[str] = Counter()
    for slot in slots:
        for taken in slot.devices:
            counts[str(taken.device_class or f"{taken.driver} (synthetic)")] += taken.count
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items())) or _NONE


@dataclass(slots=True)
class _Tally:
    """What becomes of one deployment."""

    kept: int = 0
    new: int = 0
    short: int = 0
    where: str = ""


def _tally(plan: Plan) -> Mapping[DeploymentKey, _Tally]:
    found: dict[DeploymentKey, _Tally] = defaultdict(_Tally)
    clusters: dict[DeploymentKey, Counter[ClusterName]] = defaultdict(Counter)
    for keep in plan.keeps:
        found[keep.replica.deployment].kept += 1
    for create in plan.creates:
        found[create.replica.deployment].new += 1
    for replica in plan.replicas:
        clusters[replica.replica.deployment][replica.replica.cluster] += 1
    for shortfall in plan.shortfalls:
        found[shortfall.deployment].short = shortfall.missing
    for key, counts in clusters.items():
        found[key].where = ", ".join(f"{cluster} x{count}" for cluster, count in sorted(counts.items()))
    return found


_Position = tuple[object, ...]


def _replica_rows(plan: Plan) -> Iterator[tuple[_Position, tuple[Cell, ...]]]:
    for replica in plan.replicas:
        yield from _node_rows(replica)
    for evict in plan.evicts:
        key = evict.replica
        action = Tinted(f"evict {evict.reason}: {evict.because}", "yellow")
        yield _position(evict), (str(key), key.cluster, _NONE, _NONE, 0, _NONE, action)


def _node_rows(replica: Keep | Create) -> Iterator[tuple[_Position, tuple[Cell, ...]]]:
    groups: dict[tuple[str, str, Cell], list[Slot]] = {}
    for slot in replica.slots:
        place = (slot.node_pool.name, node_text(slot), _action(replica, slot))
        groups.setdefault(place, []).append(slot)
    if not groups:
        groups[_NONE, _NONE, _action(replica, None)] = []
    key = replica.replica
    for number, ((pool, node, action), slots) in enumerate(groups.items()):
        row = (str(key), key.cluster, pool, node, len(slots), devices_text(slots), action)
        yield (*_position(replica), number), row


def _position(replica: Keep | Create | Evict) -> _Position:
    """In order of replica; what goes before what comes in its place."""
    kind = 0 if isinstance(replica, Evict) else 1
    return (replica.replica, kind)


def _action(replica: Keep | Create, slot: Slot | None) -> Cell:
    if isinstance(replica, Create):
        return Tinted("create", "green")
    action = "keep, add pods" if slot is not None and slot.order else "keep"
    return f"{action}: {'; '.join(replica.flags)}" if replica.flags else action
