"""A fast, simple packer: the fullest node that a pod still fits on, with every device known by its number.

It is no part of the solver, so that what a fleet looks like never depends on what is measured on it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from simulations.fleets.pods import GPU_REQUEST, NIC_REQUEST
from simulations.fleets.sites import FabricSite, Sites
from solver.domain.workload import Engine, Member, ModelDeployment


@dataclass(frozen=True, slots=True, kw_only=True)
class PodPlan:
    """A pod to be placed and what it takes."""

    engine: Engine
    member: Member
    gpus: int
    nics: int
    cpu_millicores: int
    memory_bytes: int


class PlacedPod(NamedTuple):
    """Where a pod is: the number of its node, and bit masks of the GPUs and NICs that it holds."""

    node: int
    gpus: int
    nics: int


def pod_plans(deployment: ModelDeployment) -> tuple[PodPlan, ...]:
    """The pods of one replica, in the order of engines and members; each member has one."""
    return tuple(
        PodPlan(
            engine=engine,
            member=member,
            gpus=_count(member, GPU_REQUEST),
            nics=_count(member, NIC_REQUEST),
            cpu_millicores=member.cpu_millicores,
            memory_bytes=member.memory_bytes,
        )
        for engine in deployment.engines
        for member in engine.members
    )


def _count(member: Member, name: str) -> int:
    return sum(request.count for request in member.requests if request.name == name)


class Packing:
    """What is free on every node."""

    def __init__(self, sites: Sites) -> None:
        kinds = [fabric.kind for fabric in sites.fabrics for _ in range(fabric.nodes)]
        self._gpus = [(1 << kind.gpus) - 1 for kind in kinds]
        self._nics = [(1 << kind.nics) - 1 for kind in kinds]
        self._cpu = [kind.cpu_millicores for kind in kinds]
        self._memory = [kind.memory_bytes for kind in kinds]
        #: Nodes of each fabric by free GPUs; dictionaries, as those keep their order.
        self._by_free: dict[int, list[dict[int, None]]] = {
            fabric.first: [{} for _ in range(fabric.kind.gpus)]
            + [dict.fromkeys(range(fabric.first, fabric.first + fabric.nodes))]
            for fabric in sites.fabrics
        }

    def place(self, plans: Sequence[PodPlan], fabrics: Sequence[FabricSite]) -> tuple[PlacedPod, ...]:
        """One replica on the fabric of *fabrics* where its first pod fits best, or on none: no pods."""
        first = plans[0]
        found = []
        for order, fabric in enumerate(fabrics):
            node = self._node(first, fabric)
            if node is not None:
                found.append((self._gpus[node].bit_count(), order))
        for _, order in sorted(found):
            pods = self._all_on(plans, fabrics[order])
            if pods:
                return pods
        return ()

    def remove(self, plans: Sequence[PodPlan], pods: Sequence[PlacedPod], fabric: FabricSite) -> None:
        """Give back what the *pods* of a replica hold."""
        for plan, pod in zip(plans, pods, strict=False):
            self._change(plan, pod, fabric, sign=1)

    def _all_on(self, plans: Sequence[PodPlan], fabric: FabricSite) -> tuple[PlacedPod, ...]:
        pods: list[PlacedPod] = []
        for plan in plans:
            node = self._node(plan, fabric)
            if node is None:
                self.remove(plans, pods, fabric)
                return ()
            pods.append(
                PlacedPod(node, _lowest(self._gpus[node], plan.gpus), _lowest(self._nics[node], plan.nics))
            )
            self._change(plan, pods[-1], fabric, sign=-1)
        return tuple(pods)

    def _node(self, plan: PodPlan, fabric: FabricSite) -> int | None:
        for nodes in self._by_free[fabric.first][plan.gpus :]:
            for node in nodes:
                if (
                    self._nics[node].bit_count() >= plan.nics
                    and self._cpu[node] >= plan.cpu_millicores
                    and self._memory[node] >= plan.memory_bytes
                ):
                    return node
        return None

    def _change(self, plan: PodPlan, pod: PlacedPod, fabric: FabricSite, *, sign: int) -> None:
        node = pod.node
        by_free = self._by_free[fabric.first]
        del by_free[self._gpus[node].bit_count()][node]
        self._gpus[node] ^= pod.gpus
        self._nics[node] ^= pod.nics
        self._cpu[node] += sign * plan.cpu_millicores
        self._memory[node] += sign * plan.memory_bytes
        by_free[self._gpus[node].bit_count()][node] = None


def _lowest(mask: int, count: int) -> int:
    """The *count* lowest bits of *mask*."""
    taken = 0
    for _ in range(count):
        lowest = mask & -mask
        taken |= lowest
        mask ^= lowest
    return taken
