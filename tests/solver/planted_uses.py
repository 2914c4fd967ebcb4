"""Errors planted in what pods use: devices, fabrics, nodes, quotas and spread."""

from dataclasses import replace

from solver.domain.fleet import NodeResources
from solver.domain.identity import DeviceClassName
from solver.domain.policy import Policy, Quota
from solver.domain.workload import Member, ServingMode, SpreadRule
from solver.place import place
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_pair,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.planted import GANG, MODEL, TWO_POOLS, A, B, Planted, Table, _node, _with_slot


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


USES: Table = {
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
}
