"""The best way to put the pods of one replica on the nodes of an area, exactly.

What pods cost on a node adds up over nodes, so a dynamic programme over nodes finds the least; like nodes beyond
as many as there are pods can be left out.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np

from solver.domain.policy import TierName
from solver.live.nodes import Asked, Ints, NodeArrays
from solver.live.shape import PodType
from solver.live.shape_builder import together
from solver.matching.options import MemberOption

Counts = tuple[int, ...]
"""Pods by type."""

#: Tiers that add up over the pods of a replica, each node for itself.
BY_NODE = (TierName.EXPECTED, TierName.PRICE, TierName.STRANDED, TierName.CANONICAL)

#: Larger than any sum of one tier: several tiers are compared as one number.
_BASE = 1 << 64

Prices = Callable[[MemberOption, Ints], Ints]
"""What a pod costs on each of some nodes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pods:
    """Pods of a type as one deployment has them."""

    type: PodType
    asked: Asked
    option: MemberOption

    @property
    def count(self) -> int:
        """How many there are."""
        return self.type.count


@dataclass(frozen=True, slots=True)
class Trail:
    """The last node that was used, what went there, and what came before."""

    node: int
    counts: Counts
    before: "Trail | None"

    def __iter__(self) -> Iterator[tuple[int, Counts]]:
        step: Trail | None = self
        while step is not None:
            yield step.node, step.counts
            step = step.before


Reached = dict[Counts, tuple[int, Trail | None]]
"""The least cost of placing so many pods of each type, and how."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Choice:
    """A node, how many pods of each type it takes alone, and what they cost there."""

    node: int
    most: Counts
    prices: Counts
    is_expected: int
    left: int
    is_touched: bool


class Packing:
    """Packs pods on nodes as they are now, comparing the tiers of *order* that add up by node."""

    def __init__(self, nodes: NodeArrays, order: Sequence[TierName], prices: Prices) -> None:
        self._nodes = nodes
        self._order = [tier for tier in order if tier in BY_NODE]
        self._prices = prices

    def reached(self, types: Sequence[Pods], where: Sequence[Ints]) -> Reached:
        """Every number of pods of *types* that fits on the nodes *where* each may be, at the least cost."""
        wanted = tuple(each.count for each in types)
        reached: Reached = {(0,) * len(types): (0, None)}
        for choice in self._choices(types, where):
            loads = list(self._loads(types, choice))
            for counts, (cost, trail) in list(reached.items()):
                for load, price in loads:
                    total = tuple(a + b for a, b in zip(counts, load, strict=True))
                    if any(have > most for have, most in zip(total, wanted, strict=True)):
                        continue
                    known = reached.get(total)
                    if known is None or cost + price < known[0]:
                        reached[total] = cost + price, Trail(choice.node, load, trail)
        return reached

    def best(self, types: Sequence[Pods], where: Sequence[Ints]) -> Trail | None:
        """The best way to place all of *types*, None if there is none."""
        if len(types) == 1:
            found = self._one_each(types[0], where[0])
            if found is not None:
                return found
        wanted = tuple(each.count for each in types)
        return self.reached(types, where).get(wanted, (0, None))[1]

    def _one_each(self, each: Pods, where: Ints) -> Trail | None:
        """The best nodes where none takes more than one pod."""
        most = self._nodes.most(each.type.number, each.asked, where, enough=2)
        if most.max(initial=0) > 1 or int(most.sum()) < each.count:
            return None
        nodes = where[most > 0]
        columns = [self._column(tier, each, nodes) for tier in self._order]
        ranked = nodes[np.lexsort([nodes, *reversed(columns)])] if columns else nodes
        trail: Trail | None = None
        for node in ranked[: each.count]:
            trail = Trail(int(node), (1,), trail)
        return trail

    def _column(self, tier: TierName, each: Pods, nodes: Ints) -> Ints:
        match tier:
            case TierName.EXPECTED:
                return self._nodes.is_expected[nodes]
            case TierName.PRICE:
                return self._prices(each.option, nodes)
            case TierName.STRANDED:
                return self._nodes.stranding(nodes, each.type.taken)
            case _:
                return nodes

    def _choices(self, types: Sequence[Pods], where: Sequence[Ints]) -> Iterator[_Choice]:
        """The nodes that take some pod, by position; of like ones only as many as there are pods."""
        most: dict[int, list[int]] = {}
        prices: dict[int, list[int]] = {}
        for index, (each, nodes) in enumerate(zip(types, where, strict=True)):
            counts = self._nodes.most(each.type.number, each.asked, nodes, enough=each.count)
            usable = nodes[counts > 0]
            found = zip(usable, counts[counts > 0], self._prices(each.option, usable), strict=True)
            for node, count, price in found:
                most.setdefault(int(node), [0] * len(types))[index] = int(count)
                prices.setdefault(int(node), [0] * len(types))[index] = int(price)
        enough = sum(each.count for each in types)
        alike: dict[object, int] = {}
        for node in sorted(most):
            arrays = self._nodes
            left = int(arrays.free[node] - arrays.used[node])
            touched = bool(arrays.is_touched[node] or arrays.used[node] > 0)
            key = (
                int(arrays.devices[node]),
                *(int(column[node]) for column in arrays.left),
                int(arrays.is_expected[node]),
                left,
                touched,
                *most[node],
                *prices[node],
            )
            alike[key] = alike.get(key, 0) + 1
            if alike[key] <= enough:
                yield _Choice(
                    node=node,
                    most=tuple(most[node]),
                    prices=tuple(prices[node]),
                    is_expected=int(arrays.is_expected[node]),
                    left=left,
                    is_touched=touched,
                )

    def _loads(self, types: Sequence[Pods], choice: _Choice) -> Iterator[tuple[Counts, int]]:
        """What *choice* takes together, and what that costs."""
        for load in product(*(range(most + 1) for most in choice.most)):
            if not any(load) or not self._fits(types, choice, load):
                continue
            taken = sum(each.type.taken * count for each, count in zip(types, load, strict=True))
            pods = sum(load)
            touched = choice.is_touched or taken > 0
            before = max(choice.left, 0) if choice.is_touched else 0
            after = max(choice.left - taken, 0) if touched else 0
            costs: Mapping[TierName, int] = {
                TierName.EXPECTED: choice.is_expected * pods,
                TierName.PRICE: sum(p * count for p, count in zip(choice.prices, load, strict=True)),
                TierName.STRANDED: after - before,
                TierName.CANONICAL: (choice.node + 1) * pods,
            }
            cost = 0
            for tier in self._order:
                cost = cost * _BASE + costs[tier]
            yield load, cost

    def _fits(self, types: Sequence[Pods], choice: _Choice, load: Counts) -> bool:
        if sum(count > 0 for count in load) == 1:
            return True
        pairs = [(each, count) for each, count in zip(types, load, strict=True) if count]
        number = self._nodes.number(together((each.type.unit, count) for each, count in pairs))
        slots, cpu, memory = (sum(each.asked[i] * count for each, count in pairs) for i in range(3))
        here = np.array([choice.node], dtype=np.int64)
        return bool(self._nodes.most(number, (slots, cpu, memory), here)[0])
