"""Device selectors as people write them, and which kinds of node satisfy each."""

from functools import cache

from simulations.fleets.machines import GPU, MACHINE_TYPES, MachineType
from solver.selectors.selector import TRUE, compile_selector

_IS_GPU = 'device.driver == "gpu.nvidia.com"'
_ATTRIBUTES = 'device.attributes["gpu.nvidia.com"]'


def _memory(least: str) -> str:
    return f'{_IS_GPU} && device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("{least}")) >= 0'


NIC_SELECTOR = 'device.driver == "dra.net" && device.attributes["dra.net"].rdma'
SELECTORS = {
    "20Gi": _memory("20Gi"),
    "40Gi": _memory("40Gi"),
    "79Gi": _memory("79Gi"),
    "130Gi": _memory("130Gi"),
    "170Gi": _memory("170Gi"),
    "L40S": f'{_IS_GPU} && {_ATTRIBUTES}.productName.contains("L40S")',
    "A100": f'{_IS_GPU} && {_ATTRIBUTES}.productName.contains("A100")',
    "Hopper": f'{_IS_GPU} && {_ATTRIBUTES}.architecture == "Hopper"',
    "9.0": f'{_IS_GPU} && {_ATTRIBUTES}.cudaComputeCapability.compareTo(semver("9.0.0")) >= 0',
}


@cache
def machine_types(selector: str) -> tuple[MachineType, ...]:
    """The kinds of node whose GPUs satisfy the CEL text *selector*."""
    compiled = compile_selector(selector)
    return tuple(
        kind
        for kind in MACHINE_TYPES
        if any(compiled.match(device) == TRUE for device in kind.devices if device.driver == GPU)
    )
