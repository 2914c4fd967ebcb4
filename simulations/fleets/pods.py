"""Engines of a shape: members, device requests, and what pods request of their node besides."""

from random import Random

from simulations.fleets.drawing import happens
from simulations.fleets.machines import MachineType
from simulations.fleets.selectors import NIC_SELECTOR
from simulations.fleets.shapes import Shape
from simulations.fleets.statistics import (
    CPU_HUNGRY_PERMILLE,
    CPU_MILLICORES_PER_GPU,
    MEMORY_MEBIBYTES_PER_GPU,
)
from solver.domain.workload import DeviceRequest, Engine, Member, Phase, Role

GPU_REQUEST, NIC_REQUEST = "gpu", "nic"
_STEP_MILLICORES = 500


def engines_of(shape: Shape, kind: MachineType, selector: str, rng: Random) -> tuple[Engine, ...]:
    """The engines of a replica of *shape* made for nodes of *kind*."""
    requests = [DeviceRequest(name=GPU_REQUEST, count=shape.gpus, selectors=(selector,))]
    if shape.needs_nics:
        nics = max(1, shape.gpus * kind.nics // kind.gpus)
        requests.append(DeviceRequest(name=NIC_REQUEST, count=nics, selectors=(NIC_SELECTOR,)))
    cpu, memory = _besides(shape, kind, rng)

    def member(role: Role) -> Member:
        return Member(role=role, requests=tuple(requests), cpu_millicores=cpu, memory_bytes=memory)

    match shape.kind:
        case "gang":
            return (Engine(name="main", members=(member(Role.LEADER), member(Role.WORKER))),)
        case "pair":
            pod = (member(Role.STANDALONE),)
            return (
                Engine(name="prefill", members=pod, phase=Phase.PREFILL),
                Engine(name="decode", members=pod, phase=Phase.DECODE),
            )
        case _:
            return (Engine(name="main", members=(member(Role.STANDALONE),)),)


def _besides(shape: Shape, kind: MachineType, rng: Random) -> tuple[int, int]:
    """Milli-cores and bytes of a pod: within its GPUs' share of a node, but for the hungry few.

    Who writes a manifest for a kind of node knows what it has: more than the share would leave GPUs idle.
    """
    cpu_share = kind.cpu_millicores * shape.gpus // kind.gpus
    cpu = min(rng.choice(CPU_MILLICORES_PER_GPU) * shape.gpus, cpu_share)
    memory = min(
        rng.choice(MEMORY_MEBIBYTES_PER_GPU) * shape.gpus << 20, kind.memory_bytes * shape.gpus // kind.gpus
    )
    if happens(rng, CPU_HUNGRY_PERMILLE) and shape.gpus * 2 <= kind.gpus:
        cpu = cpu_share * 3 // 2
    return cpu // _STEP_MILLICORES * _STEP_MILLICORES, memory >> 30 << 30
