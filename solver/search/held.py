"""The problem of one more replica while everything else is held: what conflicts and fixes are tried on."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from solver.baseline import baseline
from solver.domain.identity import DeploymentKey, ReplicaKey
from solver.domain.plan import Create, Plan
from solver.domain.policy import Policy, Preemption
from solver.domain.problem import Problem
from solver.domain.replica import (
    Health,
    ObservedEngine,
    ObservedMember,
    ObservedRequest,
    ObservedSlot,
    Replica,
)
from solver.domain.workload import Engine, ModelDeployment
from solver.formulation.build import Baseline, constrained
from solver.formulation.matrix import Expression, Matrix, Rule
from solver.formulation.variables import Variables
from solver.matching.observed import Observed
from solver.matching.scene import ExtraNodes, Scene
from solver.matching.survey import Survey
from solver.search.cp_sat import CpSat, Status
from solver.search.extract import extract
from solver.search.no_goods import MOST_ROUNDS, forbid_what_does_not_fit

#: Deterministic time for one question; each concerns one or two replicas.
_SECONDS = 2.0

#: Above this many nodes the question is asked of cells, whose size rows are as good as exact for one replica.
MOST_SINGLE = 64

Edit = Callable[[ModelDeployment], ModelDeployment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A survey in which the plan has come true and one deployment wants one more replica.

    Nodes are looked at as if they were empty where candidates are sought, so that full ones can be blamed.
    """

    survey: Survey
    baseline: Baseline
    _known: dict[ExtraNodes | None, Variables] = field(default_factory=dict)

    @property
    def variables(self) -> Variables:
        """The variables and rules of the held problem."""
        return self._variables(None)

    def places_all(
        self, *, without: frozenset[Rule] = frozenset(), extra: ExtraNodes | None = None
    ) -> bool | None:
        """Whether every open replica finds a place; None if the time ran out.

        Args:
            without: rules that are lifted.
            extra: nodes that the fleet does not have.
        """
        variables = self._variables(extra)
        for _ in range(MOST_ROUNDS):
            whole = variables.matrix
            rows = [row for row in whole.rows if row.rule not in without]
            cp = CpSat(Matrix(lower=whole.lower, upper=whole.upper, rows=rows))
            for short in variables.short:
                cp.limit(Expression({short: 1}), 0)
            found = cp.find(deterministic_seconds=_SECONDS)
            if found.solution is None:
                return False if found.status is Status.INFEASIBLE else None
            if not forbid_what_does_not_fit(variables, found.solution, lifted=without):
                return True
        return None

    def _variables(self, extra: ExtraNodes | None) -> Variables:
        if extra not in self._known:
            single = len(self.survey.problem.fleet.nodes) <= MOST_SINGLE
            scene = Scene(self.survey, single=single, is_optimistic=True, extra=extra)
            self._known[extra] = constrained(scene, baseline=self.baseline)
        return self._known[extra]

    def destination(self, deployment: DeploymentKey) -> str:
        """Where the open replica of *deployment* goes in one solution, for people to read."""
        variables = self._variables(None)
        scene = variables.scene
        cp = CpSat(variables.matrix)
        for short in variables.short:
            cp.limit(Expression({short: 1}), 0)
        solution = cp.find(deterministic_seconds=_SECONDS).solution
        if solution is not None and scene.is_single:
            for new in extract(variables, solution, is_exact=True).new:
                if new.deployment.key == deployment:
                    nodes = self.survey.problem.fleet.nodes
                    names = sorted({nodes[pod.node].key.name for pod in new.pods})
                    s = "" if len(names) == 1 else "s"
                    return f"node{s} {', '.join(names)} of cluster {new.cluster}"
        return "other nodes"


def held(
    survey: Survey,
    plan: Plan,
    deployment: DeploymentKey,
    *,
    edit: Edit | None = None,
    freed: ReplicaKey | None = None,
    policy: Policy | None = None,
    base: Held | None = None,
) -> Held:
    """The held problem of *plan*, with one more replica of *deployment*.

    Args:
        survey: what the plan was made from.
        plan: comes true: its creates are observed, its evicts are gone.
        deployment: wants one replica more than the plan gives it.
        edit: a change to the deployment that is tried out.
        freed: a replica that is taken off and has to be placed again.
        policy: a policy to be tried instead of the problem's.
        base: the held problem without *freed* and *policy*: what it observed is observed here too.
    """
    problem = survey.problem
    placed: dict[DeploymentKey, int] = {}
    for replica in plan.replicas:
        key = replica.replica.deployment
        placed[key] = placed.get(key, 0) + 1
    deployments = []
    for wanted in problem.deployments:
        count = placed.get(wanted.key, 0) + (1 if wanted.key == deployment else 0)
        changed = replace(wanted, replicas=count)
        deployments.append(edit(changed) if edit is not None and wanted.key == deployment else changed)
    kept = {keep.replica for keep in plan.keeps}
    replicas = [r for r in problem.replicas if r.key in kept]
    replicas += [_as_observed(survey, create) for create in plan.creates]
    calm = replace(
        policy if policy is not None else problem.policy, preemption=Preemption.NEVER, eviction_budget=0
    )
    one_more = Survey(
        Problem(
            fleet=problem.fleet,
            deployments=tuple(deployments),
            replicas=tuple(r for r in replicas if r.key != freed),
            caches=problem.caches,
            policy=calm,
            knows_clusters=problem.knows_clusters,
        ),
        kinds=survey.kinds if edit is None else None,
        refusals=survey.refusals,
        observed=_without(base.survey.observed, freed) if base is not None and edit is None else None,
    )
    return Held(survey=one_more, baseline=baseline(one_more))


def _without(observed: Observed, freed: ReplicaKey | None) -> Observed:
    """*observed* and nobody else where *freed* was: all pods of the held problem were seen."""
    if freed is None:
        return observed
    return replace(observed, standing=tuple(each for each in observed.standing if each.replica.key != freed))


def _as_observed(survey: Survey, create: Create) -> Replica:
    deployment = survey.deployments[create.replica.deployment]
    return Replica(
        key=create.replica,
        name=str(create.replica),
        engines=tuple(_engine(create, engine) for engine in deployment.engines),
        health=Health.UNKNOWN,
        slots=tuple(
            ObservedSlot(engine=s.engine, copy=s.copy, role=s.role, rank=s.rank, node=s.node)
            for s in create.slots
            if s.node is not None
        ),
    )


def _engine(create: Create, engine: Engine) -> ObservedEngine:
    members = []
    for member in engine.members:
        slot = next(s for s in create.slots if (s.engine, s.role) == (engine.name, member.role))
        requests = {d.request.partition("/")[0]: d for d in slot.devices if d.device_class is not None}
        members.append(
            ObservedMember(
                role=member.role,
                node_pool=slot.node_pool.name,
                pods_per_copy=member.pods_per_copy,
                requests=tuple(
                    ObservedRequest(name=name, device_class=d.device_class, count=d.count)
                    for name, d in requests.items()
                    if d.device_class is not None
                ),
            )
        )
    return ObservedEngine(name=engine.name, copies=engine.copies, members=tuple(members))
