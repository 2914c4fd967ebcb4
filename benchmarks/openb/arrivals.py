"""The arrival sequence of the FGD paper (protocol P1): the trace shuffled, then filled up or thinned out.

The paper shuffles with Go's generator; ours is Python's, so that single runs differ from the published ones and only
means can be compared. Every policy gets the same sequence.
"""

import random
from collections.abc import Sequence

from benchmarks.openb.trace import Pod

#: Devices asked for at the end over devices there are, in percent.
TUNE_PERCENT = 130
#: Where the allocation is read: an arrival counts for the whole percent that it is nearest to.
READ_PERCENT = 100


def arrivals(pods: Sequence[Pod], *, capacity_milli: int, seed: int) -> list[Pod]:
    """The pods in the order of their arrival, until they ask for 1.3 times the capacity.

    Pods are appended, drawn from the whole trace with replacement, while the next one stays within that; a trace that
    asks for more loses random ones.
    """
    chance = random.Random(seed)  # noqa: S311 (a benchmark, not a secret)
    sequence = list(pods)
    chance.shuffle(sequence)
    most = capacity_milli * TUNE_PERCENT // 100
    asked = sum(pod.request.device_milli for pod in sequence)
    while asked > most:
        asked -= sequence.pop(chance.randrange(len(sequence))).request.device_milli
    while asked <= most:
        extra = pods[chance.randrange(len(pods))]
        # As in the paper's simulator: the check sees one device of the pod only.
        if asked + extra.request.share_milli > most:
            break
        asked += extra.request.device_milli
        sequence.append(extra)
    return sequence


def until_read(sequence: Sequence[Pod], *, capacity_milli: int) -> list[Pod]:
    """The arrivals that the allocation at 100 % depends on: those that round to at most 100 %."""
    kept, asked = [], 0
    for pod in sequence:
        asked += pod.request.device_milli
        if percent(asked, capacity_milli) > READ_PERCENT:
            break
        kept.append(pod)
    return kept


def percent(asked_milli: int, capacity_milli: int) -> int:
    """*asked_milli* of *capacity_milli*, to the nearest whole percent."""
    return (200 * asked_milli + capacity_milli) // (2 * capacity_milli)
