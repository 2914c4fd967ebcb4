"""How many devices one claim may be given: what asks for more is never allocated, wherever it goes."""

from collections.abc import Sequence

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.workload import DeviceRequest


def limit_complaint(requests: Sequence[DeviceRequest]) -> str | None:
    """Why a pod with *requests*, which stand in one claim, gets nothing; None if it may get something."""
    least = sum(map(_least, requests))
    if least <= MOST_DEVICES_OF_A_CLAIM:
        return None
    return f"found {least} devices for one pod, expected at most {MOST_DEVICES_OF_A_CLAIM}, as a claim holds no more"


def _least(request: DeviceRequest) -> int:
    # All of a node's devices are at least one, and that is the count of such a request.
    return min((each.count for each in request.alternatives), default=request.count)
