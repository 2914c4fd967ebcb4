"""Why a deployment that could be placed somewhere came up short: a smallest set of rules, and what would help."""

from collections.abc import Mapping
from dataclasses import dataclass

from solver.domain.explanation import REASON_ORDER, Conflict, ConflictMember, Fix, Reason
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Plan
from solver.formulation.constraint import Constraint
from solver.formulation.matrix import Rule
from solver.formulation.registry import CONSTRAINTS
from solver.matching.survey import Survey
from solver.search.fixes import fixes
from solver.search.held import MOST_SINGLE, Held, held
from solver.search.size import is_huge

#: Solves that one conflict may cost; beyond that it is reported as it stands and said not to be minimal.
_MOST_SOLVES = 200

#: How many deployments are explained in depth; at scale each one takes about a second.
_MOST_EXPLAINED = 20
_MOST_EXPLAINED_AT_SCALE = 1

_EXPLAINERS: Mapping[Reason, Constraint] = {constraint.reason: constraint for constraint in CONSTRAINTS[1:]}


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """Conflicts and fixes, in the order of the deployments."""

    conflicts: tuple[Conflict, ...]
    fixes: tuple[Fix, ...]


def explain_shortfalls(survey: Survey, plan: Plan, focus: DeploymentKey | None) -> Explained:
    """A conflict for each short deployment that has candidates, and up to three verified fixes for each.

    On a large fleet only the first is explained in depth, or *focus*; on a huge one only *focus*.
    """
    conflicts: list[Conflict] = []
    found: list[Fix] = []
    short = [shortfall.deployment for shortfall in plan.shortfalls]
    is_small = len(survey.problem.fleet.nodes) <= MOST_SINGLE
    chosen = sorted(short, key=lambda key: (key != focus, -survey.deployments[key].priority, key))
    if is_huge(survey):
        chosen = [key for key in short if key == focus]
    for key in sorted(chosen[: _MOST_EXPLAINED if is_small else _MOST_EXPLAINED_AT_SCALE]):
        if survey.lacks_cache(survey.deployments[key]) or key in survey.refusals.given_up:
            continue
        one_more = held(survey, plan, key)
        conflict = find_conflict(one_more, key)
        if conflict is not None:
            conflicts.append(conflict)
        found += fixes(survey, plan, key, one_more)
    return Explained(conflicts=tuple(conflicts), fixes=tuple(found))


def find_conflict(one_more: Held, deployment: DeploymentKey) -> Conflict | None:
    """An irreducible set of rules that keeps one more replica out; None without candidates, or if it fits.

    Rules are left out one at a time, and stay out if the replica still finds no place. What is left at the end
    is refused as a whole and placed without any one of its members.
    """
    variables = one_more.variables
    if not variables.pods or one_more.places_all() is not False:
        return None
    rules = sorted(variables.matrix.rules, key=lambda rule: (-REASON_ORDER[rule.reason], rule.subject))
    left_out: frozenset[Rule] = frozenset()
    is_minimal = len(rules) <= _MOST_SOLVES
    for rule in rules[:_MOST_SOLVES]:
        without = left_out | {rule}
        answer = one_more.places_all(without=without)
        if answer is False:
            left_out = without
        elif answer is None:
            is_minimal = False
    guilty = [rule for rule in rules if rule not in left_out]
    members = tuple(
        ConflictMember(
            reason=rule.reason,
            subject=rule.subject,
            sentence=_EXPLAINERS[rule.reason].explain(variables, rule.subject),
        )
        for rule in sorted(guilty, key=lambda rule: (REASON_ORDER[rule.reason], rule.subject))
    )
    return Conflict(deployment=deployment, members=members, is_minimal=is_minimal) if members else None
