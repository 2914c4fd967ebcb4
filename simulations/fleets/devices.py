"""The device table of a generated fleet, built by whole columns: nodes of one kind repeat one block of codes."""

from collections.abc import Mapping, Sequence
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from simulations.fleets.machines import GPU, UUID, MachineType
from solver.domain.device import Device
from solver.domain.device_table import ABSENT, Codes, Column, DeviceTable, Field

_UUID_FIELD = Field("attributes", UUID.domain, UUID.identifier)


def device_table(names: Sequence[str], kinds: Sequence[MachineType]) -> DeviceTable:
    """The devices of nodes with these *names* and *kinds*, in that order; equal to what a builder would make."""
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
    of_node = np.array([numbers[kind] for kind in kinds], dtype=np.intp)
    devices = {kind: kind.devices for kind in numbers}
    sizes = np.array([len(devices[kind]) for kind in numbers], dtype=np.int64)[of_node]
    starts = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    kind_of_row = np.repeat(of_node, sizes)
    place_of_row = np.arange(starts[-1]) - np.repeat(starts[:-1], sizes)
    columns = {
        field: Column(codes=codes[kind_of_row, place_of_row], values=values)
        for field, (codes, values) in _blocks(list(devices.values())).items()
    }
    columns[_UUID_FIELD] = _uuids(names, kinds, columns[Field("driver")])
    rows = int(starts[-1])
    return DeviceTable(
        columns=dict(sorted(columns.items(), key=lambda each: tuple(part or "" for part in each[0]))),
        names=tuple(chain.from_iterable(tuple(each.name for each in devices[kind]) for kind in kinds)),
        resource_pools=tuple(
            chain.from_iterable((name,) * len(devices[kind]) for name, kind in zip(names, kinds, strict=True))
        ),
        slices=tuple(
            chain.from_iterable(_slices(name, devices[kind]) for name, kind in zip(names, kinds, strict=True))
        ),
        starts=starts,
        withheld=np.zeros(rows, dtype=np.int8),
        in_use=np.zeros(rows, dtype=np.bool_),
        consumed={},
    )


def slice_name(node: str, driver: str) -> str:
    """Name of the slice in which *driver* publishes the devices of *node*."""
    return f"{node}-{driver}"


def _slices(node: str, devices: Sequence[Device]) -> list[str]:
    names = {driver: slice_name(node, driver) for driver in dict.fromkeys(each.driver for each in devices)}
    return [names[each.driver] for each in devices]


def _blocks(kinds: Sequence[tuple[Device, ...]]) -> dict[Field, tuple[Codes, tuple[object, ...]]]:
    """For each field a code by kind and place on the node, and the values in the order in which they appear."""
    shape = (len(kinds), max((len(devices) for devices in kinds), default=0))
    codes: dict[Field, Codes] = {}
    values: dict[Field, dict[tuple[type, object], int]] = {}
    for kind, devices in enumerate(kinds):
        for place, device in enumerate(devices):
            for field, value in _fields(device).items():
                block = codes.setdefault(field, np.full(shape, ABSENT, dtype=np.int32))
                known = values.setdefault(field, {})
                block[kind, place] = known.setdefault((type(value), value), len(known))
    return {field: (codes[field], tuple(value for _, value in values[field])) for field in codes}


def _fields(device: Device) -> Mapping[Field, object]:
    return (
        {Field("driver"): device.driver}
        | {Field("attributes", *name): value for name, value in device.attributes.items()}
        | {Field("capacity", *name): amount for name, amount in device.capacity.items()}
    )


def _uuids(names: Sequence[str], kinds: Sequence[MachineType], drivers: Column) -> Column:
    """A value of its own for each GPU."""
    is_gpu: NDArray[np.bool_] = np.isin(drivers.codes, [drivers.values.index(GPU)])
    codes = np.full(len(is_gpu), ABSENT, dtype=np.int32)
    codes[is_gpu] = np.arange(np.count_nonzero(is_gpu))
    values = tuple(
        f"GPU-{name}-{number}" for name, kind in zip(names, kinds, strict=True) for number in range(kind.gpus)
    )
    return Column(codes=codes, values=values)
