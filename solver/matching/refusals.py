"""What is known of device allocators that would not let pods onto nodes where they fit."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from solver.domain.identity import DeploymentKey
from solver.domain.workload import Member

#: So often a replica of a deployment is tried elsewhere, then it is short.
MOST_TRIES = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """Nodes that are closed to pods of a member, and how often each deployment was refused."""

    #: What the allocator of a node said about a pod of a member.
    nodes: Mapping[tuple[int, Member], str] = field(default_factory=dict)
    times: Mapping[DeploymentKey, int] = field(default_factory=dict)
    #: What the allocator said last, of deployments that are not tried any more.
    given_up: Mapping[DeploymentKey, str] = field(default_factory=dict)

    def told(
        self, deployment: DeploymentKey, member: Member, nodes: frozenset[int], message: str
    ) -> "Refusals":
        """These and one more: *nodes* are closed to *member*, and after too many the deployment is given up."""
        times = self.times.get(deployment, 0) + 1
        gives_up = {deployment: message} if times >= MOST_TRIES else {}
        return Refusals(
            nodes={**self.nodes, **{(node, member): message for node in sorted(nodes)}},
            times={**self.times, deployment: times},
            given_up={**self.given_up, **gives_up},
        )
