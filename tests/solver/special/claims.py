"""Deployments of one pod by what it claims, and plans as the tests of parts and shares look at them."""

from dataclasses import replace

from solver.domain.claim import ClaimConstraint
from solver.domain.decision import Decision
from solver.domain.device import AttributeValue
from solver.domain.device_taint import DeviceTaint, DeviceToleration
from solver.domain.explanation import PoolRejection
from solver.domain.fleet import Fleet
from solver.domain.kubernetes import Gate
from solver.domain.plan import Plan
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import Replica
from solver.domain.workload import DeviceRequest, Member, ModelDeployment
from solver.place import place
from tests.builders import GPU_DRIVER, a_deployment, a_problem, an_engine
from tests.partitions import Published
from tests.solver.special.come_true import come_true

SICK = DeviceTaint(key="sick", effect="NoSchedule")
TOLERATES_SICK = DeviceToleration(key="sick", operator="Exists")
PCIE_ROOT = "resource.kubernetes.io/pcieRoot"


def claiming(
    name: str,
    *requests: DeviceRequest,
    replicas: int = 1,
    priority: int = 0,
    constraints: tuple[ClaimConstraint, ...] = (),
) -> ModelDeployment:
    """A deployment of one-pod replicas with one claim each."""
    engine = an_engine(Member(requests=requests, constraints=constraints))
    return a_deployment(replicas, engine, name=name, priority=priority)


def memory(amount: int | str, name: str = "share", count: int = 1) -> DeviceRequest:
    """A request for *amount* of the memory of a shared device."""
    return DeviceRequest(name=name, count=count, capacity=(("memory", Quantity.parse(str(amount))),))


def first_of(*alternatives: DeviceRequest, name: str = "any") -> DeviceRequest:
    """A request that is served by the first of *alternatives* that can be had."""
    return DeviceRequest(name=name, alternatives=alternatives)


def with_attribute(attribute: str, value: str) -> str:
    """A selector that is an error on devices without *attribute*."""
    return f'device.attributes["{GPU_DRIVER}"].{attribute} == "{value}"'


def plain(name: str, **attributes: AttributeValue) -> Published:
    """A device that is given away whole."""
    return Published(name=name, attributes=attributes)


def with_lists(fleet: Fleet) -> Fleet:
    """*fleet* with schedulers whose gate for attributes that are lists is on."""
    clusters = [
        replace(c, features=replace(c.features, gates=c.features.gates | {Gate.LIST_ATTRIBUTES}))
        for c in fleet.clusters
    ]
    return replace(fleet, clusters=tuple(clusters))


def running(fleet: Fleet, *deployments: ModelDeployment) -> tuple[Replica, ...]:
    """The replicas of *deployments* as they run after they were placed on an empty *fleet*."""
    problem = a_problem(fleet, deployments)
    return come_true(problem, place(problem).plan).replicas


def devices_of(problem: Problem, plan: Plan, name: str) -> list[tuple[str, ...]]:
    """Names of the devices that the witness gives to each replica of *name*, with node and request."""
    names = problem.fleet.devices.names
    return [
        tuple(
            f"{slot.node.name if slot.node else None}: {each.request} {names[row]}"
            for slot in replica.slots
            for each in slot.devices
            for row in each.rows
        )
        for replica in plan.replicas
        if replica.replica.deployment.name == name
    ]


def nodes_of(plan: Plan, name: str) -> list[str]:
    """The nodes of the pods of *name*, in order."""
    return sorted(
        slot.node.name if slot.node else ""
        for replica in plan.replicas
        if replica.replica.deployment.name == name
        for slot in replica.slots
    )


def short(decision: Decision) -> dict[str, int]:
    """Missing replicas by deployment."""
    return {each.deployment.name: each.missing for each in decision.plan.shortfalls}


def rejected(decision: Decision) -> list[PoolRejection]:
    """What the node pools say to the first deployment that is short."""
    return list(decision.rejections[0].rejected)


def tier(decision: Decision, name: str) -> int:
    """The value of a tier."""
    return next(each.value for each in decision.tiers if each.name == name)
