"""The policy of ``solver/stranded``: places by prices of expected demand, which it works out anew now and then.

The mix is stated, as FGD's typical pods are: that of the whole trace. Demand is as much of it as is idle, and a little
more.
"""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.openb.policy import Place
from benchmarks.openb.trace import DEVICE_MILLI, Node, Pod
from benchmarks.openb.trace import Request as PodRequest
from solver.search.stranded_prices import Effort, stranded_prices
from solver.stranded.amounts import FreeNode, Grid, Request
from solver.stranded.choice import TOLERANCE_MILLI, Choice, PricedNodes
from solver.stranded.demand import demand, scenarios
from solver.stranded.prices import worth

#: Memory is a limit, and no table: with it a refresh would take a hundred times as long, and hardly any node runs out of
#: memory before CPU.
_GRID = Grid(host_steps=(500, None), share_step=10)
_EFFORT = Effort(rounds=8)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """One setting for all traces.

    *host_micro_per_step*: what half a core is worth to a pod without devices, in millionths of a device. Such pods are
    placed when they fit, so the programme must not plan to turn them away.
    """

    grid: Grid = _GRID
    scenarios: int = 4
    tolerance_milli: int = TOLERANCE_MILLI
    host_micro_per_step: tuple[int, ...] = (50_000,)
    effort: Effort = _EFFORT
    refresh_percent: int = 10


class PricedPolicy:
    """Places where expected demand loses least."""

    def __init__(self, nodes: Sequence[Node], mix: Sequence[Pod], setting: Setting | None = None) -> None:
        self._setting = setting or Setting()
        self._models = sorted({node.model for node in nodes})
        self._requests: dict[PodRequest, Request] = {}
        self._nodes = PricedNodes(
            [
                FreeNode(
                    host=(node.cpu_milli, node.memory_mib),
                    kind=self._models.index(node.model),
                    devices=(DEVICE_MILLI,) * node.devices,
                )
                for node in nodes
            ],
            tolerance_milli=self._setting.tolerance_milli,
        )
        self._expected = demand(Counter(self._request(pod) for pod in mix).items(), self._setting.grid)
        self._worth = worth(self._expected, host_micro_per_step=self._setting.host_micro_per_step)
        self._capacity = sum(node.devices for node in nodes) * DEVICE_MILLI
        self._asked = 0
        self._next = 0
        self._start: NDArray[np.int32] | None = None
        self.refresh_seconds: list[float] = []

    def choose(self, pod: Pod) -> Place | None:
        if self._asked >= self._next:
            self._refresh()
            self._next += self._capacity * self._setting.refresh_percent // 100
        self._asked += pod.request.device_milli
        chosen = self._nodes.choose(self._request(pod))
        return None if chosen is None else Place(node=chosen.node, devices=chosen.devices)

    def placed(self, pod: Pod, place: Place) -> None:
        self._nodes.take(self._request(pod), Choice(node=place.node, devices=place.devices))

    def removed(self, pod: Pod, place: Place) -> None:
        self._nodes.give_back(self._request(pod), Choice(node=place.node, devices=place.devices))

    def _request(self, pod: Pod) -> Request:
        found = self._requests.get(pod.request)
        if found is None:
            wanted = pod.request
            kinds = tuple(self._models.index(model) for model in wanted.models if model in self._models)
            found = self._requests[wanted] = Request(
                host=(wanted.cpu_milli, wanted.memory_mib),
                devices=wanted.devices,
                share_milli=wanted.share_milli,
                kinds=kinds if wanted.models else None,
            )
        return found

    def _refresh(self) -> None:
        started = time.perf_counter()
        nodes = self._nodes.nodes()
        idle = sum(node.device_milli for node in nodes)
        drawn = scenarios(
            self._expected, idle_milli=idle, count=self._setting.scenarios, seed=len(self.refresh_seconds)
        )
        prices = stranded_prices(
            nodes, self._expected, drawn, self._worth, effort=self._setting.effort, start=self._start
        )
        self._start = prices.weights
        self._nodes.reprice(prices)
        self.refresh_seconds.append(time.perf_counter() - started)
