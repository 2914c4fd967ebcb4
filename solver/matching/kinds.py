"""Device kinds: devices that no selector of the problem can tell apart, counted on each node.

A fleet of a million devices has a few dozen kinds. Every later step works on counts of kinds: which kinds a
request accepts is a bit mask, and what a node offers is a vector.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from solver.domain.device import Device
from solver.domain.device_table import ABSENT, DeviceTable, Field, memory_bytes
from solver.domain.device_taint import DeviceToleration, tolerated
from solver.domain.fleet import DeviceClass
from solver.matching.kind_terms import KindTerms, kind_terms
from solver.selectors.faults import CompileError
from solver.selectors.selector import OutcomeKind, Selector, compile_selector
from solver.selectors.table import evaluate

#: A field with more distinct values than this would make the shared signature as fine as the devices.
_NARROW = 4096

_SHARED = (Field("driver"), Field("declaredClass"), Field("capacity", None, "memory"), Field("terms"))


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokenSelector:
    """A selector text that does not compile, and the compiler's sentence."""

    text: str
    message: str


class DeviceKinds:
    """The kinds of a table with respect to some selector texts.

    ``free[n, k]`` are the devices of kind k on node n that can be given away (held ones of observed replicas
    included, see ``observed``); ``total[n, k]`` also counts those that are in use.
    """

    def __init__(self, table: DeviceTable, texts: Iterable[str]) -> None:
        self.table = table
        self.broken: dict[str, BrokenSelector] = {}
        self._selectors: dict[str, Selector] = {}
        for text in sorted(set(texts)):
            try:
                self._selectors[text] = compile_selector(text)
            except CompileError as error:
                self.broken[text] = BrokenSelector(text=text, message=str(error))
        self._classify()
        self._count()

    def __len__(self) -> int:
        return len(self.examples)

    def _classify(self) -> None:
        narrow: list[str] = []
        wide: list[str] = []
        for text, selector in self._selectors.items():
            (wide if self._is_wide(selector) else narrow).append(text)
        reads = {field for text in narrow for field in self._selectors[text].reads}
        if Field("terms") in self.table.columns:
            reads.add(Field("capacity"))  # what is shared is told apart by how much of it there is
        signatures = self.table.signatures([*_SHARED, *sorted(reads, key=str)])
        ids, examples = signatures.ids, signatures.examples
        refinement = [
            evaluate(self._selectors[text], self.table).matched.astype(np.int64)
            + 2 * evaluate(self._selectors[text], self.table).failed
            for text in wide
        ]
        for column in refinement:
            _, ids = np.unique(ids * 3 + column, return_inverse=True)
        if refinement:
            _, examples = np.unique(ids, return_index=True)
        devices = [self.table.device(int(row)) for row in examples]
        keys = [self._key(device, int(row)) for device, row in zip(devices, examples, strict=True)]
        # Canonical numbering: by content, never by the order of the input.
        distinct = sorted(set(keys), key=str)
        number = {key: position for position, key in enumerate(distinct)}
        merged = np.array([number[key] for key in keys], dtype=np.int64)
        self.kind_of_row: NDArray[np.int64] = merged[ids] if len(merged) else np.zeros(0, dtype=np.int64)
        first = {key: position for position, key in reversed(list(enumerate(keys)))}
        self.examples: tuple[Device, ...] = tuple(devices[first[key]] for key in distinct)
        self.declared_class: tuple[str | None, ...] = tuple(key[1] for key in distinct)
        #: Equal for problems that tell the same kinds apart.
        self.fingerprint = sha256(repr((list(self._selectors), distinct)).encode()).hexdigest()
        self.memory_bytes: tuple[int, ...] = tuple(key[2] for key in distinct)
        self.terms: tuple[KindTerms, ...] = tuple(key[3] for key in distinct)

    def _is_wide(self, selector: Selector) -> bool:
        fields = self.table.fields(selector.reads)
        return any(len(self.table.columns[field].values) > _NARROW for field in fields)

    def _key(self, device: Device, row: int) -> tuple[str, str | None, int, KindTerms, tuple[str, ...]]:
        outcomes = tuple(selector.match(device).kind.value for selector in self._selectors.values())
        terms = kind_terms(device, self.table.terms(row))
        return (device.driver, self._declared(row), memory_bytes(device), terms, outcomes)

    def _declared(self, row: int) -> str | None:
        column = self.table.columns.get(Field("declaredClass"))
        if column is None or column.codes[row] == ABSENT:
            return None
        return str(column.values[column.codes[row]])

    def _count(self) -> None:
        nodes = len(self.table.starts) - 1
        kinds = max(1, len(self.examples))
        node_of_row = np.repeat(np.arange(nodes), np.diff(self.table.starts))
        self.node_of_row: NDArray[np.int64] = node_of_row
        offered = self.table.withheld == 0
        flat = node_of_row * kinds + self.kind_of_row
        shape = (nodes, kinds)
        size = nodes * kinds
        self.total = np.bincount(flat[offered], minlength=size).reshape(shape).astype(np.int32)
        usable = offered & ~self.table.in_use
        self.free = np.bincount(flat[usable], minlength=size).reshape(shape).astype(np.int32)

    @cached_property
    def _outcomes(self) -> Mapping[str, tuple[OutcomeKind, ...]]:
        return {
            text: tuple(selector.match(device).kind for device in self.examples)
            for text, selector in self._selectors.items()
        }

    def matching(self, text: str) -> int:
        """Bit mask of the kinds for which the selector *text* is true; 0 if it does not compile."""
        return self._mask(text, OutcomeKind.TRUE)

    def failing(self, text: str) -> int:
        """Bit mask of the kinds on which the selector *text* is a run-time error."""
        return self._mask(text, OutcomeKind.RUNTIME_ERROR)

    def _mask(self, text: str, wanted: OutcomeKind) -> int:
        outcomes = self._outcomes.get(text, ())
        return sum(1 << kind for kind, outcome in enumerate(outcomes) if outcome is wanted)

    def in_class(self, device_class: DeviceClass) -> int:
        """Bit mask of the kinds that belong to *device_class*.

        A declared device belongs to the class that its entry names, whatever the selectors of the class.
        """
        observed = self.published
        for text in device_class.selectors:
            observed &= self.matching(text)
        declared = sum(
            1 << kind for kind, name in enumerate(self.declared_class) if name == device_class.name
        )
        return observed | declared

    @cached_property
    def published(self) -> int:
        """Bit mask of the kinds that come from ResourceSlices."""
        return sum(1 << kind for kind, name in enumerate(self.declared_class) if name is None)

    @cached_property
    def synthetic(self) -> int:
        """Bit mask of the kinds that are matched but never claimed."""
        return sum(1 << kind for kind, name in enumerate(self.declared_class) if name == "")

    @cached_property
    def special(self) -> int:
        """Bit mask of the kinds that are not simply given away whole: shared ones, and parts of others."""
        return sum(1 << kind for kind, terms in enumerate(self.terms) if terms.is_special)

    @cached_property
    def shared(self) -> int:
        """Bit mask of the kinds that serve several requests at once."""
        return sum(1 << kind for kind, terms in enumerate(self.terms) if terms.is_shared)

    @cached_property
    def networked(self) -> int:
        """Bit mask of the kinds that more than one node reaches."""
        return sum(1 << kind for kind, terms in enumerate(self.terms) if terms.is_networked)

    @cached_property
    def tainted(self) -> int:
        """Bit mask of the kinds with taints that requests have to tolerate."""
        return sum(1 << kind for kind, terms in enumerate(self.terms) if terms.taints)

    def tolerated(self, tolerations: tuple[DeviceToleration, ...]) -> int:
        """Bit mask of the kinds whose taints *tolerations* cover."""
        return sum(1 << kind for kind, terms in enumerate(self.terms) if tolerated(terms.taints, tolerations))

    def selector(self, text: str) -> Selector | None:
        """The compiled *text*, None if it does not compile."""
        return self._selectors.get(text)


def bits(mask: int) -> tuple[int, ...]:
    """The positions of the ones in *mask*, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)
