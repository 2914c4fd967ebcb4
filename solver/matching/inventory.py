"""Nodes as arrays: what each one offers, and which of them can talk at full speed."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.fleet import Cluster, DeviceClass, Fleet, Node, NodePool
from solver.domain.identity import ClusterName, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect, Toleration, untolerated
from solver.matching.kinds import DeviceKinds

CLIQUE_LABEL = "nvidia.com/gpu.clique"
ZONE_LABEL = "topology.kubernetes.io/zone"

#: What engine pods tolerate on nodes; the tolerations of the template are for cluster taints.
NODE_TOLERATIONS = (Toleration(key="nvidia.com/gpu", effect=TaintEffect.NO_SCHEDULE),)

_REPELS = (TaintEffect.NO_SCHEDULE, TaintEffect.NO_EXECUTE)


@dataclass(frozen=True, slots=True)
class NodePlace:
    """Where a node stands in the hierarchy of distances and zones; equal values are together."""

    cluster: ClusterName
    pool: NodePoolKey
    #: Domain of full-speed traffic; a gang stays inside one.
    fabric: str
    #: NVLink domain; None: only the node itself.
    clique: str | None
    zone: str | None


class Inventory:
    """The fleet, indexed; positions of nodes are those of ``fleet.nodes``."""

    def __init__(self, problem: Problem, kinds: DeviceKinds) -> None:
        fleet = problem.fleet
        self.fleet: Fleet = fleet
        self.kinds = kinds
        self.clusters: Mapping[ClusterName, Cluster] = {c.name: c for c in fleet.clusters}
        self.pools: Mapping[NodePoolKey, NodePool] = {p.key: p for p in fleet.node_pools}
        self.node_index: Mapping[NodeKey, int] = {n.key: i for i, n in enumerate(fleet.nodes)}
        self.places: tuple[NodePlace, ...] = tuple(self._place(node) for node in fleet.nodes)
        self.nodes_of_pool: dict[NodePoolKey, list[int]] = {pool.key: [] for pool in fleet.node_pools}
        for position, node in enumerate(fleet.nodes):
            self.nodes_of_pool[node.node_pool].append(position)
        self.pools_of_cluster: dict[ClusterName, list[NodePoolKey]] = {c.name: [] for c in fleet.clusters}
        for pool in fleet.node_pools:
            self.pools_of_cluster[pool.key.cluster].append(pool.key)
        self._prices = {
            pool.key: problem.policy.price_overrides.get(pool.key, pool.price_microdollars_per_hour)
            for pool in fleet.node_pools
        }
        self._present: dict[ClusterName, int] = {}
        self._networked: dict[ClusterName, Mapping[int, int]] = {}
        self._class_masks: dict[tuple[str, tuple[str, ...]], int] = {}

    def _place(self, node: Node) -> NodePlace:
        pool = self.pools[node.node_pool]
        cluster = node.node_pool.cluster
        if pool.domain_label is not None:
            value = node.labels.get(pool.domain_label)
            fabric = f"{pool.domain_label}={value}" if value is not None else f"node {node.key.name}"
        elif pool.infiniband_fabric is not None:
            fabric = f"InfiniBand {pool.infiniband_fabric}"
        else:
            fabric = f"node pool {pool.key.name}"
        zone = node.labels.get(ZONE_LABEL) or (pool.zones[0] if len(pool.zones) == 1 else None)
        return NodePlace(cluster, node.node_pool, fabric, node.labels.get(CLIQUE_LABEL), zone)

    def is_lone(self, position: int) -> bool:
        """Whether the node is a fabric of its own, since it lacks the label by which its pool tells fabrics."""
        node = self.fleet.nodes[position]
        label = self.pools[node.node_pool].domain_label
        return label is not None and label not in node.labels

    def present(self, cluster: ClusterName) -> int:
        """Bit mask of the kinds that some node of *cluster* has, in use or not."""
        if cluster not in self._present:
            nodes = [n for pool in self.pools_of_cluster[cluster] for n in self.nodes_of_pool[pool]]
            found = self.kinds.total[nodes].sum(axis=0).nonzero()[0] if nodes else ()
            self._present[cluster] = sum(1 << int(kind) for kind in found)
        return self._present[cluster]

    def networked(self, cluster: ClusterName) -> Mapping[int, int]:
        """Devices by kind that several nodes of *cluster* reach and that nobody else holds, each counted once."""
        if cluster not in self._networked:
            self._networked[cluster] = self._count_networked(cluster) if self.kinds.networked else {}
        return self._networked[cluster]

    def _count_networked(self, cluster: ClusterName) -> dict[int, int]:
        table = self.fleet.devices
        free: dict[tuple[int, str, str], bool] = {}
        for pool in self.pools_of_cluster[cluster]:
            for node in self.nodes_of_pool[pool]:
                for row in table.rows(node):
                    kind = int(self.kinds.kind_of_row[row])
                    if self.kinds.networked >> kind & 1 and not table.withheld[row]:
                        key = (kind, table.resource_pools[row], table.names[row])
                        # A device that a pod of ours holds is in use on all nodes but its own.
                        free[key] = free.get(key, False) or not table.in_use[row]
        counts: dict[int, int] = {}
        for (kind, _, _), is_free in free.items():
            counts[kind] = counts.get(kind, 0) + is_free
        return counts

    def takes_new(self, position: int) -> bool:
        """Whether the node at *position* accepts pods it does not have yet."""
        node = self.fleet.nodes[position]
        return (
            node.is_schedulable and self.pools[node.node_pool].is_published and not self.node_taints(position)
        )

    def node_taints(self, position: int) -> tuple[Taint, ...]:
        """Taints of the node that engine pods do not tolerate."""
        return untolerated(self.fleet.nodes[position].taints, NODE_TOLERATIONS, _REPELS)

    def price(self, pool: NodePoolKey) -> int | None:
        """Micro-dollars per node and hour, the policy's if it has one; None where nobody gives a price."""
        return self._prices[pool]

    def class_mask(self, cluster: ClusterName, name: DeviceClassName | None) -> int:
        """Kinds of the class *name* on *cluster*; None: the Synthetic kinds."""
        if name is None:
            return self.kinds.synthetic
        device_class = self.clusters[cluster].device_classes.get(name, DeviceClass(name=name, selectors=()))
        key = (name, device_class.selectors)
        if key not in self._class_masks:
            self._class_masks[key] = self.kinds.in_class(device_class)
        return self._class_masks[key]

    def classes(self, pool: NodePoolKey) -> tuple[DeviceClassName | None, ...]:
        """The device classes that *pool* names, sorted, then None if it has Synthetic entries."""
        declared = self.pools[pool].declared_devices
        names = sorted({entry.device_class for entry in declared if entry.device_class is not None})
        return (*names, *([None] if any(entry.device_class is None for entry in declared) else []))
