"""What is different between two decisions, as tables: what changes, the tiers, and a line that sums it up."""

from collections import Counter
from collections.abc import Iterator, Sequence

from adapters.cli.amounts import Unit, amount
from adapters.cli.inputs import counted
from adapters.cli.output import printable
from adapters.cli.reasons import conflict_lines, rejection_line, shortfall_text
from adapters.cli.tables import Cell, Tinted, table
from simulations.what_if import Answer
from solver.domain.difference import (
    DeploymentChange,
    DeploymentState,
    Difference,
    Fate,
    ReplicaChange,
    ShortfallChange,
    TierChange,
    TierValue,
    Whereabouts,
)
from solver.domain.policy import TierName

_NONE = "<none>"
_ARROW = " -> "
_SAID = {Fate.MOVED: "moved", Fate.EVICTED: "evicted", Fate.LOST: "lost", Fate.STAYS: "kept after all"}
_COLOURS = {Fate.LOST: "red", Fate.EVICTED: "yellow"}


def difference_text(answer: Answer, *, is_wide: bool = False) -> str:
    """Everything that is different, parts apart by an empty line; what is alike only where it is wide."""
    difference = answer.difference
    parts = [
        deployment_table(difference.deployments),
        replica_table(difference.deployments),
        *(_shortfall(answer, change, is_wide=is_wide) for change in difference.shortfalls),
        tier_table(difference.tiers, is_wide=is_wide),
        summary(difference),
    ]
    return "\n\n".join(part for part in parts if part)


def deployment_table(changes: Sequence[DeploymentChange]) -> str:
    """One line for each deployment that changes."""
    if not changes:
        return ""
    rows: list[tuple[Cell, ...]] = []
    for change in changes:
        before, after = change.before, change.after
        short_before, short_after = before.wanted - before.placed, after.wanted - after.placed
        short: Cell = _step(short_before, short_after)
        if short_after > short_before:
            short = Tinted(str(short), "red")
        were, are = _where(change)
        rows.append(
            (
                str(change.deployment),
                _step(before.wanted, after.wanted),
                _step(before.placed, after.placed),
                short,
                were,
                are,
            )
        )
    return table(("DEPLOYMENT", "WANTED", "PLACED", "SHORT", "BEFORE", "AFTER"), rows)


def replica_table(changes: Sequence[DeploymentChange]) -> str:
    """One line for each replica that runs and meets another end."""
    found = [replica for change in changes for replica in change.replicas]
    rows = [(str(each.replica), _fate(each.fate), each.to or _NONE, _because(each)) for each in found]
    return table(("REPLICA", "FATE", "TO", "BECAUSE"), rows) if rows else ""


def tier_table(tiers: Sequence[TierChange], *, is_wide: bool) -> str:
    """The tiers that change; all of them where it is wide, also the one that only breaks ties."""
    shown = [t for t in tiers if is_wide or (t.is_changed and t.name != TierName.CANONICAL)]
    rows = []
    for tier in shown:
        (before, unit_before), (after, unit_after) = _value(tier.before), _value(tier.after)
        units = dict.fromkeys(unit for unit in (unit_before, unit_after) if unit)
        rows.append((tier.name, before, after, _ARROW.join(units)))
    return table(("TIER", "BEFORE", "AFTER", "UNIT"), rows) if rows else ""


def summary(difference: Difference) -> str:
    """How much changes, in one line."""
    count = len(difference.deployments)
    fates = Counter(each.fate for change in difference.deployments for each in change.replicas)
    parts = [
        f"{counted(count, 'deployment')} change{'s' if count == 1 else ''}"
        if count
        else "no deployment changes",
        _placed(difference),
        *(f"{counted(fates[fate], 'running replica')} {_SAID[fate]}" for fate in Fate if fates[fate]),
    ]
    money = _money(difference)
    return ", ".join(parts) + (f"; {money}" if money else "")


def _placed(difference: Difference) -> str:
    before = f"{difference.placed_before} of {difference.wanted_before}"
    after = f"{difference.placed_after} of {difference.wanted_after}"
    return f"{before if before == after else before + _ARROW + after} replicas placed"


def _money(difference: Difference) -> str:
    prices = (difference.price_before_microdollars_per_hour, difference.price_after_microdollars_per_hour)
    texts = [_NONE if price is None else str(amount(price, Unit.MICRODOLLARS)) for price in prices]
    if prices == (None, None):
        return ""
    return f"price {texts[0] if texts[0] == texts[1] else _ARROW.join(texts)}"


def _fate(fate: Fate) -> Cell:
    return Tinted(fate.value, _COLOURS[fate]) if fate in _COLOURS else fate.value


def _step(before: int, after: int) -> str:
    return str(after) if before == after else f"{before}{_ARROW}{after}"


def _where(change: DeploymentChange) -> tuple[str, str]:
    """Clusters before and after; node pools too where only they differ."""
    were, are = _clusters(change.before), _clusters(change.after)
    if were == are and change.before.where != change.after.where:
        return _listed(_pools(change.before)), _listed(_pools(change.after))
    return _listed(were), _listed(are)


def _clusters(state: DeploymentState) -> list[str]:
    counts: Counter[str] = Counter()
    for each in state.where:
        counts[each.cluster] += each.replicas
    return [f"{cluster} x{count}" for cluster, count in sorted(counts.items())]


def _pools(state: DeploymentState) -> list[str]:
    return [f"{_place(each)} x{each.replicas}" for each in state.where]


def _place(where: Whereabouts) -> str:
    return f"{where.cluster}/{'+'.join(where.node_pools)}"


def _listed(places: Sequence[str]) -> str:
    return ", ".join(places) or _NONE


def _because(change: ReplicaChange) -> str:
    return f"{change.reason}: {change.because}" if change.reason else change.because


def _value(value: TierValue | None) -> tuple[str, str]:
    if value is None:
        return _NONE, ""
    shown = amount(value.value, value.unit)
    return shown.text, shown.unit


def _shortfall(answer: Answer, change: ShortfallChange, *, is_wide: bool) -> str:
    """The reasons of what is short now, or that nothing is any more."""
    for shortfall in answer.after.plan.shortfalls:
        if shortfall.deployment == change.deployment:
            return shortfall_text(answer.after, shortfall, is_wide=is_wide)
    return "\n".join(_no_longer(change))


def _no_longer(change: ShortfallChange) -> Iterator[str]:
    yield f"{change.deployment}: no longer short of {counted(change.missing_before, 'replica')}; it was because of"
    if change.rejection is not None:
        yield f"  {printable(rejection_line(change.rejection))}"
    if change.conflict is not None:
        yield from (f"  {printable(line)}" for line in conflict_lines(change.conflict))
