"""Every way to host one replica: clusters that take it, pools and classes, and nodes."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from solver.domain.identity import ClusterName
from solver.domain.taint import untolerated
from solver.domain.workload import Engine, Member, ModelDeployment, Role, ServingMode, SpreadMode
from tests.solver.oracle.world import REPELS, Choice, World


@dataclass(frozen=True, slots=True)
class PlacedPod:
    engine: str
    copy: int
    role: Role
    rank: int
    node: int
    choice: Choice


@dataclass(frozen=True, slots=True)
class Placement:
    """One way to host one replica, up to the order of like pods."""

    cluster: ClusterName
    pods: tuple[PlacedPod, ...]
    zone: str | None
    #: node -> units there, sorted.
    load: tuple[tuple[int, tuple[int, ...]], ...]


def placements(world: World, deployment: ModelDeployment, open_nodes: list[int]) -> list[Placement]:
    """Every way to put one replica on *open_nodes*, like pods in order; each fits on empty nodes."""
    found: dict[object, Placement] = {}
    for cluster in world.clusters:
        if not _takes(world, deployment, cluster):
            continue
        joint = [_joint_choices(world, engine, cluster) for engine in deployment.engines]
        nodes = [n for n in open_nodes if world.fleet.nodes[n].key.cluster == cluster]
        for choice in product(*joint):
            for placement in _assign(world, deployment, ClusterName(cluster), choice, nodes):
                # Copies are interchangeable: equal loads with equal levels are one placement.
                nodes_used = tuple(sorted({pod.node for pod in placement.pods}))
                found.setdefault((placement.cluster, placement.load, nodes_used), placement)
    return list(found.values())


def _takes(world: World, deployment: ModelDeployment, cluster: str) -> bool:
    found = world.clusters[cluster]
    wanted = list(deployment.cluster_selector.items())
    if deployment.cache is not None:
        caches = [
            c
            for c in world.problem.caches
            if (c.namespace, c.name) == (deployment.key.namespace, deployment.cache)
        ]
        if not caches:
            return False
        wanted += caches[0].cluster_selector.items()
    return (
        all(found.labels.get(key) == value for key, value in wanted)
        and found.is_ready
        and (found.has_gateway or not world.problem.policy.requires_gateway)
        and not untolerated(found.taints, deployment.tolerations, REPELS)
    )


def _joint_choices(world: World, engine: Engine, cluster: str) -> list[tuple[Choice, ...]]:
    lists = [world.choices(member, cluster) for member in engine.members]
    return [joint for joint in product(*lists) if any(choice.claims for choice in joint)]


def _assign(
    world: World,
    deployment: ModelDeployment,
    cluster: ClusterName,
    choice: tuple[tuple[Choice, ...], ...],
    nodes: list[int],
) -> Iterator[Placement]:
    slots: list[tuple[Engine, int, Member, int, Choice]] = [
        (engine, copy, member, rank, option)
        for engine, options in zip(deployment.engines, choice, strict=True)
        for copy in range(engine.copies)
        for member, option in zip(engine.members, options, strict=True)
        for rank in range(member.pods_per_copy)
    ]
    first = deployment.engines[0]
    is_told = first.copies * first.members[0].pods_per_copy == 1  # whose zone a replica over two counts in
    by_zone = any(
        rule.topology_key == "zone" and (rule.mode is SpreadMode.REQUIRED or not is_told)
        for rule in deployment.spread
    )
    chosen: list[int] = []
    load: dict[int, list[int]] = {}

    def step(index: int) -> Iterator[Placement]:
        if index == len(slots):
            pods = tuple(
                PlacedPod(e.name, copy, member.role, rank, node, option)
                for (e, copy, member, rank, option), node in zip(slots, chosen, strict=True)
            )
            packed = tuple((n, tuple(sorted(units))) for n, units in sorted(load.items()) if units)
            yield Placement(cluster, pods, world.zone(chosen[0]), packed)
            return
        engine, copy, member, rank, option = slots[index]
        for node in nodes:
            if world.fleet.nodes[node].node_pool != option.pool:
                continue
            if rank and node < chosen[index - 1]:
                continue
            if by_zone and chosen and world.zone(node) != world.zone(chosen[0]):
                continue
            joined = [
                chosen[i]
                for i in range(index)
                if deployment.serving_mode is ServingMode.PREFILL_DECODE
                or (engine.is_gang and slots[i][0] is engine and slots[i][1] == copy)
            ]
            if joined and world.fabric[joined[0]] != world.fabric[node]:
                continue
            units = load.setdefault(node, [])
            units.append(world.new_unit(member, option, node))
            if world.fits(node, tuple(sorted(units))):
                chosen.append(node)
                yield from step(index + 1)
                chosen.pop()
            units.pop()

    yield from step(0)
