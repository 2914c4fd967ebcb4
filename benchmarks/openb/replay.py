"""Replays arrivals through a policy: books every answer, and reads off the allocation at 100 %."""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.openb.arrivals import READ_PERCENT, percent
from benchmarks.openb.check import Books, LimitBroken
from benchmarks.openb.policy import Policy
from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a policy made of a sequence.

    *allocated_percent* of the devices at 100 % of arrivals, the mean over the arrivals that round to it.
    *seconds* are those of the decisions and of telling the policy, prices included.
    """

    allocated_percent: float
    failed: int
    decisions: int
    seconds: float


def replay(nodes: Sequence[Node], sequence: Sequence[Pod], policy: Policy) -> Outcome:
    """Place *sequence* one by one.

    Raises:
        LimitBroken: an answer breaks a limit, or a pod that fits somewhere was refused.
    """
    books = Books(nodes)
    capacity = sum(node.devices for node in nodes) * DEVICE_MILLI
    asked = failed = 0
    readings: list[int] = []
    seconds = 0.0
    for number, pod in enumerate(sequence):
        started = time.perf_counter()
        place = policy.choose(pod)
        if place is not None:
            policy.placed(pod, place)
        seconds += time.perf_counter() - started
        if place is not None:
            books.book(number, pod, place)
        elif books.fits_somewhere(pod):
            raise LimitBroken(f"{pod.name}: refused although it fits")
        else:
            failed += 1
        asked += pod.request.device_milli
        if percent(asked, capacity) == READ_PERCENT:
            readings.append(books.used_milli)
    used = sum(readings) / len(readings) if readings else books.used_milli
    return Outcome(
        allocated_percent=100 * used / capacity if capacity else 0.0,
        failed=failed,
        decisions=len(sequence),
        seconds=seconds,
    )
