"""The count variables, and what one unit of each means. The only module that creates them.

For each candidate: how many new replicas it gets, how many of them use each option of each engine, and how
many pods of each member go to each cell. A variable that would only copy another is not made.
For each group of like observed replicas that may be evicted: how many stay.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from solver.domain.identity import DeviceClassName
from solver.domain.replica import Health
from solver.formulation.matrix import UNBOUNDED, Expression, Matrix, summed
from solver.matching.candidates import Candidate, EngineOption, PodGroup
from solver.matching.cells import Cells, Movable
from solver.matching.scene import Scene
from solver.matching.standing import Footing, Standing


@dataclass(frozen=True, slots=True, kw_only=True)
class PodVariable:
    """Counts units (pods, or whole replicas on one node) of one group on one cell."""

    variable: int
    cell: int
    group: PodGroup
    candidate: int
    engine: int
    option: int
    member: int
    #: Which split of the option's homes it belongs to; -1 where copies may mix.
    fabric: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedPods:
    """Pods that a larger template adds to kept replicas: where they go, and how many find no place."""

    movable: int
    engine: str
    copy: int
    role: str
    homes: tuple[tuple[int, int], ...]
    unfilled: int
    group: PodGroup


@dataclass(slots=True)
class Variables:
    """Everything that rules and terms need to know to write their rows."""

    scene: Scene
    matrix: Matrix
    #: New replicas of each candidate, as an expression.
    replicas: list[Expression] = field(default_factory=list)
    #: (candidate, engine, option) -> replicas that use that option.
    uses: dict[tuple[int, int, int], Expression] = field(default_factory=dict)
    #: (candidate, engine, option, fabric) -> copies there.
    copies: dict[tuple[int, int, int, int], int] = field(default_factory=dict)
    pods: list[PodVariable] = field(default_factory=list)
    #: How many of each movable group stay.
    kept: list[int] = field(default_factory=list)
    added: list[AddedPods] = field(default_factory=list)
    short: list[int] = field(default_factory=list)
    #: Unit variables of rising costs: the terms whose sum they add up to, and the units, cheapest first.
    rising: list[tuple[tuple[tuple[int, int], ...], tuple[int, ...]]] = field(default_factory=list)

    @property
    def cells(self) -> Cells:
        """The cells the counts are about."""
        return self.scene.cells

    def new(self, deployment: int) -> Iterator[tuple[Candidate, Expression]]:
        """Candidates of the deployment and the replicas that each one gets."""
        candidates = self.scene.candidates
        for index in self.scene.candidates_of.get(deployment, ()):
            yield candidates[index], self.replicas[index]

    def is_open(self, deployment: int) -> bool:
        """Whether anything about the deployment is left to decide."""
        return self.scene.most_new(deployment) > 0 or any(self.movable_of(deployment))

    def movable_of(self, deployment: int) -> Iterator[tuple[Movable, int]]:
        """Movable groups of the deployment and the variable that counts who stays."""
        key = self.scene.problem.deployments[deployment].key
        for movable, variable in zip(self.cells.movable, self.kept, strict=True):
            if movable.standings[0].replica.key.deployment == key:
                yield movable, variable


def create(scene: Scene, matrix: Matrix) -> Variables:
    """All variables of *scene*, made in *matrix*."""
    variables = Variables(scene=scene, matrix=matrix)
    for deployment in scene.problem.deployments:
        variables.short.append(matrix.variable(0, deployment.replicas))
    for index, candidate in enumerate(scene.candidates):
        variables.replicas.append(_replicas(variables, index, candidate))
    for index, movable in enumerate(scene.cells.movable):
        variables.kept.append(matrix.variable(0, movable.count))
        _add_pods(variables, index, movable)
    return variables


def _replicas(variables: Variables, index: int, candidate: Candidate) -> Expression:
    wanted = variables.scene.most_new(candidate.deployment)
    if candidate.is_one_node:
        group = candidate.engines[0][0].members[0]
        most = min(wanted, _most_units(variables, group, group.homes[0]))
        variable = variables.matrix.variable(0, most)
        cell = group.homes[0]
        variables.pods.append(
            PodVariable(
                variable=variable, cell=cell, group=group, candidate=index, engine=0, option=0, member=0
            )
        )
        return Expression({variable: 1})
    by_engine = [
        [_use(variables, index, engine, position, option, wanted) for position, option in enumerate(choices)]
        for engine, choices in enumerate(candidate.engines)
    ]
    totals = [_added_up(uses) for uses in by_engine]
    # Every engine of a replica is somewhere on the candidate: all counts are the same number.
    for other in totals[1:]:
        _equal(variables.matrix, totals[0], other, 1)
    return totals[0]


def _use(
    variables: Variables, index: int, engine: int, position: int, option: EngineOption, wanted: int
) -> Expression:
    """How many replicas of the candidate use this option, tied to the pods that carry it."""
    matrix = variables.matrix
    key = (index, engine, position)
    if option.fabrics:
        use = Expression({matrix.variable(0, wanted): 1})
        copies = variables.scene.copies(index, engine)
        parts: dict[int, int] = {}
        for fabric, members in enumerate(option.fabrics):
            part = matrix.variable(0, wanted * copies)
            variables.copies[(*key, fabric)] = part
            parts[part] = 1
            for member, group in enumerate(members):
                pods = _pods(variables, index, engine, position, member, group, wanted, fabric)
                _equal(matrix, Expression({part: 1}), pods, group.pods_per_replica // copies)
        _equal(matrix, use, Expression(parts), copies)
        variables.uses[key] = use
        return use
    groups = [
        _pods(variables, index, engine, position, member, group, wanted, -1)
        for member, group in enumerate(option.members)
    ]
    single = [i for i, group in enumerate(option.members) if group.pods_per_replica == 1]
    use = groups[single[0]] if single else Expression({matrix.variable(0, wanted): 1})
    for i, (group, pods) in enumerate(zip(option.members, groups, strict=True)):
        if not single or i != single[0]:
            _equal(matrix, use, pods, group.pods_per_replica)
    variables.uses[key] = use
    return use


def _pods(
    variables: Variables,
    index: int,
    engine: int,
    option: int,
    member: int,
    group: PodGroup,
    wanted: int,
    fabric: int,
) -> Expression:
    terms = {}
    for cell in group.homes:
        most = min(wanted * group.pods_per_replica, _most_units(variables, group, cell))
        variable = variables.matrix.variable(0, most)
        terms[variable] = 1
        variables.pods.append(
            PodVariable(
                variable=variable,
                cell=cell,
                group=group,
                candidate=index,
                engine=engine,
                option=option,
                member=member,
                fabric=fabric,
            )
        )
    return Expression(terms)


def _most_units(variables: Variables, group: PodGroup, cell: int) -> int:
    """An easy upper limit of the units that the cell can take."""
    node = variables.cells.cells[cell]
    limit = UNBOUNDED
    for need in group.needs:
        if need.count:
            devices = sum(n for kind, n in node.total.items() if need.accepts >> kind & 1)
            limit = min(limit, devices // need.count)
    return limit * node.count if limit < UNBOUNDED else UNBOUNDED


def _add_pods(variables: Variables, index: int, movable: Movable) -> None:
    """Pods that the template adds to the replicas of *movable*, somewhere in the pool of their member."""
    standing = movable.standings[0]
    for engine, copy, role, group in variables.scene.added_groups(standing):
        most = group.pods_per_replica * movable.count
        homes = tuple((cell, variables.matrix.variable(0, most)) for cell in group.homes)
        unfilled = variables.matrix.variable(0, most)
        variables.added.append(
            AddedPods(
                movable=index,
                engine=engine,
                copy=copy,
                role=role,
                homes=homes,
                unfilled=unfilled,
                group=group,
            )
        )
        terms = {variable: 1 for _, variable in homes}
        terms[unfilled] = 1
        terms[variables.kept[index]] = -group.pods_per_replica
        variables.matrix.add(terms, lower=0, upper=0)


def _added_up(expressions: list[Expression]) -> Expression:
    if len(expressions) == 1:
        return expressions[0]
    return Expression(summed(pair for e in expressions for pair in e.terms.items()))


def _equal(matrix: Matrix, left: Expression, right: Expression, factor: int) -> None:
    """``right = factor * left``."""
    pairs = [*right.terms.items(), *((v, -factor * c) for v, c in left.terms.items())]
    matrix.add(pairs, lower=0, upper=0)


def class_counts(group: PodGroup) -> Mapping[DeviceClassName, int]:
    """Devices of each class that one unit of *group* claims."""
    counts: dict[DeviceClassName, int] = {}
    for name, count in group.classes:
        if name is not None:
            counts[name] = counts.get(name, 0) + count
    return counts


def standing_classes(standing: Standing) -> Mapping[DeviceClassName, int]:
    """Devices of each class that the placed pods of *standing* claim."""
    counts: dict[DeviceClassName, int] = {}
    for pod in standing.pods:
        if pod.footing is Footing.ADDED:
            continue
        for name, need in zip(pod.classes, pod.needs, strict=True):
            if name is not None:
                counts[name] = counts.get(name, 0) + need.devices
    return counts


def is_counted(movable: Movable) -> bool:
    """Whether evicting one of *movable* counts as an eviction (a misplaced one moves for nothing)."""
    return not movable.standings[0].is_misplaced


def is_not_ready(movable: Movable) -> bool:
    """Whether its replicas are known not to be ready."""
    return movable.standings[0].replica.health is Health.NOT_READY
