"""Replicas that stay although they do not fit, or no longer belong, where they are."""

from collections.abc import Iterator

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.objective import Objective
from solver.formulation.variables import Variables, is_counted
from solver.matching.levels import MISPLACED


class MisplacedTerm:
    """After the shortfall: such a replica stays until it has somewhere to go."""

    tier = TierName.SHORTFALL

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        terms = {
            kept: 1
            for movable, kept in zip(variables.cells.movable, variables.kept, strict=True)
            if not is_counted(movable)
        }
        yield Objective(name=MISPLACED, unit="replicas", expression=Expression(terms))
