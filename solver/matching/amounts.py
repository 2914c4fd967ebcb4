"""What pods take in any case of the counters and the shared capacities of a node, added up over the node.

A sum says less than the counters of each device, so it never refuses what fits; it is what a linear model can
know of parts and shares.
"""

from collections.abc import Iterable, Mapping

from solver.matching.device_fit.capacity import consumption
from solver.matching.kinds import DeviceKinds, bits
from solver.matching.node_fit import Need, claims_of
from solver.matching.node_grouping import GroupedNode
from solver.matching.pod_claim import PodClaim, PodQuery

Amounts = Mapping[str, int]
"""Nano units by name: ``counter memory-slice``, ``capacity memory``."""


def amounts_left(grouped: GroupedNode) -> Amounts:
    """What is left on a node, all counter sets and all shared devices together."""
    left: dict[str, int] = dict(grouped.counters)
    for group in grouped.devices.groups:
        if group.is_shared:
            for name, capacity in group.capacities.items():
                rest = max(0, capacity.value.nano - capacity.consumed.nano)
                key = f"capacity {name}"
                left[key] = left.get(key, 0) + rest * (group.count - group.in_use)
    return left


def amounts_of(needs: Iterable[Need], kinds: DeviceKinds) -> Amounts:
    """What a unit with *needs* takes at the least."""
    total: dict[str, int] = {}
    for claim in claims_of(needs):
        for name, amount in _of_claim(claim, kinds).items():
            total[name] = total.get(name, 0) + amount
    return total


def amounts_held(held: Iterable[tuple[int, int]], kinds: DeviceKinds) -> Amounts:
    """What devices by kind take of counters."""
    total: dict[str, int] = {}
    for kind, count in held:
        for name, amount in kinds.terms[kind].counters:
            key = f"counter {name}"
            total[key] = total.get(key, 0) + amount.nano * count
    return total


def _of_claim(claim: PodClaim, kinds: DeviceKinds) -> Amounts:
    total: dict[str, int] = {}
    for ways in claim.requests:
        each = [_of_query(query, kinds) for query in ways]
        for name in set.intersection(*(set(found) for found in each)) if each else set():
            total[name] = total.get(name, 0) + min(found[name] for found in each)
    return total


def _of_query(query: PodQuery, kinds: DeviceKinds) -> Amounts:
    """What one way to serve a request takes of what every kind that would do takes from."""
    if query.is_admin:
        return {}
    each = [_of_kind(kind, query, kinds) for kind in bits(query.accepts)]
    usable = [found for found in each if found is not None]
    if not usable:
        return {}
    names = set.intersection(*(set(found) for found in usable))
    return {name: min(found[name] for found in usable) * (query.count or 1) for name in sorted(names)}


def _of_kind(kind: int, query: PodQuery, kinds: DeviceKinds) -> Amounts | None:
    """What one device of *kind* takes for *query*; None: it cannot serve it."""
    terms = kinds.terms[kind]
    if not terms.is_shared:
        return {f"counter {name}": amount.nano for name, amount in terms.counters}
    taken = consumption(dict(query.capacity), terms.limits)
    return None if taken is None else {f"capacity {name}": amount.nano for name, amount in taken.items()}
