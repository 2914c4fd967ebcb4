"""What a constraint is, and the one shape that most of them have."""

from collections.abc import Iterable
from typing import Protocol

from solver.domain.explanation import Reason
from solver.formulation.matrix import Matrix, Rule, summed
from solver.formulation.variables import Variables


class Constraint(Protocol):
    """A rule that every plan keeps; one file each."""

    reason: Reason

    def add(self, variables: Variables) -> None:
        """Add the rule's rows to the matrix of *variables*."""
        ...

    def explain(self, variables: Variables, subject: str) -> str:
        """The sentence a user reads when the rule's rows about *subject* are part of a conflict."""
        ...


def limit(
    matrix: Matrix,
    *,
    new: Iterable[tuple[int, int]],
    kept: Iterable[tuple[int, int]],
    most: int,
    rule: Rule,
) -> None:
    """``new + kept <= most``, or no worse than observed where what is kept already breaks it.

    A broken rule takes nothing new until enough has gone to mend it: ``broken`` is a variable that lets the
    kept terms stand and forbids the new ones.
    """
    new_terms, kept_terms = summed(new), summed(kept)
    observed = sum(c * matrix.upper[v] for v, c in kept_terms.items())
    allowed = max(0, most)
    if observed <= most:
        matrix.add([*new_terms.items(), *kept_terms.items()], upper=most, rule=rule)
        return
    broken = matrix.variable(0, 1)
    matrix.add(
        [*new_terms.items(), *kept_terms.items(), (broken, allowed - observed)], upper=allowed, rule=rule
    )
    matrix.add([*new_terms.items(), (broken, allowed)], upper=allowed, rule=rule)
