"""Room for a replica that fits nowhere: replicas of lower priority give way, as few and as low as was found.

Nodes and areas are ranked by how much of their devices would have to be given up; the best of them are tried for
real, and whoever need not have gone comes back.
"""

from collections.abc import Iterable, Sequence

import numpy as np

from solver.domain.policy import Preemption
from solver.domain.replica import Health
from solver.domain.workload import ModelDeployment
from solver.live.fleet import LiveFleet, Placed
from solver.live.nodes import Ints
from solver.matching.standing import Standing

#: Nodes, or areas, that are tried for one replica.
_MOST_TRIED = 12


class Preempting:
    """Puts replicas on a live fleet at the cost of kept ones of lower priority."""

    def __init__(self, live: LiveFleet) -> None:
        self._live = live
        self._survey = live.survey
        self._is_allowed = self._survey.problem.policy.preemption is Preemption.LOWER_PRIORITY
        self._on_node: dict[int, list[Standing]] = {}
        self._held: dict[int, Ints] = {}
        for standing in live.kept():
            if standing.deployment is None:
                continue
            for node in sorted({pod.node for pod in standing.pods if pod.node is not None}):
                self._on_node.setdefault(node, []).append(standing)
            for node, taken in live.held(standing):
                self._of_priority(standing.deployment.priority)[node] += taken

    def put(self, deployment: ModelDeployment) -> Placed | None:
        """One more replica of *deployment*, for which others went; None if nobody below it could make room."""
        if not self._is_allowed:
            return None
        below = self._below(deployment.priority)
        if below is None:
            return None
        best: tuple[tuple[int, ...], list[Standing]] | None = None
        for nodes in self._targets(deployment, below):
            gone = self._cleared(deployment, nodes)
            cost = _cost(gone)
            if gone and self._live.find(deployment) is not None and (best is None or cost < best[0]):
                best = cost, gone
            for standing in gone:
                self._live.restore(standing)
        if best is None:
            return None
        for standing in best[1]:
            self._give_up(standing)
        placed = self._live.put(deployment)
        for standing in sorted(best[1], key=lambda s: (-_priority(s), s.replica.key)):
            if self._live.take_back(standing):
                self._count(standing, 1)
        return placed

    def _targets(self, deployment: ModelDeployment, below: Ints) -> Iterable[list[int]]:
        """Sets of nodes on which room might be made, those that cost the fewest devices first."""
        nodes = self._live.nodes
        spots, taken = self._live.open_spots(deployment)
        lacking = np.maximum(taken - np.maximum(nodes.free[spots] - nodes.used[spots], 0), 0)
        usable = (lacking > 0) & (lacking <= below[spots])
        order = np.lexsort([spots[usable], below[spots][usable], lacking[usable]])
        yield from ([int(node)] for node in spots[usable][order][:_MOST_TRIED])
        areas: list[tuple[int, list[int]]] = []
        for where, taken_by_pod, count in self._live.open_areas(deployment):
            lacks = np.maximum(taken_by_pod - np.maximum(nodes.free[where] - nodes.used[where], 0), 0)
            can = lacks <= below[where]
            if int(can.sum()) < count:
                continue
            ranked = np.lexsort([where[can], lacks[can]])[:count]
            areas.append((int(lacks[can][ranked].sum()), [int(node) for node in where[can][ranked]]))
        yield from (found for _, found in sorted(areas)[:_MOST_TRIED])

    def _cleared(self, deployment: ModelDeployment, nodes: Sequence[int]) -> list[Standing]:
        """Replicas of lower priority on *nodes* given up until *deployment* finds a place, lowest first."""
        gone: list[Standing] = []
        victims = {
            standing.replica.key: standing
            for node in nodes
            for standing in self._on_node.get(node, ())
            if _priority(standing) < deployment.priority and self._live.has(standing)
        }
        ordered = sorted(
            victims.values(),
            key=lambda s: (
                _priority(s),
                s.replica.health is not Health.NOT_READY,
                -sum(taken for node, taken in self._live.held(s) if node in nodes),
                s.replica.key,
            ),
        )
        for standing in ordered:
            if gone and self._live.find(deployment) is not None:
                break
            self._live.give_up(standing)
            gone.append(standing)
        return gone

    def _give_up(self, standing: Standing) -> None:
        self._live.give_up(standing)
        self._count(standing, -1)

    def _count(self, standing: Standing, sign: int) -> None:
        for node, taken in self._live.held(standing):
            self._of_priority(_priority(standing))[node] += sign * taken

    def _of_priority(self, priority: int) -> Ints:
        if priority not in self._held:
            self._held[priority] = np.zeros(len(self._live.nodes.used), dtype=np.int64)
        return self._held[priority]

    def _below(self, priority: int) -> Ints | None:
        """Devices of each node that lower priorities hold; None if there are none."""
        lower = [held for level, held in self._held.items() if level < priority]
        found: Ints | None = sum(lower, np.zeros_like(self._live.nodes.used)) if lower else None
        return found if found is not None and found.any() else None


def _priority(standing: Standing) -> int:
    return standing.deployment.priority if standing.deployment is not None else 0


def _cost(gone: Sequence[Standing]) -> tuple[int, ...]:
    """What giving up *gone* costs: high priorities first, then how many."""
    return (*sorted((_priority(standing) for standing in gone), reverse=True), len(gone))
