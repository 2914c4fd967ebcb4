"""The devices of one node in groups, beside what observed pods hold of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText
from solver.domain.device_terms import DeviceTerms
from solver.domain.identity import Driver
from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.domain.quantity import Quantity
from solver.matching.device_fit import CapacityOfGroup, DeviceGroup, NodeDevices, Token
from solver.matching.inventory import Inventory
from solver.matching.kind_terms import counter_stem, written_capacity

Consumed = tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What pods that stay hold of a node: rows of the device table, and parts of shared rows."""

    rows: tuple[int, ...] = ()
    shares: tuple[tuple[int, Consumed], ...] = ()


NOTHING_HELD = Held()


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupedNode:
    """The devices of a node, and the rows of each group, free ones first."""

    devices: NodeDevices
    rows: tuple[tuple[int, ...], ...]
    #: Nano units that are left of counters, all sets together, by name: ``counter memory-slice``.
    counters: Mapping[str, int]


class Grouping:
    """Puts the devices of one node into groups that nothing in a problem tells apart."""

    def __init__(
        self,
        inventory: Inventory,
        attributes: tuple[str, ...],
        node: int,
        held: Held | None,
        *,
        asks_capacity: bool,
    ) -> None:
        self.asks_capacity = asks_capacity
        self.inventory = inventory
        self.table = inventory.fleet.devices
        self.attributes = attributes
        self.node = node
        self.is_empty = held is None
        self.held = held or NOTHING_HELD
        self.shares: dict[int, list[Consumed]] = {}
        for row, used in self.held.shares:
            self.shares.setdefault(row, []).append(used)
        cluster = inventory.clusters[inventory.fleet.nodes[node].key.cluster]
        self.features = cluster.features
        self.sets = cluster.counter_sets
        self.set_index: dict[tuple[str, str, str], int] = {}
        self.names: list[tuple[str, ...]] = []
        self.left: list[list[int]] = []

    def build(self) -> GroupedNode:
        """The groups."""
        groups: dict[object, tuple[DeviceGroup, list[int], list[int]]] = {}
        held = frozenset(self.held.rows)
        for row in self.table.rows(self.node):
            if self.table.withheld[row]:
                continue
            is_used = not self.is_empty and (bool(self.table.in_use[row]) or row in held)
            key, group = self._group(row)
            _, free, used = groups.setdefault(key, (group, [], []))
            (used if is_used else free).append(row)
            if is_used or group.is_partly_held:
                self._charge(group)
        self._give_up_overdrawn_pools()
        described = tuple(
            DeviceGroup(
                kind=group.kind,
                count=len(free) + len(used),
                in_use=len(used),
                values=group.values,
                takes=group.takes,
                is_shared=group.is_shared,
                is_partly_held=group.is_partly_held,
                capacities=group.capacities,
                is_last_resort=group.is_last_resort,
            )
            for group, free, used in groups.values()
        )
        return GroupedNode(
            devices=NodeDevices(groups=described, counter_sets=tuple(tuple(left) for left in self.left)),
            rows=tuple((*free, *used) for _, free, used in groups.values()),
            counters=self._counters(),
        )

    def _counters(self) -> Mapping[str, int]:
        total: dict[str, int] = {}
        for names, left in zip(self.names, self.left, strict=True):
            for name, amount in zip(names, left, strict=True):
                key = f"counter {counter_stem(name)}"
                total[key] = total.get(key, 0) + max(0, amount)
        return total

    def _group(self, row: int) -> tuple[object, DeviceGroup]:
        terms = self.table.terms(row)
        kind = int(self.inventory.kinds.kind_of_row[row])
        takes = self._takes(row, terms)
        device = self.table.device(row) if self.attributes else None
        values = attribute_values(device, self.attributes, self.features) if device is not None else {}
        consumed = self._consumed(row)
        capacities = self._capacities(row, terms, consumed)
        key = (
            kind,
            takes,
            tuple(sorted((name, tuple(sorted(map(str, found)))) for name, found in values.items())),
            tuple(
                (name, each.value, each.policy, each.consumed) for name, each in sorted(capacities.items())
            ),
            bool(consumed),
        )
        return key, DeviceGroup(
            kind=kind,
            count=1,
            values=values,
            takes=takes,
            is_shared=terms.is_shared,
            is_partly_held=consumed is not None,
            capacities=capacities,
            is_last_resort=bool(terms.binding_conditions),
        )

    def _takes(self, row: int, terms: DeviceTerms) -> tuple[tuple[int, tuple[int, ...]], ...]:
        found = []
        driver = str(self.inventory.kinds.examples[int(self.inventory.kinds.kind_of_row[row])].driver)
        pool = self.table.resource_pools[row]
        for name, amounts in terms.consumes:
            index = self._set(driver, pool, name)
            wanted = dict(amounts)
            vector = tuple(wanted[c].nano if c in wanted else 0 for c in self.names[index])
            found.append((index, vector))
        return tuple(sorted(found))

    def _set(self, driver: str, pool: str, name: str) -> int:
        key = (driver, pool, name)
        if key not in self.set_index:
            sets = self.sets.get((Driver(driver), pool), ())
            counters = next((each.counters for each in sets if each.name == name), {})
            self.set_index[key] = len(self.left)
            self.names.append(tuple(sorted(counters)))
            self.left.append([counters[counter].nano for counter in sorted(counters)])
        return self.set_index[key]

    def _charge(self, group: DeviceGroup) -> None:
        for index, vector in group.takes:
            for position, amount in enumerate(vector):
                self.left[index][position] -= amount

    def _give_up_overdrawn_pools(self) -> None:
        """A pool of which more is taken than there is admits nothing that takes from any of its counters."""
        overdrawn = {key[:2] for key, index in self.set_index.items() if min(self.left[index], default=0) < 0}
        for key, index in self.set_index.items():
            if key[:2] in overdrawn:
                self.left[index] = [-1] * len(self.left[index])

    def _consumed(self, row: int) -> Mapping[str, Quantity] | None:
        """What is taken of a shared device; None: nothing is, not even by somebody who takes no capacity."""
        if self.is_empty:
            return None
        parts = [tuple(part) for part in self.shares.get(row, ())]
        if row in self.table.consumed:
            parts.append(tuple(self.table.consumed[row].items()))
        if not parts:
            return None
        total: dict[str, Quantity] = {}
        for part in parts:
            for name, amount in part:
                total[name] = total[name].add(amount) if name in total else amount
        return total

    def _capacities(
        self, row: int, terms: DeviceTerms, consumed: Mapping[str, Quantity] | None
    ) -> dict[str, CapacityOfGroup]:
        if not (terms.is_shared or self.asks_capacity):
            return {}
        policies = dict(terms.policies)
        taken = consumed or {}
        return {
            name: CapacityOfGroup(
                value=amount, policy=policies.get(name), consumed=taken.get(name, Quantity(nano=0))
            )
            for name, amount in written_capacity(self.table.device(row), terms).items()
        }


def attribute_values(
    device: Device, names: Iterable[str], features: SchedulerFeatures
) -> dict[str, frozenset[Token]]:
    """The values that *device* has of the attributes *names* (``domain/identifier``), those it has.

    A list is no value for a scheduler that does not know lists.
    """
    found = {}
    for name in names:
        domain, _, identifier = name.partition("/")
        value = device.attributes.get(QualifiedName(domain, identifier))
        if value is None or (isinstance(value, tuple) and not features.has(Gate.LIST_ATTRIBUTES)):
            continue
        found[name] = _tokens(value)
    return found


def _tokens(value: AttributeValue) -> frozenset[Token]:
    scalars = value if isinstance(value, tuple) else (value,)
    return frozenset(
        ("version", each.text) if isinstance(each, VersionText) else (type(each).__name__, each)
        for each in scalars
    )
