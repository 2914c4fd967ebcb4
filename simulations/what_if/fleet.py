"""Problems with other nodes: clusters and nodes that go, and nodes that come."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from simulations.what_if.devices import NodeSource, Rebuilt, copied_name, rebuilt
from solver.domain.fleet import Cluster, Fleet, Node
from solver.domain.identity import ClusterName, NodeKey, NodePoolKey
from solver.domain.problem import Problem
from solver.domain.replica import ObservedSlot, Replica

#: Label of a node that is its own name; a copy has another one.
_HOSTNAME = "kubernetes.io/hostname"


def without_cluster(problem: Problem, name: ClusterName) -> Problem:
    """*problem* without the cluster *name* and whatever stands on it."""
    own = [node.key for node in problem.fleet.nodes if node.key.cluster == name]
    left = without_nodes(problem, own)
    fleet = replace(
        left.fleet,
        clusters=tuple(cluster for cluster in left.fleet.clusters if cluster.name != name),
        node_pools=tuple(pool for pool in left.fleet.node_pools if pool.key.cluster != name),
    )
    replicas = tuple(replica for replica in left.replicas if replica.key.cluster != name)
    return replace(left, fleet=fleet, replicas=replicas)


def without_nodes(problem: Problem, keys: Collection[NodeKey]) -> Problem:
    """*problem* without the nodes *keys* and the replicas that have a pod on one of them."""
    gone = frozenset(keys)
    fleet = problem.fleet
    kept = [position for position, node in enumerate(fleet.nodes) if node.key not in gone]
    devices = rebuilt(fleet.devices, [NodeSource(position=position) for position in kept])
    return replace(
        problem,
        fleet=replace(fleet, nodes=tuple(fleet.nodes[position] for position in kept), devices=devices.table),
        replicas=_on_new_rows([each for each in problem.replicas if not stands_on(each, gone)], devices),
    )


def stands_on(replica: Replica, nodes: Collection[NodeKey]) -> bool:
    """Whether a pod of *replica* was seen on, or is planned for, one of *nodes*."""
    return any(slot.node in nodes for slot in replica.slots)


def with_nodes(problem: Problem, pool: NodePoolKey, model: int, count: int) -> Problem:
    """*problem* with *count* empty copies of the node at position *model*, after the nodes that *pool* has."""
    fleet = problem.fleet
    source = fleet.nodes[model]
    names = _new_names(fleet.nodes, pool, count)
    copies = [NodeSource(position=model, copy_name=name, name=source.key.name) for name in names]
    own = [position for position, node in enumerate(fleet.nodes) if node.node_pool == pool]
    expected = [position for position in own if fleet.nodes[position].is_expected]
    at = min(expected, default=max(own) + 1)  # existing nodes stand before expected ones
    sources = [NodeSource(position=position) for position in range(len(fleet.nodes))]
    sources[at:at] = copies
    devices = rebuilt(fleet.devices, sources)
    nodes = [*fleet.nodes[:at], *(_copy(source, name) for name in names), *fleet.nodes[at:]]
    changed = Fleet(
        clusters=tuple(
            _with_counters(each, fleet, copies) if each.name == pool.cluster else each
            for each in fleet.clusters
        ),
        node_pools=fleet.node_pools,
        nodes=tuple(nodes),
        devices=devices.table,
    )
    return replace(problem, fleet=changed, replicas=_on_new_rows(problem.replicas, devices))


def _new_names(nodes: Sequence[Node], pool: NodePoolKey, count: int) -> list[str]:
    taken = {node.key.name for node in nodes if node.key.cluster == pool.cluster}
    names: list[str] = []
    number = 0
    while len(names) < count:
        name = f"{pool.name}/added-{number}"
        if name not in taken:
            names.append(name)
        number += 1
    return names


def _copy(model: Node, name: str) -> Node:
    labels = {**model.labels, _HOSTNAME: name} if _HOSTNAME in model.labels else model.labels
    key = NodeKey(model.key.cluster, name)
    return replace(model, key=key, labels=labels, is_expected=False)


def _with_counters(cluster: Cluster, fleet: Fleet, copies: Sequence[NodeSource]) -> Cluster:
    """*cluster* with counters of their own for the copied resource pools."""
    table = fleet.devices
    counters = dict(cluster.counter_sets)
    for copy in copies:
        pools = {table.resource_pools[row] for row in table.rows(copy.position)}
        for (driver, pool), sets in cluster.counter_sets.items():
            if pool in pools:
                counters[driver, copied_name(pool, copy)] = sets
    return replace(cluster, counter_sets=dict(sorted(counters.items())))


def _on_new_rows(replicas: Sequence[Replica], devices: Rebuilt) -> tuple[Replica, ...]:
    """*replicas* that hold the same devices as before, which are in other rows now."""
    return tuple(
        replace(replica, slots=tuple(_slot(slot, devices) for slot in replica.slots)) for replica in replicas
    )


def _slot(slot: ObservedSlot, devices: Rebuilt) -> ObservedSlot:
    if not slot.devices and not slot.shares:
        return slot
    return replace(
        slot,
        devices=tuple(devices.rows[row] for row in slot.devices),
        shares=tuple((devices.rows[row], taken) for row, taken in slot.shares),
    )
