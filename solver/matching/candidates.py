"""Candidates: the ways to host one replica, counted and never named.

A candidate is a deployment, a place (a node, an NVLink domain, a fabric, or a whole cluster; one zone of it if
the deployment spreads by zone) and, for each engine, the joint options of its members there with the cells
their pods may go to. Replicas on a candidate are interchangeable, so the formulation counts them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from solver.domain.identity import ClusterName, DeviceClassName
from solver.domain.workload import Engine, Member, ModelDeployment, ServingMode, SpreadMode
from solver.matching.cells import Cells
from solver.matching.distance import Distance
from solver.matching.inventory import Inventory
from solver.matching.ledger import pods_as
from solver.matching.node_fit import Need
from solver.matching.options import MemberOption, Options
from solver.matching.refusals import Pods
from solver.matching.room import Room

ZONE = "zone"


@dataclass(frozen=True, slots=True, kw_only=True)
class PodGroup:
    """The pods of one member (or of a whole replica, for a candidate on one node) and where they may go."""

    pods_per_replica: int
    #: What one unit takes; a unit is a pod, or all pods of a replica on one node.
    needs: tuple[Need, ...]
    pods_per_unit: int
    cpu_millicores: int
    memory_bytes: int
    classes: tuple[tuple[DeviceClassName | None, int], ...]
    homes: tuple[int, ...]
    #: Those of one unit's pods of which allocators have refused some.
    refused_as: Pods = ()

    @property
    def devices(self) -> int:
        """Devices that one unit claims."""
        return sum(count for name, count in self.classes if name is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOption:
    """One joint option of an engine's members; ``fabrics`` splits the homes where copies must not mix."""

    members: tuple[PodGroup, ...]
    #: Position of the engine in the deployment and the option of each member, for extraction.
    engine: int
    options: tuple[MemberOption, ...]
    #: Homes by fabric, for gangs whose copies may go to different ones; empty otherwise.
    fabrics: tuple[tuple[PodGroup, ...], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One way to host a replica of the deployment at position *deployment*."""

    deployment: int
    cluster: ClusterName
    distance: Distance | None
    place: str
    zone: str | None
    #: Options by engine; one of each engine's makes a replica.
    engines: tuple[tuple[EngineOption, ...], ...]
    #: Set for a candidate on one node: a replica is one unit.
    is_one_node: bool = False


def has_distance(deployment: ModelDeployment) -> bool:
    """Whether it matters how far apart the pods of a replica are."""
    return deployment.serving_mode is ServingMode.PREFILL_DECODE or any(
        engine.is_gang for engine in deployment.engines
    )


def stays_in_zone(deployment: ModelDeployment) -> bool:
    """Whether each replica of *deployment* has to be inside one zone, so that its zone can be counted.

    A required rule wants that. A preferred one must not refuse what fits over two zones: a replica then counts
    in the zone of its first pod, which can be told where the first member has one pod in each replica.
    """
    engine = deployment.engines[0]
    has_one_first_pod = engine.copies * engine.members[0].pods_per_copy == 1
    return any(
        rule.topology_key == ZONE and (rule.mode is SpreadMode.REQUIRED or not has_one_first_pod)
        for rule in deployment.spread
    )


def candidates(
    inventory: Inventory,
    options: Options,
    cells: Cells,
    deployment: ModelDeployment,
    position: int,
    clusters: tuple[ClusterName, ...],
    room: Room,
) -> tuple[Candidate, ...]:
    """All candidates of *deployment* on *clusters*, in canonical order.

    A node counts where *room* has one unit; whether several fit together is for the formulation.
    """
    finder = _Finder(inventory, options, cells, deployment, position, room)
    return tuple(candidate for cluster in clusters for candidate in finder.on(cluster))


class _Finder:
    def __init__(
        self,
        inventory: Inventory,
        options: Options,
        cells: Cells,
        deployment: ModelDeployment,
        position: int,
        room: Room,
    ) -> None:
        self.inventory = inventory
        self.options = options
        self.cells = cells.cells
        self.deployment = deployment
        self.position = position
        self.by_zone = stays_in_zone(deployment)
        self.needs_zone = any(
            rule.topology_key == ZONE and rule.mode is SpreadMode.REQUIRED for rule in deployment.spread
        )
        self.room = room
        self._cells_of_pool: dict[object, list[int]] = {}
        for index, cell in enumerate(self.cells):
            if cell.takes_new:
                self._cells_of_pool.setdefault(cell.pool, []).append(index)

    def on(self, cluster: ClusterName) -> Iterator[Candidate]:
        joint = [self.options.of_engine(engine, cluster) for engine in self.deployment.engines]
        if not all(joint):
            return
        homes = [
            index
            for pool in self.inventory.pools_of_cluster[cluster]
            for index in self._cells_of_pool.get(pool, [])
        ]
        if not self.by_zone:
            yield from self._within(cluster, None, joint, homes)
            return
        for zone in sorted({self.cells[index].place.zone or "" for index in homes}):
            # A replica of a deployment that spreads by zone stays inside one.
            if zone or not self.needs_zone:
                inside = [index for index in homes if (self.cells[index].place.zone or "") == zone]
                yield from self._within(cluster, zone or None, joint, inside)

    def _within(
        self,
        cluster: ClusterName,
        zone: str | None,
        joint: list[tuple[tuple[MemberOption, ...], ...]],
        homes: list[int],
    ) -> Iterator[Candidate]:
        if not has_distance(self.deployment):
            yield from self._candidate(cluster, zone, None, f"cluster {cluster}", joint, homes)
            return
        for index in homes:
            yield from self._on_one_node(cluster, zone, joint, index)
        fabrics: dict[str, list[int]] = {}
        for index in homes:
            fabrics.setdefault(self.cells[index].place.fabric, []).append(index)
        for fabric, inside in sorted(fabrics.items()):
            yield from self._in_fabric(cluster, zone, fabric, joint, inside)
        is_free = self.deployment.serving_mode is not ServingMode.PREFILL_DECODE
        copies = sum(engine.copies for engine in self.deployment.engines)
        if is_free and copies > 1 and len(fabrics) > 1:
            yield from self._candidate(
                cluster, zone, Distance.CLUSTER, f"cluster {cluster}", joint, homes, splits=True
            )

    def _in_fabric(
        self,
        cluster: ClusterName,
        zone: str | None,
        fabric: str,
        joint: list[tuple[tuple[MemberOption, ...], ...]],
        homes: list[int],
    ) -> Iterator[Candidate]:
        cliques: dict[str, list[int]] = {}
        for index in homes:
            clique = self.cells[index].place.clique
            if clique is not None:
                cliques.setdefault(clique, []).append(index)
        for clique, inside in sorted(cliques.items()):
            if self._nodes(inside) > 1:
                yield from self._candidate(
                    cluster, zone, Distance.NVLINK, f"NVLink domain {clique}", joint, inside
                )
        same = any(len(inside) == len(homes) for inside in cliques.values())
        if self._nodes(homes) > 1 and not same:
            yield from self._candidate(cluster, zone, Distance.FABRIC, fabric, joint, homes)

    def _nodes(self, homes: list[int]) -> int:
        return sum(self.cells[index].count for index in homes)

    def _on_one_node(
        self,
        cluster: ClusterName,
        zone: str | None,
        joint: list[tuple[tuple[MemberOption, ...], ...]],
        index: int,
    ) -> Iterator[Candidate]:
        pool = self.cells[index].pool
        local = [[option for option in engine if all(m.pool == pool for m in option)] for engine in joint]
        for choice in product(*local):
            unit = self._whole_replica(choice, index)
            if unit is None:
                continue
            engines = tuple(
                (EngineOption(members=(unit,) if engine == 0 else (), engine=engine, options=members),)
                for engine, members in enumerate(choice)
            )
            yield Candidate(
                deployment=self.position,
                cluster=cluster,
                distance=Distance.NODE,
                place=f"node of cell {index}",
                zone=zone,
                engines=engines,
                is_one_node=True,
            )

    def _whole_replica(self, choice: tuple[tuple[MemberOption, ...], ...], index: int) -> PodGroup | None:
        needs: list[Need] = []
        classes: list[tuple[DeviceClassName | None, int]] = []
        refused: dict[int, int] = {}
        pods = cpu = memory = 0
        for engine, members in zip(self.deployment.engines, choice, strict=True):
            for member, option in zip(engine.members, members, strict=True):
                if not self.room.may_host(index, self.deployment.key, member):
                    return None
                count = engine.copies * member.pods_per_copy
                pods += count
                cpu += count * member.cpu_millicores
                memory += count * member.memory_bytes
                if sum(need.count for need in needs) > _MOST_ON_A_NODE:
                    return None
                needs += list(option.needs) * count
                for number, units in pods_as(option.refused_as, count):
                    refused[number] = refused.get(number, 0) + units
                classes += [
                    (name, need.devices * count)
                    for name, need in zip(option.classes, option.needs, strict=True)
                ]
        merged = _merged(needs)
        if not self.room.has(index, merged, pods=pods, cpu=cpu, memory=memory):
            return None
        return PodGroup(
            pods_per_replica=1,
            needs=merged,
            pods_per_unit=pods,
            cpu_millicores=cpu,
            memory_bytes=memory,
            classes=tuple(classes),
            homes=(index,),
            refused_as=tuple(sorted(refused.items())),
        )

    def _candidate(
        self,
        cluster: ClusterName,
        zone: str | None,
        distance: Distance | None,
        place: str,
        joint: list[tuple[tuple[MemberOption, ...], ...]],
        homes: list[int],
        *,
        splits: bool = False,
    ) -> Iterator[Candidate]:
        engines = []
        for position, (engine, choices) in enumerate(zip(self.deployment.engines, joint, strict=True)):
            found = [
                self._engine_option(engine, position, members, homes, splits=splits) for members in choices
            ]
            kept = tuple(option for option in found if option is not None)
            if not kept:
                return
            engines.append(kept)
        yield Candidate(
            deployment=self.position,
            cluster=cluster,
            distance=distance,
            place=place,
            zone=zone,
            engines=tuple(engines),
        )

    def _engine_option(
        self,
        engine: Engine,
        position: int,
        members: tuple[MemberOption, ...],
        homes: list[int],
        *,
        splits: bool,
    ) -> EngineOption | None:
        groups = tuple(
            self._pods(engine, member, option, homes)
            for member, option in zip(engine.members, members, strict=True)
        )
        if not all(group.homes for group in groups):
            return None
        if not (splits and engine.is_gang):
            return EngineOption(members=groups, engine=position, options=members)
        names = sorted({self.cells[index].place.fabric for index in homes})
        split = []
        for name in names:
            inside = [index for index in homes if self.cells[index].place.fabric == name]
            part = tuple(
                self._pods(engine, member, option, inside)
                for member, option in zip(engine.members, members, strict=True)
            )
            if all(group.homes for group in part):
                split.append(part)
        if not split:
            return None
        return EngineOption(members=groups, engine=position, options=members, fabrics=tuple(split))

    def _pods(self, engine: Engine, member: Member, option: MemberOption, homes: list[int]) -> PodGroup:
        usable = tuple(
            index
            for index in homes
            if self.cells[index].pool == option.pool
            and self.room.may_host(index, self.deployment.key, member)
            and self.room.has(
                index, option.needs, pods=1, cpu=member.cpu_millicores, memory=member.memory_bytes
            )
        )
        return PodGroup(
            pods_per_replica=engine.copies * member.pods_per_copy,
            needs=option.needs,
            pods_per_unit=1,
            cpu_millicores=member.cpu_millicores,
            memory_bytes=member.memory_bytes,
            classes=tuple(
                (name, need.devices) for name, need in zip(option.classes, option.needs, strict=True)
            ),
            homes=usable,
            refused_as=pods_as(option.refused_as),
        )


#: A replica with more devices than this never sits on one node, and is not tried.
_MOST_ON_A_NODE = 4096


def _merged(needs: list[Need]) -> tuple[Need, ...]:
    counts: dict[int, int] = {}
    for need in needs:
        if not need.is_claimed:
            counts[need.accepts] = counts.get(need.accepts, 0) + need.count
    whole = (Need(accepts, count) for accepts, count in sorted(counts.items()))
    return (*whole, *(need for need in needs if need.is_claimed))
