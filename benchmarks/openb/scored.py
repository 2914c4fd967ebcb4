"""What FGD and BestFit have in common: every node gets a score, the highest wins, the first in the list on a tie.

Scores of a request are kept; asked again, only nodes that changed since are scored anew.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.policy import Free, Place
from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod, Request

#: Scores of the nodes at these places in the list, and the device of each that a share goes to.
Score = Callable[[Free, Request, NDArray[np.intp]], tuple[NDArray[np.int64], NDArray[np.intp]]]


@dataclass(slots=True)
class _Known:
    scores: NDArray[np.int64]
    devices: NDArray[np.intp]
    versions: NDArray[np.int64]


class ScoredPolicy:
    """Places each pod on the node of the highest score."""

    def __init__(self, nodes: Sequence[Node], score: Score) -> None:
        self.free = Free(nodes)
        self._score = score
        self._known: dict[Request, _Known] = {}

    def choose(self, pod: Pod) -> Place | None:
        request = pod.request
        fits = self.free.fits(request)
        if not fits.any():
            return None
        known = self._up_to_date(request)
        node = int(np.where(fits, known.scores, np.iinfo(np.int64).min).argmax())
        if 0 < request.share_milli < DEVICE_MILLI:
            return Place(node=node, devices=(int(known.devices[node]),))
        return Place(node=node, devices=self.free.first_devices(node, request))

    def placed(self, pod: Pod, place: Place) -> None:
        self.free.change(pod.request, place, -1)

    def removed(self, pod: Pod, place: Place) -> None:
        self.free.change(pod.request, place, +1)

    def _up_to_date(self, request: Request) -> _Known:
        versions = self.free.versions
        known = self._known.get(request)
        if known is None:
            count = len(versions)
            known = _Known(np.zeros(count, np.int64), np.zeros(count, np.intp), np.full(count, -1, np.int64))
            self._known[request] = known
        changed = np.flatnonzero(known.versions != versions)
        known.scores[changed], known.devices[changed] = self._score(self.free, request, changed)
        known.versions[changed] = versions[changed]
        return known
