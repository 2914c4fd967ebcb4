"""Drawing and dividing with integers alone, so that every machine draws the same."""

import random
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import TypeVar

Value = TypeVar("Value")


def stream(seed: int, name: str) -> random.Random:
    """The random numbers of one purpose: what is drawn for another one never shifts them."""
    return random.Random(f"{seed}/{name}")  # noqa: S311 (repeatable is the point)


def drawn(rng: random.Random, weights: Mapping[Value, int]) -> Value:
    """One of the keys, as often as its weight says.

    Raises:
        ValueError: no weight is above 0.
    """
    values = list(weights)
    ends = list(accumulate(weights.values()))
    return values[bisect_right(ends, rng.randrange(ends[-1] if ends else 0))]


def happens(rng: random.Random, permille: int) -> bool:
    """Whether something does that happens *permille* times in a thousand."""
    return rng.randrange(1000) < permille


def apportioned(total: int, weights: Sequence[int], *, least: int = 0) -> list[int]:
    """*total* in whole parts as near to *weights* as can be, none below *least*; by largest remainder.

    Raises:
        ValueError: *total* is too small for so many parts of *least*.
    """
    rest = total - least * len(weights)
    if rest < 0 or (not weights and total):
        raise ValueError(f"{total} in {len(weights)} parts of at least {least} is not possible")
    shares = weights if sum(weights) else [1] * len(weights)
    whole = sum(shares)
    parts = [least + rest * share // whole for share in shares]
    by_remainder = sorted(range(len(shares)), key=lambda at: (-(rest * shares[at] % whole), at))
    for at in by_remainder[: total - sum(parts)]:
        parts[at] += 1
    return parts
