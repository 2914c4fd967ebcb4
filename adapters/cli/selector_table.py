"""What a selector says about every device of a fleet: counts, then a line for each kind of device."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from adapters.cli.output import printable
from adapters.cli.tables import Cell, Tinted, table
from scheduler.snapshot import Reading
from solver.domain.device_table import WITHHELD, DeviceTable, Field
from solver.matching.kind_terms import PLAIN_KIND
from solver.matching.signature import signature
from solver.selectors.devices import is_unreadable
from solver.selectors.mismatch import mismatch
from solver.selectors.selector import Selector
from solver.selectors.table import TableVerdicts, evaluate

_VERDICTS = ("matched", "not matched", "failed")
_COLOURS = {"matched": "green", "failed": "red"}
_NOWHERE = "(no cluster)"


def evaluation_text(selector: Selector, reading: Reading) -> str:
    """The counts, what is withheld of what matched, and the kinds of devices with the nearest reason."""
    tally = _Tally()
    fleet = reading.problem.fleet
    tally.add(selector, fleet.devices, [node.key.cluster for node in fleet.nodes])
    loose = reading.loose_devices
    tally.add(selector, loose.table, [_cluster(owner) for owner in loose.owners])
    return "\n".join(tally.lines())


def _cluster(owner: str) -> str:
    cluster, slash, _ = owner.partition("/")
    return cluster if slash else _NOWHERE


@dataclass(frozen=True, slots=True)
class _Kind:
    """Devices that the selector cannot tell apart, and what it says about them."""

    verdict: str
    signature: str
    why: str


@dataclass(slots=True)
class _Tally:
    kinds: dict[_Kind, Counter[str]] = field(default_factory=dict)
    #: Of the matched: why they offer nothing.
    withheld: Counter[str] = field(default_factory=Counter)

    def add(self, selector: Selector, devices: DeviceTable, clusters: list[str]) -> None:
        """Count *devices*; *clusters* has the cluster of each node of the table."""
        if not len(devices):
            return
        verdicts = evaluate(selector, devices)
        matched = verdicts.matched
        for position, why in enumerate(WITHHELD, start=1):
            self._withhold(why.value, int(np.count_nonzero(matched & (devices.withheld == position))))
        held = matched & devices.in_use & (devices.withheld == 0)
        self._withhold("is in use", int(np.count_nonzero(held)))
        tainted = matched & devices.where(lambda terms: bool(terms.repelling)) & (devices.withheld == 0)
        self._withhold("has a taint that requests must tolerate", int(np.count_nonzero(tainted)))
        self._count(selector, devices, clusters, verdicts)

    def _withhold(self, why: str, count: int) -> None:
        if count:
            self.withheld[why] += count

    def _count(
        self, selector: Selector, devices: DeviceTable, clusters: list[str], verdicts: TableVerdicts
    ) -> None:
        names = sorted(set(clusters))
        number = {name: position for position, name in enumerate(names)}
        of_node = np.array([number[name] for name in clusters], dtype=np.int64)
        of_row = np.repeat(of_node, np.diff(devices.starts))
        # A version that cannot be read is an error of every selector.
        unreadable = {
            field
            for field, column in devices.columns.items()
            if field.kind == "attributes" and any(map(is_unreadable, column.values))
        }
        signatures = devices.signatures({Field("driver")} | selector.reads | unreadable)
        kinds = [_kind(selector, devices, int(row), verdicts) for row in signatures.examples]
        pairs, counts = np.unique(signatures.ids * len(names) + of_row, return_counts=True)
        for pair, count in zip(pairs.tolist(), counts.tolist(), strict=True):
            where = self.kinds.setdefault(kinds[pair // len(names)], Counter())
            where[names[pair % len(names)]] += count

    def lines(self) -> Iterator[str]:
        """The whole text, line by line."""
        totals: Counter[str] = Counter()
        for kind, where in self.kinds.items():
            totals[kind.verdict] += where.total()
        counts = ", ".join(f"{verdict} {totals[verdict]}" for verdict in _VERDICTS)
        all_devices = totals.total()
        yield f"{counts} of {all_devices} device{'' if all_devices == 1 else 's'}"
        for why, count in sorted(self.withheld.items()):
            yield f"of the matched, {count} offer{'s' if count == 1 else ''} nothing: each {why}"
        if self.kinds:
            yield ""
            yield table(("DEVICES", "VERDICT", "DEVICE", "WHERE", "WHY"), self._rows())

    def _rows(self) -> Iterator[tuple[Cell, ...]]:
        ranked = sorted(
            self.kinds.items(),
            key=lambda pair: (
                _VERDICTS.index(pair[0].verdict),
                -pair[1].total(),
                pair[0].signature,
                pair[0].why,
            ),
        )
        for kind, where in ranked:
            colour = _COLOURS.get(kind.verdict)
            verdict = Tinted(kind.verdict, colour) if colour else kind.verdict
            places = ", ".join(f"{name} x{count}" for name, count in sorted(where.items()))
            yield (where.total(), verdict, kind.signature, places, printable(kind.why))


def _kind(selector: Selector, devices: DeviceTable, row: int, verdicts: TableVerdicts) -> _Kind:
    device = devices.device(row)
    verdict, why = "not matched", ""
    if verdicts.matched[row]:
        verdict = "matched"
    elif verdicts.failed[row]:
        verdict, why = "failed", selector.match(device).message
    else:
        why = mismatch(selector, device)
    return _Kind(verdict, signature(device, (selector.text,), PLAIN_KIND) or "<no driver>", why)
