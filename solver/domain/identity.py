"""Typed keys: a cluster name cannot pass for a node pool name."""

from dataclasses import dataclass
from typing import NewType

ClusterName = NewType("ClusterName", str)
Driver = NewType("Driver", str)
DeviceClassName = NewType("DeviceClassName", str)


@dataclass(frozen=True, slots=True, order=True)
class NodePoolKey:
    """A node pool of a cluster; prints as ``cluster/pool``."""

    cluster: ClusterName
    name: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class NodeKey:
    """A node of a cluster. Slots of a declared or expected pool are named ``pool/N``."""

    cluster: ClusterName
    name: str

    def __str__(self) -> str:
        return f"{self.cluster}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class DeploymentKey:
    """A ModelDeployment; the namespace is part of its identity."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}"


@dataclass(frozen=True, slots=True, order=True)
class ReplicaKey:
    """A replica: its deployment, its cluster and its index there."""

    deployment: DeploymentKey
    cluster: ClusterName
    index: int

    def __str__(self) -> str:
        return f"{self.deployment}@{self.cluster}/{self.index}"
