"""What is known of device allocators that would not let pods onto nodes where they fit."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from solver.domain.identity import DeploymentKey
from solver.domain.workload import Member

#: So many plans of a deployment may be refused; then it gets only nodes on which it was not.
MOST_TRIES = 3

#: After so many it gets nothing new at all.
_LAST_TRY = 2 * MOST_TRIES

Pods = tuple[tuple[int, int], ...]
"""Pods of members, by the number of the member in :attr:`Refusals.members`, ascending."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Combination:
    """Pods that the allocator of a node does not let onto it together, whatever their order."""

    pods: Pods
    #: What it says of the one that it refuses.
    message: str

    def is_in(self, pods: Mapping[int, int]) -> bool:
        """Whether *pods* has all of it. More of them is taken to fit still less."""
        return all(pods.get(member, 0) >= count for member, count in self.pods)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Combinations of pods that nodes are closed to, and how often each deployment was refused."""

    nodes: Mapping[int, tuple[Combination, ...]] = field(default_factory=dict)
    #: A number from 1 for each member of which pods were refused somewhere.
    members: Mapping[Member, int] = field(default_factory=dict)
    times: Mapping[DeploymentKey, int] = field(default_factory=dict)
    #: Nodes that were to get pods of a deployment in some refused plan: most of them did not refuse.
    tried: Mapping[DeploymentKey, frozenset[int]] = field(default_factory=dict)
    #: What the allocator said last, of deployments that are not tried on further nodes.
    given_up: Mapping[DeploymentKey, str] = field(default_factory=dict)
    #: The nodes that are left to those.
    only: Mapping[DeploymentKey, frozenset[int]] = field(default_factory=dict)

    def number(self, member: Member | None) -> int:
        """The number of *member*; 0: nothing was refused to pods of it."""
        return self.members.get(member, 0) if member is not None and self.members else 0

    def may_host(self, node: int, deployment: DeploymentKey, member: Member) -> bool:
        """Whether nothing is known that keeps every single pod of a member of *deployment* off *node*."""
        if deployment in self.only and node not in self.only[deployment]:
            return False
        alone = ((self.number(member), 1),)
        return all(combination.pods != alone for combination in self.nodes.get(node, ()))

    def takes_none(self, deployment: DeploymentKey) -> bool:
        """Whether *deployment* was refused so often that it gets nothing new."""
        return deployment in self.only and not self.only[deployment]

    def closed(self, nodes: Iterable[int], pods: Iterable[tuple[Member, int]], message: str) -> "Refusals":
        """These and one more: *nodes* do not take *pods* together."""
        members = dict(self.members)
        counted = sorted((members.setdefault(member, len(members) + 1), count) for member, count in pods)
        combination = Combination(pods=tuple(counted), message=message)
        closed = {node: (*self.nodes.get(node, ()), combination) for node in sorted(nodes)}
        return replace(self, nodes={**self.nodes, **closed}, members=members)

    def told(self, deployment: DeploymentKey, waiting: frozenset[int], message: str) -> "Refusals":
        """The same after one more plan in which *deployment*, with pods *waiting* on these nodes, was refused.

        After too many plans it is left with the nodes that were tried, and with none in the end: somewhere an
        end must be.
        """
        times = self.times.get(deployment, 0) + 1
        tried = waiting | self.tried.get(deployment, frozenset())
        known = replace(
            self, times={**self.times, deployment: times}, tried={**self.tried, deployment: tried}
        )
        if times < MOST_TRIES:
            return known
        return replace(
            known,
            given_up={**self.given_up, deployment: message},
            only={**self.only, deployment: tried if times < _LAST_TRY else frozenset()},
        )
