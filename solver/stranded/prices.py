"""What expected requests are worth, and what a node is worth at that.

The unit of a value is a millionth of a device, as an integer. What a request is worth to whoever places it is what it takes of
devices; a *weight* is that less what one more such request would be worth: demand that is met elsewhere anyway gives
the room of a node no value.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from solver.stranded.demand import Demand

#: Value of a thousandth of a device.
MICRO = 1000
#: More for requests of several devices, in percent: they need what is lost first and cannot be had back.
GANG_PREMIUM_PERCENT = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Prices:
    """Weights of the classes of *expected* in each scenario, and what they prove.

    *bounds*: the most that could be packed into all nodes in each scenario, in the unit of *worth*. Proven for requests
    as the grid rounds them.
    """

    expected: Demand
    worth: NDArray[np.int64]
    weights: NDArray[np.int32]
    bounds: tuple[int, ...]


def worth(expected: Demand, *, host_micro_per_step: Sequence[int] = ()) -> NDArray[np.int64]:
    """What a request of each class is worth, in millionths of a device.

    A request without devices is worth *host_micro_per_step* for each step of each host resource that counts (nothing if
    none is given).
    """
    return np.array(
        [_worth(expected, number, host_micro_per_step) for number in range(len(expected.classes))],
        dtype=np.int64,
    )


def _worth(expected: Demand, number: int, host_micro_per_step: Sequence[int]) -> int:
    request = expected.classes[number]
    if request.devices == 0:
        steps = expected.grid.host_up(request.host)
        return sum(micro * step for micro, step in zip(host_micro_per_step, steps, strict=False))
    premium = GANG_PREMIUM_PERCENT if request.devices > 1 else 0
    return request.device_milli * MICRO * (100 + premium) // 100
