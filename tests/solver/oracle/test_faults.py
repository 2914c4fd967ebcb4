"""Small problems on which the oracle or a property found ``place`` wrong; each is the least that shows it."""

from dataclasses import replace

from solver.audit import violations
from solver.domain.decision import Path
from solver.domain.identity import DeviceClassName
from solver.domain.plan import Create, Plan
from solver.domain.policy import Policy, Quota
from solver.domain.replica import Health
from solver.domain.workload import Engine, Member, SpreadMode, SpreadRule
from solver.matching.survey import Survey
from solver.place import place
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.properties.changes import applied
from tests.solver.oracle.brute_force import best

SMALL = DeviceClassName("small")
IS_SMALL = 'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("100Gi")) < 0'


def asking(count: int, *selectors: str, copies: int = 1) -> Engine:
    return an_engine(Member(requests=(a_request(count, *selectors),)), copies=copies)


def kept(plan: Plan) -> list[str]:
    return [keep.replica.deployment.name for keep in plan.keeps]


def test_a_replica_that_no_longer_fits_stays_if_nothing_fits() -> None:
    """Alone on a node that is too small for its new template: there is nowhere to go, so it stays."""
    before, after = a_deployment(1, asking(1)), a_deployment(1, asking(2))
    fleet = a_fleet(
        ClusterSpec(pools=[PoolSpec(nodes=1)]),
        ClusterSpec(name="other", pools=[PoolSpec(nodes=1, devices=[gpus(2)])], is_ready=False),
    )
    problem = a_problem(fleet, [after], [a_replica(before, nodes=["default/0"])])

    assert ["my-model"] == kept(place(problem).plan)


def test_a_replica_that_grew_stays_if_the_added_pod_has_no_place() -> None:
    before, after = a_deployment(1, a_gang(2)), a_deployment(1, a_gang(3))
    problem = a_problem(deployments=[after], replicas=[a_replica(before, nodes=["default/0", "default/1"])])

    assert ["my-model"] == kept(place(problem).plan)


def test_pods_that_were_seen_share_a_node_if_all_of_them_fit_together() -> None:
    """The pod that takes any device must not be charged the large one that the other needs."""
    engines = (
        replace(asking(1), name="any"),
        replace(asking(1, at_least("100Gi")), name="large"),
    )
    model = a_deployment(1, *engines)
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1, devices=[gpus(1), gpus(1, "80Gi", name="b")])]))
    problem = a_problem(fleet, [model])
    again = place(applied(problem, place(problem).plan)).plan

    assert ((), ()) == (again.creates, again.evicts)


def test_a_healthy_replica_may_be_scaled_down_for_the_sake_of_an_earlier_tier() -> None:
    """The one that is not ready stays, since only the other one's node has room for a higher priority."""
    low = a_deployment(1, asking(1), name="low")
    high = a_deployment(1, asking(2), name="high", priority=1)
    fleet = a_fleet(
        ClusterSpec(pools=[PoolSpec(name="a", nodes=1), PoolSpec(name="b", nodes=1, devices=[gpus(2)])])
    )
    replicas = [
        a_replica(low, index=0, pool="a", nodes=["a/0"], health=Health.NOT_READY),
        a_replica(low, index=1, pool="b", nodes=["b/0"], health=Health.READY),
    ]
    decision = place(a_problem(fleet, [low, high], replicas))

    assert (Path.NODES, (), ()) == (decision.path, decision.record.violations, decision.plan.shortfalls)


def test_an_nvlink_domain_over_two_fabrics_is_not_nearer_than_the_cluster() -> None:
    """The model and the measure agree on what joins pods in one NVLink domain but on two fabrics."""
    gang = a_gang(2)
    single = replace(asking(1), name="single")
    clique = [{"nvidia.com/gpu.clique": "x"}]
    fleet = a_fleet(
        ClusterSpec(
            pools=[
                PoolSpec(name="a", nodes=1, devices=[gpus(2)], labels=clique),
                PoolSpec(name="b", nodes=1, labels=[{}]),
                PoolSpec(name="c", nodes=1, labels=clique),
            ]
        )
    )
    problem = a_problem(fleet, [a_deployment(1, gang, single)])

    assert best(problem).tiers == {tier.name: tier.value for tier in place(problem).tiers}


def test_the_audit_refuses_too_large_a_skew() -> None:
    rule = SpreadRule(topology_key="cluster", max_skew=1, mode=SpreadMode.REQUIRED)
    free = a_deployment(2)
    fleet = a_fleet(ClusterSpec(name="a"), ClusterSpec(name="b"))
    plan = place(a_problem(fleet, [free])).plan
    lone = place(
        a_problem(a_fleet(ClusterSpec(name="a"), ClusterSpec(name="b", is_ready=False)), [free])
    ).plan
    survey = Survey(a_problem(fleet, [replace(free, spread=(rule,))]))

    assert () == violations(survey, plan)
    assert ["SpreadHolds"] == [violation.check for violation in violations(survey, lone)]


def test_an_added_pod_without_a_place_holds_no_quota() -> None:
    """Quota 2: one held by the kept pod, none by the added pod without a place, so one more fits."""
    before, after = a_deployment(1, asking(1)), a_deployment(1, asking(1, copies=2))
    other = a_deployment(1, asking(1), name="other")
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1), PoolSpec(name="more", nodes=1)]))
    policy = Policy(quotas=(Quota(namespace="ml-team", device_class="gpu.nvidia.com", devices=2),))  # type: ignore[arg-type]
    decision = place(
        a_problem(fleet, [after, other], [a_replica(before, nodes=["default/0"])], policy=policy)
    )

    assert (Path.NODES, ()) == (decision.path, decision.record.violations)
    assert [] == [c for c in decision.plan.creates if not isinstance(c, Create)]


def test_a_pod_may_be_added_to_a_gang_that_was_observed_on_two_fabrics() -> None:
    """No worse than observed: the gang is split already, a plan comes out whether or not the pod is added."""
    before, after = a_deployment(1, a_gang(2)), a_deployment(1, a_gang(3))
    labels = [{"fabric": name} for name in ("x", "y", "x")]
    fleet = a_fleet(ClusterSpec(pools=[PoolSpec(nodes=3, domain_label="fabric", labels=labels)]))
    problem = a_problem(fleet, [after], [a_replica(before, nodes=["default/0", "default/1"])])

    assert ["my-model"] == kept(place(problem).plan)
