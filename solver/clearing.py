"""Room for replicas that fit nowhere as things stand: others step aside, one place further each.

Only new replicas are moved, so nothing that runs is touched, and whoever steps aside is placed again before the
move counts, unless it has a lower priority. That mends what rounding leaves: a node short of one device here, a
free one there.
"""

from collections.abc import Iterable

from solver.domain.workload import ModelDeployment, SpreadMode
from solver.evening import Evening, is_rigid, unit
from solver.matching.draft import Draft, KeptReplica, NewReplica
from solver.matching.ledger import Unit
from solver.matching.levels import devices_per_replica, filling_order
from solver.matching.standing import Standing
from solver.matching.survey import Survey, has_added_pods

#: Nodes tried for one missing pod, those that lack the least first.
_MOST_NODES = 24

#: Replicas that may step aside from one node.
_MOST_ASIDE = 8

#: Pairs that others may lose by stepping aside: nobody's loss is tried first, then little, then any.
_ALLOWANCES = (0, 2, None)

#: Nodes looked at in one pass; each costs a fraction of a millisecond.
_MOST_ATTEMPTS = 4000


def insert_by_clearing(survey: Survey, draft: Draft) -> Draft:
    """*draft* with the missing replicas that fit once others step aside."""
    return _Clearing(survey, draft).cleared()


class _Clearing(Evening):
    def __init__(self, survey: Survey, draft: Draft) -> None:
        super().__init__(survey, draft)
        self._attempts = 0
        self._wanting: ModelDeployment | None = None
        #: Pairs that stepping aside may cost in sum; None: any number.
        self._allowance: int | None = None

    def cleared(self) -> Draft:
        """The draft after everything that helps has been tried."""
        kept = [self._filled(kept) for kept in self.draft.kept]
        back = self._reinstated()
        kept += [KeptReplica(standing=standing, added={}) for standing in back]
        evicted = tuple(s for s in self.draft.evicted if s not in back)
        self._fill_missing()
        ordered = sorted(self.survey.problem.deployments, key=lambda d: (-d.priority, devices_per_replica(d)))
        for deployment in ordered:
            while self.placed.get(deployment.key, 0) < deployment.replicas:
                found = self._one_cleared(deployment)
                if found is None:
                    break
                self._add(found)
        self._fill_missing()
        self._even_out()
        return Draft(kept=tuple(kept), evicted=evicted, new=tuple(self._new.values()))

    def _one_cleared(self, deployment: ModelDeployment) -> NewReplica | None:
        """One more replica where others step aside for it, on its node or within the quota of its namespace."""
        gone = self._given_up(deployment)
        if gone is None:
            return None
        self._wanting = deployment
        found = self._one(deployment)
        self._wanting = None
        if found is None:
            for replica in gone:
                self._restore(replica)
        return found

    def _given_up(self, deployment: ModelDeployment) -> list[NewReplica] | None:
        """Takes away lower priorities without which the quota allows one more; None if it never does."""
        if not self.usage.refuses(deployment):
            return []
        lower = [
            number
            for number, replica in self._new.items()
            if replica.deployment.key.namespace == deployment.key.namespace
            and replica.deployment.priority < deployment.priority
            and not is_rigid(replica.deployment)
        ]
        gone: list[NewReplica] = []
        # As few as possible of the lowest priority go, and of those the ones that share a cluster with most.
        for number in sorted(lower, key=self._worth):
            if not self.usage.refuses(deployment):
                break
            gone.append(self._new[number])
            self._uncount(self._new[number])
            self._forget(number)
        if self.usage.refuses(deployment):
            for replica in gone:
                self._restore(replica)
            return None
        return gone

    def _restore(self, replica: NewReplica) -> None:
        """Put *replica*, which was taken away altogether, back where it was."""
        for pod in replica.pods:
            self.ledger.place(pod.node, unit(replica, pod))
        self._count(replica.deployment, replica.cluster, replica.pods)
        self._add(replica)

    def _worth(self, number: int) -> tuple[int, int, int, int]:
        replica = self._new[number]
        owner = replica.deployment
        return (owner.priority, -devices_per_replica(owner), -self._crowd(replica), number)

    def _reinstated(self) -> list[Standing]:
        """Evicted replicas that their deployment misses and whose place nobody took after all."""
        back: list[Standing] = []
        for standing in self.draft.evicted:
            owner = standing.deployment
            if owner is None or standing.is_misplaced or has_added_pods(standing):
                continue
            # Whether a quota or a required spread had a part in its leaving is not asked again.
            is_limited = bool(self.survey.problem.policy.quotas) or any(
                rule.mode is SpreadMode.REQUIRED for rule in owner.spread
            )
            misses = self.placed.get(owner.key, 0) < owner.replicas
            if misses and not is_limited and self.ledger.returns(standing):
                self._count_kept(KeptReplica(standing=standing, added={}))
                back.append(standing)
        return back

    def _fill_missing(self) -> None:
        """Place what fits without anybody stepping aside."""
        ordered = filling_order(self.survey.problem.deployments)
        for deployment in ordered:
            while self.placed.get(deployment.key, 0) < deployment.replicas:
                found = self._one(deployment)
                if found is None:
                    break
                self._add(found)

    def _best_node(self, homes: Iterable[int], unit: Unit) -> int | None:
        nodes = list(homes)
        found = super()._best_node(nodes, unit)
        if found is not None or self._wanting is None:
            return found
        wanting, allowance = self._wanting, self._allowance
        self._wanting, self._allowance = None, None  # whoever steps aside does not push others
        try:
            lacking = sorted(
                (*self._lack(node, unit, wanting), node) for node in nodes if self._on_node.get(node)
            )
            for most in (allowance,) if allowance is not None else _ALLOWANCES:
                for _, _, node in lacking[:_MOST_NODES]:
                    self._attempts += 1
                    if self._attempts > _MOST_ATTEMPTS:
                        return None
                    if self._clear(node, unit, wanting, most):
                        return node
            return None
        finally:
            self._wanting, self._allowance = wanting, allowance

    def _lack(self, node: int, unit: Unit, wanting: ModelDeployment) -> tuple[int, int]:
        """Devices that *unit* lacks on *node*: beyond what lower priorities would give up, and in all."""
        lack = sum(max(0, n.count - self.ledger.left_for(node, n.accepts)) for n in unit.needs)
        lower = sum(
            devices_per_replica(self._new[number].deployment)
            for number in self._on_node[node]
            if self._new[number].deployment.priority < wanting.priority
        )
        return max(0, lack - lower), lack

    def _clear(self, node: int, unit: Unit, wanting: ModelDeployment, allowance: int | None) -> bool:
        """Move replicas off *node* until *unit* fits; nothing is changed if somebody finds no other place."""
        aside = self._lifted(node, unit, wanting)
        moved = None
        if self.ledger.has_room(node, unit):
            self.ledger.place(node, unit)
            moved = self._placed_again(aside, wanting, allowance)
            self.ledger.place(node, unit, sign=-1)
        if moved is None:
            for number in aside:
                self._put_back(number)
            return False
        for number in aside:
            self._forget(number)
        for replica in moved:
            self._add(replica)
        return True

    def _lifted(self, node: int, unit: Unit, wanting: ModelDeployment) -> list[int]:
        """Replicas taken off *node*, lower priorities and smaller ones first, until *unit* fits or none is left."""
        aside: list[int] = []
        for number in sorted(self._on_node.get(node, {}), key=self._size)[:_MOST_ASIDE]:
            if self.ledger.has_room(node, unit):
                break
            if self._new[number].deployment.key != wanting.key and not is_rigid(self._new[number].deployment):
                self._uncount(self._new[number])
                aside.append(number)
        return aside

    def _placed_again(
        self, aside: list[int], wanting: ModelDeployment, allowance: int | None
    ) -> list[NewReplica] | None:
        """Those that stepped aside, each in another place; None if one that must find a place finds none."""
        moved: list[NewReplica] = []
        cost = 0
        for number in aside:
            before = self._new[number]
            left = self._crowd(before)
            again = self._one(before.deployment)
            if again is not None:
                moved.append(again)
                cost += self._crowd(again) - 1 - left
            must = again is None and before.deployment.priority >= wanting.priority
            if must or (allowance is not None and cost > allowance):
                for replica in moved:
                    self._uncount(replica)
                return None
        return moved

    def _size(self, number: int) -> tuple[int, int, int]:
        deployment = self._new[number].deployment
        return (deployment.priority, devices_per_replica(deployment), number)
