"""The seam between the benchmark and whoever places: a policy, and the free amounts that policies share.

A policy sees one pod at a time and answers at once. The replay books what it says with code of its own
(``check.py``) and then tells it, so a policy may keep whatever it likes, and nothing it keeps is believed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod, Request

#: Stands for a device that a node does not have, in arrays of equal width.
ABSENT = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A node, by its place in the list, and the devices on it, ascending."""

    node: int
    devices: tuple[int, ...] = ()


class Policy(Protocol):
    """Places one pod at a time, on a cluster that is empty when the policy is built.

    The product's own one-at-a-time path becomes a policy by answering ``choose`` from its fleet state and keeping that
    in step in ``placed`` and ``removed``; ``compare.py`` is where it joins the others.
    """

    def choose(self, pod: Pod) -> Place | None:
        """Where *pod* goes, None only if nothing has room for it. Books nothing: ``placed`` follows if it is taken."""
        ...

    def placed(self, pod: Pod, place: Place) -> None:
        """*pod* is at *place* from now on."""
        ...

    def removed(self, pod: Pod, place: Place) -> None:
        """*pod* has left *place*."""
        ...


class Free:
    """Free amounts of every node as arrays; the version of a node changes with them."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        width = max((node.devices for node in nodes), default=0)
        self.cpu_milli = np.array([node.cpu_milli for node in nodes], dtype=np.int64)
        self.memory_mib = np.array([node.memory_mib for node in nodes], dtype=np.int64)
        self.device_milli: NDArray[np.int64] = np.array(
            [[DEVICE_MILLI if d < node.devices else ABSENT for d in range(width)] for node in nodes],
            dtype=np.int64,
        ).reshape(len(nodes), width)
        self.models = np.array([node.model for node in nodes])
        self.versions = np.zeros(len(nodes), dtype=np.int64)
        self._allowed: dict[tuple[str, ...], NDArray[np.bool_]] = {}

    def allows(self, models: tuple[str, ...]) -> NDArray[np.bool_]:
        """The nodes whose model is one of *models*; all of them if it names none."""
        if models not in self._allowed:
            self._allowed[models] = (
                np.isin(self.models, models) if models else np.ones(len(self.models), bool)
            )
        return self._allowed[models]

    def fits(self, request: Request) -> NDArray[np.bool_]:
        """The nodes that have room for *request*."""
        room = (self.cpu_milli >= request.cpu_milli) & (self.memory_mib >= request.memory_mib)
        if request.devices == 0:
            return room
        enough = (self.device_milli >= request.share_milli).sum(axis=1) >= request.devices
        return room & enough & self.allows(request.models)

    def first_devices(self, node: int, request: Request) -> tuple[int, ...]:
        """The first devices of *node* with room for *request*."""
        roomy = np.flatnonzero(self.device_milli[node] >= request.share_milli)
        return tuple(int(device) for device in roomy[: request.devices])

    def change(self, request: Request, place: Place, sign: int) -> None:
        """Take *request* at *place* (*sign* -1) or give it back (+1)."""
        self.cpu_milli[place.node] += sign * request.cpu_milli
        self.memory_mib[place.node] += sign * request.memory_mib
        for device in place.devices:
            self.device_milli[place.node, device] += sign * request.share_milli
        self.versions[place.node] += 1
