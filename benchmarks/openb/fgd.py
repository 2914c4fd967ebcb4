"""Fragmentation Gradient Descent (ATC'23), written from its description in ``placement.md`` section C.

Idle devices of a node are *fragment* for a typical pod that cannot use them; the node where a placement lets the
fragment grow least wins. The score is a whole number from 0 to 100, and the first node of the list wins a tie: without
either, the result is another one.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.policy import ABSENT, Free
from benchmarks.openb.scored import ScoredPolicy
from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod, Request

_COVERED_PERCENT = 95
_BEST = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """The most common requests, and how common each is among them (they add up to 1)."""

    requests: tuple[Request, ...]
    popularity: NDArray[np.float64]


def typical(pods: Sequence[Pod]) -> Typical:
    """Requests that differ in CPU, devices, share or models, most common first, until 95 % of *pods* are covered."""
    counts = Counter(
        Request(
            cpu_milli=pod.request.cpu_milli,
            memory_mib=0,
            devices=pod.request.devices,
            share_milli=pod.request.share_milli,
            models=pod.request.models,
        )
        for pod in pods
    )
    kept: list[tuple[Request, int]] = []
    covered = 0
    for request, count in counts.most_common():
        if 100 * covered >= _COVERED_PERCENT * len(pods):
            break
        kept.append((request, count))
        covered += count
    return Typical(
        requests=tuple(request for request, _ in kept),
        popularity=np.array([count / covered for _, count in kept]),
    )


def fgd(nodes: Sequence[Node], common: Typical) -> ScoredPolicy:
    """The policy for an empty cluster."""
    return ScoredPolicy(nodes, _Fragments(common).score)


class _Fragments:
    def __init__(self, common: Typical) -> None:
        self._requests = common.requests
        self._popularity = common.popularity
        self._cpu = np.array([request.cpu_milli for request in common.requests])
        self._devices = np.array([request.devices for request in common.requests])
        self._needs_devices = self._devices > 0
        shares, self._share = np.unique(
            np.array([request.share_milli for request in common.requests], dtype=np.int64),
            return_inverse=True,
        )
        # Devices by how much is free of them: milli-devices in those too small for each share, and room for it.
        free = np.arange(DEVICE_MILLI + 1)[:, None]
        self._small_milli = np.where(free < shares, free, 0)
        self._roomy = (free >= shares).astype(np.int64)

    def score(
        self, free: Free, request: Request, nodes: NDArray[np.intp]
    ) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
        devices = free.device_milli[nodes]
        usable = np.stack([free.allows(one.models)[nodes] for one in self._requests], axis=1)
        usable &= self._needs_devices
        cpu = free.cpu_milli[nodes]
        small, roomy, idle = self._counts(devices)
        before = self._fragment(small, roomy, idle, usable & (cpu[:, None] >= self._cpu))
        usable &= (cpu - request.cpu_milli)[:, None] >= self._cpu
        if not 0 < request.share_milli < DEVICE_MILLI:
            after = self._fragment(*self._counts(_without_first(devices, request.devices)), usable)
            return _score(before - after), np.zeros(len(nodes), np.intp)
        fits = devices >= request.share_milli
        scores = np.full(devices.shape, -1, dtype=np.int64)
        # Only the device that takes the share changes: all options of all nodes at once.
        row, device = np.nonzero(fits)
        old = devices[row, device]
        new = old - request.share_milli
        after = self._fragment(
            small[row] - self._small_milli[old] + self._small_milli[new],
            roomy[row] - self._roomy[old] + self._roomy[new],
            idle[row] - request.share_milli,
            usable[row],
        )
        scores[row, device] = _score(before[row] - after)
        best = scores.argmax(axis=1)
        return scores[np.arange(len(nodes)), best], best

    def _counts(
        self, devices: NDArray[np.int64]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Of each node: milli-devices too small for each share, devices with room for it, idle milli-devices."""
        there = devices != ABSENT
        idle = np.where(there, devices, 0)
        roomy = (self._roomy[idle] * there[:, :, None]).sum(axis=1)
        return self._small_milli[idle].sum(axis=1), roomy, idle.sum(axis=1)

    def _fragment(
        self,
        small: NDArray[np.int64],
        roomy: NDArray[np.int64],
        idle: NDArray[np.int64],
        usable: NDArray[np.bool_],
    ) -> NDArray[np.float64]:
        """Milli-devices of each node that typical pods cannot use, on average."""
        serves = usable & (roomy[:, self._share] >= self._devices)
        fragment: NDArray[np.float64] = (
            np.where(serves, small[:, self._share], idle[:, None]) @ self._popularity
        )
        return fragment


def _score(gain: NDArray[np.float64]) -> NDArray[np.int64]:
    whole: NDArray[np.int64] = (_BEST / (1 + np.exp(-gain / DEVICE_MILLI))).astype(np.int64)
    return whole


def _without_first(devices: NDArray[np.int64], count: int) -> NDArray[np.int64]:
    free = devices == DEVICE_MILLI
    return np.where(free & (free.cumsum(axis=1) <= count), 0, devices)
