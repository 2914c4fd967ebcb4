"""Where replicas can run: clusters, their node pools, nodes and devices."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from solver.domain.device_table import DeviceTable
from solver.domain.identity import ClusterName, DeviceClassName, Driver, NodeKey, NodePoolKey
from solver.domain.kubernetes import SchedulerFeatures
from solver.domain.resource_slice import CounterSet
from solver.domain.taint import Taint


class CapacitySource(StrEnum):
    """Where a cluster's devices were counted."""

    OBSERVED = "observed"
    """Device by device, from the ResourceSlices that it reports."""
    DECLARED = "declared"
    """From what the classes of its node pools declare, times their node counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceClass:
    """What a cluster calls a kind of device; every selector (CEL text) must hold.

    ``stands_in`` is set where the cluster did not report the class and the declared driver stands for it.
    """

    name: DeviceClassName
    selectors: tuple[str, ...]
    stands_in: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A Kubernetes cluster of the fleet, as far as placing on it is concerned."""

    name: ClusterName
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    is_ready: bool = True
    #: Why it is not ready, in one clause: "BackendReady is False: Installing".
    not_ready_because: str = ""
    has_gateway: bool = True
    #: The object has no status, so ready was assumed.
    is_assumed_ready: bool = False
    source: CapacitySource = CapacitySource.DECLARED
    #: Classes by name. On a declared cluster a device belongs to the class its entry names instead.
    device_classes: Mapping[DeviceClassName, DeviceClass] = field(default_factory=dict)
    #: What its scheduler is: the release of its kubelets with the usual gates.
    features: SchedulerFeatures = field(default_factory=SchedulerFeatures)
    #: Counters that partitions share, by driver and resource pool.
    counter_sets: Mapping[tuple[Driver, str], tuple[CounterSet, ...]] = field(default_factory=dict)

    def stand_ins(self) -> Iterator[str]:
        """A sentence for each class that it did not report; who reads it and who plans it say the same."""
        for name, device_class in sorted(self.device_classes.items()):
            if device_class.stands_in:
                test = " && ".join(device_class.selectors)
                yield f"DeviceClass {name} of cluster {self.name} was not read; {test} stands for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class DeclaredDevice:
    """An entry of an InferenceClass: *count* like devices on each node."""

    name: str
    driver: Driver
    count: int
    #: None for a Synthetic entry: matched and counted, never claimed.
    device_class: DeviceClassName | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodePool:
    """A group of nodes of one cluster that share an InferenceClass."""

    key: NodePoolKey
    class_name: str
    #: False: the cluster does not publish it; it hosts nothing, and what runs there is not counted.
    is_published: bool = True
    zones: tuple[str, ...] = ()
    declared_devices: tuple[DeclaredDevice, ...] = ()
    #: Node label that names the domain of full-speed traffic; None: see infiniband_fabric.
    domain_label: str | None = None
    #: Pools of one cluster with the same fabric are one domain; None: the pool is a domain of its own.
    infiniband_fabric: str | None = None
    price_microdollars_per_hour: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeResources:
    """What pods take from a node besides devices."""

    cpu_millicores: int
    memory_bytes: int
    pods: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A node, or a numbered slot for one that is declared or expected.

    ``free`` is what is allocatable less what the pods of others request, None where nothing is published.
    Pods of observed replicas are not taken off.
    """

    key: NodeKey
    node_pool: NodePoolKey
    labels: Mapping[str, str] = field(default_factory=dict)
    taints: tuple[Taint, ...] = ()
    #: Neither cordoned nor NotReady.
    is_schedulable: bool = True
    #: The pool may add it (``maxNodeCount``); it does not exist yet.
    is_expected: bool = False
    free: NodeResources | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fleet:
    """Everything that can host a replica, in canonical order.

    Clusters by name; node pools by key; nodes by cluster, node pool, existing before expected, name (slots by
    number). ``devices`` follows the order of ``nodes``.
    """

    clusters: tuple[Cluster, ...]
    node_pools: tuple[NodePool, ...]
    nodes: tuple[Node, ...]
    devices: DeviceTable
