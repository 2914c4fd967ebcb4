"""Clusters, node pools, nodes and devices to one fleet in canonical order."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from scheduler.api.inference_cluster import InferenceCluster
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.consumed import report_consumed
from scheduler.snapshot.counters import (
    Drawn,
    added_up,
    counter_homes,
    counter_sets,
    features_of,
    report_overdrawn,
)
from scheduler.snapshot.holdings import Holdings, Shares, holdings, report_holdings
from scheduler.snapshot.intake import ControlObject, Intake
from scheduler.snapshot.loose import LooseBuilder
from scheduler.snapshot.node_pools import ClassEntry, Classes, classes, cluster, lacks_class, node_pools
from scheduler.snapshot.node_resources import free_resources
from scheduler.snapshot.pool_faults import report_unusable
from scheduler.snapshot.records import ClusterRecords, NodeRecord
from scheduler.snapshot.resource_pools import SlicesByNode, gated_off, slices_by_node
from scheduler.snapshot.salvage import salvaged
from scheduler.snapshot.slots import JoinedPods, OwnedSlot
from scheduler.snapshot.unread import unread_notes
from solver.domain.device_table import DeviceTableBuilder
from solver.domain.device_terms import DeviceTerms
from solver.domain.fleet import CapacitySource, Cluster, Fleet, Node, NodePool, NodeResources
from solver.domain.identity import ClusterName, NodeKey, NodePoolKey
from solver.domain.kubernetes import SchedulerFeatures

POOL_LABEL = "modelplane.ai/pool"


@dataclass(slots=True, kw_only=True)
class BuiltFleet:
    """The fleet, which rows of its device table each slot holds, and what a plan must say about it."""

    fleet: Fleet
    rows: Mapping[OwnedSlot, list[int]]
    shares: Mapping[OwnedSlot, list[tuple[int, Shares]]]
    notes: list[str]


def build_fleet(intake: Intake, joined: Mapping[str, JoinedPods], loose: LooseBuilder) -> BuiltFleet:
    """The fleet of everything that *intake* holds; its slices are used up, the unused go to *loose*."""
    builder = _FleetBuilder(intake=intake, classes=classes(intake), loose=loose)
    for (_, name), read in sorted(intake.control.get("InferenceCluster", {}).items()):
        model = read.model if isinstance(read.model, InferenceCluster) else salvaged(read.raw)
        builder.add(read, model, intake.clusters.get(name), joined.get(name, JoinedPods()))
    return builder.build()


@dataclass(slots=True, kw_only=True)
class _FleetBuilder:
    intake: Intake
    classes: Classes
    loose: LooseBuilder
    clusters: list[Cluster] = field(default_factory=list)
    pools: list[NodePool] = field(default_factory=list)
    nodes: list[Node] = field(default_factory=list)
    devices: DeviceTableBuilder = field(default_factory=DeviceTableBuilder)
    rows: dict[OwnedSlot, list[int]] = field(default_factory=lambda: defaultdict(list))
    shares: dict[OwnedSlot, list[tuple[int, Shares]]] = field(default_factory=lambda: defaultdict(list))
    notes: list[str] = field(default_factory=list)
    networked: dict[DeviceTerms, DeviceTerms] = field(default_factory=dict)

    def add(
        self,
        read: ControlObject,
        model: InferenceCluster,
        records: ClusterRecords | None,
        joined: JoinedPods,
    ) -> None:
        pools = node_pools(read, model, self.classes, self.intake)
        found = cluster(read, model, records, pools)
        self.clusters.append(found)
        self.pools.extend(pools)
        counts = {
            pool.name: (pool.node_count, pool.max_node_count or 0) for pool in model.spec.node_pools or ()
        }
        if found.source is CapacitySource.OBSERVED and records is not None:
            self._add_observed(found, records, joined, pools, counts)
        else:
            if records is not None and records.nodes:
                self.notes.append(
                    f"cluster {found.name}: {len(records.nodes)} nodes without any ResourceSlice:"
                    " its devices are counted from the declared classes"
                )
            for pool in pools:
                existing, most = counts[pool.key.name]
                self._add_slots(pool, range(existing), "")
                self._add_slots(pool, range(existing, most), "", is_expected=True)
        self.notes.extend(found.stand_ins())

    def build(self) -> BuiltFleet:
        fleet = Fleet(
            clusters=tuple(self.clusters),
            node_pools=tuple(self.pools),
            nodes=tuple(self.nodes),
            devices=self.devices.build(),
        )
        return BuiltFleet(fleet=fleet, rows=self.rows, shares=self.shares, notes=self.notes)

    def _add_observed(
        self,
        found: Cluster,
        records: ClusterRecords,
        joined: JoinedPods,
        pools: tuple[NodePool, ...],
        counts: Mapping[str, tuple[int, int]],
    ) -> None:
        drawn = Drawn()
        self.notes.extend(unread_notes(found.name, records))
        labels = {name: node.labels for name, node in sorted(records.nodes.items())}
        slices = slices_by_node(records.slices.values(), labels)
        counters = counter_sets(records.slices.values())
        homes = counter_homes(records.slices.values())
        self.clusters[-1] = found = replace(found, counter_sets=counters, features=features_of(records))
        records.slices.clear()
        claims = [claim for _, claim in sorted(records.claims.items()) if claim is not None]
        held = holdings(claims, records.pods, joined)
        free = free_resources(records, joined)
        by_pool = self._nodes_by_pool(found, records, pools)
        for pool in pools:
            entries = self.classes.get(pool.class_name, ())
            existing = by_pool.get(pool.key.name, [])
            for record in existing:
                node = _node(found.name, pool.key, record, free[record.name])
                self.nodes.append(replace(node, is_schedulable=False) if self._is_closed(pool) else node)
                self._add_published(record, slices, held, joined, found.features, drawn)
                self._add_declared(entries, only_synthetic=True)
                self.devices.end_node()
            _, most = counts[pool.key.name]
            if records.broken_file is None:
                self._add_slots(pool, range(most - len(existing)), "expected-", is_expected=True)
            else:  # so that what runs on nodes that were not read has somewhere to be
                declared, _ = counts[pool.key.name]
                self._add_slots(pool, range(max(declared, most) - len(existing)), "unread-")
        report_overdrawn(found, drawn, homes, self.intake.findings)
        report_consumed(claims, drawn.shared, self.intake.findings)
        self._set_aside(found.name, records, slices, held)
        report_holdings(held, self.intake.findings)

    def _nodes_by_pool(
        self, found: Cluster, records: ClusterRecords, pools: tuple[NodePool, ...]
    ) -> Mapping[str, list[NodeRecord]]:
        known = {pool.key.name for pool in pools}
        by_pool: dict[str, list[NodeRecord]] = defaultdict(list)
        strays: Counter[str | None] = Counter()
        for _, record in sorted(records.nodes.items()):
            pool = record.labels.get(POOL_LABEL)
            if pool in known:
                by_pool[pool].append(record)
            else:
                strays[pool] += 1
        for label in sorted(label for label in strays if label is not None):
            hint = nearest_hint(label, known)
            self.intake.findings.warning(
                records.origin,
                f"found {strays[label]} nodes with {POOL_LABEL}={label},"
                f" expected a node pool of the InferenceCluster{hint}; they host nothing",
                about=f"InferenceCluster {found.name}",
            )
        if strays[None]:
            self.notes.append(
                f"cluster {found.name}: {strays[None]} nodes without the label {POOL_LABEL} host nothing"
            )
        return by_pool

    def _add_published(
        self,
        record: NodeRecord,
        slices: SlicesByNode,
        held: Holdings,
        joined: JoinedPods,
        features: SchedulerFeatures,
        drawn: Drawn,
    ) -> None:
        for node_slice in slices.local.pop(record.name, ()):
            each = node_slice.slice
            for published in node_slice.devices:
                name = (each.driver, each.pool, published.name)
                holder = held.holders.get(name)
                held.unseen.pop(name, None)
                is_ours = self._is_on(holder, record, joined)
                shares = held.shares.get(name, [])
                others = [used for owner, used in shares if not self._is_on(owner, record, joined)]
                row = self.devices.add(
                    published.device(each.driver),
                    resource_pool=each.pool,
                    slice_name=each.name,
                    withheld=node_slice.withheld or gated_off(published.terms, features),
                    in_use=name in held.holders and not is_ours,
                    terms=self._networked(published.terms) if node_slice.is_networked else published.terms,
                    consumed=added_up(others) if others else None,
                )
                if shares:
                    drawn.shared[name] = published
                if name in held.holders or shares:
                    drawn.take(each.driver, each.pool, published.terms)
                if holder is not None and is_ours:
                    self.rows[holder].append(row)
                for owner, used in shares:
                    if owner is not None and self._is_on(owner, record, joined):
                        self.shares[owner].append((row, used))

    def _networked(self, terms: DeviceTerms) -> DeviceTerms:
        """*terms* of a device that several nodes reach; equal ones are one object."""
        return self.networked.setdefault(terms, replace(terms, is_networked=True))

    def _is_on(self, owner: OwnedSlot | None, record: NodeRecord, joined: JoinedPods) -> bool:
        """Whether *owner* is one of our slots, on the node *record*."""
        return owner is not None and joined.nodes[owner] == record.name

    def _add_declared(self, entries: Iterable[ClassEntry], *, only_synthetic: bool) -> None:
        for entry in entries:
            if only_synthetic and entry.declared.device_class is not None:
                continue
            for device in entry.devices:
                self.devices.add(device, declared_class=entry.declared.device_class or "")

    def _add_slots(self, pool: NodePool, numbers: range, prefix: str, *, is_expected: bool = False) -> None:
        entries = self.classes.get(pool.class_name, ())
        for number in numbers:
            key = NodeKey(pool.key.cluster, f"{pool.key.name}/{prefix}{number}")
            is_open = not self._is_closed(pool)
            node = Node(key=key, node_pool=pool.key, is_expected=is_expected, is_schedulable=is_open)
            self.nodes.append(node)
            self._add_declared(entries, only_synthetic=False)
            self.devices.end_node()

    def _is_closed(self, pool: NodePool) -> bool:
        return lacks_class(pool.class_name, self.classes, self.intake)

    def _set_aside(
        self, name: ClusterName, records: ClusterRecords, slices: SlicesByNode, held: Holdings
    ) -> None:
        not_local = 0
        homeless = 0
        for each, devices in slices.unattached:
            not_local += len(devices)
            self.loose.add_slice(f"{name}/{each.name}", each, devices, held)
        for node in sorted(slices.local):
            for node_slice in slices.local.pop(node):
                homeless += len(node_slice.devices) if node not in records.nodes else 0
                self.loose.add_devices(f"{name}/{node}", node_slice, held)
        if not_local:
            what = (
                "1 device that no node reaches offers"
                if not_local == 1
                else f"{not_local} devices that no node reaches offer"
            )
            self.notes.append(f"cluster {name}: {what} nothing")
        if homeless:
            self.intake.findings.warning(
                records.origin,
                f"found {homeless} devices in slices of nodes that are not in the snapshot,"
                " expected their Nodes; they offer nothing",
                about=f"InferenceCluster {name}",
            )
        report_unusable(slices.unusable, self.intake.findings)


def _node(
    cluster_name: ClusterName, pool: NodePoolKey, record: NodeRecord, free: NodeResources | None
) -> Node:
    return Node(
        key=NodeKey(cluster_name, record.name),
        node_pool=pool,
        labels=record.labels,
        taints=record.taints,
        is_schedulable=record.is_schedulable,
        free=free,
    )
