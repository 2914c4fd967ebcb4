"""Devices that take from the same vectors, and which such islands differ in nothing but names.

Two islands of one class in the same state are tried once: eight partitionable GPUs cost what one does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.matching.device_fit.member import Member
from solver.matching.device_fit.node_devices import DeviceGroup, NodeDevices, Token


@dataclass(frozen=True, slots=True, kw_only=True)
class Island:
    """Members and vectors, in an order that islands of one class share."""

    class_number: int
    members: tuple[int, ...]
    vectors: tuple[int, ...]
    #: Attribute values that no other device of the node has, and what islands of one class call them.
    own_values: dict[Token, int]


def islands_of(
    node: NodeDevices, members: Sequence[Member], roots: Sequence[int], attributes: frozenset[str]
) -> tuple[Island, ...]:
    """The islands of *members*; *roots* names the part that each vector belongs to.

    Only *attributes* can tell devices apart.
    """
    inside: dict[int, list[int]] = {}
    for index, member in enumerate(members):
        if member.vectors:
            inside.setdefault(roots[member.vectors[0]], []).append(index)
    owners = _owners(node, members, roots, attributes)
    classes: dict[tuple[object, ...], int] = {}
    islands = []
    for root, found in inside.items():
        found.sort(key=lambda index: (_rank(node.groups[members[index].group]), index))
        numbers: dict[int, int] = {}
        own: dict[Token, int] = {}
        for index in found:
            for vector in members[index].vectors:
                numbers.setdefault(vector, len(numbers))
            values = node.groups[members[index].group].values
            for token in _tokens(values, attributes):
                if owners[token] == {root}:
                    own.setdefault(token, len(own))
        look = tuple(
            _look(node.groups[members[index].group], members[index], numbers, own, attributes)
            for index in found
        )
        left = tuple(node.counter_sets[vector] for vector in numbers if vector < len(node.counter_sets))
        islands.append(
            Island(
                class_number=classes.setdefault((look, left), len(classes)),
                members=tuple(found),
                vectors=tuple(numbers),
                own_values=own,
            )
        )
    return tuple(islands)


def _rank(group: DeviceGroup) -> tuple[object, ...]:
    """An order in which names count for nothing."""
    return (group.kind, group.is_shared, group.is_last_resort, [amounts for _, amounts in group.takes])


def _tokens(values: Mapping[str, frozenset[Token]], attributes: frozenset[str]) -> list[Token]:
    return [token for name in sorted(attributes) for token in sorted(values.get(name, ()), key=repr)]


def _owners(
    node: NodeDevices, members: Sequence[Member], roots: Sequence[int], attributes: frozenset[str]
) -> dict[Token, set[int | None]]:
    """For each attribute value the islands whose devices have it; None stands for all plain devices."""
    owners: dict[Token, set[int | None]] = {}
    for member in members:
        root = roots[member.vectors[0]] if member.vectors else None
        for token in _tokens(node.groups[member.group].values, attributes):
            owners.setdefault(token, set()).add(root)
    return owners


def _look(
    group: DeviceGroup,
    member: Member,
    numbers: dict[int, int],
    own: dict[Token, int],
    attributes: frozenset[str],
) -> tuple[object, ...]:
    """All that matters about a device, without names."""
    values = tuple(
        frozenset((None, own[token]) if token in own else token for token in group.values.get(name, ()))
        if name in group.values
        else None
        for name in sorted(attributes)
    )
    capacities = tuple(
        (name, capacity.value.nano, capacity.policy, capacity.consumed.nano)
        for name, capacity in sorted(group.capacities.items())
    )
    return (
        group.kind,
        group.is_shared,
        group.is_last_resort,
        member.free,
        member.is_charged,
        tuple((numbers[vector], amounts) for vector, amounts in group.takes),
        None if member.own_vector is None else numbers[member.own_vector],
        capacities,
        values,
    )
