"""Rejections, conflicts and fixes as lines of text."""

from collections import Counter
from collections.abc import Iterator, Sequence

from adapters.cli.output import printable
from adapters.cli.tables import table
from solver.domain.decision import Decision
from solver.domain.explanation import REASON_ORDER, Conflict, PoolRejection, Rejection
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Shortfall


def shortfall_text(decision: Decision, shortfall: Shortfall, *, is_wide: bool = False) -> str:
    """Why *shortfall* is one: what the node pools say, the conflict and what would help."""
    s = "" if shortfall.wanted == 1 else "s"
    lines = [f"{shortfall.deployment}: {shortfall.missing} of {shortfall.wanted} replica{s} short"]
    lines += [f"  {printable(line)}" for line in _lines(decision, shortfall.deployment, is_wide=is_wide)]
    return "\n".join(lines)


def rejection_line(rejection: Rejection) -> str:
    """``0 of 14 node pools: 9 DeviceSelectorNotMatched (gpu: memory 80Gi < 141Gi), 3 UntoleratedTaint``.

    The most frequent reason first; equals in the order of the checks.
    """
    left = rejection.node_pools - len(rejection.rejected)
    s = "" if rejection.node_pools == 1 else "s"
    head = f"{left} of {rejection.node_pools} node pool{s}"
    if not rejection.rejected:
        return head
    counts = Counter(each.reason for each in rejection.rejected)
    parts = []
    for reason in sorted(counts, key=lambda each: (-counts[each], REASON_ORDER[each])):
        detail = _common_detail([each for each in rejection.rejected if each.reason is reason])
        parts.append(f"{counts[reason]} {reason}" + (f" ({detail})" if detail else ""))
    return f"{head}: {', '.join(parts)}"


def pool_table(rejected: Sequence[PoolRejection], *, indent: str = "") -> str:
    """What each node pool says."""
    rows = [(str(each.node_pool), each.reason.value, each.detail) for each in rejected]
    return table(("NODE POOL", "REASON", "DETAIL"), rows, indent=indent)


def conflict_lines(conflict: Conflict) -> Iterator[str]:
    """The members of a conflict, a line each."""
    least = "" if conflict.is_minimal else "; there was no time to show that all of them matter"
    yield f"together these keep one more replica out{least}:"
    for member in conflict.members:
        yield f"  - {member.sentence} ({member.reason})"


def _lines(decision: Decision, key: DeploymentKey, *, is_wide: bool) -> Iterator[str]:
    for rejection in decision.rejections:
        if rejection.deployment == key:
            yield rejection_line(rejection)
            yield from rejection.general
            if is_wide and rejection.rejected:
                yield from pool_table(rejection.rejected, indent="  ").split("\n")
    for conflict in decision.conflicts:
        if conflict.deployment == key:
            yield from conflict_lines(conflict)
    fixes = [fix for fix in decision.fixes if fix.deployment == key]
    if fixes:
        yield "each of these would place one more replica:"
        yield from (f"  - {fix.sentence} ({fix.change})" for fix in fixes)


def _common_detail(rejected: Sequence[PoolRejection]) -> str:
    """The detail that all share, or the most frequent one (of equals the first pool's) and dots."""
    counts = Counter(each.detail for each in rejected)
    ((detail, count),) = counts.most_common(1)
    if count == len(rejected) or not detail:
        return detail
    return f"{detail}, ..."
