"""Errors planted in which replicas run: their number, their indices, and where their pods are."""

from dataclasses import replace

from solver.domain.plan import Evict, EvictionReason, Shortfall
from solver.place import place
from tests.builders import ClusterSpec, a_deployment, a_fleet, a_problem
from tests.solver.planted import (
    GANG,
    MODEL,
    ONE_KEPT,
    TWO_POOLS,
    Planted,
    Table,
    _node,
    _slot_changed,
    _with_slot,
)


def _replica_is_lost() -> Planted:
    return ONE_KEPT, replace(place(ONE_KEPT).plan, creates=())


def _shortfall_of_nothing() -> Planted:
    plan = place(ONE_KEPT).plan
    return ONE_KEPT, replace(plan, shortfalls=(Shortfall(deployment=MODEL.key, wanted=2, missing=0),))


def _observed_is_forgotten() -> Planted:
    plan = place(ONE_KEPT).plan
    return ONE_KEPT, replace(
        plan, keeps=(), shortfalls=(Shortfall(deployment=MODEL.key, wanted=2, missing=1),)
    )


def _kept_and_evicted() -> Planted:
    plan = place(ONE_KEPT).plan
    (keep,) = plan.keeps
    evict = Evict(replica=keep.replica, name=keep.name, reason=EvictionReason.SCALE_DOWN, because="")
    return ONE_KEPT, replace(plan, evicts=(evict,))


def _index_taken_twice() -> Planted:
    plan = place(ONE_KEPT).plan
    (create,) = plan.creates
    return ONE_KEPT, replace(plan, creates=(replace(create, replica=plan.keeps[0].replica),))


def _index_below_zero() -> Planted:
    plan = place(ONE_KEPT).plan
    (create,) = plan.creates
    return ONE_KEPT, replace(plan, creates=(replace(create, replica=replace(create.replica, index=-1)),))


def _worker_is_missing() -> Planted:
    plan = place(GANG).plan
    (create,) = plan.creates
    return GANG, replace(plan, creates=(replace(create, slots=create.slots[:1]),))


def _kept_pod_is_renumbered() -> Planted:
    plan = place(ONE_KEPT).plan
    (keep,) = plan.keeps
    return ONE_KEPT, replace(plan, keeps=(replace(keep, slots=_slot_changed(keep, rank=7)),))


def _node_of_another_pool() -> Planted:
    problem = a_problem(TWO_POOLS, [a_deployment()])
    return problem, _with_slot(place(problem).plan, node=_node("b/0"))


def _new_pod_without_node() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    return problem, _with_slot(place(problem).plan, node=None)


def _existing_node_called_expected() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    return problem, _with_slot(place(problem).plan, is_expected=True)


def _node_that_is_cordoned() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    fleet = problem.fleet
    cordoned = replace(fleet, nodes=tuple(replace(node, is_schedulable=False) for node in fleet.nodes))
    return replace(problem, fleet=cordoned), place(problem).plan


def _kept_pod_is_moved() -> Planted:
    plan = place(ONE_KEPT).plan
    (keep,) = plan.keeps
    return ONE_KEPT, replace(plan, keeps=(replace(keep, slots=_slot_changed(keep, node=_node("default/1"))),))


def _cluster_is_not_ready() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    return replace(problem, fleet=a_fleet(ClusterSpec(is_ready=False))), place(problem).plan


def _cache_is_absent() -> Planted:
    plan = place(a_problem(deployments=[a_deployment()])).plan
    return a_problem(deployments=[a_deployment(cache="weights")]), plan


REPLICAS: Table = {
    "ReplicasAddUp": [(_replica_is_lost, set()), (_shortfall_of_nothing, set())],
    "ObservedIsAccountedFor": [
        (_observed_is_forgotten, set()),
        (_kept_and_evicted, {"ScaleDownIsDue"}),
    ],
    "IndicesAreFree": [(_index_taken_twice, {"SlotsAreOnTheirNodes"}), (_index_below_zero, set())],
    "SlotsFollowTheTemplate": [(_worker_is_missing, set()), (_kept_pod_is_renumbered, set())],
    "SlotsAreOnTheirNodes": [
        (_node_of_another_pool, set()),
        (_new_pod_without_node, set()),
        (_existing_node_called_expected, set()),
        (_node_that_is_cordoned, set()),
    ],
    "KeptPodsStay": [(_kept_pod_is_moved, set())],
    "ClustersTakeNew": [(_cluster_is_not_ready, set()), (_cache_is_absent, set())],
}
