"""A fleet that takes one replica or gang after the other, each on the best place there is at that moment.

It starts from a draft and is kept in step with what is put and taken away; every decision is audited before it
counts. It never changes its mind by itself: ``preemption`` gives up replicas for others, ``filling`` makes a whole
plan of it.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from solver.domain.identity import ClusterName, DeploymentKey, ReplicaKey
from solver.domain.workload import ModelDeployment
from solver.live.audit import complaints
from solver.live.domains import SpreadCounts, Where
from solver.live.nodes import Ints, NodeArrays
from solver.live.search import Search, Vector
from solver.live.shapes import Shapes
from solver.matching.domains import standing_zone
from solver.matching.draft import Draft, KeptReplica, NewReplica, added_unit, unit_of
from solver.matching.quota_usage import QuotaUsage
from solver.matching.standing import Standing, StandingPod
from solver.matching.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Placed:
    """A new replica, and what it adds to each tier of the policy after those of placing."""

    replica: NewReplica
    vector: Vector


class UnsoundPlacement(RuntimeError):
    """A place that the audit refuses: a bug of ours, nothing was placed."""


class LiveFleet:
    """The fleet of a survey with the replicas of a draft on it."""

    def __init__(self, survey: Survey, draft: Draft) -> None:
        """The fleet as it is once *draft* has come true."""
        self.survey = survey
        self._evicted: dict[ReplicaKey, Standing] = {s.replica.key: s for s in draft.evicted}
        self._kept: dict[ReplicaKey, KeptReplica] = {k.standing.replica.key: k for k in draft.kept}
        #: What was given up since, as it was.
        self._gone: dict[ReplicaKey, KeptReplica] = {}
        self._new: dict[int, NewReplica] = {}
        self._pods_on: dict[int, dict[int, KeptReplica | NewReplica]] = {}
        self.nodes = NodeArrays(survey)
        self.spread = SpreadCounts(survey, self.nodes)
        self.quotas = QuotaUsage(survey)
        self._shapes = Shapes(survey, self.nodes)
        self._search = Search(survey, self.nodes, self.spread, self._shapes)
        for kept in draft.kept:
            self._account_kept(kept, sign=1)
        for new in draft.new:
            self._add(new)

    def prepare(self, deployments: Iterable[ModelDeployment]) -> None:
        """Work out where replicas of *deployments* can go at all, for which their first decision would have to wait."""
        for deployment in deployments:
            self._shapes.of(deployment)

    def draft(self) -> Draft:
        """What is kept and what is new, for ``compose`` and the measures."""
        return Draft(
            kept=tuple(self._kept.values()),
            evicted=tuple(self._evicted.values()),
            new=tuple(self._new.values()),
        )

    def count(self, deployment: DeploymentKey) -> int:
        """Replicas of *deployment* that are there."""
        return self.spread.total(deployment)

    def find(self, deployment: ModelDeployment) -> Placed | None:
        """The best place for one more replica of *deployment* as things are, None if there is none.

        Best is the least sum of each tier in the order of the policy, exactly. Nothing is changed.
        """
        room = self.quotas.room(deployment.key.namespace)
        found = self._search.best(deployment, room=room)
        if found is None:
            return None
        replica = NewReplica(deployment=deployment, cluster=found.cluster, pods=found.pods)
        return Placed(replica=replica, vector=found.vector)

    def put(self, deployment: ModelDeployment) -> Placed | None:
        """The same, audited, and the replica is there from now on.

        Raises:
            UnsoundPlacement: the audit refuses the place: a bug of ours.
        """
        placed = self.find(deployment)
        if placed is not None:
            self._audit(placed.replica)
            self._add(placed.replica)
        return placed

    def take_away(self, replica: NewReplica) -> None:
        """Give back what a replica that was put has.

        Raises:
            KeyError: it is not there.
        """
        del self._new[id(replica)]
        self._account(replica, sign=-1)

    def give_up(self, standing: Standing) -> None:
        """Give back what a kept replica has, and count it as evicted.

        Raises:
            KeyError: it is not there.
        """
        kept = self._kept.pop(standing.replica.key)
        self._evicted[standing.replica.key] = standing
        self._gone[standing.replica.key] = kept
        self._account_kept(kept, sign=-1)

    def restore(self, standing: Standing) -> None:
        """Undo :meth:`give_up`, whatever has happened since.

        Raises:
            KeyError: it was not given up.
        """
        kept = self._gone.pop(standing.replica.key)
        del self._evicted[standing.replica.key]
        self._kept[standing.replica.key] = kept
        self._account_kept(kept, sign=1)

    def take_back(self, standing: Standing) -> bool:
        """Undo :meth:`give_up` if all that the replica had is still to be had, and it is still wanted."""
        owner = standing.deployment
        kept = self._gone.get(standing.replica.key)
        if owner is None or kept is None or kept.added or self.count(owner.key) >= owner.replicas:
            return False
        if not self.quotas.allows_back(standing):
            return False
        cluster, zone = self._where(standing)
        number = np.array([self.nodes.cluster_numbers[cluster]], dtype=np.int64)
        zones = np.array([self.nodes.zone_numbers.get(zone or "", -1)], dtype=np.int64)
        if not self.spread.allowed(owner, number, zones).all() or not self.nodes.ledger.returns(standing):
            return False
        for pod in standing.pods:
            self.nodes.ledger.occupy(standing, pod, sign=-1)
        self.restore(standing)
        return True

    def take_back_all(self) -> None:
        """Take back whoever was given up and need not have been, higher priorities first."""
        gone = [kept.standing for kept in self._gone.values()]
        for standing in sorted(gone, key=_by_priority):
            self.take_back(standing)

    def kept(self) -> tuple[Standing, ...]:
        """The replicas that are kept, by key."""
        return tuple(self._kept[key].standing for key in sorted(self._kept))

    def has(self, standing: Standing) -> bool:
        """Whether *standing* is kept."""
        return standing.replica.key in self._kept

    def held(self, standing: Standing) -> list[tuple[int, int]]:
        """Nodes of *standing* and what its pods take of the devices of each, in the unit of ``survey.shares``."""
        return [(pod.node, self._held(pod)) for pod in standing.pods if pod.node is not None]

    def open_spots(self, deployment: ModelDeployment) -> tuple[Ints, int]:
        """Single nodes that rules would allow a replica of *deployment*, full or not, and the devices that it takes."""
        return self._search.open_spots(deployment, room=self.quotas.room(deployment.key.namespace))

    def open_areas(self, deployment: ModelDeployment) -> list[tuple[Ints, int, int]]:
        """Sets of nodes that rules would allow one, the devices of its largest pod, and how many pods it has."""
        return self._search.open_areas(deployment, room=self.quotas.room(deployment.key.namespace))

    def _add(self, new: NewReplica) -> None:
        self._new[id(new)] = new
        self._account(new, sign=1)

    def _account(self, new: NewReplica, *, sign: int) -> None:
        deployment = new.deployment
        for pod in new.pods:
            unit = unit_of(deployment, pod.engine, pod.role, pod.option)
            self.nodes.place(
                pod.node, unit, self.survey.shares.of_pod(pod.option.needs, pod.option.classes), sign=sign
            )
            self._list(pod.node, new, sign)
        zone = self.survey.inventory.places[new.pods[0].node].zone
        self.spread.add(deployment.key, (new.cluster, zone), sign=sign)
        if sign > 0:
            self.quotas.add(deployment, new.pods)
        else:
            self.quotas.remove(deployment, new.pods)

    def _account_kept(self, kept: KeptReplica, *, sign: int) -> None:
        standing = kept.standing
        self.nodes.occupy(standing, [self._held(pod) for pod in standing.pods], sign=sign)
        for pod in standing.pods:
            node = kept.added.get((pod.engine, pod.copy, pod.role, pod.rank))
            if node is not None and standing.deployment is not None:
                # Pods that a larger template adds.
                unit = added_unit(self.survey, standing.deployment, standing, pod)
                self.nodes.place(node, unit, self._held(pod), sign=sign)
                self.quotas.fill(standing, pod, sign=sign)
                self._list(node, kept, sign)
            if pod.node is not None:
                self._list(pod.node, kept, sign)
        if standing.deployment is not None:
            self.spread.add(standing.deployment.key, self._where(standing), sign=sign)
        self.quotas.keep(standing, sign=sign)

    def _where(self, standing: Standing) -> Where:
        return ClusterName(standing.replica.key.cluster), standing_zone(self.survey.inventory, standing)

    def _list(self, node: int, replica: KeptReplica | NewReplica, sign: int) -> None:
        here = self._pods_on.setdefault(node, {})
        if sign > 0:
            here[id(replica)] = replica
        else:
            here.pop(id(replica), None)

    def _held(self, pod: StandingPod) -> int:
        if pod.held is not None:
            return self.survey.shares.of_kinds(pod.held)
        return self.survey.shares.of_pod(pod.needs, pod.classes)

    def _audit(self, replica: NewReplica) -> None:
        others = {
            node: tuple(self._pods_on.get(node, {}).values()) for node in {pod.node for pod in replica.pods}
        }
        wrong = complaints(self.survey, replica, others, self.spread, self.quotas)
        if wrong:
            raise UnsoundPlacement("; ".join(wrong))


def _by_priority(standing: Standing) -> tuple[int, ReplicaKey]:
    priority = standing.deployment.priority if standing.deployment is not None else 0
    return -priority, standing.replica.key
