"""BestFit as the FGD paper's baseline: the node that has least left, CPU and devices weighed alike."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.policy import ABSENT, Free
from benchmarks.openb.scored import ScoredPolicy
from benchmarks.openb.trace import DEVICE_MILLI, Node, Request

_MOST_CPU_MILLI = 128_000
_MOST_DEVICES_MILLI = 8 * DEVICE_MILLI
_BEST = 100


def best_fit(nodes: Sequence[Node]) -> ScoredPolicy:
    """The policy for an empty cluster."""
    return ScoredPolicy(nodes, score)


def score(
    free: Free, request: Request, nodes: NDArray[np.intp]
) -> tuple[NDArray[np.int64], NDArray[np.intp]]:
    """100 less what is left (half CPU over 128 cores, half devices over eight), cut to a whole number.

    A share goes to the fullest device that has room for it.
    """
    devices = free.device_milli[nodes]
    cpu = (free.cpu_milli[nodes] - request.cpu_milli) / _MOST_CPU_MILLI
    idle = (np.where(devices == ABSENT, 0, devices).sum(axis=1) - request.device_milli) / _MOST_DEVICES_MILLI
    scores = (_BEST * (1 - (cpu + idle) / 2)).astype(np.int64)
    tightest = np.where(devices >= request.share_milli, devices, DEVICE_MILLI + 1).argmin(axis=1)
    return scores, tightest
