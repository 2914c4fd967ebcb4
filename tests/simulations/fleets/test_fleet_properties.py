"""What holds of every generated fleet: it could exist."""

from collections import Counter, defaultdict
from itertools import pairwise

from hypothesis import given, settings

from simulations.fleets import FleetSpec, generate
from simulations.fleets.generate import BLOCK_LABEL, POOL_LABEL
from solver.domain.device import Device
from solver.domain.device_table import DeviceTableBuilder
from solver.domain.fleet import Node
from solver.domain.identity import NodeKey
from solver.domain.problem import Problem
from solver.domain.replica import Replica
from solver.selectors.selector import TRUE, compile_selector
from tests.simulations.fleets.specs import a_spec, specs

_TINY = settings(max_examples=25)


def _nodes(problem: Problem) -> dict[NodeKey, tuple[int, Node]]:
    return {node.key: (number, node) for number, node in enumerate(problem.fleet.nodes)}


@_TINY
@given(specs())
def test_nothing_is_overcommitted(spec: FleetSpec) -> None:
    """No device is held twice, and each by a pod of its own node; CPU and memory suffice as they were placed."""
    problem = generate(spec)
    nodes = _nodes(problem)
    templates = {each.key: each for each in problem.deployments}
    cpu: Counter[NodeKey] = Counter()
    memory: Counter[NodeKey] = Counter()
    held: Counter[int] = Counter()
    for replica in problem.replicas:
        for slot in replica.slots:
            number, _ = nodes[slot.node]
            assert all(row in problem.fleet.devices.rows(number) for row in slot.devices)
            held.update(slot.devices)
            engines = templates[replica.key.deployment].engines
            member = next(
                member
                for engine in engines
                if engine.name == slot.engine
                for member in engine.members
                if member.role is slot.role
            )
            cpu[slot.node] += member.cpu_millicores
            memory[slot.node] += member.memory_bytes

    assert all(count == 1 for count in held.values())
    for key, (_, node) in nodes.items():
        assert node.free is not None
        assert cpu[key] <= node.free.cpu_millicores
        assert memory[key] <= node.free.memory_bytes


@_TINY
@given(specs())
def test_the_pods_of_a_replica_lie_in_one_fabric(spec: FleetSpec) -> None:
    """Gangs and pairs talk at full speed: one pool, and one block of it."""
    problem = generate(spec)
    nodes = _nodes(problem)

    for replica in problem.replicas:
        seen = [nodes[slot.node][1] for slot in replica.slots]
        assert all(node.node_pool.cluster == replica.key.cluster for node in seen)
        assert len({(node.node_pool, node.labels.get(BLOCK_LABEL)) for node in seen}) <= 1
        assert {node.node_pool.name for node in seen} <= {
            member.node_pool for engine in replica.engines for member in engine.members
        }


@_TINY
@given(specs())
def test_what_a_pod_holds_is_what_its_replica_recorded(spec: FleetSpec) -> None:
    """As many devices as it claims, all accepted by the selectors of its deployment, NICs by those of NICs."""
    problem = generate(spec)
    templates = {each.key: each for each in problem.deployments}
    selectors = {each.key: _selectors(problem, each.key.name) for each in problem.deployments}

    for replica in problem.replicas:
        claimed = sum(
            request.count
            for engine in replica.engines
            for member in engine.members
            for request in member.requests
        )
        devices = [problem.fleet.devices.device(row) for slot in replica.slots for row in slot.devices]
        assert len(devices) == claimed or len(replica.slots) < _pods(replica)
        assert replica.key.deployment in templates
        assert all(_is_accepted(device, selectors[replica.key.deployment]) for device in devices)


@_TINY
@given(specs())
def test_a_replica_is_where_its_selector_and_its_caps_allow_it(spec: FleetSpec) -> None:
    """Clusters have the labels that were asked for, and none has more than the largest share."""
    problem = generate(spec)
    clusters = {cluster.name: cluster for cluster in problem.fleet.clusters}
    counts = Counter((replica.key.deployment, replica.key.cluster) for replica in problem.replicas)
    templates = {each.key: each for each in problem.deployments}

    for (key, name), count in counts.items():
        deployment = templates[key]
        assert deployment.cluster_selector.items() <= clusters[name].labels.items()
        for rule in deployment.spread:
            if rule.topology_key == "cluster" and rule.max_percent is not None:
                assert count <= max(1, deployment.replicas * rule.max_percent // 100)
            if rule.topology_key == "cluster" and rule.max_skew is not None:
                assert count <= rule.max_skew


@_TINY
@given(specs())
def test_everything_is_in_canonical_order(spec: FleetSpec) -> None:
    """Clusters by name, pools by key, nodes by pool and name: the order that a snapshot is read in."""
    fleet = generate(spec).fleet
    clusters = [cluster.name for cluster in fleet.clusters]
    pools = [pool.key for pool in fleet.node_pools]
    nodes = [(node.node_pool, node.key.name) for node in fleet.nodes]

    for names in (clusters, pools, nodes):
        assert all(one < other for one, other in pairwise(names))  # type: ignore[operator]
    assert {node.node_pool for node in fleet.nodes} == set(pools)
    assert all(node.labels[POOL_LABEL] == node.node_pool.name for node in fleet.nodes)
    assert len(fleet.devices.starts) == len(nodes) + 1
    assert max(Counter(pool.key.cluster for pool in fleet.node_pools).values()) <= 8


def test_columns_are_those_that_a_builder_makes() -> None:
    """The table is built by whole columns for speed; device by device it comes out the same."""
    fleet = generate(a_spec()).fleet
    builder = DeviceTableBuilder()
    for number in range(len(fleet.nodes)):
        for row in fleet.devices.rows(number):
            builder.add(
                fleet.devices.device(row),
                resource_pool=fleet.devices.resource_pools[row],
                slice_name=fleet.devices.slices[row],
            )
        builder.end_node()
    built = builder.build()

    assert list(built.columns) == list(fleet.devices.columns)
    for field, column in built.columns.items():
        assert column.values == fleet.devices.columns[field].values
        assert column.codes.tolist() == fleet.devices.columns[field].codes.tolist()
    assert built.names == fleet.devices.names
    assert built.resource_pools == fleet.devices.resource_pools
    assert built.slices == fleet.devices.slices
    assert built.starts.tolist() == fleet.devices.starts.tolist()


def test_departures_leave_holes() -> None:
    """A fleet that has lived has more than one partly used node in its fabrics, and indices that are gone."""
    problem = generate(a_spec(observed_permille=800, lost_nodes_permille=0, drained_clusters=0))
    held = {row for replica in problem.replicas for slot in replica.slots for row in slot.devices}
    table = problem.fleet.devices
    partly: Counter[object] = Counter()
    for number, node in enumerate(problem.fleet.nodes):
        used = sum(row in held for row in table.rows(number))
        partly[node.node_pool, node.labels.get(BLOCK_LABEL)] += 0 < used < len(table.rows(number))
    indices: dict[object, list[int]] = defaultdict(list)
    for replica in problem.replicas:
        indices[replica.key.deployment, replica.key.cluster].append(replica.key.index)

    assert max(partly.values()) > 1
    assert any(max(found) >= len(found) for found in indices.values())


def _selectors(problem: Problem, name: str) -> list[str]:
    deployment = next(each for each in problem.deployments if each.key.name == name)
    requests = deployment.engines[0].members[0].requests
    return [request.selectors[0] for request in requests]


def _is_accepted(device: Device, selectors: list[str]) -> bool:
    return any(compile_selector(text).match(device) == TRUE for text in selectors)


def _pods(replica: Replica) -> int:
    return sum(
        engine.copies * member.pods_per_copy for engine in replica.engines for member in engine.members
    )
