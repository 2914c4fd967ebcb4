"""A what-if question from end to end: two decisions by the same ``place`` as everywhere, and their difference."""

from collections.abc import Sequence
from dataclasses import dataclass

from simulations.what_if.assumed import with_assumed_nodes
from simulations.what_if.changes import changed
from simulations.what_if.difference import difference
from simulations.what_if.losses import losses
from solver.domain.change import Change, DrainNodes, LoseNodes
from solver.domain.decision import Decision
from solver.domain.difference import Difference
from solver.domain.problem import Problem
from solver.place import place
from solver.rehearsal import Rehearsals
from solver.search.budget import Budget


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What would be decided, and what is decided now."""

    before: Decision
    after: Decision
    difference: Difference


def what_if(problem: Problem, changes: Sequence[Change], budget: Budget | None = None) -> Answer:
    """What the *changes*, one after the other, would make different; nothing is committed.

    Args:
        problem: what is wanted, what there is and what runs.
        changes: what is asked about.
        budget: how much search each of the two decisions may cost.

    Raises:
        InvalidChange: a change names something unknown, or an amount out of range.
    """
    named = [node for each in changes if isinstance(each, LoseNodes | DrainNodes) for node in each.nodes]
    known = with_assumed_nodes(problem, frozenset(node.cluster for node in named))
    after = changed(known, changes)
    # What the allocators of the clusters would do is asked once; most nodes are the same in both.
    rehearsals = Rehearsals()
    decided_before = place(problem, budget, rehearsals=rehearsals)
    decided_after = place(after, budget, rehearsals=rehearsals)
    return Answer(
        before=decided_before,
        after=decided_after,
        difference=difference(decided_before, decided_after, losses(known, after)),
    )
