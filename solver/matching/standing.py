"""A replica that may stay where it is, pod by pod."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.replica import Replica
from solver.domain.workload import Member, ModelDeployment, Role
from solver.matching.node_fit import Need
from solver.matching.node_grouping import Consumed

DOES_NOT_FIT = "does not fit where it is"
SELECTOR_FAILS = "a selector cannot be evaluated"
NOT_SELECTED = "its cluster is no longer selected"


class Footing(StrEnum):
    """How the node of a standing pod is known."""

    SEEN = "seen"
    ASSUMED = "assumed"
    ADDED = "added"
    """The template asks for a pod that the replica did not have; the plan has to place it."""
    NOWHERE = "nowhere"
    """Its pool has no node at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingPod:
    """A pod of a replica that may stay."""

    engine: str
    copy: int
    role: Role
    rank: int
    pool: NodePoolKey
    classes: tuple[DeviceClassName | None, ...]
    requests: tuple[str, ...]
    needs: tuple[Need, ...]
    footing: Footing
    node: int | None = None
    #: Devices by kind that its claims hold, if they are just what the template asks for.
    held: tuple[tuple[int, int], ...] | None = None
    #: Rows of those devices, and of shared ones with what is taken of each.
    rows: tuple[int, ...] = ()
    shares: tuple[tuple[int, Consumed], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A replica that may stay where it is."""

    replica: Replica
    deployment: ModelDeployment | None
    pods: tuple[StandingPod, ...]
    flags: tuple[str, ...] = ()

    @property
    def is_misplaced(self) -> bool:
        """Whether it should move as soon as it has somewhere to go; moving it then costs nothing."""
        return DOES_NOT_FIT in self.flags or NOT_SELECTED in self.flags


def member_of_pod(standing: Standing, pod: StandingPod) -> Member | None:
    """The member of the current template that *pod* belongs to, None if there is no template."""
    for engine in standing.deployment.engines if standing.deployment is not None else ():
        for member in engine.members:
            if engine.name == pod.engine and member.role is pod.role:
                return member
    return None


def resources_of(standing: Standing, pod: StandingPod) -> tuple[int, int]:
    """CPU (milli-cores) and memory (bytes) that *pod* requests of its node."""
    member = member_of_pod(standing, pod)
    return (0, 0) if member is None else (member.cpu_millicores, member.memory_bytes)
