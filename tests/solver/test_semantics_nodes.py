"""Section 2 of semantics.md, sentence by sentence: nodes that take new pods, and pods that fit together."""

from dataclasses import replace

import pytest

from solver.domain.taint import Taint, TaintEffect
from solver.domain.workload import Engine, Member, Role
from tests.builders import (
    DeviceSpec,
    PoolSpec,
    a_deployment,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import decided, kept, missing, nodes, running
from tests.solver.semantics import _fleet


def test_cordoned_nodes_take_nothing_new_and_keep_what_they_have() -> None:
    """A drain is a decision of somebody else."""
    deployment = a_deployment(2)
    fleet = _fleet(PoolSpec(nodes=2))
    cordoned = replace(fleet, nodes=tuple(replace(node, is_schedulable=False) for node in fleet.nodes))

    plan = decided(a_problem(cordoned, [deployment], [a_replica(deployment)])).plan

    assert (["cluster-a/0"], {"ml-team/my-model": 1}) == (kept(plan), missing(plan))


@pytest.mark.parametrize(
    ("key", "placed"), [("nvidia.com/gpu", ["cluster-a/0"]), ("dedicated", [])], ids=["gpu", "other"]
)
def test_on_nodes_engine_pods_tolerate_the_gpu_taint_only(key: str, placed: list[str]) -> None:
    """The tolerations of a template are for cluster taints."""
    fleet = _fleet(PoolSpec(nodes=1))
    taint = Taint(key=key, value="present", effect=TaintEffect.NO_SCHEDULE)
    tainted = replace(fleet, nodes=tuple(replace(node, taints=(taint,)) for node in fleet.nodes))

    assert placed == running(decided(a_problem(tainted, [a_deployment()])).plan)


def test_a_misfit_does_not_keep_others_from_devices_it_does_not_use() -> None:
    """Two kept pods charged the one GPU of a node are no reason to refuse its free NIC."""
    nic = DeviceSpec(
        driver="nic.example.com",  # type: ignore[arg-type]
        device_class="nic.example.com",
        memory="",
        name="nic",
    )
    wants_nic = a_request(1, 'device.driver == "nic.example.com"', name="nic")
    foreign = [
        a_replica(a_deployment(name=name), nodes=("default/0",), is_immovable=True) for name in ("x", "y")
    ]
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(1), nic)))
    deployment = a_deployment(1, an_engine(Member(requests=(wants_nic,))))

    assert ["cluster-a/0"] == running(decided(a_problem(fleet, [deployment], foreign)).plan)


def test_workers_and_leaders_may_use_different_classes_of_devices() -> None:
    """Each member has its own requests."""
    engine = Engine(
        name="main",
        members=(
            Member(role=Role.LEADER, requests=(a_request(1, at_least("141Gi")),)),
            Member(role=Role.WORKER, pods_per_copy=2, requests=(a_request(1, at_least("1Gi")),)),
        ),
    )
    fleet = _fleet(PoolSpec(nodes=1, devices=(gpus(1, "141Gi"), gpus(2, "80Gi"))))

    assert {"cluster-a/0": ["default/0"] * 3} == nodes(
        decided(a_problem(fleet, [a_deployment(1, engine)])).plan
    )


def test_replicas_that_fit_together_are_never_called_misfits() -> None:
    """Which device each of them holds is not known; one that takes anything leaves the big one to the other."""
    anything = a_deployment(name="anything")
    big = a_deployment(1, an_engine(Member(requests=(a_request(1, at_least("141Gi")),))), name="big")
    devices = gpus(1, "141Gi"), gpus(1, "80Gi")
    fleet = _fleet(PoolSpec(nodes=2, devices=(*devices, gpus(1, "24Gi", name="odd"))))
    node = ("default/0",)
    replicas = [
        a_replica(anything, index=0, nodes=node),
        a_replica(anything, index=1, nodes=node),
        a_replica(big, nodes=node),
    ]

    plan = decided(a_problem(fleet, [replace(anything, replicas=2), big], replicas)).plan

    assert [(), (), ()] == [keep.flags for keep in plan.keeps]
    assert (3, (), ()) == (len(plan.keeps), plan.creates, plan.evicts)
