"""Pods to slots: which pod of a cluster is which pod of which replica.

A pod joins by its slot annotation, or by the labels of the workload that made it. One that matches no slot,
or a slot that another pod has already, belongs to others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from scheduler.api.model_replica import ModelReplica, ReplicaEngine
from scheduler.snapshot.names import hashed_name
from scheduler.snapshot.pod_reader import (
    GROUP_INDEX_LABEL,
    GROUP_NAME_LABEL,
    SERVING_LABEL,
    WORKER_INDEX_LABEL,
    WORKLOAD_LABEL,
)
from scheduler.snapshot.records import PodRecord

PLAN_ANNOTATION = "modelplane.ai/plan"


class ReplicaId(NamedTuple):
    """Namespace and name of a ModelReplica object."""

    namespace: str
    name: str


class Slot(NamedTuple):
    """One pod of a replica: engine, copy, role, and rank among the pods of that role in that copy."""

    engine: str
    copy: int
    role: str
    rank: int


class OwnedSlot(NamedTuple):
    """A slot and whose it is."""

    replica: ReplicaId
    slot: Slot


@dataclass(frozen=True, slots=True)
class JoinedPods:
    """The pods of a cluster that belong to replicas."""

    slots: Mapping[tuple[str, str], OwnedSlot] = field(default_factory=dict)
    """By namespace and name of the pod."""
    nodes: Mapping[OwnedSlot, str] = field(default_factory=dict)


def planned_nodes(replica: ModelReplica) -> dict[Slot, str]:
    """The node of each slot in the plan annotation of *replica*; empty if there is none, or no readable one."""
    planned = {}
    for entry in _entries(replica.metadata.annotations.get(PLAN_ANNOTATION)):
        slot, node = _slot(entry), entry.get("node")
        if slot is not None and isinstance(node, str) and slot in slots_of(replica):
            planned[slot] = node
    return planned


def slots_of(replica: ModelReplica) -> frozenset[Slot]:
    """All slots of *replica*."""
    return frozenset(
        Slot(engine.name, copy, member.role, rank)
        for engine in replica.spec.engines
        for copy in range(engine.copies)
        for member in engine.members
        for rank in range(member.pods_per_copy)
    )


def join(pods: Iterable[PodRecord], replicas: Mapping[ReplicaId, ModelReplica]) -> JoinedPods:
    """Join *pods* of one cluster to the *replicas* on it."""
    return _Join(replicas).of(pods)


class _Join:
    def __init__(self, replicas: Mapping[ReplicaId, ModelReplica]) -> None:
        self._replicas = replicas
        self._engines: dict[str, tuple[ReplicaId, ReplicaEngine]] = {}
        self._by_name: dict[str, ReplicaId] = {}
        for replica_id in sorted(replicas):
            self._by_name.setdefault(replica_id.name, replica_id)
            for engine in replicas[replica_id].spec.engines:
                workload = hashed_name(replica_id.name, engine.name)
                self._engines.setdefault(workload, (replica_id, engine))
        self._free: dict[ReplicaId, set[Slot]] = {}
        self._slots: dict[tuple[str, str], OwnedSlot] = {}
        self._nodes: dict[OwnedSlot, str] = {}

    def of(self, pods: Iterable[PodRecord]) -> JoinedPods:
        unnumbered: dict[tuple[ReplicaId, str], list[PodRecord]] = defaultdict(list)
        for pod in sorted(pods, key=lambda pod: (pod.is_terminating, pod.namespace, pod.name)):
            if pod.is_finished or not pod.node:
                continue
            owned = self._annotated(pod) or self._in_group(pod)
            if owned is not None:
                self._claim(pod, owned)
            elif (workload := self._workload(pod)) is not None:
                replica_id, engine = workload
                unnumbered[replica_id, engine.name].append(pod)
        for (replica_id, engine_name), found in unnumbered.items():
            self._number(replica_id, engine_name, found)
        return JoinedPods(slots=self._slots, nodes=self._nodes)

    def _annotated(self, pod: PodRecord) -> OwnedSlot | None:
        entry = next(iter(_entries(pod.slot, single=True)), {})
        namespace, name, slot = entry.get("namespace"), entry.get("replica"), _slot(entry)
        if slot is None or not isinstance(name, str):
            return None
        if isinstance(namespace, str):
            replica_id: ReplicaId | None = ReplicaId(namespace, name)
        elif "/" in name:
            replica_id = ReplicaId(*name.split("/", 1))
        else:
            replica_id = self._by_name.get(name)
        if replica_id is None or replica_id not in self._replicas:
            return None
        return OwnedSlot(replica_id, slot)

    def _in_group(self, pod: PodRecord) -> OwnedSlot | None:
        workload = self._engines.get(pod.labels.get(GROUP_NAME_LABEL, ""))
        group, worker = pod.labels.get(GROUP_INDEX_LABEL, ""), pod.labels.get(WORKER_INDEX_LABEL, "")
        if workload is None or not group.isdecimal() or not worker.isdecimal():
            return None
        replica_id, engine = workload
        role, rank = ("Leader", 0) if int(worker) == 0 else ("Worker", int(worker) - 1)
        return OwnedSlot(replica_id, Slot(engine.name, int(group), role, rank))

    def _workload(self, pod: PodRecord) -> tuple[ReplicaId, ReplicaEngine] | None:
        workload = self._engines.get(pod.labels.get(WORKLOAD_LABEL, ""))
        if workload is None and (replica_id := self._by_name.get(pod.labels.get(SERVING_LABEL, ""))):
            engines = self._replicas[replica_id].spec.engines
            workload = (replica_id, engines[0]) if len(engines) == 1 else None
        return workload if workload is not None and len(workload[1].members) == 1 else None

    def _number(self, replica_id: ReplicaId, engine: str, pods: list[PodRecord]) -> None:
        planned = planned_nodes(self._replicas[replica_id])
        free = sorted(slot for slot in self._free_slots(replica_id) if slot.engine == engine)
        later = []
        for pod in pods:
            slot = next((slot for slot in free if planned.get(slot) == pod.node), None)
            if slot is None:
                later.append(pod)
            else:
                free.remove(slot)
                self._claim(pod, OwnedSlot(replica_id, slot))
        for pod, slot in zip(later, free, strict=False):
            self._claim(pod, OwnedSlot(replica_id, slot))

    def _claim(self, pod: PodRecord, owned: OwnedSlot) -> None:
        free = self._free_slots(owned.replica)
        if owned.slot in free:
            free.remove(owned.slot)
            self._slots[pod.namespace, pod.name] = owned
            self._nodes[owned] = pod.node

    def _free_slots(self, replica_id: ReplicaId) -> set[Slot]:
        if replica_id not in self._free:
            self._free[replica_id] = set(slots_of(self._replicas[replica_id]))
        return self._free[replica_id]


def _entries(annotation: str | None, *, single: bool = False) -> Iterator[dict[str, object]]:
    if annotation is None:
        return
    try:
        value = orjson.loads(annotation)
    except orjson.JSONDecodeError:
        return
    for entry in [value] if single else value if isinstance(value, list) else []:
        if isinstance(entry, dict):
            yield entry


def _slot(entry: dict[str, object]) -> Slot | None:
    match entry:
        case {"engine": str(engine), "copy": int(copy), "role": str(role), "rank": int(rank)}:
            return Slot(engine, copy, role, rank)
        case _:
            return None
