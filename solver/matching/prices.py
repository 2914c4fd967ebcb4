"""What a pod costs on a node: dollars if every eligible pool has a price, device memory otherwise."""

from collections.abc import Sequence

from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.matching.inventory import Inventory
from solver.matching.kinds import bits
from solver.matching.node_fit import Need
from solver.matching.shares import Shares


class Prices:
    """Prices of pods, in micro-dollars per hour or in bytes of device memory."""

    def __init__(self, inventory: Inventory, shares: Shares, eligible: Sequence[NodePoolKey]) -> None:
        self._inventory = inventory
        self._shares = shares
        self.in_dollars = all(inventory.price(pool) is not None for pool in eligible)
        self._known: dict[tuple[object, ...], int] = {}

    @property
    def unit(self) -> str:
        """The unit of every price given here."""
        return "micro-dollars/h" if self.in_dollars else "bytes of device memory"

    def of_pod(self, node: int, needs: Sequence[Need], classes: Sequence[DeviceClassName | None]) -> int:
        """Price of one pod on the node at position *node*.

        In dollars: the largest share it takes of the node's devices of one class, rounded up. In bytes: for
        each device it claims the least memory that a device which would do has on that node.
        """
        totals = self._inventory.kinds.total[node]
        pool = self._inventory.fleet.nodes[node].node_pool
        key = (pool, totals.tobytes(), tuple(needs), tuple(classes))
        if key not in self._known:
            pairs = list(zip(needs, classes, strict=True))
            self._known[key] = self._dollars(node, pairs) if self.in_dollars else self._bytes(node, pairs)
        return self._known[key]

    def _dollars(self, node: int, pairs: list[tuple[Need, DeviceClassName | None]]) -> int:
        pool = self._inventory.fleet.nodes[node].node_pool
        price = self._inventory.price(pool) or 0
        taken: dict[DeviceClassName, int] = {}
        for need, name in pairs:
            if name is not None:
                taken[name] = taken.get(name, 0) + self._shares.of_need(need)
        dearest = 0
        for name, part in taken.items():
            owned = self._shares.owned(node, self._inventory.class_mask(pool.cluster, name))
            dearest = max(dearest, -(-price * part // max(self._shares.scale, owned)))
        return dearest

    def _bytes(self, node: int, pairs: list[tuple[Need, DeviceClassName | None]]) -> int:
        kinds = self._inventory.kinds
        total = 0
        for need, name in pairs:
            if name is None:
                continue
            sizes = [kinds.memory_bytes[kind] for kind in bits(need.accepts) if kinds.total[node, kind]]
            total += need.devices * min(sizes, default=0)
        return total
