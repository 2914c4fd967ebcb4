"""A problem read again, without candidates, cells, ledgers or kinds: devices are single rows, rules are plain.

Only the footing of observed replicas (``solver.matching.observed``) is taken as given.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import product

from solver.domain.device_table import Field
from solver.domain.fleet import Cluster
from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.plan import Slot
from solver.domain.taint import TaintEffect, untolerated
from solver.domain.workload import Member, ModelDeployment, Role
from solver.matching.inventory import NODE_TOLERATIONS
from solver.matching.standing import Footing, Standing, StandingPod
from solver.matching.survey import Survey
from solver.selectors.faults import CompileError
from solver.selectors.selector import OutcomeKind, compile_selector
from tests.solver.oracle.units import Unit, claimed_of, no_worse, seated, seats_of

REPELS = (TaintEffect.NO_SCHEDULE, TaintEffect.NO_EXECUTE)


@dataclass(frozen=True, slots=True)
class Choice:
    """A node pool for all pods of a member and a class for each of its requests."""

    pool: NodePoolKey
    classes: tuple[DeviceClassName | None, ...]
    #: (rows that would do, how many) for each request.
    needs: tuple[tuple[int, int], ...]

    @property
    def claims(self) -> bool:
        return any(name is not None for name in self.classes)


class World:
    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.problem = survey.problem
        self.fleet = survey.problem.fleet
        self.table = self.fleet.devices
        self.clusters: dict[str, Cluster] = {c.name: c for c in self.fleet.clusters}
        self.pools = {pool.key: pool for pool in self.fleet.node_pools}
        self.rows_of_node = [
            range(int(self.table.starts[n]), int(self.table.starts[n + 1]))
            for n in range(len(self.fleet.nodes))
        ]
        self.offered = self._mask(r for r in range(len(self.table)) if self.table.withheld[r] == 0)
        self.usable = self.offered & self._mask(r for r in range(len(self.table)) if not self.table.in_use[r])
        self.node_mask = [self._mask(rows) for rows in self.rows_of_node]
        self.units: list[Unit] = []
        self._unit_ids: dict[Unit, int] = {}
        self._matching: dict[str, int] = {}
        self._fits: dict[tuple[int, tuple[int, ...]], bool] = {}

    @staticmethod
    def _mask(rows: "Iterator[int] | range") -> int:
        return sum(1 << row for row in rows)

    # Devices and selectors, row by row.

    def matching(self, text: str) -> int:
        if text not in self._matching:
            try:
                selector = compile_selector(text)
            except CompileError:
                self._matching[text] = 0
            else:
                self._matching[text] = self._mask(
                    row
                    for row in range(len(self.table))
                    if selector.match(self.table.device(row)).kind is OutcomeKind.TRUE
                )
        return self._matching[text]

    def declared(self, row: int) -> str | None:
        column = self.table.columns.get(Field("declaredClass"))
        if column is None or column.codes[row] < 0:
            return None
        return str(column.values[column.codes[row]])

    def in_class(self, cluster: str, name: DeviceClassName | None) -> int:
        wanted = "" if name is None else str(name)
        mask = self._mask(row for row in range(len(self.table)) if self.declared(row) == wanted)
        if name is not None and name in self.clusters[cluster].device_classes:
            published = self._mask(row for row in range(len(self.table)) if self.declared(row) is None)
            for text in self.clusters[cluster].device_classes[name].selectors:
                published &= self.matching(text)
            mask |= published
        return mask & self.offered

    def accepted(self, selectors: tuple[str, ...], cluster: str, name: DeviceClassName | None) -> int:
        mask = self.in_class(cluster, name)
        for text in selectors:
            mask &= self.matching(text)
        return mask

    # Choices of pools and classes.

    @cached_property
    def synthetic(self) -> int:
        return self._mask(row for row in range(len(self.table)) if self.declared(row) == "")

    def choices(self, member: Member, cluster: str) -> list[Choice]:
        found: list[Choice] = []
        for pool in self.fleet.node_pools:
            if pool.key.cluster != cluster:
                continue
            named = {e.device_class for e in pool.declared_devices if e.device_class is not None}
            names: list[DeviceClassName | None] = [*sorted(named)]
            if any(entry.device_class is None for entry in pool.declared_devices):
                names.append(None)
            nodes = [n for n, node in enumerate(self.fleet.nodes) if node.node_pool == pool.key]
            for joint in product(names, repeat=len(member.requests)):
                needs = tuple(
                    (self.accepted(request.selectors, cluster, name), request.count)
                    for request, name in zip(member.requests, joint, strict=True)
                )
                if any(seated(seats_of(needs), self.node_mask[n] & self.offered) for n in nodes):
                    found.append(Choice(pool.key, joint, needs))
        if any(choice.claims for choice in found):
            return [choice for choice in found if choice.claims]
        return found

    # Nodes and places.

    def takes_new(self, node: int) -> bool:
        found = self.fleet.nodes[node]
        return (
            found.is_schedulable
            and self.pools[found.node_pool].is_published
            and not untolerated(found.taints, NODE_TOLERATIONS, REPELS)
        )

    @cached_property
    def fabric(self) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        for node in self.fleet.nodes:
            pool = self.pools[node.node_pool]
            cluster = str(node.key.cluster)
            if pool.domain_label is not None:
                value = node.labels.get(pool.domain_label)
                if value is None:
                    found.append((cluster, "node", node.key.name))
                else:
                    found.append((cluster, "label", pool.domain_label, value))
            elif pool.infiniband_fabric is not None:
                found.append((cluster, "infiniband", pool.infiniband_fabric))
            else:
                found.append((cluster, "pool", pool.key.name))
        return found

    def zone(self, node: int) -> str | None:
        found = self.fleet.nodes[node]
        zones = self.pools[found.node_pool].zones
        return found.labels.get("topology.kubernetes.io/zone") or (zones[0] if len(zones) == 1 else None)

    def domain(self, key: str, cluster: str, zone: str | None) -> str | None:
        if key == "cluster":
            return cluster
        if key == "zone":
            return zone
        return self.clusters[cluster].labels.get(key) if cluster in self.clusters else None

    def level(self, nodes: list[int]) -> int:
        """0 node, 1 NVLink, 2 fabric, 3 cluster."""
        distinct = set(nodes)
        if len(distinct) <= 1:
            return 0
        if len({self.fabric[n] for n in distinct}) > 1:
            return 3
        cliques = {self.fleet.nodes[n].labels.get("nvidia.com/gpu.clique") for n in distinct}
        return 1 if len(cliques) == 1 and None not in cliques else 2

    # Units on nodes.

    def unit(self, unit: Unit) -> int:
        if unit not in self._unit_ids:
            self._unit_ids[unit] = len(self.units)
            self.units.append(unit)
        return self._unit_ids[unit]

    def new_unit(self, member: Member, choice: Choice, node: int) -> int:
        return self.unit(
            Unit(
                needs=choice.needs,
                held=0,
                claimed=claimed_of(choice.needs, choice.classes),
                cpu=member.cpu_millicores,
                memory=member.memory_bytes,
                price=self.price(node, choice.needs, choice.classes),
                is_new=True,
            )
        )

    def pod_choice(self, standing: Standing, pod: StandingPod) -> Choice:
        """What a kept pod is charged: its current template on the class that it has."""
        cluster = str(standing.replica.key.cluster)
        member = member_of(standing.deployment, pod) if standing.deployment is not None else None
        needs = []
        for position, (name, need) in enumerate(zip(pod.classes, pod.needs, strict=True)):
            selectors = member.requests[position].selectors if member is not None else ()
            rows = self.accepted(selectors, cluster, name) or self.in_class(cluster, name)
            needs.append((rows, need.count))
        return Choice(pod.pool, pod.classes, tuple(needs))

    def kept_unit(self, standing: Standing, pod: StandingPod, node: int) -> int:
        choice = self.pod_choice(standing, pod)
        member = member_of(standing.deployment, pod) if standing.deployment is not None else None
        held = 0
        if pod.held is not None:
            for slot in standing.replica.slots:
                if (slot.engine, slot.copy, slot.role, slot.rank) == _key(pod):
                    held = self._mask(iter(slot.devices))
        return self.unit(
            Unit(
                needs=() if held else choice.needs,
                held=held,
                claimed=claimed_of(choice.needs, choice.classes),
                cpu=member.cpu_millicores if member is not None else 0,
                memory=member.memory_bytes if member is not None else 0,
                price=self.price(node, choice.needs, choice.classes),
                is_new=pod.footing is Footing.ADDED,
            )
        )

    def price(
        self, node: int, needs: tuple[tuple[int, int], ...], classes: tuple[DeviceClassName | None, ...]
    ) -> int:
        here = self.node_mask[node] & self.offered
        pool = self.fleet.nodes[node].node_pool
        if self.survey.prices.in_dollars:
            override = self.problem.policy.price_overrides.get(pool)
            price = override if override is not None else self.pools[pool].price_microdollars_per_hour or 0
            dearest = 0
            for name in {name for name in classes if name is not None}:
                taken = sum(n for (_, n), other in zip(needs, classes, strict=True) if other == name)
                owned = (self.in_class(pool.cluster, name) & here).bit_count()
                dearest = max(dearest, -(-price * taken // max(1, owned)))
            return dearest
        total = 0
        for (rows, count), claimed in zip(needs, classes, strict=True):
            if claimed is not None:
                sizes = [self._memory(row) for row in self.rows_of_node[node] if rows & here & 1 << row]
                total += count * min(sizes, default=0)
        return total

    def _memory(self, row: int) -> int:
        kind = int(self.survey.kinds.kind_of_row[row])
        return self.survey.kinds.memory_bytes[kind]

    def fits(self, node: int, units: tuple[int, ...]) -> bool:
        """Whether *units* (sorted) go together on *node*; a node without a new pod is as it is."""
        key = (node, units)
        if key not in self._fits:
            self._fits[key] = self._fit(node, [self.units[u] for u in units])
        return self._fits[key]

    def _fit(self, node: int, units: list[Unit]) -> bool:
        if not any(unit.is_new for unit in units):
            return True
        free = self.usable & self.node_mask[node]
        for unit in units:
            if unit.held & ~free:
                return False
            free &= ~unit.held
        if not seated(tuple(s for unit in units for s in seats_of(unit.needs)), free):
            kept = [unit for unit in units if not unit.is_new]
            if seated(tuple(s for unit in kept for s in seats_of(unit.needs)), free):
                return False
            if not no_worse(units, free, self.node_mask[node] & self.offered):
                return False
        room = self.fleet.nodes[node].free
        if room is None:
            return True
        amounts = [
            (len(units), room.pods, 1),
            (sum(u.cpu for u in units), room.cpu_millicores, sum(u.cpu for u in units if u.is_new)),
            (sum(u.memory for u in units), room.memory_bytes, sum(u.memory for u in units if u.is_new)),
        ]
        return all(used <= have or not new for used, have, new in amounts)


def member_of(deployment: ModelDeployment, pod: StandingPod | Slot) -> Member:
    return next(
        member
        for engine in deployment.engines
        for member in engine.members
        if engine.name == pod.engine and member.role is pod.role
    )


def _key(pod: StandingPod) -> tuple[str, int, Role, int]:
    return (pod.engine, pod.copy, pod.role, pod.rank)
