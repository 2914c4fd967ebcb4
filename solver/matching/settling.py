"""Nodes for pods that were not seen: best fit in name order, after everything that was seen."""

from collections.abc import Iterator
from dataclasses import replace

from solver.matching.inventory import Inventory
from solver.matching.node_fit import assign, fits
from solver.matching.standing import DOES_NOT_FIT, Footing, Standing, StandingPod


class Settling:
    """Gives every pod that existed a node, seen ones first, the others best fit in name order."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory
        self._left: dict[int, dict[int, int]] = {}
        self._pods_left: dict[int, int | None] = {}

    def settle(self, standings: list[Standing]) -> Iterator[Standing]:
        """The *standings* with nodes; those that do not fit are flagged and charged all the same."""
        misfits: set[int] = set()
        for position, standing in enumerate(standings):
            held = [self._take_held(pod) for pod in standing.pods if pod.held is not None]
            if not all(held):
                misfits.add(position)
        for position, standing in enumerate(standings):
            seen = [pod for pod in standing.pods if pod.held is None and pod.node is not None]
            if not all([self._take(pod) for pod in seen]):
                misfits.add(position)
        for position, standing in enumerate(standings):
            placed, fit = self._assume(standing.pods)
            flags = standing.flags
            if (position in misfits or not fit) and standing.deployment is not None:
                flags = (*flags, DOES_NOT_FIT)
            yield replace(standing, pods=placed, flags=flags)

    def _free(self, node: int) -> dict[int, int]:
        if node not in self._left:
            row = self.inventory.kinds.free[node]
            self._left[node] = {int(kind): int(row[kind]) for kind in row.nonzero()[0]}
            free = self.inventory.fleet.nodes[node].free
            self._pods_left[node] = None if free is None else free.pods
        return self._left[node]

    def _take_held(self, pod: StandingPod) -> bool:
        left = self._free(pod.node if pod.node is not None else 0)
        for kind, count in pod.held or ():
            left[kind] = left.get(kind, 0) - count
        return min(left.values(), default=0) >= 0

    def _take(self, pod: StandingPod) -> bool:
        if pod.node is None:
            return True
        left = self._free(pod.node)
        given = assign(pod.needs, {kind: count for kind, count in left.items() if count > 0})
        if given is None:
            return False
        for taken in given:
            for kind, count in taken.items():
                left[kind] -= count
        return True

    def _assume(self, pods: tuple[StandingPod, ...]) -> tuple[tuple[StandingPod, ...], bool]:
        placed: list[StandingPod] = []
        fits_all = True
        for pod in pods:
            if pod.footing is not Footing.ASSUMED:
                placed.append(pod)
                continue
            node, fit = self._best(pod, placed)
            fits_all &= fit
            if node is None:
                placed.append(replace(pod, footing=Footing.NOWHERE))
                continue
            placed.append(replace(pod, node=node))
            if fit:
                self._take(placed[-1])
        return tuple(placed), fits_all

    def _best(self, pod: StandingPod, placed: list[StandingPod]) -> tuple[int | None, bool]:
        """The node with the least left over, on the fabric of the copy's other pods if it has any."""
        nodes = self.inventory.nodes_of_pool[pod.pool]
        existing = [node for node in nodes if not self.inventory.fleet.nodes[node].is_expected]
        fabrics = {
            self.inventory.places[other.node].fabric
            for other in placed
            if other.node is not None and (other.engine, other.copy) == (pod.engine, pod.copy)
        }
        best: tuple[bool, bool, int, int] | None = None
        for node in existing:
            left = {kind: count for kind, count in self._free(node).items() if count > 0}
            fit = fits(pod.needs, left)
            elsewhere = bool(fabrics) and self.inventory.places[node].fabric not in fabrics
            key = (not fit, elsewhere, sum(left.values()) if fit else -sum(left.values()), node)
            if best is None or key < best:
                best = key
        return (None, False) if best is None else (best[3], not best[0])
