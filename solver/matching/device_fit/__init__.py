"""Whether claims can be satisfied at once by the devices of one node: exact, on counted groups of devices."""

from solver.matching.device_fit.demand import Alternative, ClaimDemand, Constraint, RequestDemand, Scope
from solver.matching.device_fit.feasible import (
    Feasibility,
    SelectorFault,
    feasibility,
    feasible_allocation,
)
from solver.matching.device_fit.fit import can_fit, fit
from solver.matching.device_fit.node_devices import CapacityOfGroup, DeviceGroup, NodeDevices, Token
from solver.matching.device_fit.result import Assignment, Grant, Served
from solver.matching.device_fit.steps import GaveUp
from solver.matching.device_fit.usable import UnusableClaim

__all__ = [
    "Alternative",
    "Assignment",
    "CapacityOfGroup",
    "ClaimDemand",
    "Constraint",
    "DeviceGroup",
    "Feasibility",
    "GaveUp",
    "Grant",
    "NodeDevices",
    "RequestDemand",
    "Scope",
    "SelectorFault",
    "Served",
    "Token",
    "UnusableClaim",
    "can_fit",
    "feasibility",
    "feasible_allocation",
    "fit",
]
