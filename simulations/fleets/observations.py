"""Replicas that run, as a snapshot would show them: those on lost nodes have no pod there and are not ready."""

from collections.abc import Iterator, Mapping, Sequence

from simulations.fleets.machines import GPU_CLASS, NIC_CLASS
from simulations.fleets.placing import PlacedReplica
from simulations.fleets.pods import GPU_REQUEST, NIC_REQUEST
from solver.domain.device_table import DeviceTable
from solver.domain.fleet import Node
from solver.domain.identity import ReplicaKey
from solver.domain.replica import (
    Health,
    ObservedEngine,
    ObservedMember,
    ObservedRequest,
    ObservedSlot,
    Replica,
)
from solver.domain.workload import Engine

_CLASSES = {GPU_REQUEST: GPU_CLASS, NIC_REQUEST: NIC_CLASS}


def observed(
    running: Sequence[PlacedReplica], nodes: Mapping[int, Node], devices: DeviceTable
) -> tuple[Replica, ...]:
    """The replicas *running* on *nodes*, by number and in the order of *devices*."""
    first_row = dict(zip(nodes, devices.starts.tolist(), strict=False))
    shapes: dict[tuple[tuple[Engine, ...], str], tuple[ObservedEngine, ...]] = {}
    found = []
    for replica in running:
        deployment, site = replica.wanted.deployment, replica.fabric.site
        # Equal ones are one object, as there may be half a million replicas.
        shape = (deployment.engines, replica.fabric.pool.name)
        engines = shapes.get(shape)
        if engines is None:
            engines = shapes[shape] = tuple(
                _engine(each, replica.fabric.pool.name) for each in deployment.engines
            )
        slots = tuple(_slots(replica, nodes, first_row))
        found.append(
            Replica(
                key=ReplicaKey(deployment.key, site.name, replica.index),
                name=f"{deployment.key.name}-{site.name}-{replica.index}",
                engines=engines,
                health=Health.READY if len(slots) == len(replica.pods) else Health.NOT_READY,
                slots=slots,
            )
        )
    return tuple(found)


def _engine(engine: Engine, pool: str) -> ObservedEngine:
    return ObservedEngine(
        name=engine.name,
        copies=engine.copies,
        members=tuple(
            ObservedMember(
                role=member.role,
                node_pool=pool,
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


def _slots(
    replica: PlacedReplica, nodes: Mapping[int, Node], first_row: Mapping[int, int]
) -> Iterator[ObservedSlot]:
    """The slots in the order of engine and role, as a snapshot gives them."""
    members = [(engine, member) for engine in replica.wanted.deployment.engines for member in engine.members]
    found = []
    for (engine, member), pod in zip(members, replica.pods, strict=True):
        if pod.node in nodes:
            nics = first_row[pod.node]
            gpus = nics + replica.fabric.kind.nics
            rows = (*_rows(pod.nics, nics), *_rows(pod.gpus, gpus))
            found.append(
                ObservedSlot(
                    engine=engine.name,
                    copy=0,
                    role=member.role,
                    rank=0,
                    node=nodes[pod.node].key,
                    devices=rows,
                )
            )
    yield from sorted(found, key=lambda slot: (slot.engine, slot.role))


def _rows(mask: int, first: int) -> Iterator[int]:
    return (first + bit for bit in range(mask.bit_length()) if mask >> bit & 1)
