"""Every audit check sees the error that is planted for it; sound plans have no violations."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from solver.audit import CHECKS, violations
from solver.domain.fleet import NodeResources
from solver.domain.identity import ClusterName, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.plan import Create, Evict, EvictionReason, Keep, Plan, Shortfall, Slot
from solver.domain.policy import Policy, Preemption, Quota, TierName, TierPolicy
from solver.domain.problem import Problem
from solver.domain.workload import Member, ServingMode, SpreadMode, SpreadRule
from solver.matching.scene import Survey
from solver.place import place
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
    gpus,
)

Planted = tuple[Problem, Plan]

TWO_CLUSTERS = a_fleet(ClusterSpec(), ClusterSpec(name="cluster-b"))
MODEL = a_deployment(2)
ONE_KEPT = a_problem(TWO_CLUSTERS, [MODEL], [a_replica(MODEL, nodes=("default/0",))])
TWO_POOLS = a_fleet(ClusterSpec(pools=(PoolSpec(name="a"), PoolSpec(name="b"))))
A, B = NodePoolKey(ClusterName("cluster-a"), "a"), NodePoolKey(ClusterName("cluster-a"), "b")


def _node(name: str, cluster: str = "cluster-a") -> NodeKey:
    return NodeKey(ClusterName(cluster), name)


def _slot_changed(replica: Keep | Create, position: int = 0, **changes: object) -> tuple[Slot, ...]:
    slots = list(replica.slots)
    slots[position] = replace(slots[position], **changes)  # type: ignore[arg-type]
    return tuple(slots)


def _with_slot(plan: Plan, position: int = 0, **changes: object) -> Plan:
    """*plan* with one slot of its first new replica changed."""
    create, *others = plan.creates
    return replace(plan, creates=(replace(create, slots=_slot_changed(create, position, **changes)), *others))


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


GANG = a_problem(deployments=[a_deployment(1, a_gang(2))])


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


def _too_few_devices() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    plan = place(problem).plan
    (devices,) = plan.creates[0].slots[0].devices
    return problem, _with_slot(plan, devices=(replace(devices, count=0),))


def _unknown_class() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    plan = place(problem).plan
    (devices,) = plan.creates[0].slots[0].devices
    changed = replace(devices, device_class=DeviceClassName("tpu.google.com"))
    return problem, _with_slot(plan, devices=(changed,))


def _copies_in_two_pools() -> Planted:
    problem = a_problem(TWO_POOLS, [a_deployment(1, an_engine(copies=2))])
    return problem, _with_slot(place(problem).plan, node_pool=B, node=_node("b/0"))


def _copies_with_two_classes() -> Planted:
    fleet = a_fleet(
        ClusterSpec(
            pools=(PoolSpec(nodes=2, devices=(gpus(1), gpus(1, device_class="other"))),),
        )
    )
    problem = a_problem(fleet, [a_deployment(1, an_engine(copies=2))])
    plan = place(problem).plan
    used = plan.creates[0].slots[0].devices[0]
    names = {GPU_CLASS, DeviceClassName("other")} - {used.device_class}
    return problem, _with_slot(plan, devices=(replace(used, device_class=names.pop()),))


def _engine_without_claim() -> Planted:
    problem = a_problem(deployments=[a_deployment()])
    plan = place(problem).plan
    (devices,) = plan.creates[0].slots[0].devices
    return problem, _with_slot(plan, devices=(replace(devices, device_class=None),))


def _gang_over_two_racks() -> Planted:
    plan = place(GANG).plan
    racks = ClusterSpec(pools=(PoolSpec(domain_label="rack", labels=({"rack": "1"}, {"rack": "2"})),))
    return replace(GANG, fleet=a_fleet(racks)), plan


def _phases_over_two_pools() -> Planted:
    problem = a_problem(TWO_POOLS, [a_deployment(1, *a_pair(1, 1), serving_mode=ServingMode.PREFILL_DECODE)])
    plan = place(problem).plan
    other = B if plan.creates[0].slots[0].node_pool == A else A
    return problem, _with_slot(plan, node_pool=other, node=_node(f"{other.name}/0"))


def _device_given_twice() -> Planted:
    problem = a_problem(deployments=[a_deployment(2)])
    plan = place(problem).plan
    taken = plan.creates[1].slots[0].node
    return problem, _with_slot(plan, node=taken)


def _device_of_a_kept_replica_given_again() -> Planted:
    problem = a_problem(deployments=[MODEL], replicas=[a_replica(MODEL, nodes=("default/0",))])
    return problem, _with_slot(place(problem).plan, node=_node("default/0"))


def _too_little_cpu() -> Planted:
    member = Member(requests=(a_request(),), cpu_millicores=2000)
    problem = a_problem(deployments=[a_deployment(1, an_engine(member))])
    free = NodeResources(cpu_millicores=1999, memory_bytes=1, pods=1)
    small = a_fleet(ClusterSpec(pools=(PoolSpec(free=free),)))
    return replace(problem, fleet=small), place(problem).plan


def _quota_is_passed() -> Planted:
    problem = a_problem(deployments=[MODEL])
    quota = Quota(namespace="ml-team", device_class=GPU_CLASS, devices=1)
    return replace(problem, policy=Policy(quotas=(quota,))), place(problem).plan


def _with_rule(rule: SpreadRule, replicas: int, **fleet: int) -> Planted:
    """A plan made without the rule, all of it where there is room."""
    clusters = a_fleet(
        *(ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=n),)) for name, n in fleet.items())
    )
    plan = place(a_problem(clusters, [a_deployment(replicas)])).plan
    return a_problem(clusters, [a_deployment(replicas, spread=(rule,))]), plan


def _too_large_a_share() -> Planted:
    return _with_rule(SpreadRule(topology_key="cluster", max_percent=50), 4, a=3, b=1)


def _too_large_a_skew() -> Planted:
    return _with_rule(SpreadRule(topology_key="cluster", max_skew=1), 4, a=3, b=1)


def _outside_every_domain() -> Planted:
    return _with_rule(SpreadRule(topology_key="zone", max_skew=1), 1, a=1)


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


#: For each check: errors that it has to see, and the other checks that see them too.
PLANTED: dict[str, list[tuple[Callable[[], Planted], set[str]]]] = {
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
    "DevicesMatch": [(_too_few_devices, set()), (_unknown_class, {"NodesHold"})],
    "MembersSharePoolAndClass": [(_copies_in_two_pools, set()), (_copies_with_two_classes, set())],
    "EnginesClaim": [(_engine_without_claim, {"DevicesMatch", "NodesHold"})],
    "FabricsHold": [(_gang_over_two_racks, set()), (_phases_over_two_pools, set())],
    "NodesHold": [
        (_device_given_twice, set()),
        (_device_of_a_kept_replica_given_again, set()),
        (_too_little_cpu, set()),
    ],
    "QuotasHold": [(_quota_is_passed, set())],
    "SpreadHolds": [
        (_too_large_a_share, set()),
        (_too_large_a_skew, set()),
        (_outside_every_domain, set()),
    ],
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
ERRORS = [
    pytest.param(check, plant, also, id=f"{check}-{plant.__name__.strip('_')}")
    for check, planted in PLANTED.items()
    for plant, also in planted
]


@pytest.mark.parametrize(("check", "plant", "also"), ERRORS)
def test_a_planted_error_is_seen(check: str, plant: Callable[[], Planted], also: set[str]) -> None:
    """The audit is the last thing between a wrong plan and a cluster."""
    problem, plan = plant()

    assert {check} | also == {found.check for found in violations(Survey(problem), plan)}


def test_every_check_has_a_planted_error() -> None:
    """A check that nobody ever saw strike may as well not be there."""
    assert list(CHECKS) == list(PLANTED)


def _graced(*, first: SpreadMode) -> Problem:
    rule = SpreadRule(topology_key="cluster", max_skew=1, mode=first)
    return a_problem(TWO_CLUSTERS, [a_deployment(3, spread=(rule,))])


SOUND = {
    "nothing": a_problem(),
    "keep-and-create": ONE_KEPT,
    "gang": GANG,
    "short": a_problem(deployments=[a_deployment(5)]),
    "required-spread": _graced(first=SpreadMode.REQUIRED),
    "preferred-spread": _graced(first=SpreadMode.PREFERRED),
    "preemption": replace(_preempted_against_the_policy()[0], policy=Policy()),
    "scale-down": a_problem(
        deployments=[a_deployment(1)], replicas=[a_replica(a_deployment(1), index=i) for i in range(2)]
    ),
    "phases": a_problem(TWO_POOLS, [a_deployment(1, *a_pair(1, 1), serving_mode=ServingMode.PREFILL_DECODE)]),
}


@pytest.mark.parametrize("problem", SOUND.values(), ids=SOUND)
def test_a_sound_plan_has_no_violations(problem: Problem) -> None:
    """An audit that cries wolf throws good plans away for the greedy one."""
    decision = place(problem)

    assert () == decision.record.violations
    assert () == violations(Survey(problem), decision.plan)


def test_a_violation_reads_as_check_subject_and_sentence() -> None:
    """It ends up in the decision's record, where a person has to find the place."""
    problem, plan = _device_given_twice()

    assert ["NodesHold: cluster-a/default/1: 2 devices are needed, 1 of them can be given"] == [
        str(found) for found in violations(Survey(problem), plan)
    ]
