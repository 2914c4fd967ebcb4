"""Partial plans and how they are scored: the measures worked out a second time, pod by pod."""

from dataclasses import dataclass

from solver.domain.policy import ShortfallUnit
from solver.domain.workload import ModelDeployment, ServingMode
from solver.matching.compose import compose
from solver.matching.draft import Draft, KeptReplica, PodKey
from solver.matching.levels import devices_per_replica
from solver.matching.standing import Footing, Standing, StandingPod
from solver.matching.survey import Survey
from solver.measures import measures
from tests.solver.oracle.placements import placements
from tests.solver.oracle.world import World

Vector = tuple[int, ...]
#: What was chosen, newest first: (rest, (owner, what)).
Trail = tuple["Trail", object] | None


class TooLargeError(Exception):
    """The problem is not tiny."""


@dataclass(frozen=True, slots=True)
class Addition:
    """Nodes for the pods that a template adds to a kept replica; None: no place."""

    standing: int
    nodes: tuple[tuple[PodKey, int | None], ...]


@dataclass(slots=True)
class State:
    load: tuple[tuple[int, ...], ...]
    quota: tuple[int, ...]
    last: int
    domains: tuple[tuple[tuple[str, int], ...], ...]
    #: Replicas that each deployment so far has and would not have again.
    drops: tuple[int, ...] = ()


Layer = dict[object, tuple[Vector, Trail, State]]


class Setting:
    """What every step of the search needs of a problem, and the partial plans seen so far."""

    def __init__(self, survey: Survey, *, most_states: int) -> None:
        self.survey = survey
        self.problem = survey.problem
        self.world = World(survey)
        self.most_states = most_states
        self.states = 0
        self.standings = survey.observed.standing
        self.deployments = sorted(self.problem.deployments, key=lambda d: (-d.priority, d.key))
        base = Draft(
            kept=tuple(KeptReplica(standing=s, added={}) for s in self.standings), evicted=(), new=()
        )
        self.names = [m.name for m in measures(survey, compose(survey, base))]
        self.position = {name: index for index, name in enumerate(self.names)}
        self.open_nodes = [n for n in range(len(self.problem.fleet.nodes)) if self.world.takes_new(n)]
        self.placements = {d.key: placements(self.world, d, self.open_nodes) for d in self.deployments}
        self.quotas = sorted(self.problem.policy.quotas)
        self.unit = {d.key: self._weight(d) for d in self.deployments}

    def _weight(self, deployment: ModelDeployment) -> int:
        in_devices = self.problem.policy.shortfall_unit is ShortfallUnit.DEVICES
        return devices_per_replica(deployment) if in_devices else 1

    def add(self, vector: list[int], name: str, value: int) -> None:
        if name in self.position:
            vector[self.position[name]] += value

    def offer(self, layer: Layer, vector: Vector, trail: Trail, state: State) -> None:
        key = (state.load, state.quota, state.last, state.domains, state.drops)
        known = layer.get(key)
        if known is None or vector < known[0]:
            layer[key] = (vector, trail, state)
        self.states += 1
        if self.states > self.most_states:
            raise TooLargeError(self.states)

    def count_quota(self, quota: list[int], standing: Standing, pod: StandingPod) -> None:
        for position, limit in enumerate(self.quotas):
            if limit.namespace == standing.replica.key.deployment.namespace:
                quota[position] += sum(
                    need.count
                    for need, name in zip(pod.needs, pod.classes, strict=True)
                    if name == limit.device_class
                )

    def within(self, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
        return all(
            new <= limit.devices or new == old
            for old, new, limit in zip(before, after, self.quotas, strict=True)
        )

    def far(self, standing: Standing, nodes: list[int]) -> int:
        if standing.deployment is None or not has_distance(standing.deployment):
            return 0
        return self.world.level(nodes)


def grows(standing: Standing) -> bool:
    return any(pod.footing is Footing.ADDED for pod in standing.pods)


def has_distance(deployment: ModelDeployment) -> bool:
    return deployment.serving_mode is ServingMode.PREFILL_DECODE or any(e.is_gang for e in deployment.engines)
