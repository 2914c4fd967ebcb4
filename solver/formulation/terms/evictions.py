"""Replicas evicted: healthy or unknown ones first, then those that are not ready."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables, is_counted, is_not_ready
from solver.matching.levels import NOT_READY


class EvictionsTerm:
    """Observed minus kept; replicas that do not fit or belong where they are go for nothing."""

    tier = TierName.EVICTIONS

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        for name, not_ready in ((self.tier.value, False), (NOT_READY, True)):
            terms = {}
            observed = 0
            for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
                if is_counted(movable) and is_not_ready(movable) is not_ready:
                    terms[kept] = -1
                    observed += movable.count
            yield Objective(name=name, unit="replicas", expression=Expression(terms, observed))
