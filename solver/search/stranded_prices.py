"""Prices of expected demand: a cutting-stock programme for each scenario, by column generation.

Nodes in equal states are one group. A column is a *pattern*, what one node of a group could hold; a group has as many
patterns as nodes, and a class is served as often as it is asked for. The dual of the demand row is what one more
request of the class is worth; its worth less that is its weight, and the best packings at these weights are the next
patterns, for all scenarios.

At any weights the values of all nodes, and the demand at its duals, add up to a bound on the programme. Duals that
swing are drawn towards those of the best bound; these are what comes back. Everything stops after a number of rounds,
never by the clock.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.search.first_patterns import first_patterns
from solver.search.pattern_programme import PatternProgramme, Solved
from solver.stranded.amounts import FreeNode
from solver.stranded.demand import Demand, Scenarios
from solver.stranded.joining import Cell
from solver.stranded.packing import Packings
from solver.stranded.prices import Prices
from solver.stranded.tables import Devices, Tables

#: How much of the new duals is taken against those of the best bound, in the first rounds after it.
_STEP = 0.5
#: Groups that get a new pattern in one round and scenario. All of them would take longer than more rounds.
_GROUPS_A_ROUND = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """How far column generation goes.

    *rounds* of patterns for all scenarios; it ends earlier where every bound is within *gap_milli* thousandths of what
    the patterns reach.
    """

    rounds: int = 8
    gap_milli: int = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class _Groups:
    keys: tuple[tuple[Devices, Cell], ...]
    nodes: NDArray[np.int64]


def stranded_prices(
    nodes: Sequence[FreeNode],
    expected: Demand,
    drawn: Scenarios,
    worth: NDArray[np.int64],
    *,
    effort: Effort | None = None,
    start: NDArray[np.int32] | None = None,
) -> Prices:
    """Weights of the classes in each scenario of *drawn*, with the best bound found.

    *start*: weights of earlier prices for the same classes and scenarios, a good place to begin.
    """
    effort = effort or Effort()
    wanted = drawn.counts
    search = _Search(nodes, expected, wanted, worth)
    weights = np.broadcast_to(worth, wanted.shape).astype(np.int32) if start is None else start
    for _ in range(effort.rounds):
        search.look(weights)
        if search.close(effort.gap_milli):
            break
        weights = search.next_weights()
    return Prices(
        expected=expected,
        worth=worth,
        weights=search.best_weights,
        bounds=tuple(int(bound) for bound in search.best_bounds),
    )


class _Search:
    def __init__(
        self,
        nodes: Sequence[FreeNode],
        expected: Demand,
        wanted: NDArray[np.int64],
        worth: NDArray[np.int64],
    ) -> None:
        self._nodes = nodes
        self._expected = expected
        self._wanted = wanted
        self._worth = worth
        self._kinds = 1 + max((node.kind for node in nodes), default=0)
        self._most_host = tuple(
            max((node.host[at] for node in nodes), default=0) for at in range(len(expected.grid.host_steps))
        )
        self._most_devices = max((len(node.devices) for node in nodes), default=0)
        # Groups are told apart by what any weights could tell apart: by what the full worth tells apart.
        everything = self._tables(np.maximum(worth, 1)[None].astype(np.int32))
        self._groups = _grouped(nodes, everything)
        self._programmes = [PatternProgramme(self._groups.nodes, counts, worth) for counts in wanted]
        self._seen: set[tuple[int, bytes]] = set()
        self._first: list[tuple[int, NDArray[np.int64]]] = []
        for counts in wanted:
            for group, pattern in first_patterns(
                self._groups.keys, self._groups.nodes, expected, counts, everything.serves
            ):
                self._add(self._first, group, pattern)
        self._open = list(range(len(wanted)))
        nothing = Solved(
            reached=0.0, group_duals=np.zeros(len(self._groups.nodes)), demand_duals=np.zeros(wanted.shape[1])
        )
        self._solved = [nothing] * len(wanted)
        self.best_weights: NDArray[np.int32] = np.zeros(wanted.shape, dtype=np.int32)
        self.best_bounds = np.full(len(wanted), np.iinfo(np.int64).max)

    def look(self, weights: NDArray[np.int32]) -> None:
        """Bounds at *weights* of the scenarios still open, new patterns at them, and the programmes with these."""
        tables = self._tables(weights)
        packings = Packings(tables)
        keys = [(tables.reduced(devices), cell) for devices, cell in self._groups.keys]
        values = np.array([tables.value_at(*key) for key in keys], dtype=np.int64).reshape(-1, len(weights))
        patterns, self._first = self._first, []
        for at, scenario in enumerate(self._open):
            self._bound(scenario, weights[at], int(values[:, at] @ self._groups.nodes))
            for group in self._promising(scenario, values[:, at]):
                self._add(patterns, group, packings.best(at, *keys[group]))
        for scenario in range(len(self._wanted)):
            self._programmes[scenario].add(patterns)
        for scenario in self._open:
            solved = self._programmes[scenario].solve()
            if solved is not None:
                self._solved[scenario] = solved

    def close(self, gap_milli: int) -> bool:
        """Leave scenarios alone whose bound is within *gap_milli* thousandths; whether none is left."""
        self._open = [
            scenario
            for scenario in self._open
            if 1000 * (self.best_bounds[scenario] - self._solved[scenario].reached)
            > gap_milli * self._solved[scenario].reached
        ]
        return not self._open

    def next_weights(self) -> NDArray[np.int32]:
        """Weights of the open scenarios, at duals between those of the best bound and the newest."""
        newest = self._worth - np.array([self._solved[scenario].demand_duals for scenario in self._open])
        drawn = _STEP * newest + (1 - _STEP) * self.best_weights[self._open]
        weights: NDArray[np.int32] = np.clip(np.rint(drawn), 0, self._worth).astype(np.int32)
        return weights

    def _bound(self, scenario: int, weights: NDArray[np.int32], value: int) -> None:
        bound = value + int(self._wanted[scenario] @ (self._worth - weights))
        if bound < self.best_bounds[scenario]:
            self.best_bounds[scenario] = bound
            self.best_weights[scenario] = weights

    def _promising(self, scenario: int, values: NDArray[np.int64]) -> list[int]:
        """The groups that are worth most above what their patterns earn now; the others can wait."""
        above = (values - self._solved[scenario].group_duals) * self._groups.nodes
        best = np.argsort(-above, kind="stable")[:_GROUPS_A_ROUND]
        return [int(group) for group in best if above[group] > 0]

    def _tables(self, weights: NDArray[np.int32]) -> Tables:
        return Tables(
            self._expected,
            weights,
            kinds=self._kinds,
            most_host=self._most_host,
            most_devices=self._most_devices,
        )

    def _add(
        self, patterns: list[tuple[int, NDArray[np.int64]]], group: int, pattern: NDArray[np.int64]
    ) -> None:
        key = (group, pattern.tobytes())
        if key not in self._seen:
            self._seen.add(key)
            patterns.append((group, pattern))


def _grouped(nodes: Sequence[FreeNode], tables: Tables) -> _Groups:
    counts = Counter((tables.devices(node.kind, node.devices), tables.cell(node.host)) for node in nodes)
    keys = sorted(key for key in counts if tables.value_at(*key).any())
    return _Groups(keys=tuple(keys), nodes=np.array([counts[key] for key in keys], dtype=np.int64))
