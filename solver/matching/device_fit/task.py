"""What the search has to serve: requests of claims, with the members that would do for each alternative."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.quantity import Quantity
from solver.matching.device_fit.capacity import consumption, suffices
from solver.matching.device_fit.demand import Alternative, ClaimDemand
from solver.matching.device_fit.layout import Layout


class Candidate(NamedTuple):
    """A member that an option accepts, and what it takes of the member's own capacities, packed."""

    member: int
    need: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Option:
    """An alternative of a request on this node."""

    alternative: int
    count: int
    is_admin: bool
    #: Every candidate has to be given, once.
    is_all: bool
    candidates: tuple[Candidate, ...]
    #: Constraints that bind it, by number.
    constraints: tuple[int, ...]
    #: For the groups of shared devices: what the option takes of each capacity.
    consumed: Mapping[int, Mapping[str, Quantity]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Task:
    """A request to serve."""

    claim: int
    request: int
    #: The preferred one first; those that cannot be had in any case are left out.
    options: tuple[Option, ...]
    #: Counting is enough: one option, plain members, nothing that ties it to others but their number.
    is_simple: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BoundConstraint:
    """A constraint of a claim, without its scope."""

    attribute: str
    is_distinct: bool


def constraints_of(claims: Sequence[ClaimDemand]) -> tuple[BoundConstraint, ...]:
    """The constraints of all claims, numbered in order."""
    return tuple(
        BoundConstraint(attribute=constraint.attribute, is_distinct=constraint.is_distinct)
        for claim in claims
        for constraint in claim.constraints
    )


def admin_ties(claims: Sequence[ClaimDemand]) -> tuple[tuple[int, ...], ...]:
    """For each claim those with admin access that come first, itself included, of the same pod."""
    with_admin = [
        number
        for number, claim in enumerate(claims)
        if any(way.is_admin for request in claim.requests for way in request.alternatives)
    ]
    return tuple(
        tuple(each for each in with_admin if each <= number and claims[each].pod == claim.pod)
        for number, claim in enumerate(claims)
    )


def tasks_of(layout: Layout, claims: Sequence[ClaimDemand]) -> tuple[Task, ...]:
    """The requests of *claims* in order."""
    tasks = []
    first_constraint = 0
    ties = admin_ties(claims)
    for number, claim in enumerate(claims):
        for index, request in enumerate(claim.requests):
            found = (
                _option(layout, way, alternative, _binding(claim, first_constraint, index, alternative))
                for alternative, way in enumerate(request.alternatives)
            )
            options = tuple(option for option in found if option is not None)
            is_simple = not ties[number] and len(request.alternatives) == 1 and _counts(layout, options)
            tasks.append(Task(claim=number, request=index, options=options, is_simple=is_simple))
        first_constraint += len(claim.constraints)
    return tuple(tasks)


def _binding(claim: ClaimDemand, first: int, request: int, alternative: int) -> tuple[int, ...]:
    return tuple(
        first + number
        for number, constraint in enumerate(claim.constraints)
        if constraint.covers(request, alternative)
    )


def _counts(layout: Layout, options: tuple[Option, ...]) -> bool:
    return all(
        not option.is_all
        and not option.is_admin
        and not option.constraints
        and all(
            layout.places[member] is None and not layout.groups[layout.members[member].group].is_last_resort
            for member, _ in option.candidates
        )
        for option in options
    )


def _option(
    layout: Layout, way: Alternative, alternative: int, constraints: tuple[int, ...]
) -> Option | None:
    """*way* on this node, or None if it cannot be had in any case."""
    is_all = way.count is None
    consumed: dict[int, Mapping[str, Quantity]] = {}
    candidates = []
    for kind, members in layout.by_kind.items():
        if not way.accepts >> kind & 1:
            continue
        for member in members:
            need = _need(layout, member, way, consumed)
            if need is None:
                continue
            if layout.members[member].free or way.is_admin:
                candidates.append(Candidate(member, need))
            elif is_all:
                return None
    candidates.sort()
    supply = sum(layout.members[member].total for member, _ in candidates)
    if is_all and not way.is_admin and supply != sum(layout.members[m].free for m, _ in candidates):
        return None
    count = supply if way.count is None else way.count
    if count > MOST_DEVICES_OF_A_CLAIM or (is_all and count == 0):
        return None
    return Option(
        alternative=alternative,
        count=count,
        is_admin=way.is_admin,
        is_all=is_all,
        candidates=tuple(candidates),
        constraints=constraints,
        consumed=consumed,
    )


def _need(
    layout: Layout, index: int, way: Alternative, consumed: dict[int, Mapping[str, Quantity]]
) -> int | None:
    """What *way* takes of the capacities of a member, packed; None: it has not got that."""
    member = layout.members[index]
    group = layout.groups[member.group]
    if member.own_vector is None:
        return 0 if not way.capacity or suffices(way.capacity, group.capacities) else None
    taken = consumption(way.capacity, group.capacities)
    if taken is None:
        return None
    consumed[member.group] = taken
    return layout.vectors[member.own_vector].need([amount.nano for amount in taken.values()])
