"""Orders in which the allocator may come across the pools of a node.

Up to 1.35 it walks over a Go map. A map of at most eight entries keeps them as they were put in, and a walk
begins anywhere among its eight places: the pools come in the order of their first slices, or in a rotation
of that order (the runs of reference/dra.md 2.5 have the second pool first in 25 of 200). A larger map
can have any order; of those a bounded number is tried.
"""

from collections.abc import Iterator, Sequence
from itertools import permutations, product

from solver.matching.replay.asks import Asked
from solver.matching.replay.scene import Scene
from solver.matching.replay.walk import Order, Walk

_PLACES = 8
_MOST_PERMUTED = 5
_MOST_SLICES_PERMUTED = 3
_MOST_ORDERS = 64


def orders(claims: Sequence[Asked], scene: Scene, *, shuffles_slices: bool) -> list[Order]:
    """The orders that can make a difference for *claims*, the most likely first; always at least one.

    *shuffles_slices*: the slices of a pool come in any order too, as they do from an informer.
    """
    walk = scene.stage.walk
    pools = list(range(len(scene.pools)))
    straight = walk.order(pools, {})
    if scene.behaviour.orders_pools or (len(pools) <= 1 and not shuffles_slices):
        return [straight]
    concerned = _concerned(claims)
    found: dict[tuple[Order, ...], Order] = {}
    slices = list(_shuffled(walk, concerned)) if shuffles_slices else [dict[int, Order]()]
    for sequence, shuffled in product(_pool_orders(pools, walk.pools_of(concerned)), slices):
        order = walk.order(sequence, shuffled)
        key = tuple(tuple(number for number in order if number in each) for each in concerned)
        found.setdefault(key, order)
        if len(found) >= _MOST_ORDERS:
            break
    return list(found.values()) or [straight]


def _concerned(claims: Sequence[Asked]) -> list[frozenset[int]]:
    """For each request the slots and barriers that it can come across."""
    found = (
        frozenset(ask.everything if ask.takes_all else ask.candidates)
        for each in claims
        for alternatives in each.requests
        for ask in alternatives
    )
    return list(dict.fromkeys(found))


def _pool_orders(pools: Sequence[int], concerned: Sequence[int]) -> Iterator[list[int]]:
    if len(pools) <= _PLACES:
        yield from _rotations(pools)
        return
    others = [number for number in pools if number not in concerned]
    if len(concerned) <= _MOST_PERMUTED:
        yield from ([*chosen, *others] for chosen in permutations(concerned))
        return
    for chosen in (concerned, concerned[::-1]):
        yield from ([*rotated, *others] for rotated in _rotations(chosen))


def _rotations(numbers: Sequence[int]) -> Iterator[list[int]]:
    for first in range(max(len(numbers), 1)):
        yield [*numbers[first:], *numbers[:first]]


def _shuffled(walk: Walk, concerned: Sequence[frozenset[int]]) -> Iterator[dict[int, Order]]:
    """Orders of the slices of each concerned pool, by pool."""
    pools = [pool for pool in walk.pools_of(concerned) if len(walk.slices[pool]) > 1]
    for chosen in product(*(_slice_orders(walk.slices[pool]) for pool in pools)):
        yield dict(zip(pools, chosen, strict=True))


def _slice_orders(slices: Sequence[int]) -> Iterator[Order]:
    if len(slices) <= _MOST_SLICES_PERMUTED:
        yield from permutations(slices)
        return
    yield from map(tuple, _rotations(slices))
    yield tuple(slices[::-1])
