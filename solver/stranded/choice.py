"""One placement at a time by what it takes from expected demand.

A request goes where the best joint packing of what is expected loses least, on average over the scenarios. Losses
within a tolerance count as equal: among those the node with least left wins, then the first. Whatever fits is placed.

Nodes in equal states are looked at once, and what is known about a state is kept until prices change.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.stranded.amounts import DEVICE_MILLI, FreeNode, Request
from solver.stranded.prices import MICRO, Prices
from solver.stranded.tables import Tables

#: Losses that differ by less are equal. Without it noise in the prices breaks wholly free nodes, one by one.
TOLERANCE_MILLI = 15

_UNKNOWN = -1
_ABSENT = -1
_FIRST_STATES = 1024
_FIT_PARTS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A node, by its number, and devices of it, ascending."""

    node: int
    devices: tuple[int, ...]


@dataclass(slots=True)
class _Losses:
    """Of one request, by state: the loss in millionths of a device over all scenarios, and the device to take."""

    losses: NDArray[np.int64]
    free_milli: NDArray[np.int64]


class PricedNodes:
    """Nodes with free amounts, and the choice among them at given prices."""

    def __init__(self, nodes: Sequence[FreeNode], *, tolerance_milli: int = TOLERANCE_MILLI) -> None:
        width = max((len(node.devices) for node in nodes), default=0)
        resources = len(nodes[0].host) if nodes else 0
        self._tolerance_milli = tolerance_milli
        self._host = np.array([node.host for node in nodes], dtype=np.int64).reshape(len(nodes), resources)
        self._devices = np.array(
            [[*node.devices, *[_ABSENT] * (width - len(node.devices))] for node in nodes], dtype=np.int64
        ).reshape(len(nodes), width)
        self._kinds = np.array([node.kind for node in nodes], dtype=np.int64)
        self._most_host = tuple(int(most) for most in self._host.max(axis=0, initial=0))
        self._tables: Tables | None = None
        self._tolerance = 0
        self._forget()

    def nodes(self) -> list[FreeNode]:
        """What is free on each node."""
        return [self._node(number) for number in range(len(self._host))]

    def reprice(self, prices: Prices) -> None:
        """Choose at *prices* from now on; without any, the node with least left is chosen."""
        self._tables = Tables(
            prices.expected,
            prices.weights,
            kinds=1 + int(self._kinds.max(initial=0)),
            most_host=self._most_host,
            most_devices=self._devices.shape[1],
        )
        self._tolerance = self._tolerance_milli * MICRO * len(prices.weights)
        self._forget()

    def choose(self, request: Request) -> Choice | None:
        """Where *request* goes; None if no node has room for it."""
        fits = np.flatnonzero(self._fits(request))
        if not len(fits):
            return None
        known = self._losses_of(request)
        states = self._states[fits]
        losses = known.losses[states]
        if (losses == _UNKNOWN).any():
            for state in np.unique(states[losses == _UNKNOWN]):
                self._assess(request, known, int(state))
            losses = known.losses[states]
        near = losses <= losses.min() + self._tolerance
        at = int(np.where(near, self._fit[states], np.iinfo(np.int64).max).argmin())
        node = int(fits[at])
        return Choice(node=node, devices=self._pick(node, request, int(known.free_milli[states[at]])))

    def take(self, request: Request, choice: Choice) -> None:
        """*request* holds what it was given."""
        self._change(request, choice, -1)

    def give_back(self, request: Request, choice: Choice) -> None:
        """*request* has left."""
        self._change(request, choice, +1)

    def _fits(self, request: Request) -> NDArray[np.bool_]:
        room: NDArray[np.bool_] = np.all(self._host >= np.array(request.host, dtype=np.int64), axis=1)
        if request.devices:
            room = room & (np.sum(self._devices >= request.share_milli, axis=1) >= request.devices)
            if request.kinds is not None:
                room = room & np.isin(self._kinds, request.kinds)
        return room

    def _pick(self, node: int, request: Request, free_milli: int) -> tuple[int, ...]:
        found = np.flatnonzero(self._devices[node] == free_milli)[: request.devices]
        return tuple(int(device) for device in found)

    def _change(self, request: Request, choice: Choice, sign: int) -> None:
        self._host[choice.node] += sign * np.array(request.host, dtype=np.int64)
        self._devices[choice.node, list(choice.devices)] += sign * request.share_milli
        self._states[choice.node] = self._state(choice.node)

    def _node(self, number: int) -> FreeNode:
        return FreeNode(
            host=tuple(int(amount) for amount in self._host[number]),
            kind=int(self._kinds[number]),
            devices=tuple(int(free) for free in self._devices[number] if free != _ABSENT),
        )

    def _forget(self) -> None:
        self._numbers: dict[FreeNode, int] = {}
        self._known: dict[Request, _Losses] = {}
        self._fit = np.zeros(_FIRST_STATES, dtype=np.int64)
        self._examples: list[FreeNode] = []
        self._states = np.array([self._state(number) for number in range(len(self._host))], dtype=np.int64)

    def _state(self, number: int) -> int:
        """The number of the state of a node; nodes with the same amounts, in any order, are in the same one."""
        node = self._node(number)
        state = FreeNode(host=node.host, kind=node.kind, devices=tuple(sorted(node.devices)))
        found = self._numbers.get(state)
        if found is None:
            found = self._numbers[state] = len(self._examples)
            self._examples.append(state)
            self._fit = _grown(self._fit, found, 0)
            parts = sum(
                amount * _FIT_PARTS // max(most, 1)
                for amount, most in zip(state.host, self._most_host, strict=True)
            )
            self._fit[found] = state.device_milli * _FIT_PARTS * max(len(state.host), 1) + parts
        return found

    def _losses_of(self, request: Request) -> _Losses:
        known = self._known.get(request)
        if known is None:
            size = len(self._fit)
            known = _Losses(np.full(size, _UNKNOWN, dtype=np.int64), np.zeros(size, dtype=np.int64))
            self._known[request] = known
        last = len(self._examples) - 1
        known.losses = _grown(known.losses, last, _UNKNOWN)
        known.free_milli = _grown(known.free_milli, last, 0)
        return known

    def _assess(self, request: Request, known: _Losses, state: int) -> None:
        node = self._examples[state]
        if 0 < request.share_milli < DEVICE_MILLI:
            frees = sorted({free for free in node.devices if free >= request.share_milli})
        else:
            frees = [DEVICE_MILLI]
        options = [(self._loss(node, request, free), free) for free in frees]
        least = min(loss for loss, _ in options)
        # Among devices that are as good as each other the fullest.
        known.losses[state], known.free_milli[state] = next(
            (least, free) for loss, free in options if loss <= least + self._tolerance
        )

    def _loss(self, node: FreeNode, request: Request, free_milli: int) -> int:
        tables = self._tables
        if tables is None:
            return 0
        host = tuple(have - take for have, take in zip(node.host, request.host, strict=True))
        devices = list(node.devices)
        for _ in range(request.devices):
            devices.remove(free_milli)
            devices.append(free_milli - request.share_milli)
        before = tables.value_at(tables.devices(node.kind, node.devices), tables.cell(node.host))
        after = tables.value_at(tables.devices(node.kind, devices), tables.cell(host))
        return int(before.sum()) - int(after.sum())


def _grown(array: NDArray[np.int64], last: int, fill: int) -> NDArray[np.int64]:
    """*array*, twice as long as often as it takes to hold place *last*."""
    while last >= len(array):
        array = np.concatenate([array, np.full(len(array), fill, dtype=np.int64)])
    return array
