"""What is left on each node while a plan is put together, exact on devices and node resources.

Nodes in the same state answer alike, so an answer is worked out once for each state.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from solver.matching.inventory import Inventory
from solver.matching.node_fit import Need, fits
from solver.matching.standing import Standing, StandingPod, resources_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """Pods that go to one node together."""

    needs: tuple[Need, ...]
    pods: int = 1
    cpu_millicores: int = 0
    memory_bytes: int = 0

    @property
    def devices(self) -> int:
        """Devices that it needs."""
        return sum(need.count for need in self.needs)


class Ledger:
    """Free devices, needs already placed, and node resources, by node."""

    def __init__(self, inventory: Inventory, standings: Iterable[Standing] = ()) -> None:
        self._inventory = inventory
        self._free: dict[int, dict[int, int]] = {}
        self._needs: dict[int, dict[int, int]] = {}
        self._left: dict[int, list[int] | None] = {}
        self._state: dict[int, int] = {}
        self._states: dict[object, int] = {}
        self._left_in: dict[int, int] = {}
        self._known: dict[Unit, dict[int, bool]] = {}
        for standing in standings:
            for pod in standing.pods:
                self.occupy(standing, pod)

    def occupy(self, standing: Standing, pod: StandingPod, *, sign: int = 1) -> None:
        """Take what an observed pod has; *sign* -1 gives it back."""
        if pod.node is None:
            return
        free = self._of(pod.node)
        if pod.held is not None:
            for kind, count in pod.held:
                free[kind] = free.get(kind, 0) - sign * count
        else:
            self._charge(pod.node, pod.needs, sign)
        cpu, memory = resources_of(standing, pod)
        self._spend(pod.node, 1, cpu, memory, sign)

    def hold(self, node: int, held: Iterable[tuple[int, int]]) -> None:
        """Take devices by kind, and nothing else."""
        free = self._of(node)
        for kind, count in held:
            free[kind] = free.get(kind, 0) - count
        self._state.pop(node, None)

    def place(self, node: int, unit: Unit, *, sign: int = 1) -> None:
        """Put *unit* on *node* (it is not asked whether it fits); *sign* -1 takes it off again."""
        self._of(node)
        self._charge(node, unit.needs, sign)
        self._spend(node, unit.pods, unit.cpu_millicores, unit.memory_bytes, sign)

    def returns(self, standing: Standing) -> bool:
        """Take what *standing* had, if all of it is still to be had; otherwise nothing is taken."""
        pods = [pod for pod in standing.pods if pod.node is not None]
        for pod in pods:
            self.occupy(standing, pod)
        if all(self._holds(pod.node) for pod in pods if pod.node is not None):
            return True
        for pod in pods:
            self.occupy(standing, pod, sign=-1)
        return False

    def _holds(self, node: int) -> bool:
        left = self._left[node]
        return self._fits(node, Unit(needs=(), pods=0)) and (left is None or min(left) >= 0)

    def has_room(self, node: int, unit: Unit) -> bool:
        """Whether *unit* fits on *node* beside all that is there."""
        return bool(self.with_room((node,), unit))

    def with_room(self, nodes: Iterable[int], unit: Unit) -> list[int]:
        """Those of *nodes* on which *unit* fits beside all that is there."""
        known = self._known.setdefault(unit, {})
        found = []
        for node in nodes:
            state = self._state.get(node)
            if state is None:
                state = self._state_of(node)
            fits_here = known.get(state)
            if fits_here is None:
                fits_here = known[state] = self._fits(node, unit)
            if fits_here:
                found.append(node)
        return found

    def left(self, node: int) -> int:
        """Devices of *node* that nobody holds or needs."""
        state = self._state_of(node)
        if state not in self._left_in:
            self._left_in[state] = sum(self._free[node].values()) - sum(self._needs[node].values())
        return self._left_in[state]

    def left_for(self, node: int, accepts: int) -> int:
        """Devices of the kinds in *accepts* on *node* that nobody holds, less what could only come from them."""
        held = self._of(node)
        present = sum(1 << kind for kind in held)
        free = sum(count for kind, count in held.items() if accepts >> kind & 1)
        only = (n for mask, n in self._needs[node].items() if mask & present & ~accepts == 0)
        return free - sum(only)

    def _fits(self, node: int, unit: Unit) -> bool:
        free = self._of(node)
        left = self._left[node]
        if left is not None:
            asked = (unit.pods, unit.cpu_millicores, unit.memory_bytes)
            # What is not asked for is not refused, even where others took too much of it.
            if any(want > have for want, have in zip(asked, left, strict=True) if want):
                return False
        merged = dict(self._needs[node])
        for need in unit.needs:
            merged[need.accepts] = merged.get(need.accepts, 0) + need.count
        needs = [Need(accepts, count) for accepts, count in merged.items()]
        return min(free.values(), default=0) >= 0 and fits(needs, free)

    def _of(self, node: int) -> dict[int, int]:
        if node not in self._free:
            row = self._inventory.kinds.free[node]
            self._free[node] = {int(kind): int(row[kind]) for kind in row.nonzero()[0]}
            self._needs[node] = {}
            free = self._inventory.fleet.nodes[node].free
            self._left[node] = None if free is None else [free.pods, free.cpu_millicores, free.memory_bytes]
        return self._free[node]

    def _charge(self, node: int, needs: Sequence[Need], sign: int) -> None:
        placed = self._needs[node]
        for need in needs:
            if need.count:
                placed[need.accepts] = placed.get(need.accepts, 0) + sign * need.count
                if placed[need.accepts] == 0:
                    del placed[need.accepts]
        self._state.pop(node, None)

    def _spend(self, node: int, pods: int, cpu: int, memory: int, sign: int) -> None:
        left = self._left[node]
        if left is not None:
            for position, amount in enumerate((pods, cpu, memory)):
                left[position] -= sign * amount
        self._state.pop(node, None)

    def _state_of(self, node: int) -> int:
        if node not in self._state:
            left = self._left.get(node) if node in self._free else None
            if node not in self._free:
                self._of(node)
                left = self._left[node]
            key = (
                tuple(sorted(self._free[node].items())),
                tuple(sorted(self._needs[node].items())),
                None if left is None else tuple(left),
            )
            self._state[node] = self._states.setdefault(key, len(self._states))
        return self._state[node]
