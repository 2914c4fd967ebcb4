"""What a node is worth to expected demand, and what of it nothing expected can use.

*Stranded* is what is free less what the best joint packing of expected demand uses of it, at given prices. Packings are
those of the grid, so what is left of a step counts as stranded too.
"""

from dataclasses import dataclass

from solver.stranded.amounts import FreeNode
from solver.stranded.packing import Packings
from solver.stranded.prices import Prices
from solver.stranded.tables import Tables


@dataclass(frozen=True, slots=True, kw_only=True)
class Stranded:
    """Free amounts that the best joint packing leaves: host resources that count on the grid (0 for others), devices."""

    host: tuple[int, ...]
    device_milli: int


class Valuation:
    """Values of nodes at *prices*, kept by the state of the node.

    Nodes may be of kinds below *kinds*, with up to *most_host* amounts and *most_devices* devices.
    """

    def __init__(self, prices: Prices, *, kinds: int, most_host: tuple[int, ...], most_devices: int) -> None:
        self._classes = prices.expected.classes
        self._grid = prices.expected.grid
        self._scenarios = range(len(prices.weights))
        self._tables = Tables(
            prices.expected, prices.weights, kinds=kinds, most_host=most_host, most_devices=most_devices
        )
        self._packings = Packings(self._tables)

    def value(self, node: FreeNode) -> tuple[int, ...]:
        """Millionths of a device that expected demand can make of *node*, in each scenario."""
        return tuple(int(value) for value in self._tables.value(node))

    def packing(self, node: FreeNode, scenario: int) -> tuple[int, ...]:
        """How many requests of each class a best joint packing of *node* holds; the same one every time."""
        devices = self._tables.devices(node.kind, node.devices)
        counts = self._packings.best(scenario, devices, self._tables.cell(node.host))
        return tuple(int(count) for count in counts)

    def stranded(self, node: FreeNode) -> tuple[Stranded, ...]:
        """What no expected request would use of *node*, in each scenario."""
        return tuple(self._left(node, self.packing(node, scenario)) for scenario in self._scenarios)

    def _left(self, node: FreeNode, packing: tuple[int, ...]) -> Stranded:
        held = list(zip(packing, self._classes, strict=True))
        return Stranded(
            host=tuple(
                0 if step is None else free - sum(count * request.host[at] for count, request in held)
                for at, (free, step) in enumerate(zip(node.host, self._grid.host_steps, strict=True))
            ),
            device_milli=node.device_milli - sum(count * request.device_milli for count, request in held),
        )
