"""Nodes and clusters to be, before they become a fleet."""

from dataclasses import dataclass

from solver.domain.identity import ClusterName, Driver, NodeKey, NodePoolKey

GPU, NIC = Driver("gpu.nvidia.com"), Driver("dra.net")


@dataclass(frozen=True, slots=True, kw_only=True)
class MachineType:
    """What one kind of node has; prices are invented."""

    name: str
    product: str
    architecture: str
    compute_capability: str
    memory: str
    dollars_per_hour: int
    gpus: int = 8
    nics: int = 0


L40S_4 = MachineType(
    name="l40s-4",
    product="NVIDIA L40S",
    architecture="Ada Lovelace",
    compute_capability="8.9.0",
    memory="46068Mi",
    dollars_per_hour=10,
    gpus=4,
)
L40S = MachineType(
    name="l40s",
    product="NVIDIA L40S",
    architecture="Ada Lovelace",
    compute_capability="8.9.0",
    memory="46068Mi",
    dollars_per_hour=19,
)
A100_16 = MachineType(
    name="a100-16",
    product="NVIDIA A100-SXM4-40GB",
    architecture="Ampere",
    compute_capability="8.0.0",
    memory="40Gi",
    dollars_per_hour=44,
    gpus=16,
)
A100 = MachineType(
    name="a100",
    product="NVIDIA A100-SXM4-80GB",
    architecture="Ampere",
    compute_capability="8.0.0",
    memory="80Gi",
    dollars_per_hour=32,
)
H100 = MachineType(
    name="h100",
    product="NVIDIA H100 80GB HBM3",
    architecture="Hopper",
    compute_capability="9.0.0",
    memory="81559Mi",
    dollars_per_hour=55,
    nics=8,
)
H200 = MachineType(
    name="h200",
    product="NVIDIA H200",
    architecture="Hopper",
    compute_capability="9.0.0",
    memory="143771Mi",
    dollars_per_hour=72,
    nics=8,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """A node to be."""

    key: NodeKey
    kind: MachineType
    region: str
    zone: str
    #: Its fabric domain.
    block: str
    nics: int

    @property
    def pool(self) -> NodePoolKey:
        """Its node pool, named for the machine type."""
        return NodePoolKey(self.key.cluster, self.kind.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A cluster to be."""

    name: ClusterName
    region: str
    machines: tuple[Machine, ...]
