"""The search's view of a node: members, what they take from, and which of them hang together.

A *member* is a counted plain group, or one single device that is shared or takes from counters. What such
devices take from is a *vector* (a counter set, or the capacities of a shared device); what vectors tie
together is an *island*, a partitionable GPU for example.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from solver.matching.device_fit.islands import Island, islands_of
from solver.matching.device_fit.member import Member
from solver.matching.device_fit.node_devices import DeviceGroup, NodeDevices
from solver.matching.device_fit.partition import joined
from solver.matching.device_fit.vector import Vector


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Layout:
    """All of a node."""

    groups: tuple[DeviceGroup, ...]
    members: tuple[Member, ...]
    #: Members by kind.
    by_kind: dict[int, tuple[int, ...]]
    vectors: tuple[Vector, ...]
    islands: tuple[Island, ...]
    #: For each member its island and its place there; None: it is plain.
    places: tuple[tuple[int, int] | None, ...]


def layout_of(node: NodeDevices, attributes: frozenset[str]) -> Layout:
    """The view of *node* for demands whose constraints name *attributes*."""
    vectors = [Vector.of(amounts) for amounts in node.counter_sets]
    members: list[Member] = []
    for index, group in enumerate(node.groups):
        members.extend(_members(index, group, vectors))
    by_kind: dict[int, list[int]] = {}
    for index, member in enumerate(members):
        by_kind.setdefault(node.groups[member.group].kind, []).append(index)
    roots = joined(len(vectors), (member.vectors for member in members if member.vectors))
    islands = islands_of(node, members, roots, attributes)
    places: list[tuple[int, int] | None] = [None] * len(members)
    for number, island in enumerate(islands):
        for place, inside in enumerate(island.members):
            places[inside] = (number, place)
    return Layout(
        groups=node.groups,
        members=tuple(members),
        by_kind={kind: tuple(found) for kind, found in by_kind.items()},
        vectors=tuple(vectors),
        islands=islands,
        places=tuple(places),
    )


def _members(index: int, group: DeviceGroup, vectors: list[Vector]) -> Iterable[Member]:
    free = group.count - group.in_use
    if group.is_plain:
        yield Member(group=index, ordinal=0, free=free, total=group.count)
        return
    needs = [(number, vectors[number].need(amounts)) for number, amounts in group.takes]
    counters = tuple((number, need) for number, need in needs if need is not None)
    is_overdrawn = any(amount < 0 for number, _ in group.takes for amount in vectors[number].amounts)
    left = [capacity.value.nano - capacity.consumed.nano for capacity in group.capacities.values()]
    for ordinal in range(group.count):
        own_vector = None
        if group.is_shared:
            own_vector = len(vectors)
            vectors.append(Vector.of(left))
        yield Member(
            group=index,
            ordinal=ordinal,
            free=int(ordinal < free),
            total=1,
            vectors=(*(number for number, _ in group.takes), *(() if own_vector is None else (own_vector,))),
            counters=counters if len(counters) == len(needs) else None,
            is_charged=not group.takes or group.is_partly_held or (ordinal >= free and not is_overdrawn),
            own_vector=own_vector,
            share=_share(group, vectors),
        )


def _share(group: DeviceGroup, vectors: list[Vector]) -> int:
    """The largest part of a counter that a device of *group* takes, in thousandths."""
    return max(
        (
            1000 * amount // left
            for number, amounts in group.takes
            for amount, left in zip(amounts, vectors[number].amounts, strict=True)
            if left > 0
        ),
        default=0,
    )
