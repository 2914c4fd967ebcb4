"""The one sparse integer matrix that describes a problem; CP-SAT and GLOP both read it.

Nothing here knows either solver. A row carries the rule and the subject it speaks for, so that a conflict can
blame it and a test can leave it out.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from solver.domain.explanation import Reason

#: Larger than any amount in a model, small enough for the solver's 64-bit sums.
UNBOUNDED = 1 << 50

Terms = Mapping[int, int]


@dataclass(frozen=True, slots=True)
class Rule:
    """What a row speaks for: one group that can be blamed, or left out, on its own."""

    reason: Reason
    subject: str


@dataclass(frozen=True, slots=True)
class Row:
    """``lower <= sum(coefficient * variable) <= upper``; no rule: bookkeeping that is never blamed."""

    variables: tuple[int, ...]
    coefficients: tuple[int, ...]
    lower: int
    upper: int
    rule: Rule | None


@dataclass(frozen=True, slots=True)
class Expression:
    """A linear expression over the variables."""

    terms: Terms
    constant: int = 0

    def value(self, solution: Sequence[int]) -> int:
        """Its value at *solution*."""
        return self.constant + sum(c * solution[v] for v, c in self.terms.items())


@dataclass(slots=True)
class Matrix:
    """Integer variables with bounds, and rows over them."""

    lower: list[int] = field(default_factory=list)
    upper: list[int] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    #: Rules that are left out when a row is added: the relaxation of a conflict.
    without: frozenset[Rule] = frozenset()
    rules: dict[Rule, None] = field(default_factory=dict)

    def variable(self, lower: int, upper: int) -> int:
        """A new integer variable between *lower* and *upper*."""
        self.lower.append(lower)
        self.upper.append(upper)
        return len(self.lower) - 1

    def add(
        self,
        terms: Terms | Iterable[tuple[int, int]],
        *,
        lower: int = -UNBOUNDED,
        upper: int = UNBOUNDED,
        rule: Rule | None = None,
    ) -> None:
        """A row; terms of one variable are added up, rows that cannot bind are left out."""
        total = summed(terms)
        least = sum(c * (self.lower[v] if c > 0 else self.upper[v]) for v, c in total.items())
        most = sum(c * (self.upper[v] if c > 0 else self.lower[v]) for v, c in total.items())
        if lower <= least and most <= upper:
            return
        if rule is not None:
            self.rules.setdefault(rule)
            if rule in self.without:
                return
        ordered = sorted(total)
        self.rows.append(Row(tuple(ordered), tuple(total[v] for v in ordered), lower, upper, rule))


def summed(terms: Terms | Iterable[tuple[int, int]]) -> dict[int, int]:
    """*terms* with one coefficient for each variable; zeros left out."""
    pairs = terms.items() if isinstance(terms, Mapping) else terms
    total: dict[int, int] = {}
    for variable, coefficient in pairs:
        total[variable] = total.get(variable, 0) + coefficient
    return {variable: coefficient for variable, coefficient in total.items() if coefficient}
