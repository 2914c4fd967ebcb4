"""Whether the claims of a pod can be satisfied on one node as Kubernetes defines it, without its bugs.

The order of the checks, and what each does, is that of the allocator of ``dynamic-resource-allocation``; the
search behind it is ours and exact.
"""

from dataclasses import dataclass

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import ALL, MOST_DEVICES_OF_A_CLAIM, AllocatedDevice, Allocation, Claim
from solver.domain.kubernetes import SchedulerFeatures
from solver.matching.device_fit.eligible import Eligibility, SelectorFault
from solver.matching.device_fit.fit import DEFAULT_STEPS, fit
from solver.matching.device_fit.node_scope import node_selector
from solver.matching.device_fit.result import Served
from solver.matching.device_fit.translate import Translation, translate
from solver.matching.device_fit.usable import UnusableClaim, check_usable, queries_of
from solver.matching.device_fit.visible_pools import PoolState, VisiblePool, visible_pools

__all__ = ["Feasibility", "SelectorFault", "feasibility", "feasible_allocation"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feasibility:
    """One allocation for each claim, or None; and the selectors that failed on some device."""

    allocations: tuple[Allocation, ...] | None
    faults: tuple[SelectorFault, ...] = ()
    #: Pools that offered nothing to the node, and why.
    withheld: tuple[tuple[str, PoolState], ...] = ()


def feasible_allocation(
    problem: AllocationProblem, features: SchedulerFeatures, *, most_steps: int = DEFAULT_STEPS
) -> tuple[Allocation, ...] | None:
    """An allocation for each claim of *problem*, all at once on its node; None: there is none.

    Raises:
        UnusableClaim: a claim could be allocated nowhere.
        GaveUp: more than *most_steps* would be needed to tell.
    """
    return feasibility(problem, features, most_steps=most_steps).allocations


def feasibility(
    problem: AllocationProblem, features: SchedulerFeatures, *, most_steps: int = DEFAULT_STEPS
) -> Feasibility:
    """As ``feasible_allocation``, with what was left out on the way.

    Raises:
        UnusableClaim: a claim could be allocated nowhere.
        GaveUp: more than *most_steps* would be needed to tell.
    """
    for claim in problem.claims:
        check_usable(claim, problem.classes, features)
    pools = visible_pools(problem, features)
    withheld = tuple((str(pool), pool.state) for pool in pools if pool.state is not PoolState.USABLE)
    _check_all_mode(problem, pools)
    eligibility = Eligibility(problem.classes)
    translation = translate(problem, features, pools, eligibility)
    _check_sizes(problem, translation)
    assignment = fit(translation.node, translation.claims, most_steps=most_steps)
    allocations = None
    if assignment is not None:
        allocations = tuple(
            _allocation(problem, features, translation, claim, served)
            for claim, served in zip(problem.claims, assignment.claims, strict=True)
        )
    return Feasibility(allocations=allocations, faults=tuple(eligibility.faults), withheld=withheld)


def _check_all_mode(problem: AllocationProblem, pools: tuple[VisiblePool, ...]) -> None:
    """How much "all" is can only be said when every pool of the node offers what it has."""
    doubtful = next((pool for pool in pools if pool.state is not PoolState.USABLE), None)
    if doubtful is None:
        return
    for claim in problem.claims:
        for request in claim.requests:
            for name, query in queries_of(request):
                if query.allocation_mode == ALL:
                    message = f"asks for all devices, but resource pool {doubtful} is {doubtful.state}"
                    raise UnusableClaim(claim.name, name, message)


def _check_sizes(problem: AllocationProblem, translation: Translation) -> None:
    for claim, sizes in zip(problem.claims, translation.least_sizes, strict=True):
        if sum(sizes) > MOST_DEVICES_OF_A_CLAIM:
            message = f"{sum(sizes)} devices are asked for, a claim can have {MOST_DEVICES_OF_A_CLAIM}"
            raise UnusableClaim(claim.name, "", message)


def _allocation(
    problem: AllocationProblem,
    features: SchedulerFeatures,
    translation: Translation,
    claim: Claim,
    served: tuple[Served, ...],
) -> Allocation:
    devices = []
    used = []
    for request, each in zip(claim.requests, served, strict=True):
        name, query = list(queries_of(request))[each.alternative]
        for grant in each.grants:
            offered = translation.devices[grant.group][grant.ordinal]
            used.append(offered)
            devices.append(
                AllocatedDevice(
                    request=name,
                    device=offered.id,
                    has_admin_access=bool(query.admin_access),
                    consumed=grant.consumed,
                )
            )
    return Allocation(devices=tuple(devices), node_selector=node_selector(problem.node, used, features))
