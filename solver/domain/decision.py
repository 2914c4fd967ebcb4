"""What ``place`` gives back: the plan, what it is worth, and why it is not better."""

from dataclasses import dataclass, field, replace
from enum import StrEnum

from solver.domain.explanation import Conflict, Fix, Rejection
from solver.domain.plan import Plan


class Path(StrEnum):
    """Which method made the plan."""

    NODES = "nodes"
    """One CP-SAT model over single nodes: exact."""
    CELLS = "cells"
    """Counts over groups of interchangeable nodes, then nodes; bounds from the relaxation."""
    ONE_BY_ONE = "one-by-one"
    """A huge fleet: each replica on the best place there was when it was its turn; nothing is proven."""
    GREEDY = "greedy"
    """The fallback: best fit, one replica at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TierResult:
    """A tier's value, a proven lower bound of it, and whether the two meet.

    The bound holds among plans that are at least as good in every tier before it; it is a bound on the
    best plan of all only while every tier before it is closed.
    """

    name: str
    value: int
    bound: int
    unit: str
    is_closed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SolveRecord:
    """How the decision came about; no wall times, so that equal input gives equal bytes."""

    solver: str = ""
    deterministic_time: float = 0.0
    solves: int = 0
    #: The wall-clock backstop ended a solve: the plan is sound, but another run may find another.
    is_interrupted: bool = False
    #: What the audit found in a plan that was thrown away for the greedy one.
    violations: tuple[str, ...] = ()

    def after(self, earlier: "SolveRecord") -> "SolveRecord":
        """This record with what *earlier* attempts at the same decision cost."""
        return replace(
            self,
            deterministic_time=round(earlier.deterministic_time + self.deterministic_time, 6),
            solves=earlier.solves + self.solves,
            is_interrupted=earlier.is_interrupted or self.is_interrupted,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A plan that passed the audit, with its objective by tier and its explanations."""

    plan: Plan
    tiers: tuple[TierResult, ...]
    path: Path
    rejections: tuple[Rejection, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    fixes: tuple[Fix, ...] = ()
    #: What the reader of the plan must know: how clusters were counted, what was assumed, what is withheld.
    notes: tuple[str, ...] = ()
    record: SolveRecord = field(default_factory=SolveRecord)
