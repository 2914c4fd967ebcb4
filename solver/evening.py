"""New replicas that may change places, and the pairs that are saved by that.

Bookkeeping of who is where, and of taking somebody off and putting him back; and the exchange of places at the
end, once everything that fits has been placed. Only replicas of one pod are exchanged.
"""

from dataclasses import replace

from solver.domain.identity import ClusterName, DeploymentKey, NodePoolKey
from solver.domain.workload import ModelDeployment, SpreadMode
from solver.insertion import Insertion
from solver.matching.draft import Draft, NewPod, NewReplica, unit_of
from solver.matching.ledger import Unit
from solver.matching.options import MemberOption
from solver.matching.survey import Survey

_BOTH = 2

#: Passes over all replicas to even out their spread.
_MOST_ROUNDS = 4


class Evening(Insertion):
    """An insertion whose new replicas can be moved."""

    def __init__(self, survey: Survey, draft: Draft) -> None:
        super().__init__(survey, draft)
        self._new: dict[int, NewReplica] = {}
        self._on_node: dict[int, dict[int, None]] = {}
        self._next = 0
        self._options: dict[tuple[DeploymentKey, NodePoolKey], MemberOption | None] = {}
        for replica in draft.new:
            self._add(replica)

    def _even_out(self) -> None:
        """Shift replicas from a deployment's fuller clusters to emptier ones, as long as pairs are saved."""
        for _ in range(_MOST_ROUNDS):
            crowded = sorted(
                (
                    number
                    for number, replica in self._new.items()
                    if len(replica.pods) == 1 and not _is_counted_elsewhere(replica.deployment)
                ),
                key=lambda number: (-self._crowd(self._new[number]), number),
            )
            moved = sum(
                self._shift(number) or self._swap(number) for number in crowded if number in self._new
            )
            if not moved:
                return

    def _crowd(self, replica: NewReplica) -> int:
        return self.counts[(replica.deployment.key, replica.cluster)]

    def _shift(self, number: int) -> bool:
        """Move one replica to a cluster with at least two fewer of its deployment, if that saves pairs in sum."""
        replica = self._new[number]
        here = self._crowd(replica) - 1
        deployment = replica.deployment
        emptier = [
            (count, name)
            for name in self.survey.clusters_for(deployment)
            if (count := self.counts.get((deployment.key, name), 0)) < here
        ]
        if not emptier:
            return False
        self._uncount(replica)
        for _, cluster in sorted(emptier):
            found = self._on_cluster(deployment, cluster)
            if found is None:
                continue
            # Nodes that a pool has yet to add are worth more than pairs.
            if self._is_expected(found) <= self._is_expected(replica):
                self._forget(number)
                self._add(found)
                return True
            self._uncount(found)
        self._put_back(number)
        return False

    def _is_expected(self, replica: NewReplica) -> bool:
        return self.inventory.fleet.nodes[replica.pods[0].node].is_expected

    def _swap(self, number: int) -> bool:
        """Exchange places with a replica on a cluster that has fewer of this deployment, if that saves pairs."""
        replica = self._new[number]
        here, node = self._crowd(replica) - 1, replica.pods[0].node
        emptier = sorted(
            (count, name)
            for name in self.survey.clusters_for(replica.deployment)
            if (count := self.counts.get((replica.deployment.key, name), 0)) < here
        )
        for count, cluster in emptier:
            for pool in self.inventory.pools_of_cluster[cluster]:
                option = self._option(replica.deployment, cluster, pool)
                for there in self._takes_new[pool] if option is not None else ():
                    for other in list(self._on_node.get(there, ())):
                        if self._saves(replica, other, here - count) and self._exchange(
                            number, other, node, there
                        ):
                            return True
        return False

    def _saves(self, replica: NewReplica, other: int, gain: int) -> bool:
        """Whether what *other* loses by going where *replica* is stays below *gain*."""
        partner = self._new[other]
        if partner.deployment.key == replica.deployment.key or _is_counted_elsewhere(partner.deployment):
            return False
        there = self.counts.get((partner.deployment.key, replica.cluster), 0)
        return there - (self._crowd(partner) - 1) < gain

    def _exchange(self, one: int, two: int, node: int, there: int) -> bool:
        first, second = self._new[one], self._new[two]
        pools = [self.inventory.fleet.nodes[n].node_pool for n in (node, there)]
        to_there = self._option(first.deployment, second.cluster, pools[1])
        to_here = self._option(second.deployment, first.cluster, pools[0])
        if to_there is None or to_here is None or not self._takes(second.deployment, first.cluster):
            return False
        self._uncount(first)
        self._uncount(second)
        moved: list[NewReplica] = []
        for old, option, place, cluster in (
            (first, to_there, there, second.cluster),
            (second, to_here, node, first.cluster),
        ):
            pods = (replace(old.pods[0], node=place, option=option),)
            unit = unit_of(old.deployment, pods[0].engine, pods[0].role, option)
            zone = self.inventory.places[place].zone
            if not (
                self.ledger.has_room(place, unit)
                and self._may(old.deployment, cluster, zone)
                and self.usage.allows(old.deployment, pods)
            ):
                break
            self.ledger.place(place, unit)
            self._count(old.deployment, cluster, pods)
            moved.append(NewReplica(deployment=old.deployment, cluster=cluster, pods=pods))
        if len(moved) < _BOTH:
            for replica in moved:
                self._uncount(replica)
            self._put_back(one)
            self._put_back(two)
            return False
        for number, replica in zip((one, two), moved, strict=True):
            self._forget(number)
            self._add(replica)
        return True

    def _takes(self, deployment: ModelDeployment, cluster: ClusterName) -> bool:
        return cluster in self.survey.clusters_for(deployment)

    def _option(
        self, deployment: ModelDeployment, cluster: ClusterName, pool: NodePoolKey
    ) -> MemberOption | None:
        """The option of a deployment of one pod in *pool*, None if it has none there or is not to try new nodes."""
        if deployment.key in self.survey.refusals.only:
            return None
        key = (deployment.key, pool)
        if key not in self._options:
            found = self.survey.options.of_engine(deployment.engines[0], cluster)
            self._options[key] = next((joint[0] for joint in found if joint[0].pool == pool), None)
        return self._options[key]

    def _add(self, replica: NewReplica) -> None:
        self._new[self._next] = replica
        # Only replicas of one pod step aside: a gang would need its whole fabric looked at again.
        if len(replica.pods) == 1:
            self._on_node.setdefault(replica.pods[0].node, {})[self._next] = None
        self._next += 1

    def _forget(self, number: int) -> None:
        replica = self._new.pop(number)
        if len(replica.pods) == 1:
            self._on_node[replica.pods[0].node].pop(number)

    def _put_back(self, number: int) -> None:
        replica = self._new[number]
        for pod in replica.pods:
            self.ledger.place(pod.node, unit(replica, pod))
        self._count(replica.deployment, replica.cluster, replica.pods)

    def _uncount(self, replica: NewReplica) -> None:
        """Take *replica* out of the ledger and of every count."""
        for pod in replica.pods:
            self.ledger.place(pod.node, unit(replica, pod), sign=-1)
        key = (replica.deployment.key, replica.cluster)
        self.counts[key] -= 1
        self.placed[replica.deployment.key] -= 1
        self.zones[key[0]][key[1]].remove(self.inventory.places[replica.pods[0].node].zone)
        self.usage.remove(replica.deployment, replica.pods)


def unit(replica: NewReplica, pod: NewPod) -> Unit:
    """One pod of *replica* as the ledger counts it."""
    return unit_of(replica.deployment, pod.engine, pod.role, pod.option)


def is_rigid(deployment: ModelDeployment) -> bool:
    """Whether taking a replica out of a domain may break a required skew, wherever it goes."""
    return any(rule.max_skew is not None and rule.mode is SpreadMode.REQUIRED for rule in deployment.spread)


def _is_counted_elsewhere(deployment: ModelDeployment) -> bool:
    """Whether its pairs are not those of clusters alone, or a required skew may break."""
    return is_rigid(deployment) or any(rule.mode is SpreadMode.PREFERRED for rule in deployment.spread)
