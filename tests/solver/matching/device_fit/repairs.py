"""Problems in which a bug of Kubernetes cannot strike, and which are the same to the clean model."""

from dataclasses import replace

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import AllocatedState, Claim, ClaimRequest, DeviceQuery
from solver.domain.device import Device, QualifiedName
from solver.domain.fleet import DeviceClass
from solver.domain.resource_slice import DeviceId, ResourceSlice
from solver.selectors.selector import OutcomeKind, compile_selector

_NAME = QualifiedName("test.example.com", "name")


def with_safe_selectors(problem: AllocationProblem) -> AllocationProblem:
    """*problem* with selectors that name the devices on which the original ones hold, and so never fail."""
    return replace(
        problem,
        slices=tuple(_named(each) for each in problem.slices),
        claims=tuple(_safe_claim(problem, claim) for claim in problem.claims),
        classes={name: DeviceClass(name=each.name, selectors=()) for name, each in problem.classes.items()},
    )


def with_settled_shares(problem: AllocationProblem) -> AllocationProblem:
    """*problem* where the shares of a device that may be shared no more hold it whole."""
    held = problem.allocated
    shareable = {_id(own, each.device) for own in problem.slices for each in own.devices if each.is_shared}
    consumed = {at: amounts for at, amounts in held.consumed.items() if at in shareable}
    return replace(
        problem,
        allocated=AllocatedState(
            devices=held.devices | (held.shared - shareable),
            shared=held.shared & shareable,
            consumed=consumed,
        ),
    )


def _id(own: ResourceSlice, device: Device) -> DeviceId:
    return DeviceId(own.driver, own.pool, device.name)


def _named(own: ResourceSlice) -> ResourceSlice:
    return replace(
        own,
        devices=tuple(
            replace(
                each,
                device=replace(
                    each.device,
                    malformed=None,
                    attributes={**each.device.attributes, _NAME: str(_id(own, each.device))},
                ),
            )
            for each in own.devices
        ),
    )


def _safe_claim(problem: AllocationProblem, claim: Claim) -> Claim:
    return replace(claim, requests=tuple(_safe_request(problem, each) for each in claim.requests))


def _safe_request(problem: AllocationProblem, request: ClaimRequest) -> ClaimRequest:
    return replace(
        request,
        exactly=None if request.exactly is None else _safe_query(problem, request.exactly),
        first_available=tuple(_safe_query(problem, each) for each in request.first_available),
    )


def _safe_query(problem: AllocationProblem, query: DeviceQuery) -> DeviceQuery:
    texts = (*problem.classes[query.device_class].selectors, *query.selectors)
    selected = {
        str(_id(own, each.device))
        for own in problem.slices
        for each in own.devices
        if all(compile_selector(text).match(each.device).kind is OutcomeKind.TRUE for text in texts)
    }
    quoted = ", ".join(f'"{name}"' for name in sorted(selected))
    text = f'device.attributes["{_NAME.domain}"].{_NAME.identifier} in [{quoted}]' if selected else "false"
    return replace(query, selectors=(text,))
