"""The fast path: devices that only have to be counted."""

from collections.abc import Iterator, Sequence

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.matching.device_fit.demand import ClaimDemand
from solver.matching.device_fit.node_devices import NodeDevices
from solver.matching.device_fit.result import Assignment, Grant, Served
from solver.matching.node_fit import Need, assign, fits


def is_plain(node: NodeDevices, claims: Sequence[ClaimDemand]) -> bool:
    """Whether counting devices by kind decides about *claims*."""
    special = node.present_kinds & ~node.simple_kinds
    return all(
        not claim.constraints
        and all(
            len(request.alternatives) == 1
            and request.alternatives[0].count is not None
            and not request.alternatives[0].is_admin
            and not request.alternatives[0].capacity
            and not request.alternatives[0].accepts & special
            for request in claim.requests
        )
        for claim in claims
    )


def fits_plain(node: NodeDevices, claims: Sequence[ClaimDemand]) -> bool:
    """Whether there are devices for *claims*, for which ``is_plain`` has to hold."""
    needs = _needs(claims)
    return needs is not None and fits(needs, node.free_by_kind)


def fit_plain(node: NodeDevices, claims: Sequence[ClaimDemand]) -> Assignment | None:
    """Devices for *claims*, for which ``is_plain`` has to hold; None: they do not fit."""
    needs = _needs(claims)
    if needs is None:
        return None
    given = assign(needs, node.free_by_kind)
    if given is None:
        return None
    free: dict[int, Iterator[Grant]] = {}
    served = iter(
        [
            Served(
                alternative=0,
                grants=tuple(
                    next(free.setdefault(kind, _free(node, kind)))
                    for kind, count in sorted(counts.items())
                    for _ in range(count)
                ),
            )
            for counts in given
        ]
    )
    return Assignment(claims=tuple(tuple(next(served) for _ in claim.requests) for claim in claims))


def _needs(claims: Sequence[ClaimDemand]) -> list[Need] | None:
    """What all requests take; None: more than a claim can have."""
    needs: list[Need] = []
    for claim in claims:
        of_claim = [Need(r.alternatives[0].accepts, r.alternatives[0].count or 0) for r in claim.requests]
        if sum(need.count for need in of_claim) > MOST_DEVICES_OF_A_CLAIM:
            return None
        needs.extend(of_claim)
    return needs


def _free(node: NodeDevices, kind: int) -> Iterator[Grant]:
    for index, group in enumerate(node.groups):
        if group.kind == kind:
            for ordinal in range(group.count - group.in_use):
                yield Grant(group=index, ordinal=ordinal)
