"""Pods in the wide output: how they are released, and the devices that they hold or would get."""

from collections.abc import Sequence
from dataclasses import replace

import click
from inline_snapshot import snapshot

from adapters.cli.chosen_devices import device_table
from adapters.cli.plan_table import slot_table
from solver.domain.fleet import Fleet
from solver.domain.identity import NodeKey
from solver.domain.quantity import Quantity
from solver.domain.replica import ObservedSlot, Replica
from solver.domain.resource_slice import RequestPolicy
from solver.domain.workload import DeviceRequest, Member, ModelDeployment, Role
from solver.place import place
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica, an_engine, gpus
from tests.partitions import (
    CLUSTER,
    Published,
    a_partitionable_gpu,
    a_published_fleet,
    a_shared_device,
    counters_of,
    whole_gpus,
)

NODE = NodeKey(CLUSTER, "n0")
MEMORY = (("memory", Quantity.parse("3Gi")),)


def deployed(*requests: DeviceRequest, name: str = "qwen", replicas: int = 1) -> ModelDeployment:
    return a_deployment(replicas, an_engine(Member(requests=requests)), name=name, namespace="ml")


def tables(
    fleet: Fleet, deployment: ModelDeployment, *others: ModelDeployment, replicas: Sequence[Replica] = ()
) -> tuple[str, str]:
    """The pods of a plan, and the devices of those of *deployment*."""
    problem = a_problem(fleet, [deployment, *others], replicas)
    plan = place(problem).plan
    return slot_table(plan), device_table(plan, problem, deployment)


def held_by(deployment: ModelDeployment, **held: object) -> Replica:
    """A replica of one pod of which the claims were seen."""
    seen = ObservedSlot(
        engine="main",
        copy=0,
        role=Role.STANDALONE,
        rank=0,
        node=NODE,
        **held,  # type: ignore[arg-type]
    )
    return replace(a_replica(deployment, CLUSTER, pool="gpu"), slots=(seen,))


def test_pods_whose_order_matters_have_their_number() -> None:
    """The allocator gives the first device that would do, even if it is the only one that would do for another."""
    large = Published(name="gpu-0", attributes={"type": "gpu", "profile": "large"})
    small = Published(name="gpu-1", attributes={"type": "gpu", "profile": "small"})
    picky = DeviceRequest(name="gpu", selectors=('device.attributes["gpu.nvidia.com"].profile == "large"',))
    pods, devices = tables(
        a_published_fleet([large, small]), deployed(picky, name="picky"), deployed(whole_gpus(), name="any")
    )

    assert pods == snapshot("""\
REPLICA         ENGINE   COPY   ROLE         RANK   NODE POOL   NODE   ORDER   RELEASE      DEVICES
ml/any@eu/0     main     0      Standalone   0      gpu         n0     2       in order 2   gpu: 1 x gpu.nvidia.com{type=gpu}
ml/picky@eu/0   main     0      Standalone   0      gpu         n0     1       in order 1   gpu: 1 x gpu.nvidia.com{profile=large}\
""")
    assert devices == snapshot("""\
REPLICA         ENGINE   COPY   ROLE         RANK   NODE   REQUEST   DEVICE                    STATE
ml/picky@eu/0   main     0      Standalone   0      n0     gpu       gpu.nvidia.com/n0/gpu-0   chosen\
""")


def test_what_a_shared_device_gives_is_rounded_as_its_cluster_does() -> None:
    """4Gi are asked for, in steps of 2Gi from 1Gi; a device that does not have as much is passed over."""
    policy = RequestPolicy(minimum=Quantity.parse("1Gi"), step=Quantity.parse("2Gi"))
    fleet = a_published_fleet([a_shared_device("tiny", "1Gi"), a_shared_device("gpu-0", "16Gi", policy)])
    request = DeviceRequest(name="part", selectors=("true",), capacity=(("memory", Quantity.parse("4Gi")),))
    _, devices = tables(fleet, deployed(request, replicas=2))

    assert devices == snapshot("""\
REPLICA        ENGINE   COPY   ROLE         RANK   NODE   REQUEST   DEVICE                    CONSUMED     STATE
ml/qwen@eu/0   main     0      Standalone   0      n0     part      gpu.nvidia.com/n0/gpu-0   memory 5Gi   chosen
ml/qwen@eu/1   main     0      Standalone   0      n0     part      gpu.nvidia.com/n0/gpu-0   memory 5Gi   chosen\
""")


def test_admin_access_has_a_column_where_there_is_some() -> None:
    fleet = a_published_fleet(
        [*a_partitionable_gpu(0, ()), *a_partitionable_gpu(1, ())], counters=counters_of(2)
    )
    watched = replace(whole_gpus(), name="watched", has_admin_access=True)
    _, devices = tables(fleet, deployed(watched, whole_gpus()))

    assert devices == snapshot("""\
REPLICA        ENGINE   COPY   ROLE         RANK   NODE   REQUEST   DEVICE                    ADMIN ACCESS   STATE
ml/qwen@eu/0   main     0      Standalone   0      n0     watched   gpu.nvidia.com/n0/gpu-0   yes            chosen
ml/qwen@eu/0   main     0      Standalone   0      n0     gpu       gpu.nvidia.com/n0/gpu-1   <none>         chosen\
""")


def test_a_pod_that_runs_shows_what_its_claims_hold() -> None:
    """Of one request it is known for which; with a new replica beside it, whose devices are only chosen."""
    fleet = a_published_fleet(
        [*a_partitionable_gpu(0, ()), *a_partitionable_gpu(1, ())], counters=counters_of(2)
    )
    deployment = deployed(whole_gpus(), replicas=2)
    pods, devices = tables(fleet, deployment, replicas=[held_by(deployment, devices=(1,))])

    assert pods == snapshot("""\
REPLICA        ENGINE   COPY   ROLE         RANK   NODE POOL   NODE   ORDER   RELEASE     DEVICES
ml/qwen@eu/0   main     0      Standalone   0      gpu         n0     0                   gpu: 1 x gpu.nvidia.com{type=gpu}[memory-slice=7,multiprocessors=7]
ml/qwen@eu/1   main     0      Standalone   0      gpu         n0     1       any order   gpu: 1 x gpu.nvidia.com{type=gpu}[memory-slice=7,multiprocessors=7]\
""")
    assert devices == snapshot("""\
REPLICA        ENGINE   COPY   ROLE         RANK   NODE   REQUEST   DEVICE                    STATE
ml/qwen@eu/0   main     0      Standalone   0      n0     gpu       gpu.nvidia.com/n0/gpu-1   held
ml/qwen@eu/1   main     0      Standalone   0      n0     gpu       gpu.nvidia.com/n0/gpu-0   chosen\
""")


def test_for_which_of_several_requests_a_pod_holds_a_device_is_not_known() -> None:
    fleet = a_published_fleet(
        [*a_partitionable_gpu(0, ()), a_shared_device("gpu-1", "16Gi")], counters=counters_of(1)
    )
    part = DeviceRequest(
        name="part",
        selectors=('device.capacity["gpu.nvidia.com"].memory.isGreaterThan(quantity("1Gi"))',),
        capacity=MEMORY,
    )
    deployment = deployed(whole_gpus(), part)
    replica = held_by(deployment, devices=(0,), shares=((1, MEMORY),))
    _, devices = tables(fleet, deployment, replicas=[replica])

    assert devices == snapshot("""\
REPLICA        ENGINE   COPY   ROLE         RANK   NODE   REQUEST     DEVICE                    CONSUMED     STATE
ml/qwen@eu/0   main     0      Standalone   0      n0     <unknown>   gpu.nvidia.com/n0/gpu-0   <none>       held
ml/qwen@eu/0   main     0      Standalone   0      n0     <unknown>   gpu.nvidia.com/n0/gpu-1   memory 3Gi   held\
""")


def test_devices_that_are_only_declared_are_counted() -> None:
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=1, devices=(gpus(8),)),)))
    _, devices = tables(fleet, deployed(DeviceRequest(name="gpu", count=8, selectors=("true",))))

    assert devices == snapshot("""\
REPLICA               ENGINE   COPY   ROLE         RANK   NODE        REQUEST   DEVICE          STATE
ml/qwen@cluster-a/0   main     0      Standalone   0      default/0   gpu       <declared> x8   chosen\
""")


def test_nothing_is_shown_of_pods_whose_devices_are_not_known() -> None:
    deployment = deployed(DeviceRequest(name="gpu", selectors=("true",)))
    pods, devices = tables(a_fleet(ClusterSpec()), deployment, replicas=[a_replica(deployment)])

    assert click.unstyle(pods) == snapshot("""\
REPLICA               ENGINE   COPY   ROLE         RANK   NODE POOL   NODE                  ORDER   RELEASE   DEVICES
ml/qwen@cluster-a/0   main     0      Standalone   0      default     default/0 (assumed)   0                 gpu: 1 x gpu.nvidia.com\
""")
    assert "" == devices
