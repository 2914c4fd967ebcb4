"""What is left on every node, as arrays that follow the ledger.

Nodes whose devices are in the same state answer alike: whether a unit fits is worked out once for each state,
exactly, and looked up for all nodes at once. CPU, memory and pod slots are compared as numbers.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from solver.matching.ledger import Ledger, Unit
from solver.matching.scene import Survey
from solver.matching.standing import Standing

Ints = NDArray[np.int64]
Mask = NDArray[np.bool_]

_UNLIMITED = np.iinfo(np.int64).max // 4
_UNKNOWN = -1


class NodeArrays:
    """Free devices and resources by node; positions are those of the fleet."""

    def __init__(self, survey: Survey, standings: Sequence[Standing]) -> None:
        """All nodes beside *standings*."""
        inventory = survey.inventory
        count = len(inventory.fleet.nodes)
        self.survey = survey
        self.ledger = Ledger(survey.options.special, standings)
        self.cluster_numbers = {name: position for position, name in enumerate(inventory.clusters)}
        zones: dict[str, int] = {}
        places = inventory.places
        self.cluster: Ints = np.fromiter(
            (self.cluster_numbers[place.cluster] for place in places), np.int64, count
        )
        #: Position of the node's zone in order of appearance, -1 where it is not known.
        self.zone: Ints = np.fromiter(
            (zones.setdefault(place.zone, len(zones)) if place.zone else -1 for place in places),
            np.int64,
            count,
        )
        self.zones = tuple(zones)
        self.is_expected: Ints = np.fromiter(
            (node.is_expected for node in inventory.fleet.nodes), np.int64, count
        )
        self.devices: Ints = np.fromiter(map(self.ledger.devices_state, range(count)), np.int64, count)
        self.left: Ints = np.array(
            [self.ledger.resources_left(node) or (_UNLIMITED,) * 3 for node in range(count)], dtype=np.int64
        ).reshape(count, 3)
        #: Devices of the node that pods of the plan take, in the unit of ``survey.shares``.
        self.used: Ints = np.zeros(count, dtype=np.int64)
        self.free: Ints = survey.shares.free
        self.is_touched: Mask = survey.shares.free < survey.shares.total
        self._tables: dict[Unit, int] = {}
        self._units: list[Unit] = []
        self._most: list[Ints] = []

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
        self.left[node] = self.ledger.resources_left(node) or (_UNLIMITED,) * 3

    def most(self, unit: Unit, nodes: Ints, *, enough: int = 1) -> Ints:
        """How many of *unit* each of *nodes* takes beside all that is there; counting stops at *enough*."""
        asked = np.array((unit.pods, unit.cpu_millicores, unit.memory_bytes), dtype=np.int64)
        wanted = asked > 0
        found = self._by_devices(unit, nodes, enough)
        if wanted.any():
            left = self.left[np.ix_(nodes, wanted.nonzero()[0])] // asked[wanted]
            found = np.minimum(found, left.min(axis=1))
        return np.maximum(np.minimum(found, enough), 0)

    def _by_devices(self, unit: Unit, nodes: Ints, enough: int) -> Ints:
        bare = Unit(needs=unit.needs, pods=0, refused_as=unit.refused_as)
        if self.ledger.takes_shared(bare):
            # What nodes share changes with what happens on other nodes.
            return np.fromiter((self._count(int(node), bare, enough) for node in nodes), np.int64, len(nodes))
        number = self._tables.setdefault(bare, len(self._tables))
        if number == len(self._most):
            self._units.append(bare)
            self._most.append(np.full((2, 0), _UNKNOWN, dtype=np.int64))
        table = self._most[number]
        states = self.devices[nodes]
        if len(states) and int(states.max()) >= table.shape[1]:
            grown = np.full((2, 2 * int(states.max()) + 2), _UNKNOWN, dtype=np.int64)
            grown[:, : table.shape[1]] = table
            table = self._most[number] = grown
        # The second row is how far was counted.
        open_states = (table[0, states] == table[1, states]) & (table[1, states] < enough)
        if open_states.any():
            positions = open_states.nonzero()[0]
            for state, position in zip(*np.unique(states[positions], return_index=True), strict=True):
                node = int(nodes[positions[position]])
                table[:, state] = self._count(node, bare, enough), enough
        counted: Ints = table[0, states]
        return counted

    def _count(self, node: int, bare: Unit, enough: int) -> int:
        count = 0
        while count < enough:
            more = count + 1
            refused_as = tuple((member, more * pods) for member, pods in bare.refused_as)
            unit = Unit(needs=bare.needs * more, pods=0, refused_as=refused_as)
            if not self.ledger.devices_fit(node, unit):
                break
            count = more
        return count

    def stranding(self, nodes: Ints, taken: int) -> Ints:
        """What of each of *nodes* is stranded more (or less) if pods take *taken* of its devices."""
        left = self.free[nodes] - self.used[nodes]
        was_touched = self.is_touched[nodes] | (self.used[nodes] > 0)
        before = np.where(was_touched, np.maximum(left, 0), 0)
        after = np.where(was_touched | (taken > 0), np.maximum(left - taken, 0), 0)
        found: Ints = after - before
        return found
