"""What an objective term is: a linear expression that is to be small, and how it is named and counted."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from solver.domain.policy import TierName
from solver.formulation.matrix import Expression
from solver.formulation.variables import Variables


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """One tier of the objective; ``measures`` computes the same number from a plan."""

    name: str
    unit: str
    expression: Expression


class ObjectiveTerm(Protocol):
    """Gives the objectives of one tier, in order; one file each."""

    tier: TierName

    def objectives(self, variables: Variables) -> Iterator[Objective]:
        """The objectives; several where the tier has several levels."""
        ...
