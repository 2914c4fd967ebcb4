"""Errors planted in what is evicted and why, in the order of the plan, and in its maxima."""

from dataclasses import replace

from solver.domain.plan import Evict, EvictionReason, Shortfall
from solver.domain.policy import Policy, Preemption, TierName, TierPolicy
from solver.domain.problem import Problem
from solver.place import place
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica
from tests.solver.planted import MODEL, ONE_KEPT, Planted, Table, _with_slot


def _evict_kept(problem: Problem, reason: EvictionReason) -> Planted:
    """The plan of *problem*, but its first kept replica goes for *reason*, and is short."""
    plan = place(problem).plan
    keep = plan.keeps[0]
    evict = Evict(replica=keep.replica, name=keep.name, reason=reason, because="planted")
    key = keep.replica.deployment
    wanted = next((d.replicas for d in problem.deployments if d.key == key), 0)
    lacking = {short.deployment: short for short in plan.shortfalls}
    if wanted:
        was = lacking[key].missing if key in lacking else 0
        lacking[key] = Shortfall(deployment=key, wanted=wanted, missing=was + 1)
    return problem, replace(
        plan,
        keeps=plan.keeps[1:],
        evicts=(*plan.evicts, evict),
        shortfalls=tuple(lacking[name] for name in sorted(lacking)),
    )


def _forced_without_cause() -> Planted:
    return _evict_kept(ONE_KEPT, EvictionReason.UNTOLERATED_TAINT)


def _preempted_for_nobody_above() -> Planted:
    return _evict_kept(ONE_KEPT, EvictionReason.PREEMPTED)


def _moved_beyond_the_budget() -> Planted:
    return _evict_kept(ONE_KEPT, EvictionReason.MOVED)


def _scaled_down_without_surplus() -> Planted:
    return _evict_kept(ONE_KEPT, EvictionReason.SCALE_DOWN)


def _immovable_is_evicted() -> Planted:
    foreign = a_replica(a_deployment(name="foreign"), is_immovable=True)
    return _evict_kept(a_problem(replicas=[foreign]), EvictionReason.PREEMPTED)


def _preempted_against_the_policy() -> Planted:
    high, low = a_deployment(name="high", priority=1), a_deployment(name="low")
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1),)))
    problem = a_problem(fleet, [high, low], [a_replica(low)])
    return replace(problem, policy=Policy(preemption=Preemption.NEVER)), place(problem).plan


def _order_has_a_gap() -> Planted:
    return ONE_KEPT, _with_slot(place(ONE_KEPT).plan, order=2)


def _maximum_is_passed() -> Planted:
    problem = a_problem(deployments=[MODEL])
    tiers = tuple(TierPolicy(name=name, maximum=0 if name is TierName.SPREAD else None) for name in TierName)
    return replace(problem, policy=Policy(tiers=tiers)), place(problem).plan


EVICTIONS: Table = {
    "EvictionsAreForcedOrNot": [(_forced_without_cause, set())],
    "EvictionsHaveReasons": [
        (_preempted_for_nobody_above, set()),
        (_moved_beyond_the_budget, set()),
        (_immovable_is_evicted, set()),
        (_preempted_against_the_policy, set()),
    ],
    "ScaleDownIsDue": [(_scaled_down_without_surplus, set())],
    "OrderIsComplete": [(_order_has_a_gap, set())],
    "MaximaHold": [(_maximum_is_passed, set())],
}
