"""Assignment of device requests to the devices of one node, on counted kinds.

A request takes ``count`` devices of any of the kinds it accepts (a bit mask). Hall's theorem says when a set
of requests fits: for every union of accepted sets, what can only be served from it is at most what it holds.
``closed_sets`` gives the unions that matter, so that fitting is a handful of linear inequalities; ``assign``
gives a witness. That is exact for requests of whole devices. A pod that asks for more than counts has a claim
(``device_fit`` is exact on those), and its needs say only what it takes in any case.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from solver.matching.pod_claim import PodClaim


@dataclass(frozen=True, slots=True)
class Need:
    """*count* devices of the kinds in *accepts*."""

    accepts: int
    count: int
    #: Set on the first need of a pod that asks for more than counts.
    claim: PodClaim | None = None
    #: Whether a claim says more exactly what this need is about.
    is_claimed: bool = False
    #: Devices that its request is given, where that differs from what it takes from others.
    given: int | None = None
    #: What it takes of each of them, in thousandths, if they are shared.
    part: int | None = None

    @property
    def devices(self) -> int:
        """Devices that the request is given, at the most."""
        return self.count if self.given is None else self.given


def claims_of(needs: Iterable[Need]) -> tuple[PodClaim, ...]:
    """The claims among *needs*, one for each pod that has one."""
    return tuple(need.claim for need in needs if need.claim is not None)


def closed_sets(accepted: Iterable[int]) -> tuple[int, ...]:
    """The unions of overlapping sets among *accepted*, ascending; empty ones left out.

    Disjoint unions add nothing: their inequality is the sum of those of their parts.
    """
    base = sorted({mask for mask in accepted if mask})
    found = set(base)
    frontier = list(base)
    while frontier:
        current = frontier.pop()
        for mask in base:
            union = current | mask
            if current & mask and union not in found:
                found.add(union)
                frontier.append(union)
    return tuple(sorted(found))


def demand_within(needs: Iterable[Need], kinds: int) -> int:
    """Devices that *needs* can only take from *kinds*; a need that accepts nothing counts everywhere."""
    return sum(need.count for need in needs if need.accepts & ~kinds == 0)


def fits(needs: Sequence[Need], held: Mapping[int, int]) -> bool:
    """Whether all of *needs* can be served at once from *held* (devices by kind)."""
    present = 0
    for kind, count in held.items():
        if count > 0:
            present |= 1 << kind
    local = [Need(need.accepts & present, need.count) for need in needs if need.count]
    if any(need.accepts == 0 for need in local):
        return False
    return all(
        demand_within(local, union) <= supply(held, union)
        for union in closed_sets(need.accepts for need in local)
    )


def supply(held: Mapping[int, int], kinds: int) -> int:
    """Devices of *kinds* in *held*."""
    return sum(count for kind, count in held.items() if kinds >> kind & 1)


def assign(needs: Sequence[Need], held: Mapping[int, int]) -> tuple[Mapping[int, int], ...] | None:
    """Devices by kind for each need, or None if they do not fit.

    Scarce devices are spared: needs that accept the fewest kinds choose first, and a need takes first the
    kinds that the fewest other needs accept. Augmenting paths put right what that order gets wrong.
    """
    left = dict(held)
    given: list[dict[int, int]] = [{} for _ in needs]
    order = sorted(range(len(needs)), key=lambda i: (needs[i].accepts.bit_count(), i))
    for index in order:
        for _ in range(needs[index].count):
            if not _augment(index, needs, left, given, set()):
                return None
    return tuple(given)


def _augment(
    index: int, needs: Sequence[Need], left: dict[int, int], given: list[dict[int, int]], visited: set[int]
) -> bool:
    """Give need *index* one more device, moving others where that is needed."""
    accepted = sorted(
        (kind for kind in left if needs[index].accepts >> kind & 1),
        key=lambda kind: (sum(need.accepts >> kind & 1 for need in needs), kind),
    )
    for kind in accepted:
        if left[kind] > 0:
            left[kind] -= 1
            given[index][kind] = given[index].get(kind, 0) + 1
            return True
    for kind in accepted:
        if kind in visited:
            continue
        visited.add(kind)
        for other, holding in enumerate(given):
            if other == index or holding.get(kind, 0) == 0:
                continue
            if _augment(other, needs, left, given, visited):
                holding[kind] -= 1
                given[index][kind] = given[index].get(kind, 0) + 1
                return True
    return False
