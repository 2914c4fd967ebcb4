"""All devices of a fleet, one column for each published field.

A fleet of a million devices has a few dozen distinct *signatures*: combinations of the fields that an
expression reads. Columns of small integer codes make it cheap to find them, so that work is done once for
each signature and not once for each device.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, NamedTuple, cast

import numpy as np
from numpy.typing import NDArray

from solver.domain.device import AttributeValue, Device, QualifiedName, VersionText, Withheld
from solver.domain.device_terms import PLAIN, DeviceTerms
from solver.domain.identity import Driver
from solver.domain.quantity import Quantity

Codes = NDArray[np.int32]
FieldKind = Literal[
    "driver", "attributes", "capacity", "allowMultipleAllocations", "malformed", "declaredClass", "terms"
]
ABSENT = -1

#: Above this many combinations a sort is cheaper than a table of all of them.
_DENSE_LIMIT = 1 << 22


class Field(NamedTuple):
    """Something an expression reads. No identifier: the whole domain; no domain: every domain."""

    kind: FieldKind
    domain: str | None = None
    identifier: str | None = None


@dataclass(frozen=True, slots=True)
class Column:
    """One field of all devices: a code for each device (ABSENT: not published) and the value of each code."""

    codes: Codes
    values: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Signatures:
    """The distinct combinations of some fields: one for each device, and one example device of each."""

    ids: NDArray[np.intp]
    examples: NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class DeviceTable:
    """Devices in the order of their nodes; ``starts[n]:starts[n + 1]`` are the devices of node n."""

    columns: Mapping[Field, Column]
    names: tuple[str, ...]
    resource_pools: tuple[str, ...]
    #: Name of the slice that publishes each device; empty where it was not kept.
    slices: tuple[str, ...]
    starts: NDArray[np.int64]
    #: Position in ``WITHHELD`` plus one, or 0 for a device that can be given away.
    withheld: NDArray[np.int8]
    #: Held whole by a claim that no replica of the problem owns.
    in_use: NDArray[np.bool_]
    #: What such claims hold of a shared device, by its row: capacities by name as written.
    consumed: Mapping[int, Mapping[str, Quantity]]

    def __len__(self) -> int:
        return len(self.names)

    def fields(self, wanted: Iterable[Field]) -> tuple[Field, ...]:
        """The published fields that *wanted* covers, sorted; whether a device is malformed always counts."""
        chosen = {field for field in self.columns if any(_covers(want, field) for want in wanted)}
        if (malformed := Field("malformed")) in self.columns:
            chosen.add(malformed)
        return tuple(sorted(chosen, key=lambda field: tuple(part or "" for part in field)))

    def rows(self, node: int) -> range:
        """The rows of the devices of *node*."""
        return range(int(self.starts[node]), int(self.starts[node + 1]))

    def terms(self, row: int) -> DeviceTerms:
        """The terms on which the device in *row* is given away."""
        column = self.columns.get(Field("terms"))
        code = ABSENT if column is None else column.codes[row]
        return PLAIN if column is None or code == ABSENT else cast(DeviceTerms, column.values[code])

    def where(self, holds: Callable[[DeviceTerms], bool]) -> NDArray[np.bool_]:
        """Which devices have terms of which *holds* is true; plain ones do not."""
        column = self.columns.get(Field("terms"))
        if column is None:
            return np.zeros(len(self), dtype=np.bool_)
        true = [code for code, terms in enumerate(column.values) if holds(cast(DeviceTerms, terms))]
        return np.isin(column.codes, true)

    def signatures(self, wanted: Iterable[Field]) -> Signatures:
        """The distinct combinations of the fields that *wanted* covers."""
        combined = np.zeros(len(self), dtype=np.int64)
        width = 1
        for field in self.fields(wanted):
            column = self.columns[field]
            cardinality = len(column.values) + 1
            if width * cardinality > _DENSE_LIMIT:
                combined, width = _renumbered(combined)
            if cardinality > 1:
                combined *= cardinality
                combined += column.codes
                combined += 1
                width *= cardinality
        if width > _DENSE_LIMIT:
            combined, width = _renumbered(combined)
        example_of = np.full(width, ABSENT, dtype=np.int64)
        example_of[combined[::-1]] = np.arange(len(self) - 1, -1, -1)  # the first device of each wins
        present = np.flatnonzero(example_of != ABSENT)
        number_of = np.empty(width, dtype=np.intp)
        number_of[present] = np.arange(len(present))
        return Signatures(ids=number_of[combined], examples=example_of[present].astype(np.intp))

    def device(self, row: int) -> Device:
        """The device in *row*, put together again from its columns."""
        attributes: dict[QualifiedName, AttributeValue] = {}
        capacity: dict[QualifiedName, Quantity] = {}
        single: dict[str, object] = {}
        for field, column in self.columns.items():
            code = column.codes[row]
            if code == ABSENT:
                continue
            value = column.values[code]
            match field:
                case Field(kind="attributes", domain=str(domain), identifier=str(identifier)):
                    attributes[QualifiedName(domain, identifier)] = cast(AttributeValue, value)
                case Field(kind="capacity", domain=str(domain), identifier=str(identifier)):
                    capacity[QualifiedName(domain, identifier)] = cast(Quantity, value)
                case _:
                    single[field.kind] = value
        malformed = single.get("malformed")
        return Device(
            name=self.names[row],
            driver=Driver(str(single["driver"])),
            attributes=attributes,
            capacity=capacity,
            allow_multiple_allocations=bool(single.get("allowMultipleAllocations", False)),
            malformed=None if malformed is None else str(malformed),
        )


WITHHELD: tuple[Withheld, ...] = tuple(Withheld)


class DeviceTableBuilder:
    """Collects devices node by node, in canonical order, and gives the table."""

    def __init__(self) -> None:
        self._codes: dict[Field, list[tuple[int, int]]] = {}
        self._values: dict[Field, dict[tuple[type, object], int]] = {}
        self._interned: dict[tuple[object, ...], tuple[list[tuple[int, int]], int]] = {}
        self._names: list[str] = []
        self._pools: list[str] = []
        self._slices: list[str] = []
        self._starts: list[int] = [0]
        self._withheld: list[int] = []
        self._in_use: list[bool] = []
        self._consumed: dict[int, Mapping[str, Quantity]] = {}

    def __len__(self) -> int:
        return len(self._names)

    def end_node(self) -> None:
        """The devices added since the last call are those of the next node."""
        self._starts.append(len(self._names))

    def add(
        self,
        device: Device,
        *,
        resource_pool: str = "",
        slice_name: str = "",
        withheld: Withheld | None = None,
        in_use: bool = False,
        declared_class: str | None = None,
        terms: DeviceTerms = PLAIN,
        consumed: Mapping[str, Quantity] | None = None,
    ) -> int:
        """Append *device* to the current node; its row.

        Args:
            device: what its driver published, or what an InferenceClass declares.
            resource_pool: name of its resource pool, empty for a declared device.
            slice_name: name of its slice; the allocator visits the devices of one after those of another.
            withheld: why it offers nothing, None if it can be given away.
            in_use: whether a claim that no replica of the problem owns holds it whole.
            declared_class: the class that its InferenceClass entry names ("" for a Synthetic entry); None for
                a device of a ResourceSlice, which belongs to every class whose selectors it satisfies.
            terms: counters, sharing, taints and binding conditions.
            consumed: what such claims hold of it, if it is shared.
        """
        row = len(self._names)
        self._names.append(device.name)
        self._pools.append(resource_pool)
        self._slices.append(slice_name)
        self._withheld.append(0 if withheld is None else WITHHELD.index(withheld) + 1)
        self._in_use.append(in_use)
        self._put(row, "driver", None, None, device.driver)
        for name, value in device.attributes.items():
            self._put(row, "attributes", name.domain, name.identifier, value)
        for name, quantity in device.capacity.items():
            self._put(row, "capacity", name.domain, name.identifier, quantity)
        if device.allow_multiple_allocations:
            self._put(row, "allowMultipleAllocations", None, None, value=True)
        if device.malformed is not None:
            self._put(row, "malformed", None, None, device.malformed)
        if declared_class is not None:
            self._put(row, "declaredClass", None, None, declared_class)
        if terms is not PLAIN:
            self._put(row, "terms", None, None, terms)
        if consumed is not None:
            self._consumed[row] = consumed
        return row

    def _put(
        self, row: int, kind: FieldKind, domain: str | None, identifier: str | None, value: object
    ) -> None:
        # The type is part of the key: True, 1 and "1" are different attribute values.
        key = (kind, domain, identifier, type(value), value)
        entry = self._interned.get(key)
        if entry is None:
            field = Field(kind, domain, identifier)
            codes = self._codes.setdefault(field, [])
            values = self._values.setdefault(field, {})
            code = len(values)
            values[(type(value), value)] = code
            entry = self._interned[key] = (codes, code)
        entry[0].append((row, entry[1]))

    def build(self) -> DeviceTable:
        """The table of everything added so far."""
        rows = len(self._names)
        columns = {}
        for field in sorted(self._codes, key=lambda field: tuple(part or "" for part in field)):
            pairs = np.array(self._codes[field], dtype=np.int64).reshape(-1, 2)
            codes = np.full(rows, ABSENT, dtype=np.int32)
            codes[pairs[:, 0]] = pairs[:, 1]
            values = tuple(value for _, value in self._values[field])
            columns[field] = Column(codes=codes, values=values)
        return DeviceTable(
            columns=columns,
            names=tuple(self._names),
            resource_pools=tuple(self._pools),
            slices=tuple(self._slices),
            starts=np.array(self._starts, dtype=np.int64),
            withheld=np.array(self._withheld, dtype=np.int8),
            in_use=np.array(self._in_use, dtype=np.bool_),
            consumed=self._consumed,
        )


def memory_bytes(device: Device) -> int:
    """Bytes of memory that *device* publishes under its driver's own name; 0 if it publishes none."""
    memory = device.capacity.get(QualifiedName(device.driver, "memory"))
    return 0 if memory is None else memory.value()


def version(value: AttributeValue) -> str | None:
    """The text of a version attribute, None for any other type."""
    return value.text if isinstance(value, VersionText) else None


def _covers(want: Field, field: Field) -> bool:
    return (
        want.kind == field.kind
        and want.domain in (None, field.domain)
        and want.identifier in (None, field.identifier)
    )


def _renumbered(combined: NDArray[np.int64]) -> tuple[NDArray[np.int64], int]:
    distinct, numbers = np.unique(combined, return_inverse=True)
    return numbers.astype(np.int64), len(distinct)
