"""A plausible earlier plan for a synthetic fleet, and what happened to the fleet since.

It is made without the solver: clusters in turn, on each the fullest node that a pod still fits on.
"""

import random
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

from benchmarks.demand import gpus_per_replica
from benchmarks.machines import GPU, Machine, MachineType, Place
from solver.domain.device import Device, QualifiedName, VersionText
from solver.domain.identity import DeviceClassName, NodeKey, ReplicaKey
from solver.domain.quantity import Quantity
from solver.domain.replica import (
    Health,
    ObservedEngine,
    ObservedMember,
    ObservedRequest,
    ObservedSlot,
    Replica,
)
from solver.domain.workload import Engine, Member, ModelDeployment
from solver.selectors.selector import TRUE, compile_selector

_CLASSES = {"gpu": DeviceClassName("gpu.nvidia.com"), "nic": DeviceClassName("rdma-nic")}
_SINGLE_NODES_LOST = 5
_CORDONED = 15
_NOT_READY_ONE_IN = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Setback:
    """Nodes that are gone, and nodes that take nothing new."""

    lost: frozenset[NodeKey] = frozenset()
    cordoned: frozenset[NodeKey] = frozenset()


def set_back(rng: random.Random, machines: Sequence[Machine]) -> Setback:
    """One whole network block and some single nodes lost, some others cordoned."""
    block = rng.choice(sorted({machine.block for machine in machines if machine.nics}))
    lost = {machine.key for machine in machines if machine.block == block}
    others = rng.sample([m.key for m in machines if m.key not in lost], _SINGLE_NODES_LOST + _CORDONED)
    return Setback(
        lost=frozenset([*lost, *others[:_SINGLE_NODES_LOST]]),
        cordoned=frozenset(others[_SINGLE_NODES_LOST:]),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pod:
    engine: Engine
    member: Member
    machine: Machine
    #: Offsets of its devices among those of its node.
    devices: tuple[int, ...]


@dataclass(slots=True, kw_only=True)
class EarlierPlan:
    """Replicas that were placed, pod by pod."""

    placed: list[tuple[ModelDeployment, list[_Pod]]] = field(default_factory=list)

    def replicas(self, first_row: Mapping[NodeKey, int]) -> tuple[Replica, ...]:
        """As observed now; pods on nodes without a first row are gone."""
        indices: Counter[tuple[str, ...]] = Counter()
        found = []
        for number, (deployment, pods) in enumerate(self.placed):
            cluster = pods[0].machine.key.cluster
            counted = (deployment.key.namespace, deployment.key.name, cluster)
            key = ReplicaKey(deployment.key, cluster, indices[counted])
            indices[counted] += 1
            found.append(
                Replica(
                    key=key,
                    name=f"{deployment.key.name}-{cluster}-{key.index}",
                    engines=tuple(_observed(engine, pods) for engine in deployment.engines),
                    health=Health.NOT_READY if number % _NOT_READY_ONE_IN == 0 else Health.READY,
                    slots=tuple(_slot(pod, first_row) for pod in pods if pod.machine.key in first_row),
                )
            )
        return tuple(found)


def earlier_plan(
    rng: random.Random, places: Sequence[Place], deployments: Sequence[ModelDeployment], share: Fraction
) -> EarlierPlan:
    """About *share* of the replicas, largest first, each deployment starting at a cluster of its own."""
    packing = _Packing(places)
    plan = EarlierPlan()
    for deployment in sorted(deployments, key=lambda each: (-gpus_per_replica(each), each.key)):
        wanted = int(deployment.replicas * share + Fraction(rng.random()))
        start = rng.randrange(len(places))
        turns = [*places[start:], *places[:start]]
        while wanted > 0 and turns:
            place = turns.pop(0)
            pods = packing.pods(deployment, place)
            if pods:
                plan.placed.append((deployment, pods))
                wanted -= 1
                turns.append(place)  # a cluster that had no room is not asked again
    return plan


class _Packing:
    def __init__(self, places: Sequence[Place]) -> None:
        self._used = {
            machine.key: {"gpu": 0, "nic": 0, "pods": 0} for place in places for machine in place.machines
        }
        self._matches: dict[tuple[str, str], bool] = {}

    def pods(self, deployment: ModelDeployment, place: Place) -> list[_Pod]:
        """The pods of one more replica on *place*, on one block if it is more than one; empty: no room."""
        region = deployment.cluster_selector.get("modelplane.ai/region", place.region)
        if region != place.region:
            return []
        wanted = [(engine, member) for engine in deployment.engines for member in engine.members]
        for machines in _groups(place.machines, in_blocks=len(wanted) > 1):
            chosen = self._chosen(wanted, machines)
            if chosen:
                return [self._taken(engine, member, machine) for engine, member, machine in chosen]
        return []

    def _chosen(
        self, wanted: Sequence[tuple[Engine, Member]], machines: Sequence[Machine]
    ) -> list[tuple[Engine, Member, Machine]]:
        member = wanted[0][1]
        room = [
            machine
            for machine in machines
            if self._suits(member, machine) and self._has_room(member, machine)
        ]
        # Single pods fill the fullest node; each further pod of a replica gets a node of its own.
        room.sort(key=lambda machine: (-self._used[machine.key]["gpu"], machine.key))
        if len(room) < len(wanted):
            return []
        return [
            (engine, member, machine)
            for (engine, member), machine in zip(wanted, room[: len(wanted)], strict=True)
        ]

    def _suits(self, member: Member, machine: Machine) -> bool:
        selector = member.requests[0].selectors[0]
        known = self._matches.get((selector, machine.kind.name))
        if known is None:
            known = compile_selector(selector).match(_a_gpu(machine.kind)) == TRUE
            self._matches[selector, machine.kind.name] = known
        return known

    def _has_room(self, member: Member, machine: Machine) -> bool:
        used = self._used[machine.key]
        total = {"gpu": machine.kind.gpus, "nic": machine.nics}
        return all(used[request.name] + request.count <= total[request.name] for request in member.requests)

    def _taken(self, engine: Engine, member: Member, machine: Machine) -> _Pod:
        used = self._used[machine.key]
        devices: list[int] = []
        for request in member.requests:
            first = used[request.name] + (machine.kind.gpus if request.name == "nic" else 0)
            devices += range(first, first + request.count)
            used[request.name] += request.count
        return _Pod(engine=engine, member=member, machine=machine, devices=tuple(devices))


def _groups(machines: Sequence[Machine], *, in_blocks: bool) -> Iterator[list[Machine]]:
    if not in_blocks:
        yield list(machines)
        return
    for block in sorted({machine.block for machine in machines if machine.nics}):
        yield [machine for machine in machines if machine.block == block]


def _a_gpu(kind: MachineType) -> Device:
    return Device(
        name="gpu-0",
        driver=GPU,
        attributes={
            QualifiedName(GPU, "productName"): kind.product,
            QualifiedName(GPU, "architecture"): kind.architecture,
            QualifiedName(GPU, "cudaComputeCapability"): VersionText(kind.compute_capability),
        },
        capacity={QualifiedName(GPU, "memory"): Quantity.parse(kind.memory)},
    )


def _observed(engine: Engine, pods: Sequence[_Pod]) -> ObservedEngine:
    pool_of = {pod.member.role: pod.machine.pool.name for pod in pods if pod.engine is engine}
    return ObservedEngine(
        name=engine.name,
        copies=engine.copies,
        members=tuple(
            ObservedMember(
                role=member.role,
                node_pool=pool_of[member.role],
                pods_per_copy=member.pods_per_copy,
                requests=tuple(
                    ObservedRequest(
                        name=request.name, device_class=_CLASSES[request.name], count=request.count
                    )
                    for request in member.requests
                ),
            )
            for member in engine.members
        ),
    )


def _slot(pod: _Pod, first_row: Mapping[NodeKey, int]) -> ObservedSlot:
    first = first_row[pod.machine.key]
    return ObservedSlot(
        engine=pod.engine.name,
        copy=0,
        role=pod.member.role,
        rank=0,
        node=pod.machine.key,
        devices=tuple(first + device for device in pod.devices),
    )
