"""The reference's TestScheduleMembers and TestScheduleTaints cases (R5.3), by their numbers."""

import pytest

from solver.domain.problem import Problem
from solver.domain.taint import Taint, TaintEffect, Toleration
from solver.domain.workload import Engine, Member, ModelDeployment, Role
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    DeviceSpec,
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
from tests.solver.outcomes import created, decided, evicted, kept, missing, nodes, pools, running

SMALL, BIG = "80Gi", "141Gi"


def _pool(name: str = "default", nodes: int = 2, memory: str = BIG) -> PoolSpec:
    return PoolSpec(name=name, nodes=nodes, devices=(gpus(1, memory),))


def _member(role: Role, *selectors: str) -> Member:
    return Member(role=role, requests=(a_request(1, *selectors),))


def _pair(leader: Member, worker: Member) -> ModelDeployment:
    return a_deployment(1, Engine(name="main", members=(leader, worker)))


CLAIMLESS = Member(role=Role.LEADER)
WORKER = _member(Role.WORKER, at_least(BIG))
TWO_BIG = _pair(_member(Role.LEADER, at_least(BIG)), WORKER)
EXACTLY_SMALL = f'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("{BIG}")) < 0'


def _on(*specs: PoolSpec) -> ClusterSpec:
    return ClusterSpec(pools=specs)


def _wanted(deployment: ModelDeployment, *clusters: ClusterSpec) -> Problem:
    return a_problem(a_fleet(*clusters), [deployment])


def _stub_and_real(name: str) -> PoolSpec:
    """A pool whose small devices are Synthetic and whose big ones are real."""
    return PoolSpec(
        name=name,
        nodes=2,
        devices=(DeviceSpec(device_class=None, memory=SMALL, name="stub"), gpus(1, BIG)),
    )


MEMBERS = {
    "M1-only-one-pool-suits-both": (
        _wanted(
            _pair(_member(Role.LEADER, at_least(SMALL)), WORKER), _on(_pool("a", 2, SMALL), _pool("b", 2))
        ),
        {"cluster-a/0": ["b"]},
    ),
    "M2-no-pool-suits-both": (
        _wanted(
            _pair(_member(Role.LEADER, at_least(BIG)), _member(Role.WORKER, EXACTLY_SMALL)),
            _on(_pool("a", 2, SMALL), _pool("b", 2)),
        ),
        {},
    ),
    "M3-one-node-is-too-few": (_wanted(TWO_BIG, _on(_pool("a", 2, SMALL), _pool("b", 1))), {}),
    "M4-whole-gang-on-the-other-cluster": (
        _wanted(TWO_BIG, _on(_pool(nodes=1)), ClusterSpec(name="cluster-b", pools=(_pool(nodes=2),))),
        {"cluster-b/0": ["default"]},
    ),
    "M5-leader-claims-where-it-can": (
        _wanted(
            _pair(_member(Role.LEADER, EXACTLY_SMALL), WORKER),
            _on(_stub_and_real("a"), PoolSpec(name="b", devices=(gpus(1, SMALL), gpus(1, BIG)))),
        ),
        {"cluster-a/0": ["b"]},
    ),
    "M6-leader-synthetic-everywhere": (
        _wanted(_pair(_member(Role.LEADER, EXACTLY_SMALL), WORKER), _on(_stub_and_real("default"))),
        {"cluster-a/0": ["default"]},
    ),
    "M7-worker-matches-nowhere": (
        _wanted(
            _pair(_member(Role.LEADER, at_least(BIG)), _member(Role.WORKER, at_least("1Ti"))), _on(_pool())
        ),
        {},
    ),
    "M8-claimless-leader-costs-nothing": (
        _wanted(_pair(CLAIMLESS, WORKER), _on(_pool(nodes=1))),
        {"cluster-a/0": ["default"]},
    ),
}


@pytest.mark.parametrize(("problem", "expected"), MEMBERS.values(), ids=MEMBERS)
def test_reference_case(problem: Problem, expected: dict[str, list[str]]) -> None:
    """A gang is hosted whole, in one pool, or not at all."""
    plan = decided(problem).plan

    assert expected == pools(plan)
    assert 1 - len(expected) == sum(missing(plan).values())


def test_M6_the_leader_claims_nothing() -> None:  # noqa: N802
    """Its devices are Synthetic wherever it goes, so it has no class to claim by."""
    (create,) = decided(MEMBERS["M6-leader-synthetic-everywhere"][0]).plan.creates

    claims = {slot.role: [devices.device_class for devices in slot.devices] for slot in create.slots}
    assert {Role.LEADER: [None], Role.WORKER: [GPU_CLASS]} == claims


def test_M9_a_gang_with_a_claimless_leader_is_kept() -> None:  # noqa: N802
    """A member that requests nothing is no reason to recreate the rest."""
    deployment = _pair(CLAIMLESS, WORKER)
    problem = a_problem(a_fleet(_on(_pool())), [deployment], [a_replica(deployment)])

    plan = decided(problem).plan

    assert (["cluster-a/0"], [], ()) == (kept(plan), created(plan), plan.evicts)


def test_M10_a_claimless_leader_of_another_deployment_takes_no_device() -> None:  # noqa: N802
    """Of two one-GPU nodes its gang holds one, so ours fits on the other."""
    other = a_deployment(1, Engine(name="main", members=(CLAIMLESS, WORKER)), name="other")
    problem = a_problem(a_fleet(_on(_pool())), [other, a_deployment()], [a_replica(other)])

    assert ["cluster-a/0"] == running(decided(problem).plan)


def test_M11_a_standalone_that_becomes_a_gang_is_replaced() -> None:  # noqa: N802
    """Its pods have other roles, so none of what runs can stay."""
    problem = a_problem(
        a_fleet(_on(_pool())), [a_deployment(1, a_gang(2))], [a_replica(a_deployment(1, an_engine()))]
    )

    plan = decided(problem).plan

    assert [("cluster-a/0", "TemplateChanged")] == evicted(plan)
    assert ["cluster-a/0"] == created(plan)
    assert ["default/0", "default/1"] == sorted(str(node) for node in nodes(plan)["cluster-a/0"])


NO_SCHEDULE = Taint(key="maintenance", value="on", effect=TaintEffect.NO_SCHEDULE)
NO_EXECUTE = Taint(key="maintenance", value="on", effect=TaintEffect.NO_EXECUTE)
OTHER = Taint(key="dedicated", value="team", effect=TaintEffect.NO_SCHEDULE)
EXISTS = Toleration(key="maintenance")


def _tainted(
    *taints: Taint,
    tolerations: tuple[Toleration, ...] = (),
    observed: bool = False,
    second: bool = True,
) -> Problem:
    deployment = a_deployment(tolerations=tolerations)
    clusters = [ClusterSpec(taints=taints), *([ClusterSpec(name="cluster-b")] if second else [])]
    return a_problem(a_fleet(*clusters), [deployment], [a_replica(deployment)] if observed else [])


def _by_value(value: str) -> Problem:
    toleration = Toleration(key="maintenance", value=value)
    return _tainted(NO_SCHEDULE, tolerations=(toleration,), second=False)


TAINTS = {
    "T1-NoSchedule-sends-new-elsewhere": (_tainted(NO_SCHEDULE), ["cluster-b/0"]),
    "T2-NoSchedule-leaves-what-runs": (_tainted(NO_SCHEDULE, observed=True), ["cluster-a/0"]),
    "T3-tolerated-by-key": (_tainted(NO_SCHEDULE, tolerations=(EXISTS,)), ["cluster-a/0"]),
    "T4-NoExecute-moves": (_tainted(NO_EXECUTE, observed=True), ["cluster-b/0"]),
    "T5-NoExecute-tolerated": (
        _tainted(NO_EXECUTE, tolerations=(EXISTS,), observed=True),
        ["cluster-a/0"],
    ),
    "T6-NoExecute-nowhere-to-go": (_tainted(NO_EXECUTE, observed=True, second=False), []),
    "T7-toleration-of-another-effect": (
        _tainted(
            NO_EXECUTE,
            tolerations=(Toleration(key="maintenance", effect=TaintEffect.NO_SCHEDULE),),
            observed=True,
        ),
        ["cluster-b/0"],
    ),
    "T8-two-taints-one-tolerated": (_tainted(NO_SCHEDULE, OTHER, tolerations=(EXISTS,)), ["cluster-b/0"]),
    "T9-equal-value-on": (_by_value("on"), ["cluster-a/0"]),
    "T9-equal-value-off": (_by_value("off"), []),
    "T10-tolerates-everything": (_tainted(NO_SCHEDULE, OTHER, tolerations=(Toleration(),)), ["cluster-a/0"]),
}


@pytest.mark.parametrize(("problem", "expected"), TAINTS.values(), ids=TAINTS)
def test_reference_case_of_taints(problem: Problem, expected: list[str]) -> None:
    """NoSchedule turns away what is new, NoExecute also what runs, unless every taint is tolerated."""
    plan = decided(problem).plan

    assert expected == running(plan)
    assert 1 - len(expected) == sum(missing(plan).values())


@pytest.mark.parametrize(
    "case", ["T4-NoExecute-moves", "T6-NoExecute-nowhere-to-go", "T7-toleration-of-another-effect"]
)
def test_an_eviction_by_taint_names_the_taint(case: str) -> None:
    """Whoever looks for the replica that is gone finds the taint."""
    (evict,) = decided(TAINTS[case][0]).plan.evicts

    assert "UntoleratedTaint" == evict.reason.value
    assert "cluster cluster-a has taint maintenance=on:NoExecute, which it does not tolerate" == evict.because
