"""Room for a replica that fits nowhere: replicas of lower priority give way, as few and as low as was found.

Nodes and areas are ranked by how much of their devices would have to be given up; the best of them are tried for
real, and whoever need not have gone comes back.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from solver.domain.policy import Preemption
from solver.domain.replica import Health
from solver.domain.workload import ModelDeployment
from solver.live.fleet import LiveFleet, Placed
from solver.live.nodes import Ints
from solver.matching.standing import Standing

#: Nodes that lack devices, nodes that lack something else, and areas that are tried for one replica, of each.
_MOST_TRIED = 12


class Preempting:
    """Puts replicas on a live fleet at the cost of kept ones of lower priority."""

    def __init__(self, live: LiveFleet) -> None:
        self._live = live
        self._survey = live.survey
        self._is_allowed = self._survey.problem.policy.preemption is Preemption.LOWER_PRIORITY
        self._on_node: dict[int, list[Standing]] = {}
        #: By priority: devices that its replicas hold of each node, and how many of their pods are there.
        self._held: dict[int, Ints] = {}
        for standing in live.kept():
            if standing.deployment is None:
                continue
            for node in sorted({pod.node for pod in standing.pods if pod.node is not None}):
                self._on_node.setdefault(node, []).append(standing)
            self._count(standing, 1)

    def put(self, deployment: ModelDeployment) -> Placed | None:
        """One more replica of *deployment*, for which others went; None if nobody below it could make room."""
        if not self._is_allowed or not any(level < deployment.priority for level in self._held):
            return None
        best: tuple[list[tuple[int, bool]], list[Standing]] | None = None
        for victims in self._targets(deployment):
            gone = self._cleared(deployment, victims)
            if gone is not None and (best is None or _cost(gone) < best[0]):
                best = _cost(gone), gone
            for standing in gone or ():
                self._live.restore(standing)
        if best is None:
            return None
        for standing in best[1]:
            self._live.give_up(standing)
            self._count(standing, -1)
        placed = self._live.put(deployment)
        for standing in sorted(best[1], key=lambda s: (-_priority(s), s.replica.key)):
            if self._live.take_back(standing):
                self._count(standing, 1)
        return placed

    def _targets(self, deployment: ModelDeployment) -> Iterator[list[Standing]]:
        """Sets of replicas of lower priority that might make room, those that lack the fewest devices first.

        What is lacking may be CPU, a kind of device, or a share of one too: devices only say what to try first.
        """
        nodes = self._live.nodes
        held, pods = self._below(deployment.priority)
        spots, taken = self._live.open_spots(deployment)
        lacking = np.maximum(taken - np.maximum(nodes.free[spots] - nodes.used[spots], 0), 0)
        could = (pods[spots] > 0) & (lacking <= held[spots])
        for is_short in (True, False):
            usable = could & ((lacking > 0) == is_short)
            order = np.lexsort([spots[usable], held[spots][usable], lacking[usable]])
            for node in spots[usable][order][:_MOST_TRIED].tolist():
                yield self._lower(deployment, [node])
        areas: list[tuple[int, list[int]]] = []
        for where, taken_by_pod, count in self._live.open_areas(deployment):
            lacks = np.maximum(taken_by_pod - np.maximum(nodes.free[where] - nodes.used[where], 0), 0)
            can = (lacks <= held[where]) | (lacks == 0)
            ranked = np.lexsort([where[can], lacks[can]])[:count]
            chosen = where[can][ranked]
            if pods[chosen].any():
                areas.append((int(lacks[can][ranked].sum()), chosen.tolist()))
        for _, found in sorted(areas)[:_MOST_TRIED]:
            yield self._lower(deployment, found)
        if self._live.quotas.room(deployment.key.namespace):
            yield self._of_namespace(deployment)

    def _lower(self, deployment: ModelDeployment, nodes: Sequence[int]) -> list[Standing]:
        """Kept replicas on *nodes* that *deployment* may displace, the first to go first."""
        victims = {
            standing.replica.key: standing
            for node in nodes
            for standing in self._on_node.get(node, ())
            if _priority(standing) < deployment.priority and self._live.has(standing)
        }
        inside = set(nodes)
        return sorted(
            victims.values(),
            key=lambda s: (
                *_first_to_go(s),
                -sum(taken for node, taken in self._live.held(s) if node in inside),
                s.replica.key,
            ),
        )

    def _of_namespace(self, deployment: ModelDeployment) -> list[Standing]:
        """Kept replicas whose share of its quotas *deployment* may have, the first to go first."""
        return sorted(
            (
                standing
                for standing in self._live.kept()
                if standing.deployment is not None
                and standing.deployment.key.namespace == deployment.key.namespace
                and standing.deployment.priority < deployment.priority
            ),
            key=lambda s: (*_first_to_go(s), s.replica.key),
        )

    def _cleared(self, deployment: ModelDeployment, victims: Sequence[Standing]) -> list[Standing] | None:
        """Those of *victims* that were given up until *deployment* found a place; None, and nobody, if it never did."""
        gone: list[Standing] = []
        for standing in victims:
            self._live.give_up(standing)
            gone.append(standing)
            if self._live.find(deployment) is not None:
                return gone
        for standing in gone:
            self._live.restore(standing)
        return None

    def _count(self, standing: Standing, sign: int) -> None:
        empty = np.zeros((2, len(self._live.nodes.used)), dtype=np.int64)
        held = self._held.setdefault(_priority(standing), empty)
        for node, taken in self._live.held(standing):
            held[:, node] += (sign * taken, sign)

    def _below(self, priority: int) -> tuple[Ints, Ints]:
        """Devices that lower priorities hold of each node, and how many of their pods are there."""
        total = np.zeros((2, len(self._live.nodes.used)), dtype=np.int64)
        for level, held in self._held.items():
            if level < priority:
                total += held
        return total[0], total[1]


def _priority(standing: Standing) -> int:
    return standing.deployment.priority if standing.deployment is not None else 0


def _first_to_go(standing: Standing) -> tuple[int, bool]:
    """Low priorities go first, and of those the ones that are not ready."""
    return _priority(standing), standing.replica.health is not Health.NOT_READY


def _cost(gone: Sequence[Standing]) -> list[tuple[int, bool]]:
    """What giving up *gone* costs: one of a high priority more than any number below; fewer are less."""
    return sorted(map(_first_to_go, gone), reverse=True)
