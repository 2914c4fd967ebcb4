"""The reference's TestScheduleNodeSelector cases (R5.2), by their numbers."""

from collections.abc import Sequence

import pytest

from solver.domain.device_table import DeviceTableBuilder
from solver.domain.problem import Problem
from solver.domain.workload import DeviceRequest, Member, ModelDeployment
from tests.builders import (
    ClusterSpec,
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import decided, evicted, kept, missing, pools

NIC_DRIVER = "nic.example.com"
NIC = a_request(1, f'device.attributes["{NIC_DRIVER}"].link == "infiniband"', name="nic")
SYNTHETIC_NIC = DeviceSpec(
    driver=NIC_DRIVER,  # type: ignore[arg-type]
    device_class=None,
    memory="",
    attributes={"link": "infiniband"},
    name="nic",
)


def _gpu(count: int = 1, memory: str = "141Gi", name: str = "gpu") -> DeviceRequest:
    return a_request(count, at_least(memory), name=name)


def _model(*requests: DeviceRequest, replicas: int = 1) -> ModelDeployment:
    return a_deployment(replicas, an_engine(Member(requests=requests or (_gpu(),))))


def _pool(name: str = "default", nodes: int = 2, devices: Sequence[DeviceSpec] = (gpus(1),)) -> PoolSpec:
    return PoolSpec(name=name, nodes=nodes, devices=devices)


def _wanted(deployment: ModelDeployment, *specs: PoolSpec, observed: Sequence[str] = ()) -> Problem:
    """*deployment* on cluster-a with these pools; *observed* are the pools of replicas 0, 1, ..."""
    replicas = [a_replica(deployment, index=index, pool=pool) for index, pool in enumerate(observed)]
    return a_problem(a_fleet(ClusterSpec(pools=specs or (_pool(),))), [deployment], replicas)


CASES = {
    "N1-141Gi-fits-141Gi": (_wanted(_model()), {"cluster-a/0": ["default"]}),
    "N2-200Gi-does-not": (_wanted(_model(_gpu(1, "200Gi"))), {}),
    "N3-eight-of-four": (_wanted(_model(_gpu(8)), _pool(devices=(gpus(4),))), {}),
    "N4-device-count-zero": (_wanted(_model(), _pool(devices=(gpus(0),))), {}),
    "N5-pool-without-nodes": (_wanted(_model(), _pool(nodes=0)), {}),
    "N6-gpu-and-synthetic-nic": (
        _wanted(_model(_gpu(), NIC), _pool(devices=(gpus(1), SYNTHETIC_NIC))),
        {"cluster-a/0": ["default"]},
    ),
    "N7-pool-lacks-nic": (_wanted(_model(_gpu(), NIC)), {}),
    "N8-two-requests-one-device": (_wanted(_model(_gpu(name="first"), _gpu(name="second"))), {}),
    "N9-five-and-five-of-eight": (
        _wanted(_model(_gpu(5, name="first"), _gpu(5, name="second")), _pool(devices=(gpus(8),))),
        {},
    ),
    "N10-four-and-four-of-eight": (
        _wanted(_model(_gpu(4, name="first"), _gpu(4, name="second")), _pool(devices=(gpus(8),))),
        {"cluster-a/0": ["default"]},
    ),
    "N11-only-second-pool-has-nic": (
        _wanted(_model(_gpu(), NIC), _pool("a"), _pool("b", devices=(gpus(1), SYNTHETIC_NIC))),
        {"cluster-a/0": ["b"]},
    ),
    "N12-only-synthetic-matched": (_wanted(_model(NIC), _pool(devices=(gpus(1), SYNTHETIC_NIC))), {}),
    "N13-pool-still-matches": (
        _wanted(_model(), _pool("a"), _pool("b"), observed=["b"]),
        {"cluster-a/0": ["b"]},
    ),
    "N14-pool-no-longer-matches": (
        _wanted(_model(_gpu(1, "141Gi")), _pool("a", devices=(gpus(1, "80Gi"),)), _pool("b"), observed=["a"]),
        {"cluster-a/0": ["b"]},
    ),
    "N15-both-match-pinned-to-a": (
        _wanted(_model(), _pool("a"), _pool("b"), observed=["a"]),
        {"cluster-a/0": ["a"]},
    ),
    "N16-nothing-matches-any-more": (_wanted(_model(_gpu(1, "200Gi")), observed=["default"]), {}),
    "N17-pool-not-published": (
        _wanted(_model(), _pool("live"), observed=["vanished"]),
        {"cluster-a/0": ["live"]},
    ),
    "N18-one-of-two-pools-vanished": (
        _wanted(_model(replicas=2), _pool("live"), observed=["live", "vanished"]),
        {"cluster-a/0": ["live"], "cluster-a/1": ["live"]},
    ),
    "N19-eight-on-one-node-not-a-sum": (
        _wanted(_model(_gpu(8)), _pool("a", devices=(gpus(4),)), _pool("b", devices=(gpus(8),))),
        {"cluster-a/0": ["b"]},
    ),
}


@pytest.mark.parametrize(("problem", "expected"), CASES.values(), ids=CASES)
def test_reference_case(problem: Problem, expected: dict[str, list[str]]) -> None:
    """A request is for one node of one pool, and what runs stays where it still matches."""
    plan = decided(problem).plan

    assert expected == pools(plan)
    assert problem.deployments[0].replicas - len(expected) == sum(missing(plan).values())


def test_N6_only_the_real_device_is_claimed() -> None:  # noqa: N802
    """A Synthetic entry has no class, and a claim for it would never be allocated."""
    (create,) = decided(CASES["N6-gpu-and-synthetic-nic"][0]).plan.creates

    claims = [(devices.request, devices.device_class) for devices in create.slots[0].devices]
    assert [("gpu", "gpu.nvidia.com"), ("nic", None)] == claims


@pytest.mark.parametrize("case", ["N13-pool-still-matches", "N15-both-match-pinned-to-a"])
def test_a_pool_that_still_matches_keeps_its_replica(case: str) -> None:
    """Keeping is not creating again in the same pool."""
    plan = decided(CASES[case][0]).plan

    assert (["cluster-a/0"], ()) == (kept(plan), plan.evicts)


def test_N14_the_replica_moves_because_the_template_changed() -> None:  # noqa: N802
    """The plan names why what ran is gone."""
    plan = decided(CASES["N14-pool-no-longer-matches"][0]).plan

    assert [("cluster-a/0", "TemplateChanged")] == evicted(plan)


def test_N16_the_replica_is_dropped_because_the_template_changed() -> None:  # noqa: N802
    """A selector that is now false drops what it no longer describes."""
    plan = decided(CASES["N16-nothing-matches-any-more"][0]).plan

    assert [("cluster-a/0", "TemplateChanged")] == evicted(plan)


def test_N18_only_the_replica_on_the_vanished_pool_is_replaced() -> None:  # noqa: N802
    """The other one runs on."""
    plan = decided(CASES["N18-one-of-two-pools-vanished"][0]).plan

    assert ["cluster-a/0"] == kept(plan)
    assert [("cluster-a/1", "NodePoolGone")] == evicted(plan)


def test_N20_a_malformed_selector_places_nothing_and_removes_nothing() -> None:  # noqa: N802
    """N20: the reference raises and empties the desired state; ours says what is wrong and keeps what runs."""
    broken = _model(a_request(1, "device.driver =="), replicas=2)
    decision = decided(_wanted(broken, observed=["default"]))

    assert ["cluster-a/0"] == kept(decision.plan)
    assert ((), ()) == (decision.plan.creates, decision.plan.evicts)
    assert {"ml-team/my-model": 1} == missing(decision.plan)
    assert any("selector does not compile" in note for note in decision.notes)
    (rejection,) = decision.rejections
    (said,) = rejection.rejected
    assert said.reason.value == "DeviceSelectorNotMatched"
    assert "selector does not compile" in said.detail


def test_an_empty_device_table_is_no_error() -> None:
    """A fleet that reports nothing at all still gets its reasons."""
    assert 0 == len(DeviceTableBuilder().build())
    assert {} == pools(decided(_wanted(_model(), _pool(devices=()))).plan)
