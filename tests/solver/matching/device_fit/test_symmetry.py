"""Nodes of like islands, where the search skips most of what brute force has to try."""

import os
from collections.abc import Iterator
from random import Random

import pytest

from solver.domain.quantity import Quantity
from solver.matching.device_fit import (
    Alternative,
    Assignment,
    CapacityOfGroup,
    ClaimDemand,
    Constraint,
    DeviceGroup,
    NodeDevices,
    RequestDemand,
    Scope,
    Token,
    can_fit,
    fit,
)

EXAMPLES = int(os.environ.get("DEVICE_FIT_EXAMPLES", "1900")) // 2
CHUNKS = 4
PARENT, ROOT = "x/parent", "x/root"


def island_node(random: Random) -> NodeDevices:
    """Two to four islands of at most two layouts, some shared devices, some plain ones."""
    layouts = [
        [
            (random.randrange(4), tuple(random.choice((0, 1, 1, 2, 4)) for _ in range(2)))
            for _ in range(random.randint(1, 4))
        ]
        for _ in range(2)
    ]
    groups: list[DeviceGroup] = []
    counter_sets = []
    for island in range(random.randint(2, 4)):
        layout = layouts[random.random() < 0.25]
        counter_sets.append((4, 4) if random.random() < 0.9 else (2, 4))
        root = f"r{island if random.random() < 0.5 else 0}"
        is_shared = random.random() < 0.15
        for kind, amounts in layout:
            groups.append(
                DeviceGroup(
                    kind=kind,
                    count=random.choice((1, 1, 2)),
                    values=values(parent=f"p{island}", root=root),
                    takes=((island, amounts),),
                    is_shared=is_shared,
                    capacities={"m": CapacityOfGroup(value=Quantity.of(3))} if is_shared else {},
                )
            )
    for number in range(random.choice((0, 1, 2))):
        count = random.randint(1, 2)
        groups.append(
            DeviceGroup(
                kind=random.choice((3, 4)),
                count=count,
                in_use=int(random.random() < 0.2),
                values=values(parent=f"n{number}", root=f"r{number}"),
            )
        )
    for _ in range(random.choice((0, 0, 2, 3))):
        capacities = {"m": CapacityOfGroup(value=Quantity.of(3))}
        groups.append(DeviceGroup(kind=5, count=random.choice((1, 2)), is_shared=True, capacities=capacities))
    return NodeDevices(groups=tuple(groups), counter_sets=tuple(counter_sets))


def values(*, parent: str, root: str) -> dict[str, frozenset[Token]]:
    return {PARENT: frozenset({("str", parent)}), ROOT: frozenset({("str", root)})}


def demands(random: Random) -> list[ClaimDemand]:
    """Up to four claims, of not more devices than brute force can bear."""
    claims: list[ClaimDemand] = []
    devices = 0
    for _ in range(random.randint(1, 4)):
        requests = tuple(
            RequestDemand(
                alternatives=tuple(
                    Alternative(
                        accepts=random.choice((1, 2, 4, 8, 3, 12, 16, 32, 40)),
                        count=random.choice((1, 1, 1, 2, 2, 3)),
                        is_admin=random.random() < 0.05,
                        capacity={"m": Quantity.of(random.randint(1, 2))} if random.random() < 0.1 else {},
                    )
                    for _ in range(random.choice((1, 1, 1, 2)))
                )
            )
            for _ in range(random.choice((1, 1, 2)))
        )
        constraints = []
        if random.random() < 0.4:
            scopes = frozenset(Scope(r) for r in range(len(requests)) if random.random() < 0.9)
            attribute = random.choice((PARENT, PARENT, ROOT))
            constraints.append(
                Constraint(attribute=attribute, is_distinct=random.random() < 0.4, scopes=scopes)
            )
        devices += sum(max(way.count or 0 for way in request.alternatives) for request in requests)
        if devices > 6 and claims:
            break
        claims.append(ClaimDemand(requests=requests, constraints=tuple(constraints)))
    return claims


Place = tuple[int, int]
Given = tuple[int, int, int, Place]


def brute_force(node: NodeDevices, claims: list[ClaimDemand]) -> tuple[int, ...] | None:
    """The first alternatives that can be served, by trying every device."""
    requests = [(c, r) for c, claim in enumerate(claims) for r in range(len(claim.requests))]

    def choices(number: int) -> Iterator[tuple[int, ...]]:
        if number == len(requests):
            yield ()
            return
        c, r = requests[number]
        for alternative in range(len(claims[c].requests[r].alternatives)):
            for rest in choices(number + 1):
                yield (alternative, *rest)

    for choice in choices(0):
        slots = []
        for (c, r), alternative in zip(requests, choice, strict=True):
            way = claims[c].requests[r].alternatives[alternative]
            slots.extend([(c, r, alternative, way)] * (way.count or 0))
        if _fill(node, claims, slots, []):
            return choice
    return None


def _fill(
    node: NodeDevices,
    claims: list[ClaimDemand],
    slots: list[tuple[int, int, int, Alternative]],
    given: list[Given],
) -> bool:
    if len(given) == len(slots):
        return True
    c, r, alternative, way = slots[len(given)]
    is_same = bool(given) and given[-1][:2] == (c, r)
    for group, each in enumerate(node.groups):
        if not way.accepts >> each.kind & 1:
            continue
        for ordinal in range(each.count):
            if is_same and (group, ordinal) < given[-1][3]:
                continue
            given.append((c, r, alternative, (group, ordinal)))
            if is_allowed(node, claims, given) and _fill(node, claims, slots, given):
                return True
            given.pop()
    return False


def is_allowed(node: NodeDevices, claims: list[ClaimDemand], given: list[Given]) -> bool:
    return (
        _has_counters(node, given)
        and all(_is_free(node, claims, given[:number], given[number]) for number in range(len(given)))
        and _shares_fit(node, claims, given)
        and all(
            _agree(node, [each for each in given if each[0] == c], constraint)
            for c, claim in enumerate(claims)
            for constraint in claim.constraints
        )
    )


def way_of(claims: list[ClaimDemand], each: Given) -> Alternative:
    return claims[each[0]].requests[each[1]].alternatives[each[2]]


def _has_counters(node: NodeDevices, given: list[Given]) -> bool:
    left = [list(amounts) for amounts in node.counter_sets]
    for group, _ in {each[3] for each in given}:
        for number, amounts in node.groups[group].takes:
            left[number] = [a - b for a, b in zip(left[number], amounts, strict=True)]
    return all(amount >= 0 for amounts in left for amount in amounts)


def _is_free(node: NodeDevices, claims: list[ClaimDemand], before: list[Given], each: Given) -> bool:
    place = each[3]
    group = node.groups[place[0]]
    if group.is_shared:
        return True
    is_admin = way_of(claims, each).is_admin
    if not is_admin and place[1] >= group.count - group.in_use:
        return False
    return not any(other[3] == place and (other[0] == each[0] or not is_admin) for other in before)


def _shares_fit(node: NodeDevices, claims: list[ClaimDemand], given: list[Given]) -> bool:
    taken: dict[Place, int] = {}
    for each in given:
        group = node.groups[each[3][0]]
        asked = way_of(claims, each).capacity.get("m")
        if asked is not None and "m" not in group.capacities:
            return False
        if group.is_shared:
            taken[each[3]] = taken.get(each[3], 0) + (3 if asked is None else asked.value())
    return all(amount <= 3 for (group, _), amount in taken.items() if node.groups[group].capacities)


def _agree(node: NodeDevices, given: list[Given], constraint: Constraint) -> bool:
    found = [
        node.groups[place[0]].values.get(constraint.attribute)
        for _, r, alternative, place in given
        if constraint.covers(r, alternative)
    ]
    if None in found:
        return False
    return len(set(found)) == (len(found) if constraint.is_distinct else min(len(found), 1))


def complaint(node: NodeDevices, claims: list[ClaimDemand]) -> str:
    expected = brute_force(node, claims)
    found = fit(node, claims)
    if (expected is None) != (found is None) or can_fit(node, claims) != (found is not None):
        return f"expected {expected}, found {found}"
    if expected is None or found is None:
        return ""
    choice = tuple(each.alternative for claim in found.claims for each in claim)
    if choice != expected or not is_allowed(node, claims, list(given_of(found))):
        return f"expected {expected}, found {found}"
    return ""


def given_of(found: Assignment) -> Iterator[Given]:
    for c, claim in enumerate(found.claims):
        for r, served in enumerate(claim):
            for grant in served.grants:
                yield c, r, served.alternative, (grant.group, grant.ordinal)


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_seeds_get_the_answer_of_brute_force(chunk: int) -> None:
    """Skipping what is symmetric, remembering what failed and bounds lose no solution."""
    for seed in range(chunk, EXAMPLES, CHUNKS):
        random = Random(seed)  # noqa: S311
        node, claims = island_node(random), demands(random)

        assert not complaint(node, claims), seed
