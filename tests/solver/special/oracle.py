"""The best plan of a tiny problem of parts and shares, by looking at every one.

Every subset of the replicas that may stay, and every way to put new replicas on nodes; whether a node can serve its
pods is for ``single_node``. The plans that place the most are composed and scored by ``solver.measures``. It does
not know of the order of release: what an allocator makes of a plan, first fit and pod by pod, may be less.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement, product

from solver.domain.identity import DeploymentKey
from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelDeployment, Role
from solver.matching.compose import compose
from solver.matching.draft import Draft, KeptReplica, NewPod, NewReplica
from solver.matching.levels import priorities
from solver.matching.options import MemberOption
from solver.matching.standing import Standing
from solver.matching.survey import Survey
from solver.measures import measures
from tests.solver.special.come_true import node_of
from tests.solver.special.single_node import HeldRows, SingleNode

#: Pods of a replica in template order, each with the position of its node.
Placement = tuple[int, ...]
#: Placements of the new replicas of each deployment, in the order of the search.
Choice = tuple[tuple[Placement, ...], ...]


class TooLargeError(Exception):
    """The problem is not tiny."""


class DisagreementError(AssertionError):
    """The oracle puts a pod where the product knows no option for it."""


@dataclass(frozen=True, slots=True)
class _End:
    kept: frozenset[int]
    choice: Choice
    short: tuple[int, ...]


def best_tiers(problem: Problem, *, most_plans: int = 200) -> dict[str, int]:
    """The least value of every tier, in order.

    Raises:
        TooLargeError: more than *most_plans* plans place the most.
        DisagreementError: the product has no option for a pod that the oracle places.
    """
    return _Search(Survey(problem)).best(most_plans)


class _Search:
    def __init__(self, survey: Survey) -> None:
        self.survey = survey
        self.problem = survey.problem
        self.nodes: list[SingleNode] = [
            node_of(self.problem, n) for n in range(len(self.problem.fleet.nodes))
        ]
        self.standings = survey.observed.standing
        self.deployments = sorted(self.problem.deployments, key=lambda d: (-d.priority, d.key))
        self.levels = priorities(self.problem)
        self.members = {d.key: _members(d) for d in self.deployments}
        self.placements = {d.key: list(self._placements(d)) for d in self.deployments}
        self.known: dict[object, bool] = {}

    def best(self, most_plans: int) -> dict[str, int]:
        ends = [end for kept in self._subsets() for end in self._ends(kept)]
        for position, level in enumerate(self.levels):
            # Nobody of a priority or above goes for it.
            gone = [self._gone(end.kept, level) for end in ends]
            ends = [end for end, count in zip(ends, gone, strict=True) if count == min(gone)]
            least = min(end.short[position] for end in ends)
            ends = [end for end in ends if end.short[position] == least]
        stay = max(len(end.kept) for end in ends)
        ends = [end for end in ends if len(end.kept) == stay]
        if len(ends) > most_plans:
            raise TooLargeError(len(ends))
        return min((self._scored(end) for end in ends), key=lambda tiers: tuple(tiers.values()))

    def _gone(self, kept: frozenset[int], level: int) -> int:
        return sum(
            index not in kept and standing.deployment is not None and standing.deployment.priority >= level
            for index, standing in enumerate(self.standings)
        )

    def _subsets(self) -> Iterator[frozenset[int]]:
        everything = range(len(self.standings))
        for size in range(len(self.standings) + 1):
            for chosen in combinations(everything, size):
                kept = frozenset(chosen)
                if all(len(self._own(d, kept)) <= d.replicas for d in self.deployments):
                    yield kept

    def _own(self, deployment: ModelDeployment, kept: frozenset[int]) -> list[Standing]:
        return [self.standings[i] for i in sorted(kept) if self.standings[i].deployment is deployment]

    # All plans for one kept subset.

    def _ends(self, kept: frozenset[int]) -> list[_End]:
        held: list[list[HeldRows]] = [[] for _ in self.nodes]
        for index in sorted(kept):
            for slot in self.standings[index].replica.slots:
                held[self.survey.inventory.node_index[slot.node]].append((slot.devices, slot.shares))
        layer: list[Choice] = [()]
        for position, deployment in enumerate(self.deployments):
            wanted = deployment.replicas - len(self._own(deployment, kept))
            grown: list[Choice] = []
            for choice in layer:
                for new in range(wanted + 1):
                    for placed in combinations_with_replacement(self.placements[deployment.key], new):
                        more = (*choice, placed)
                        if self._holds(held, kept, more):
                            grown.append(more)
            if len(grown) > 4_000:
                raise TooLargeError(len(grown))
            last = position + 1 == len(self.deployments)
            if last or self.deployments[position + 1].priority < deployment.priority:
                short = [self._short(kept, choice) for choice in grown]
                grown = [choice for choice, found in zip(grown, short, strict=True) if found == min(short)]
            layer = grown
        return [_End(kept, choice, self._short(kept, choice)) for choice in layer]

    def _short(self, kept: frozenset[int], choice: Choice) -> tuple[int, ...]:
        """Replicas short by priority, of the deployments that *choice* speaks of."""
        missing = dict.fromkeys(self.levels, 0)
        for deployment, placed in zip(self.deployments, choice, strict=False):
            missing[deployment.priority] += (
                deployment.replicas - len(self._own(deployment, kept)) - len(placed)
            )
        return tuple(missing.values())

    def _holds(self, held: list[list[HeldRows]], kept: frozenset[int], choice: Choice) -> bool:
        pods: list[list[tuple[DeploymentKey, int]]] = [[] for _ in self.nodes]
        for deployment, placed in zip(self.deployments, choice, strict=False):
            for placement in placed:
                for pod, node in enumerate(placement):
                    pods[node].append((deployment.key, pod))
        if not self._within_quota(kept, choice):
            return False
        return all(self._fits(node, held[node], asked) for node, asked in enumerate(pods) if asked)

    def _fits(self, node: int, held: Sequence[HeldRows], pods: Sequence[tuple[DeploymentKey, int]]) -> bool:
        key = (node, tuple(held), tuple(sorted(pods)))
        if key not in self.known:
            members = [self.members[deployment][pod][1] for deployment, pod in sorted(pods)]
            self.known[key] = self.nodes[node].serves(members, held)
        return self.known[key]

    def _within_quota(self, kept: frozenset[int], choice: Choice) -> bool:
        for quota in self.problem.policy.quotas:
            used = new = 0
            for index in kept:
                deployment = self.standings[index].deployment
                assert deployment is not None
                used += sum(self._counted(member) for _, member in self.members[deployment.key])
            for deployment, placed in zip(self.deployments, choice, strict=False):
                new += len(placed) * sum(self._counted(m) for _, m in self.members[deployment.key])
            if new and used + new > quota.devices:
                return False
        return True

    def _counted(self, member: Member) -> int:
        """Devices that a pod may take: of alternatives that can be had at all, the most; admin access takes none."""
        return sum(
            max(
                (
                    query.count
                    for query in request.queries
                    if not query.has_admin_access
                    and any(node.selects(query, row) for node in self.nodes for row in node.rows)
                ),
                default=0,
            )
            for request in member.requests
        )

    def _placements(self, deployment: ModelDeployment) -> Iterator[Placement]:
        members = self.members[deployment.key]
        for nodes in product(range(len(self.nodes)), repeat=len(members)):
            chosen = [
                [m for (_, m), n in zip(members, nodes, strict=True) if n == node] for node in set(nodes)
            ]
            empty = [self.nodes[node] for node in set(nodes)]
            if all(node.serves(pods) for node, pods in zip(empty, chosen, strict=True)):
                yield nodes

    # Scores.

    def _scored(self, end: _End) -> dict[str, int]:
        draft = Draft(
            kept=tuple(KeptReplica(standing=self.standings[i], added={}) for i in sorted(end.kept)),
            evicted=tuple(s for i, s in enumerate(self.standings) if i not in end.kept),
            new=tuple(
                self._new(deployment, placement)
                for deployment, placed in zip(self.deployments, end.choice, strict=True)
                for placement in placed
            ),
        )
        return {m.name: m.value for m in measures(self.survey, compose(self.survey, draft))}

    def _new(self, deployment: ModelDeployment, placement: Placement) -> NewReplica:
        pods = []
        for (engine, member), node in zip(self.members[deployment.key], placement, strict=True):
            found = self.problem.fleet.nodes[node]
            pods.append(
                NewPod(
                    engine=engine,
                    copy=0,
                    role=member.role,
                    rank=0,
                    node=node,
                    option=self._option(member, node),
                )
            )
        return NewReplica(deployment=deployment, cluster=found.key.cluster, pods=tuple(pods))

    def _option(self, member: Member, node: int) -> MemberOption:
        options = self.survey.options.of_pool(member, self.problem.fleet.nodes[node].node_pool)
        if not isinstance(options, tuple) or not options:
            raise DisagreementError(f"{member} fits on {self.problem.fleet.nodes[node].key}: {options}")
        return options[0]


def _members(deployment: ModelDeployment) -> list[tuple[str, Member]]:
    """One entry for each pod of a replica, with the name of its engine."""
    found = [
        (engine.name, member)
        for engine in deployment.engines
        for _ in range(engine.copies)
        for member in engine.members
        for _ in range(member.pods_per_copy)
    ]
    assert len({(name, member.role) for name, member in found}) == len(found), "one pod for each role"
    assert all(member.role in Role for _, member in found)
    return found
