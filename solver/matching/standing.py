"""A replica that may stay where it is, pod by pod."""

from dataclasses import dataclass
from enum import StrEnum

from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.replica import Replica
from solver.domain.workload import ModelDeployment, Role
from solver.matching.node_fit import Need

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


def resources_of(standing: Standing, pod: StandingPod) -> tuple[int, int]:
    """CPU (milli-cores) and memory (bytes) that *pod* requests of its node."""
    if standing.deployment is None:
        return 0, 0
    for engine in standing.deployment.engines:
        for member in engine.members:
            if engine.name == pod.engine and member.role is pod.role:
                return member.cpu_millicores, member.memory_bytes
    return 0, 0
