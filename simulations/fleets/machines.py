"""The kinds of node: AWS instance types with their published size and price, and devices as drivers publish them."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.quantity import Quantity

GPU, NIC = Driver("gpu.nvidia.com"), Driver("dra.net")
GPU_CLASS, NIC_CLASS = DeviceClassName("gpu.nvidia.com"), DeviceClassName("rdma-nic")
UUID = QualifiedName(GPU, "uuid")
_PCIE_ROOT = QualifiedName("resource.kubernetes.io", "pcieRoot")
_OTHERS_MILLICORES = 2000
_ALLOCATABLE_MEMORY_PERCENT = 95


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MachineType:
    """One kind of node; each exists once and is only equal to itself."""

    name: str
    #: Class of card that it counts to in ``statistics.GPUS_OF_CARDS``.
    card: str
    #: Its part of that class, in GPUs; chosen so that a node has 7.5 GPUs on average, as in the trials.
    share: int
    product: str
    architecture: str
    compute_capability: str
    gpu_memory: str
    gpus: int
    nics: int
    vcpus: int
    memory_gibibytes: int
    #: On demand in us-east-1, July 2026 (gpu_catalog/aws_karpenter_ondemand_accelerated.csv).
    price_microdollars_per_hour: int
    #: Selectors that it satisfies (keys of ``selectors.SELECTORS``), with their weights.
    selectors: Mapping[str, int]

    @property
    def cpu_millicores(self) -> int:
        """What pods can have of its CPU."""
        return self.vcpus * 1000 - _OTHERS_MILLICORES

    @property
    def memory_bytes(self) -> int:
        """What pods can have of its memory."""
        return self.memory_gibibytes * _ALLOCATABLE_MEMORY_PERCENT // 100 << 30

    @property
    def devices(self) -> tuple[Device, ...]:
        """What each node publishes but for the uuid of a GPU: NICs, then GPUs, as drivers are read."""
        nics = (_nic(number) for number in range(self.nics))
        return (*nics, *(self._gpu(number) for number in range(self.gpus)))

    def _gpu(self, number: int) -> Device:
        attributes: dict[QualifiedName, AttributeValue] = {
            QualifiedName(GPU, "type"): "gpu",
            QualifiedName(GPU, "productName"): self.product,
            QualifiedName(GPU, "architecture"): self.architecture,
            QualifiedName(GPU, "cudaComputeCapability"): VersionText(self.compute_capability),
            _PCIE_ROOT: _root(number),
        }
        capacity = {QualifiedName(GPU, "memory"): Quantity.parse(self.gpu_memory)}
        return Device(name=f"gpu-{number}", driver=GPU, attributes=attributes, capacity=capacity)


def _nic(number: int) -> Device:
    attributes: dict[QualifiedName, AttributeValue] = {
        QualifiedName(NIC, "rdma"): True,
        QualifiedName(NIC, "ifName"): f"rdma{number}",
        _PCIE_ROOT: _root(number),
    }
    return Device(name=f"nic-{number}", driver=NIC, attributes=attributes)


def _root(number: int) -> str:
    return f"pci0000:{16 * number:02x}"


_A10G = MachineType(
    name="a10g-x4",
    card="small",
    share=7,
    product="NVIDIA A10G",
    architecture="Ampere",
    compute_capability="8.6.0",
    gpu_memory="23028Mi",
    gpus=4,
    nics=0,
    vcpus=48,
    memory_gibibytes=192,
    price_microdollars_per_hour=5_672_000,
    selectors={"20Gi": 1},
)
_L40S_4 = MachineType(
    name="l40s-x4",
    card="small",
    share=11,
    product="NVIDIA L40S",
    architecture="Ada Lovelace",
    compute_capability="8.9.0",
    gpu_memory="46068Mi",
    gpus=4,
    nics=0,
    vcpus=48,
    memory_gibibytes=384,
    price_microdollars_per_hour=10_492_640,
    selectors={"20Gi": 1, "40Gi": 4, "L40S": 2},
)
_L4 = MachineType(
    name="l4",
    card="small",
    share=22,
    product="NVIDIA L4",
    architecture="Ada Lovelace",
    compute_capability="8.9.0",
    gpu_memory="23034Mi",
    gpus=8,
    nics=0,
    vcpus=192,
    memory_gibibytes=768,
    price_microdollars_per_hour=13_350_400,
    selectors={"20Gi": 1},
)
_L40S = MachineType(
    name="l40s",
    card="small",
    share=60,
    product="NVIDIA L40S",
    architecture="Ada Lovelace",
    compute_capability="8.9.0",
    gpu_memory="46068Mi",
    gpus=8,
    nics=0,
    vcpus=192,
    memory_gibibytes=1536,
    price_microdollars_per_hour=30_131_180,
    selectors={"20Gi": 1, "40Gi": 4, "L40S": 2},
)
_A100_40 = MachineType(
    name="a100-40",
    card="ampere",
    share=30,
    product="NVIDIA A100-SXM4-40GB",
    architecture="Ampere",
    compute_capability="8.0.0",
    gpu_memory="40Gi",
    gpus=8,
    nics=4,
    vcpus=96,
    memory_gibibytes=1152,
    price_microdollars_per_hour=21_957_642,
    selectors={"40Gi": 3, "A100": 1},
)
_A100_80 = MachineType(
    name="a100-80",
    card="ampere",
    share=70,
    product="NVIDIA A100-SXM4-80GB",
    architecture="Ampere",
    compute_capability="8.0.0",
    gpu_memory="80Gi",
    gpus=8,
    nics=4,
    vcpus=96,
    memory_gibibytes=1152,
    price_microdollars_per_hour=27_447_050,
    selectors={"40Gi": 1, "79Gi": 4, "A100": 1},
)
_H100 = MachineType(
    name="h100",
    card="hopper",
    share=60,
    product="NVIDIA H100 80GB HBM3",
    architecture="Hopper",
    compute_capability="9.0.0",
    gpu_memory="81559Mi",
    gpus=8,
    nics=8,
    vcpus=192,
    memory_gibibytes=2048,
    price_microdollars_per_hour=55_040_000,
    selectors={"79Gi": 3, "Hopper": 3, "9.0": 1},
)
_H200 = MachineType(
    name="h200",
    card="hopper",
    share=30,
    product="NVIDIA H200",
    architecture="Hopper",
    compute_capability="9.0.0",
    gpu_memory="143771Mi",
    gpus=8,
    nics=8,
    vcpus=192,
    memory_gibibytes=2048,
    price_microdollars_per_hour=63_296_000,
    selectors={"79Gi": 1, "Hopper": 2, "130Gi": 3},
)
_B200 = MachineType(
    name="b200",
    card="hopper",
    share=10,
    product="NVIDIA B200",
    architecture="Blackwell",
    compute_capability="10.0.0",
    gpu_memory="183359Mi",
    gpus=8,
    nics=8,
    vcpus=192,
    memory_gibibytes=2048,
    price_microdollars_per_hour=113_932_800,
    selectors={"9.0": 1, "130Gi": 2, "170Gi": 2},
)
MACHINE_TYPES = (_A10G, _L40S_4, _L4, _L40S, _A100_40, _A100_80, _H100, _H200, _B200)
