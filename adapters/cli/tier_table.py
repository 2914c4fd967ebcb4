"""The objective tiers of a decision: value, bound, and how far the plan can be from the optimum."""

from collections.abc import Iterator, Sequence

from adapters.cli.amounts import amount, percent
from adapters.cli.tables import Cell, Tinted, table
from solver.domain.decision import Decision, Path, TierResult
from solver.domain.policy import TierName

_THOUSAND = 1000
_HEADERS = ("TIER", "VALUE", "BOUND", "UNIT", "OPTIMUM")
_METHODS = {
    Path.NODES: "one model over single nodes",
    Path.CELLS: "counts over interchangeable nodes, then nodes",
    Path.ONE_BY_ONE: "one replica after the other, each on the best place left; nothing is proven",
    Path.GREEDY: "greedy, the fallback: best fit, one replica at a time",
}


def tier_table(decision: Decision, *, wanted: int) -> str:
    """The tiers, and below them which method made the plan.

    Args:
        decision: what was decided.
        wanted: replicas that all deployments ask for together.
    """
    parts = [f"method: {decision.path} ({_METHODS[decision.path]})"]
    if decision.tiers:
        parts.insert(0, table(_HEADERS, _rows(decision.tiers, wanted)))
    return "\n".join(parts)


def remarks(decision: Decision) -> Iterator[str]:
    """Sentences about how the decision came about that nobody should miss."""
    if decision.path is Path.GREEDY:
        yield "the plan is a greedy one: the search gave none that passed the audit, so no bound is proven"
    for violation in decision.record.violations:
        yield f"a plan of the search was thrown away by the audit: {violation}"
    if decision.record.is_interrupted:
        yield "the wall clock ended a search; the plan is sound, but another run may find another"


def _rows(tiers: Sequence[TierResult], wanted: int) -> Iterator[tuple[Cell, ...]]:
    open_tiers: list[str] = []
    for tier in tiers:
        value, bound = amount(tier.value, tier.unit), amount(tier.bound, tier.unit)
        yield (tier.name, value.text, bound.text, value.unit, _optimum(tier, wanted, open_tiers))
        if not tier.is_closed:
            open_tiers.append(tier.name)


def _optimum(tier: TierResult, wanted: int, open_tiers: Sequence[str]) -> Cell:
    # A bound holds among plans that are as good in the tiers before it: of all plans only if those are closed.
    given = f", given {_listed(open_tiers)}" if open_tiers else ""
    if tier.is_closed:
        text = f"proven optimal{given}"
        return text if given else Tinted(text, "green")
    gap = tier.value - tier.bound
    if gap == 0:
        return f"not proven{given}"
    shares = f"{percent(gap, tier.value)} of the value"
    if tier.name == TierName.PRICE:
        shares = f"{percent(gap, tier.bound)} of the bound, {shares}"
    else:
        scale = _THOUSAND if tier.unit.startswith("thousandths") else 1
        shares = f"{percent(gap, wanted * scale)} of the replicas wanted, {shares}"
    found = str(amount(gap, tier.unit))
    found = found.removesuffix("s") if found.startswith("1 ") else found
    return f"at most {found} from the optimum ({shares}){given}"


def _listed(names: Sequence[str]) -> str:
    names_text = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
    return f"{names_text} as {'it is' if len(names) == 1 else 'they are'}"
