"""Observed clusters and replicas, and what was read from them in short."""

from pathlib import Path

from scheduler.snapshot import Reading, read
from scheduler.snapshot.names import hashed_name
from solver.domain.device import Withheld
from solver.domain.device_table import WITHHELD
from solver.domain.identity import NodeKey
from solver.domain.replica import ObservedSlot
from solver.domain.workload import Role
from tests.scheduler.snapshot.manifests import (
    Object,
    a_class,
    a_cluster,
    a_deployment,
    a_device,
    a_node,
    a_slice,
    write,
)


def of_fleet(
    folder: Path, *objects: Object, cluster: Object | None = None, kind: Object | None = None
) -> Reading:
    """A fleet of one observed cluster with these objects."""
    control = [kind or a_class(), cluster or a_cluster(), a_deployment()]
    return read([write(folder, *control, eu=list(objects))])


def withheld(found: Reading) -> list[Withheld | None]:
    return [WITHHELD[code - 1] if code else None for code in found.problem.fleet.devices.withheld]


def lines(found: Reading) -> list[str]:
    return [str(finding) for finding in found.findings]


def node_names(found: Reading) -> list[str]:
    return [node.key.name for node in found.problem.fleet.nodes]


WORKLOAD = {"modelplane.ai/workload": hashed_name("qwen-1", "main")}


def observed(
    folder: Path, replica: Object, *objects: Object, nodes: tuple[str, ...] = ("n1", "n2")
) -> Reading:
    """The replica on cluster eu, whose nodes have four devices each."""
    devices = [a_device(f"gpu-{number}") for number in range(4)]
    machines = [each for name in nodes for each in (a_node(name), a_slice(name, devices=devices))]
    return read([write(folder, a_class(), a_cluster(), a_deployment(), replica, eu=[*machines, *objects])])


def slots(found: Reading) -> tuple[ObservedSlot, ...]:
    (replica,) = found.problem.replicas
    return replica.slots


def a_slot(
    node: str = "n1", *devices: int, copy: int = 0, role: Role = Role.STANDALONE, rank: int = 0
) -> ObservedSlot:
    key = NodeKey("eu", node)  # type: ignore[arg-type]
    return ObservedSlot(engine="main", copy=copy, role=role, rank=rank, node=key, devices=devices)
