"""What one pod of a member takes of a node: counts of kinds, and its whole claim where counts do not say it all."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.identity import DeviceClassName
from solver.domain.workload import DeviceRequest, Member
from solver.matching.device_fit.capacity import consumption
from solver.matching.kinds import DeviceKinds, bits
from solver.matching.node_fit import Need
from solver.matching.pod_claim import ClaimScope, PodClaim, PodConstraint, PodQuery

_WHOLE = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class ServedBy:
    """The class that serves an alternative of a request, and the kinds of it that would do."""

    alternative: int
    device_class: DeviceClassName | None
    accepts: int
    #: Kinds that would match but for their taints; a request for all of a node cannot leave them out.
    forbids: int = 0


def pod_needs(
    member: Member, served: Sequence[tuple[ServedBy, ...]], kinds: DeviceKinds, most: dict[int, int]
) -> tuple[Need, ...]:
    """The needs of a pod, one for each request of *member*.

    Args:
        member: what each pod requests.
        served: for each request the alternatives that some device satisfies; class None is Synthetic.
        kinds: the kinds of the problem.
        most: devices of each kind that a node has at the most, for requests that take all.
    """
    plain = [_plain_need(request, ways, kinds) for request, ways in zip(member.requests, served, strict=True)]
    if not member.constraints and all(need is not None for need in plain):
        return tuple(need for need in plain if need is not None)
    needs = [
        Need(ways[0].accepts, request.count)
        if ways[0].device_class is None
        else _least(request, ways, kinds, most)
        for request, ways in zip(member.requests, served, strict=True)
    ]
    claim = _claim(member, served)
    first = next((at for at, need in enumerate(needs) if need.is_claimed), None)
    if first is not None:
        needs[first] = replace(needs[first], claim=claim)
    return tuple(needs)


def asks_for_more(member: Member) -> bool:
    """Whether a pod of *member* asks for more than counts of whole devices, whatever the devices are."""
    return bool(member.constraints) or any(
        request.alternatives or query.takes_all or query.has_admin_access or query.capacity
        for request in member.requests
        for query in request.queries
    )


def least_devices(member: Member, served: Sequence[tuple[ServedBy, ...]]) -> int:
    """Devices that the claim of a pod holds at the least."""
    return sum(
        min(_least_count(request, way) for way in ways)
        for request, ways in zip(member.requests, served, strict=True)
        if ways[0].device_class is not None
    )


def exceeds_claim(member: Member, served: Sequence[tuple[ServedBy, ...]]) -> bool:
    """Whether one claim cannot hold what a pod requests, whatever the node has."""
    return least_devices(member, served) > MOST_DEVICES_OF_A_CLAIM


def _plain_need(request: DeviceRequest, ways: Sequence[ServedBy], kinds: DeviceKinds) -> Need | None:
    """The need of a request for whole devices; None if it is another."""
    query = request.queries[ways[0].alternative]
    is_plain = (
        not request.alternatives
        and not (query.takes_all or query.has_admin_access or query.capacity)
        and not ways[0].accepts & kinds.special
    )
    return Need(ways[0].accepts, query.count) if is_plain else None


def _least(
    request: DeviceRequest, ways: Sequence[ServedBy], kinds: DeviceKinds, most: dict[int, int]
) -> Need:
    """What the request takes from others in any case; what it is given may be more."""
    accepts = given = 0
    for way in ways:
        accepts |= way.accepts
        query = request.queries[way.alternative]
        all_of_them = sum(most.get(kind, 0) for kind in bits(way.accepts))
        given = max(given, all_of_them if query.takes_all else query.count)
    # Shared devices, and those that an administrator looks at, are not taken from anybody.
    looks_only = any(request.queries[way.alternative].has_admin_access for way in ways)
    takes_none = looks_only or accepts & kinds.shared
    count = 0 if takes_none else min(_least_count(request, way) for way in ways)
    part = min((_part(request.queries[w.alternative], w.accepts, kinds) for w in ways), default=None)
    return Need(
        accepts,
        count,
        is_claimed=True,
        given=0 if looks_only else given,
        part=part if accepts & kinds.shared else None,
    )


def _part(query: DeviceRequest, accepts: int, kinds: DeviceKinds) -> int:
    """The part of a device, in thousandths, that *query* takes at the least."""
    parts = []
    for kind in bits(accepts):
        terms = kinds.terms[kind]
        taken = consumption(dict(query.capacity), terms.limits) if terms.is_shared else None
        if taken is None:
            parts.append(_WHOLE)
            continue
        ratios = [
            _WHOLE * taken[name].nano // value.nano for name, value, _ in terms.capacities if value.nano
        ]
        parts.append(max(ratios, default=0))
    return min(parts, default=_WHOLE)


def _least_count(request: DeviceRequest, way: ServedBy) -> int:
    query = request.queries[way.alternative]
    return 1 if query.takes_all else query.count


def _claim(member: Member, served: Sequence[tuple[ServedBy, ...]]) -> PodClaim:
    claimed = [at for at, ways in enumerate(served) if ways[0].device_class is not None]
    return PodClaim(
        requests=tuple(tuple(_queries(member.requests[at], served[at])) for at in claimed),
        constraints=tuple(_constraints(member, claimed)),
    )


def _queries(request: DeviceRequest, ways: Sequence[ServedBy]) -> Iterator[PodQuery]:
    for way in ways:
        query = request.queries[way.alternative]
        yield PodQuery(
            alternative=way.alternative,
            accepts=way.accepts,
            count=None if query.takes_all else query.count,
            is_admin=query.has_admin_access,
            capacity=query.capacity,
            forbids=way.forbids,
        )


def _constraints(member: Member, claimed: Sequence[int]) -> Iterator[PodConstraint]:
    position = {at: index for index, at in enumerate(claimed)}
    scopes: dict[str, ClaimScope] = {}
    for at, request in enumerate(member.requests):
        if at in position:
            scopes[request.name] = ClaimScope(position[at])
            for alternative, query in enumerate(request.alternatives):
                scopes[f"{request.name}/{query.name}"] = ClaimScope(position[at], alternative)
    everything = frozenset(ClaimScope(index) for index in position.values())
    for constraint in member.constraints:
        named = frozenset(scopes[name] for name in constraint.requests if name in scopes)
        for attribute, is_distinct in (
            (constraint.match_attribute, False),
            (constraint.distinct_attribute, True),
        ):
            if attribute is not None:
                yield PodConstraint(
                    attribute=attribute,
                    is_distinct=is_distinct,
                    scopes=named if constraint.requests else everything,
                )
