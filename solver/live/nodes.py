"""What is left on every node, as arrays that follow the ledger.

Nodes whose devices are in the same state answer alike: whether a unit fits is worked out once for each state,
exactly, and looked up for all nodes at once. CPU, memory and pod slots are compared as numbers.
"""

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from solver.matching.ledger import Ledger, Unit
from solver.matching.standing import Standing
from solver.matching.survey import Survey

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

Asked = tuple[int, int, int]
"""Pod slots, milli-cores and bytes of memory."""

_UNLIMITED = np.iinfo(np.int64).max // 4
_UNKNOWN = -1


class NodeArrays:
    """Free devices and resources by node; positions are those of the fleet."""

    def __init__(self, survey: Survey) -> None:
        """All nodes, with nothing of the plan on them."""
        inventory = survey.inventory
        count = len(inventory.fleet.nodes)
        self.survey = survey
        self.ledger = Ledger(survey.options.special)
        self.cluster_numbers = {name: position for position, name in enumerate(inventory.clusters)}
        zones: dict[str, int] = {}
        places = inventory.places
        self.cluster: Ints = np.fromiter(
            (self.cluster_numbers[place.cluster] for place in places), np.int64, count
        )
        #: Number of the node's zone, -1 where it is not known.
        self.zone: Ints = np.fromiter(
            (zones.setdefault(place.zone, len(zones)) if place.zone else -1 for place in places),
            np.int64,
            count,
        )
        #: Zones by name, and the number that stands for each in ``zone``.
        self.zone_numbers = zones
        self.is_expected: Ints = np.fromiter(
            (node.is_expected for node in inventory.fleet.nodes), np.int64, count
        )
        self.devices: Ints = np.fromiter(map(self.ledger.devices_state, range(count)), np.int64, count)
        left = np.array(
            [self.ledger.resources_left(node) or (_UNLIMITED,) * 3 for node in range(count)], dtype=np.int64
        ).reshape(count, 3)
        #: Pod slots, milli-cores and bytes that are left, each by node.
        self.left: tuple[Ints, ...] = tuple(np.ascontiguousarray(left[:, column]) for column in range(3))
        #: Devices of the node that pods of the plan take, in the unit of ``survey.shares``.
        self.used: Ints = np.zeros(count, dtype=np.int64)
        self.free: Ints = survey.shares.free
        self.is_touched: Mask = survey.shares.free < survey.shares.total
        self._numbers: dict[Unit, int] = {}
        self._units: list[Unit] = []
        #: By unit: how many fit in each state, and how far was counted.
        self._most: list[Ints] = []
        self._shared: list[bool] = []

    def place(self, node: int, unit: Unit, taken: int, *, sign: int = 1) -> None:
        """Put *unit* on *node*, of whose devices it takes *taken*; *sign* -1 takes it off again."""
        self.ledger.place(node, unit, sign=sign)
        self._update(node, sign * taken)

    def occupy(self, standing: Standing, taken: Sequence[int], *, sign: int = 1) -> None:
        """Take what the pods of *standing* have, of each node *taken* by pod; *sign* -1 gives it back."""
        for pod, devices in zip(standing.pods, taken, strict=True):
            if pod.node is not None:
                self.ledger.occupy(standing, pod, sign=sign)
                self._update(pod.node, sign * devices)

    def _update(self, node: int, taken: int) -> None:
        self.used[node] += taken
        self.devices[node] = self.ledger.devices_state(node)
        left = self.ledger.resources_left(node) or (_UNLIMITED,) * 3
        for column, amount in zip(self.left, left, strict=True):
            column[node] = amount

    def number(self, unit: Unit) -> int:
        """The number under which the devices of *unit* are looked up; its CPU, memory and slots do not matter."""
        bare = Unit(needs=unit.needs, pods=0, refused_as=unit.refused_as)
        number = self._numbers.setdefault(bare, len(self._numbers))
        if number == len(self._units):
            self._units.append(bare)
            self._most.append(np.full((2, 0), _UNKNOWN, dtype=np.int64))
            self._shared.append(self.ledger.takes_shared(bare))
        return number

    def most(self, number: int, asked: Asked, nodes: Ints, *, enough: int = 1) -> Ints:
        """How many of a unit each of *nodes* takes beside all that is there; counting stops at *enough*.

        Args:
            number: that of the unit's devices.
            asked: what one asks of the node's resources.
            nodes: where.
            enough: at least 1.
        """
        found = self._by_devices(number, nodes, enough)
        for column, amount in zip(self.left, asked, strict=True):
            if amount and enough == 1:
                found = found * (column.take(nodes) >= amount)
            elif amount:
                found = np.minimum(found, np.maximum(column.take(nodes) // amount, 0))
        return found

    def _by_devices(self, number: int, nodes: Ints, enough: int) -> Ints:
        if self._shared[number]:
            # What nodes share changes with what happens on other nodes.
            return np.fromiter((self._count(n, number, enough) for n in nodes.tolist()), np.int64, len(nodes))
        table = self._most[number]
        states = self.devices.take(nodes)
        if len(states) and int(states.max()) >= table.shape[1]:
            grown = np.full((2, 2 * int(states.max()) + 2), _UNKNOWN, dtype=np.int64)
            grown[:, : table.shape[1]] = table
            table = self._most[number] = grown
        counted = table[1].take(states)
        found = table[0].take(states)
        is_open = (counted < enough) & (found == counted)
        if is_open.any():
            positions = is_open.nonzero()[0]
            for state, position in zip(*np.unique(states[positions], return_index=True), strict=True):
                node = int(nodes[positions[position]])
                table[:, state] = self._count(node, number, enough), enough
            found = table[0].take(states)
        counts: Ints = np.minimum(found, enough)
        return counts

    def _count(self, node: int, number: int, enough: int) -> int:
        bare = self._units[number]
        count = 0
        while count < enough:
            more = count + 1
            refused_as = tuple((member, more * pods) for member, pods in bare.refused_as)
            unit = Unit(needs=bare.needs * more, pods=0, refused_as=refused_as)
            if not self.ledger.devices_fit(node, unit):
                break
            count = more
        return count

    def hold_together(self, loads: Iterable[tuple[int, Unit, int, int]]) -> bool:
        """Whether nodes that each take their own also take them together: they may share devices.

        *loads* are a node, a unit with its number, and how many of it.
        """
        placed: list[tuple[int, Unit]] = []
        holds = True
        for node, unit, number, count in loads:
            for _ in range(count if self._shared[number] else 0):
                holds = holds and self.ledger.devices_fit(node, unit)
                self.ledger.place(node, unit)
                placed.append((node, unit))
        for node, unit in placed:
            self.ledger.place(node, unit, sign=-1)
        return holds

    def stranding(self, nodes: Ints, taken: int) -> Ints:
        """What of each of *nodes* is stranded more (or less) if pods take *taken* of its devices."""
        used = self.used.take(nodes)
        left = self.free.take(nodes) - used
        was_touched = self.is_touched.take(nodes) | (used > 0)
        before = np.where(was_touched, np.maximum(left, 0), 0)
        after = np.where(was_touched | (taken > 0), np.maximum(left - taken, 0), 0)
        found: Ints = after - before
        return found
