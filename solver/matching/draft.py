"""A plan in the making, by position in the fleet."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from solver.domain.identity import ClusterName, DeploymentKey, ReplicaKey
from solver.domain.workload import ModelDeployment, Role
from solver.matching.ledger import Unit, pods_as
from solver.matching.options import MemberOption
from solver.matching.standing import Standing, StandingPod, member_of_pod
from solver.matching.survey import Survey

PodKey = tuple[str, int, Role, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPod:
    """A pod of a new replica and its node."""

    engine: str
    copy: int
    role: Role
    rank: int
    node: int
    option: MemberOption

    @property
    def key(self) -> PodKey:
        """What tells it from the other pods of its replica."""
        return (self.engine, self.copy, self.role, self.rank)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewReplica:
    """A replica to be created."""

    deployment: ModelDeployment
    cluster: ClusterName
    pods: tuple[NewPod, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReplica:
    """A replica that stays; *added* are the nodes of the pods that its template adds."""

    standing: Standing
    added: Mapping[PodKey, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What is kept, evicted by choice, and created."""

    kept: tuple[KeptReplica, ...]
    evicted: tuple[Standing, ...]
    new: tuple[NewReplica, ...]


def unit_of(deployment: ModelDeployment, engine: str, role: Role, option: MemberOption) -> Unit:
    """One pod of a member as the ledger counts it."""
    for candidate in deployment.engines:
        for member in candidate.members:
            if candidate.name == engine and member.role is role:
                return Unit(
                    needs=option.needs,
                    cpu_millicores=member.cpu_millicores,
                    memory_bytes=member.memory_bytes,
                    refused_as=pods_as(option.refused_as),
                )
    raise KeyError(f"{deployment.key} has no engine {engine} with a {role}")


def added_unit(survey: Survey, owner: ModelDeployment, standing: Standing, pod: StandingPod) -> Unit:
    """A pod that a kept replica of *owner* still lacks: it is served as its fellows are."""
    refused_as = survey.refusals.number(member_of_pod(standing, pod))
    option = MemberOption(pool=pod.pool, classes=pod.classes, needs=pod.needs, refused_as=refused_as)
    return unit_of(owner, pod.engine, pod.role, option)


def numbered_replicas(survey: Survey, draft: Draft) -> Iterator[tuple[ReplicaKey, NewReplica]]:
    """The new replicas with their keys: the lowest indices that nobody on the cluster has.

    A replica that had to leave a place on the same cluster hands its index to its successor, which takes over
    its object; the indices of all others stay taken until their remote objects are gone.
    """
    taken: dict[tuple[DeploymentKey, ClusterName], set[int]] = {}
    vacated: dict[tuple[DeploymentKey, ClusterName], list[int]] = {}
    for standing in (*(kept.standing for kept in draft.kept), *draft.evicted):
        replica = standing.replica.key
        taken.setdefault((replica.deployment, replica.cluster), set()).add(replica.index)
    for observed, _ in survey.observed.leaving:
        group = (observed.key.deployment, observed.key.cluster)
        taken.setdefault(group, set()).add(observed.key.index)
        vacated.setdefault(group, []).append(observed.key.index)
    ordered = sorted(
        draft.new, key=lambda new: (new.deployment.key, new.cluster, [pod.node for pod in new.pods])
    )
    for new in ordered:
        group = (new.deployment.key, new.cluster)
        used = taken.setdefault(group, set())
        free = sorted(vacated.get(group, []))
        index = free[0] if free else next(i for i in range(len(used) + 1) if i not in used)
        if free:
            vacated[group].remove(index)
        used.add(index)
        yield ReplicaKey(new.deployment.key, new.cluster, index), new
