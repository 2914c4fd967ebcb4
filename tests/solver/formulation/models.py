"""A handful of problems that exercise every term, and what the model says of them beside the measures."""

from dataclasses import dataclass, replace
from functools import cache

from solver.domain.plan import Plan
from solver.domain.policy import DEFAULT_TIERS, Policy, Quota, ShortfallUnit
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.workload import Member, ModelCache, ServingMode, SpreadMode, SpreadRule
from solver.formulation.build import build, constrained
from solver.formulation.matrix import Expression, Rule
from solver.matching.compose import compose
from solver.matching.scene import Scene
from solver.matching.survey import Survey
from solver.measures import measures
from solver.search.budget import Budget
from solver.search.cp_sat import CpSat
from solver.search.extract import extract
from solver.search.tiers import solve
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)

CLIQUE = "nvidia.com/gpu.clique"
ZONE = "topology.kubernetes.io/zone"


def _spread() -> Problem:
    clusters = (ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=2, price=7),)) for name in "abc")
    return a_problem(a_fleet(*clusters), [a_deployment(5), a_deployment(2, name="other")])


def _gangs() -> Problem:
    labels: tuple[dict[str, str], ...] = ({CLIQUE: "1"}, {CLIQUE: "1"}, {}, {})
    pool = PoolSpec(nodes=4, devices=(gpus(3),), labels=labels)
    pair = a_deployment(1, *a_pair(2, 2), name="pair", serving_mode=ServingMode.PREFILL_DECODE)
    return a_problem(a_fleet(ClusterSpec(pools=(pool,))), [a_deployment(2, a_gang(2, 2), name="gang"), pair])


def _kept_gang() -> Problem:
    gang = a_deployment(2, a_gang(2), name="gang")
    pools = (PoolSpec(nodes=4, devices=(gpus(2),), price=1_000_001),)
    observed = a_replica(gang, nodes=("default/0", "default/2"))
    return a_problem(a_fleet(ClusterSpec(pools=pools)), [gang], [observed])


def _copies_on_racks() -> Problem:
    racks = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"}, {"rack": "2"})
    pool = PoolSpec(nodes=4, domain_label="rack", labels=racks)
    return a_problem(a_fleet(ClusterSpec(pools=(pool,))), [a_deployment(1, a_gang(2, copies=2))])


def _zones() -> Problem:
    rule = SpreadRule(topology_key="zone", mode=SpreadMode.PREFERRED)
    pool = PoolSpec(nodes=4, labels=({ZONE: "z1"}, {ZONE: "z1"}, {ZONE: "z2"}, {}))
    deployment = a_deployment(4, spread=(rule,))
    observed = a_replica(deployment, nodes=("default/1",))
    return a_problem(a_fleet(ClusterSpec(pools=(pool,))), [deployment], [observed])


def _preemption() -> Problem:
    high, low = a_deployment(2, name="high", priority=5), a_deployment(3, name="low")
    replicas = [
        a_replica(low, index=0, nodes=("default/0",), health=Health.NOT_READY),
        a_replica(low, index=1, nodes=("default/1",), health=Health.READY),
        a_replica(low, index=2, nodes=("default/2",)),
    ]
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=3),)))
    return a_problem(fleet, [high, low], replicas)


def _scale_down() -> Problem:
    deployment = a_deployment(2)
    health = (Health.READY, Health.NOT_READY, Health.NOT_READY, Health.READY)
    replicas = [
        a_replica(deployment, f"cluster-{name}", index, health=health[position])
        for position, (name, index) in enumerate((("a", 0), ("a", 1), ("b", 0), ("b", 1)))
    ]
    return a_problem(a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b")), [deployment], replicas)


def _expected() -> Problem:
    pool = PoolSpec(nodes=1, expected=2, devices=(gpus(2),))
    grown = a_deployment(1, an_engine(copies=3), name="grown")
    observed = a_replica(replace(grown, engines=(an_engine(copies=2),)), nodes=("default/0", "default/0"))
    return a_problem(a_fleet(ClusterSpec(pools=(pool,))), [a_deployment(2), grown], [observed])


def _caches() -> Problem:
    cache = ModelCache(namespace="ml-team", name="weights", ready_clusters=frozenset({"cluster-b"}))
    fleet = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b", pools=(PoolSpec(nodes=1),)))
    deployment = a_deployment(3, cache="weights")
    return a_problem(fleet, [deployment], [a_replica(deployment)], caches=[cache])


def _two_kinds() -> Problem:
    big = an_engine(Member(requests=(a_request(1, at_least("141Gi")),)))
    pool = PoolSpec(nodes=2, devices=(gpus(1, "141Gi"), gpus(2, "80Gi")))
    deployments = [a_deployment(1, big, name="big"), a_deployment(6, name="any")]
    fleet = a_fleet(ClusterSpec(pools=(pool,)))
    return a_problem(fleet, deployments, [a_replica(deployments[1], nodes=("default/1",))])


def _misplaced() -> Problem:
    deployment = a_deployment(2, cluster_selector={"tier": "gold"})
    gold = ClusterSpec(name="cluster-b", labels={"tier": "gold"}, pools=(PoolSpec(nodes=1),))
    replicas = [a_replica(deployment, index=index) for index in (0, 1)]
    return a_problem(a_fleet(ClusterSpec(), gold), [deployment], replicas)


def _short_in_devices() -> Problem:
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=6)
    policy = Policy(
        tiers=DEFAULT_TIERS, quotas=(quota,), shortfall_unit=ShortfallUnit.DEVICES, eviction_budget=1
    )
    large = a_deployment(2, an_engine(Member(requests=(a_request(4),))), name="large")
    small = a_deployment(5, name="small")
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=2, devices=(gpus(4),)),)))
    return a_problem(fleet, [large, small], [a_replica(small, nodes=("default/0",))], policy=policy)


PROBLEMS = {
    "spread": _spread(),
    "gangs": _gangs(),
    "kept-gang": _kept_gang(),
    "copies-on-racks": _copies_on_racks(),
    "zones": _zones(),
    "preemption": _preemption(),
    "scale-down": _scale_down(),
    "expected": _expected(),
    "caches": _caches(),
    "two-kinds": _two_kinds(),
    "misplaced": _misplaced(),
    "short-in-devices": _short_in_devices(),
}


@dataclass(frozen=True, kw_only=True)
class Modelled:
    """What the model reached in each stage, and what the extracted plan is worth."""

    plan: Plan
    model: dict[str, int]
    measured: dict[str, int]


def modelled(problem: Problem) -> Modelled:
    """*problem* solved node by node."""
    survey = Survey(problem)
    formulation = build(Scene(survey, single=True))
    staged = solve(formulation.matrix, formulation.stages, Budget())
    assert staged.solution is not None
    plan = compose(survey, extract(formulation.variables, staged.solution, is_exact=True))
    return Modelled(
        plan=plan,
        # Stages before the last one may have been improved on since, within what is held.
        model={s.objective.name: s.objective.expression.value(staged.solution) for s in formulation.stages},
        measured={measure.name: measure.value for measure in measures(survey, plan)},
    )


@cache
def modelled_problem(name: str) -> Modelled:
    """One of ``PROBLEMS``, solved once."""
    return modelled(PROBLEMS[name])


def most_replicas(problem: Problem, *, without: frozenset[Rule] = frozenset(), is_single: bool = True) -> int:
    """The most replicas that can run if only their number counts."""
    only_shortfall = replace(problem, policy=replace(problem.policy, tiers=DEFAULT_TIERS[:1]))
    variables = constrained(Scene(Survey(only_shortfall), single=is_single), without=without)
    missing = Expression(dict.fromkeys(variables.short, 1))
    solved = CpSat(variables.matrix).minimise(missing, deterministic_seconds=10, wall_seconds=60)
    assert solved.solution is not None
    wanted = sum(deployment.replicas for deployment in problem.deployments)
    return wanted - missing.value(solved.solution)
