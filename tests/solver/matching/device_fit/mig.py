"""A node of partitionable GPUs, as the NVIDIA driver publishes an H100 with dynamic MIG."""

from solver.matching.device_fit import DeviceGroup, NodeDevices, Token

#: Kinds: the whole GPU, then the profiles.
WHOLE, ONE, ONE_LARGE, TWO, THREE, FOUR, SEVEN = range(7)
GPU, NIC = WHOLE, 7

#: Memory slices (first, number) of each placement, and compute slices.
PLACEMENTS = {
    WHOLE: ([(0, 8)], 8),
    ONE: ([(first, 1) for first in range(7)], 1),
    ONE_LARGE: ([(first, 2) for first in (0, 2, 4, 6)], 1),
    TWO: ([(first, 2) for first in (0, 2, 4)], 2),
    THREE: ([(0, 4), (4, 4)], 3),
    FOUR: ([(0, 4)], 4),
    SEVEN: ([(0, 8)], 7),
}
SET = (8, *(1,) * 8)


def mig_groups(gpu: int, values: dict[str, frozenset[Token]] | None = None) -> list[DeviceGroup]:
    """The whole GPU and all placements on it; counters: compute slices, then each memory slice."""
    return [
        DeviceGroup(
            kind=kind,
            count=1,
            takes=((gpu, (compute, *(int(first <= s < first + size) for s in range(8)))),),
            values=values or {},
        )
        for kind, (placements, compute) in PLACEMENTS.items()
        for first, size in placements
    ]


def mig_node(gpus: int = 8, nics: int = 0) -> NodeDevices:
    """*gpus* partitionable GPUs that nobody uses."""
    groups = [group for gpu in range(gpus) for group in mig_groups(gpu)]
    if nics:
        groups.append(DeviceGroup(kind=NIC, count=nics))
    return NodeDevices(groups=tuple(groups), counter_sets=(SET,) * gpus)
