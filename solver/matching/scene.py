"""A survey with its nodes grouped into cells, and the candidates on them: what the solver chooses from."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from solver.domain.identity import DeploymentKey, NodePoolKey
from solver.domain.workload import ServingMode, SpreadMode
from solver.matching.candidates import Candidate, PodGroup, candidates
from solver.matching.cells import Cells, with_extra
from solver.matching.domains import candidate_domain
from solver.matching.inventory import Inventory
from solver.matching.ledger import Ledger, pods_as
from solver.matching.room import Room
from solver.matching.standing import Footing, Standing, StandingPod, member_of_pod, resources_of
from solver.matching.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtraNodes:
    """Nodes that a pool might be given: *count* more like its best one, empty."""

    pool: NodePoolKey
    count: int


class Scene:
    """A survey with its nodes grouped into cells, and the candidates on them.

    An optimistic scene looks for candidates as if every node were empty, so that a conflict can blame the
    pools that are full; *extra* nodes serve to try whether more of them would help, and then only candidates on
    their cluster are looked for: elsewhere nothing has changed. Neither is extracted.
    """

    def __init__(
        self,
        survey: Survey,
        *,
        single: bool,
        is_optimistic: bool = False,
        extra: ExtraNodes | None = None,
    ) -> None:
        self.survey = survey
        self.problem = survey.problem
        self.inventory = survey.inventory
        self.is_single = single
        self.cells: Cells = survey.cells(single=single)
        if extra is not None:
            self.cells = with_extra(self.cells, survey.inventory, extra.pool, extra.count)
        self._only = extra.pool.cluster if extra is not None else None
        self._fixed_count: dict[DeploymentKey, int] = {}
        for standing in self.cells.fixed:
            key = standing.replica.key.deployment
            if standing.deployment is not None:
                self._fixed_count[key] = self._fixed_count.get(key, 0) + 1
        staying = Ledger(survey.options.special, self.cells.fixed)
        self._room = Room(self.cells, survey.options, staying, is_optimistic=is_optimistic)
        self.candidates: tuple[Candidate, ...] = tuple(self._candidates())

    @cached_property
    def candidates_of(self) -> dict[int, list[int]]:
        """Positions of the candidates of each deployment, by its position."""
        found: dict[int, list[int]] = {}
        for index, candidate in enumerate(self.candidates):
            found.setdefault(candidate.deployment, []).append(index)
        return found

    def fixed_count(self, deployment: int) -> int:
        """Replicas of the deployment that stay for certain."""
        return self._fixed_count.get(self.problem.deployments[deployment].key, 0)

    def most_new(self, deployment: int) -> int:
        """The most new replicas that the deployment can get."""
        return max(0, self.problem.deployments[deployment].replicas - self.fixed_count(deployment))

    def copies(self, candidate: int, engine: int) -> int:
        """Copies of an engine of the candidate's deployment."""
        return self.problem.deployments[self.candidates[candidate].deployment].engines[engine].copies

    def _candidates(self) -> Iterator[Candidate]:
        for position, deployment in enumerate(self.problem.deployments):
            if self.most_new(position) == 0:
                continue
            clusters = tuple(
                name for name in self.survey.clusters_for(deployment) if self._only in (None, name)
            )
            required = [rule for rule in deployment.spread if rule.mode is SpreadMode.REQUIRED]
            for candidate in candidates(
                self.inventory,
                self.survey.options,
                self.cells,
                deployment,
                position,
                clusters,
                self._room,
            ):
                # A place outside every domain of a required rule could not be counted, so it takes nothing.
                if all(candidate_domain(self.inventory, rule, candidate) for rule in required):
                    yield candidate

    def added_groups(self, standing: Standing) -> Iterator[tuple[str, int, str, PodGroup]]:
        """The pods that the template adds to *standing*, by engine, copy and role, and where they may go."""
        groups: dict[tuple[str, int, str], list[StandingPod]] = {}
        for pod in standing.pods:
            if pod.footing is Footing.ADDED:
                groups.setdefault((pod.engine, pod.copy, pod.role.value), []).append(pod)
        for (engine, number, role), pods in groups.items():
            cpu, memory = resources_of(standing, pods[0])
            yield (
                engine,
                number,
                role,
                PodGroup(
                    pods_per_replica=len(pods),
                    needs=pods[0].needs,
                    pods_per_unit=1,
                    cpu_millicores=cpu,
                    memory_bytes=memory,
                    classes=tuple(
                        (name, need.devices)
                        for name, need in zip(pods[0].classes, pods[0].needs, strict=True)
                    ),
                    homes=self._homes(standing, pods[0]),
                    refused_as=pods_as(self.survey.refusals.number(member_of_pod(standing, pods[0]))),
                ),
            )

    def _homes(self, standing: Standing, pod: StandingPod) -> tuple[int, ...]:
        """Cells of the pod's pool, on one fabric where its copy or its replica must not leave one."""
        fabric = added_fabric(self.inventory, standing, pod)
        member = member_of_pod(standing, pod)
        return tuple(
            index
            for index, cell in enumerate(self.cells.cells)
            if cell.pool == pod.pool
            and cell.takes_new
            and fabric in (None, cell.place.fabric)
            and (member is None or self._room.may_host(index, standing.replica.key.deployment, member))
        )


def added_fabric(inventory: Inventory, standing: Standing, pod: StandingPod) -> str | None:
    """The fabric that an added pod must be on, None if any will do.

    That of its copy, of its replica if the phases must stay together, or, for a copy that is all new, the
    first fabric of its pool: a copy must not be split, and which fabric has room for all of it is not tried.
    """
    deployment = standing.deployment
    if deployment is None:
        return None
    joins_all = deployment.serving_mode is ServingMode.PREFILL_DECODE
    is_gang = any(engine.name == pod.engine and engine.is_gang for engine in deployment.engines)
    if not (joins_all or is_gang):
        return None
    near = [
        other
        for other in standing.pods
        if other.node is not None and (joins_all or (other.engine, other.copy) == (pod.engine, pod.copy))
    ]
    if near:
        return inventory.places[near[0].node or 0].fabric
    nodes = inventory.nodes_of_pool[pod.pool]
    return inventory.places[nodes[0]].fabric if nodes else None
