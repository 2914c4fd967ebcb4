"""A node's devices and a pod's claims in the terms of ``fit``."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.claim import ALL, Claim, DeviceQuery
from solver.domain.device import AttributeValue, QualifiedName, Scalar, VersionText
from solver.domain.device_taint import tolerated
from solver.domain.kubernetes import Gate, SchedulerFeatures
from solver.matching.device_fit.capacity import has_capacity
from solver.matching.device_fit.demand import Alternative, ClaimDemand, Constraint, RequestDemand, Scope
from solver.matching.device_fit.eligible import Eligibility
from solver.matching.device_fit.node_devices import DeviceGroup, NodeDevices, Token
from solver.matching.device_fit.offered import OfferedDevice, offered
from solver.matching.device_fit.usable import queries_of
from solver.matching.device_fit.visible_pools import VisiblePool


@dataclass(frozen=True, slots=True, kw_only=True)
class Translation:
    """What ``fit`` is asked, and the devices behind each group, those that nobody holds first."""

    node: NodeDevices
    claims: tuple[ClaimDemand, ...]
    devices: tuple[tuple[OfferedDevice, ...], ...]
    #: For each claim, the fewest devices that each of its requests asks for.
    least_sizes: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ask:
    """A query of a claim, and what it makes of each device."""

    query: DeviceQuery
    #: Devices that its selectors accept; for All, those that have the capacity asked.
    selected: tuple[bool, ...]
    #: Selected, and tolerated.
    accepted: tuple[bool, ...]

    @property
    def size(self) -> int:
        return sum(self.selected) if self.query.allocation_mode == ALL else self.query.count

    @property
    def is_spoilt(self) -> bool:
        """It wants all of them, one of which it must not have."""
        return self.query.allocation_mode == ALL and self.selected != self.accepted


def translate(
    problem: AllocationProblem,
    features: SchedulerFeatures,
    pools: Sequence[VisiblePool],
    eligibility: Eligibility,
) -> Translation:
    """*problem* for ``fit``; what fails on the way is kept by *eligibility*."""
    devices, counter_sets = offered(pools, problem.allocated, features)
    asks = [
        [
            [_ask(claim, name, query, devices, features, eligibility) for name, query in queries_of(request)]
            for request in claim.requests
        ]
        for claim in problem.claims
    ]
    flat = [ask for of_claim in asks for of_request in of_claim for ask in of_request]
    attributes = sorted(
        {
            c.match_attribute or c.distinct_attribute or ""
            for claim in problem.claims
            for c in claim.constraints
        }
    )
    kinds: dict[tuple[bool, ...], int] = {}
    grouped: dict[tuple[object, ...], list[OfferedDevice]] = {}
    kind_of: dict[tuple[object, ...], int] = {}
    values_of: dict[tuple[object, ...], Mapping[str, frozenset[Token]]] = {}
    for number, each in enumerate(devices):
        accepted_by = tuple(ask.accepted[number] for ask in flat)
        kind = kinds.setdefault(accepted_by, len(kinds))
        values = _values(each, attributes, features)
        key = _key(each, kind, values)
        grouped.setdefault(key, []).append(each)
        kind_of[key], values_of[key] = kind, values
    order = {key: sorted(found, key=lambda each: each.is_in_use) for key, found in grouped.items()}
    return Translation(
        node=NodeDevices(
            groups=tuple(_group(found, kind_of[key], values_of[key]) for key, found in order.items()),
            counter_sets=counter_sets,
        ),
        claims=_demands(problem.claims, asks, kinds, features),
        devices=tuple(tuple(found) for found in order.values()),
        least_sizes=tuple(
            tuple(min((ask.size for ask in of_request), default=0) for of_request in of_claim)
            for of_claim in asks
        ),
    )


def _ask(
    claim: Claim,
    name: str,
    query: DeviceQuery,
    devices: Sequence[OfferedDevice],
    features: SchedulerFeatures,
    eligibility: Eligibility,
) -> _Ask:
    has_taints = features.has(Gate.DEVICE_TAINTS)
    capacity = query.capacity if features.has(Gate.CONSUMABLE_CAPACITY) else None
    selected = tuple(
        eligibility.accepts(claim.name, name, query, each.id, each.device.device)
        and (
            query.allocation_mode != ALL
            or not features.has(Gate.CONSUMABLE_CAPACITY)
            or has_capacity(capacity or {}, each.capacities, is_shared=each.is_shared)
        )
        for each in devices
    )
    accepted = tuple(
        is_selected and (not has_taints or tolerated(each.device.taints, query.tolerations))
        for is_selected, each in zip(selected, devices, strict=True)
    )
    return _Ask(query=query, selected=selected, accepted=accepted)


def _values(
    each: OfferedDevice, attributes: Sequence[str], features: SchedulerFeatures
) -> dict[str, frozenset[Token]]:
    values: dict[str, frozenset[Token]] = {}
    for attribute in attributes:
        found = each.device.device.attributes.get(QualifiedName.parse(attribute, each.id.driver))
        if found is None or (isinstance(found, tuple) and not features.has(Gate.LIST_ATTRIBUTES)):
            continue
        values[attribute] = _tokens(found)
    return values


def _tokens(value: AttributeValue) -> frozenset[Token]:
    return frozenset(_token(each) for each in (value if isinstance(value, tuple) else (value,)))


def _token(value: Scalar) -> Token:
    # Versions are compared as they are written.
    return ("version", value.text) if isinstance(value, VersionText) else (type(value).__name__, value)


def _key(each: OfferedDevice, kind: int, values: Mapping[str, frozenset[Token]]) -> tuple[object, ...]:
    capacities = tuple(
        (name, capacity.value.nano, capacity.policy, capacity.consumed.nano)
        for name, capacity in each.capacities.items()
    )
    return (
        kind,
        each.is_shared,
        each.is_partly_held,
        each.takes,
        capacities,
        tuple(sorted(values.items(), key=lambda item: item[0])),
        bool(each.device.binding_conditions),
    )


def _group(found: Sequence[OfferedDevice], kind: int, values: Mapping[str, frozenset[Token]]) -> DeviceGroup:
    first = found[0]
    return DeviceGroup(
        kind=kind,
        count=len(found),
        in_use=sum(each.is_in_use for each in found),
        values=values,
        takes=first.takes,
        is_shared=first.is_shared,
        is_partly_held=first.is_partly_held,
        capacities=first.capacities,
        is_last_resort=bool(first.device.binding_conditions),
    )


def _demands(
    claims: Sequence[Claim],
    asks: Sequence[Sequence[Sequence[_Ask]]],
    kinds: Mapping[tuple[bool, ...], int],
    features: SchedulerFeatures,
) -> tuple[ClaimDemand, ...]:
    number = 0
    demands = []
    for claim, of_claim in zip(claims, asks, strict=True):
        requests = []
        for of_request in of_claim:
            alternatives = []
            for ask in of_request:
                accepts = sum(1 << kind for accepted_by, kind in kinds.items() if accepted_by[number])
                alternatives.append(_alternative(ask, accepts, features))
                number += 1
            requests.append(RequestDemand(alternatives=tuple(alternatives)))
        demands.append(ClaimDemand(requests=tuple(requests), constraints=_constraints(claim)))
    return tuple(demands)


def _alternative(ask: _Ask, accepts: int, features: SchedulerFeatures) -> Alternative:
    has_sharing = features.has(Gate.CONSUMABLE_CAPACITY)
    return Alternative(
        accepts=0 if ask.is_spoilt else accepts,
        count=None if ask.query.allocation_mode == ALL else ask.query.count,
        is_admin=bool(ask.query.admin_access),
        capacity=(ask.query.capacity or {}) if has_sharing else {},
    )


def _constraints(claim: Claim) -> tuple[Constraint, ...]:
    return tuple(
        Constraint(
            attribute=each.match_attribute or each.distinct_attribute or "",
            is_distinct=each.match_attribute is None,
            scopes=_scopes(claim, each.requests),
        )
        for each in claim.constraints
    )


def _scopes(claim: Claim, names: Sequence[str]) -> frozenset[Scope]:
    scopes: set[Scope] = set()
    for number, request in enumerate(claim.requests):
        if not names or request.name in names:
            scopes.add(Scope(number))
        for alternative, (name, _) in enumerate(queries_of(request)):
            if name in names and request.first_available:
                scopes.add(Scope(number, alternative))
    return frozenset(scopes)
