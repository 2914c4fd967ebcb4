"""The slices of a cluster, found by node and by resource pool."""

from collections.abc import Hashable, Iterable

from solver.domain.resource_slice import ResourceSlice

PoolId = tuple[str, str]


class SliceIndex:
    """All slices of a cluster in the order in which they were given; what nodes have in common is kept."""

    def __init__(self, slices: Iterable[ResourceSlice]) -> None:
        self._slices = tuple(slices)
        #: Positions of slices that belong to one node, by node.
        self._local: dict[str, list[int]] = {}
        #: Positions of those that other nodes may look at.
        self._common: list[int] = []
        self._by_pool: dict[PoolId, list[ResourceSlice]] = {}
        #: What was worked out about pools that look the same from several nodes.
        self.known: dict[Hashable, object] = {}
        for position, each in enumerate(self._slices):
            self._by_pool.setdefault((each.driver, each.pool), []).append(each)
            if each.scope.node is None or each.shared_counters:
                self._common.append(position)
            else:
                self._local.setdefault(each.scope.node, []).append(position)

    def around(self, node: str) -> list[ResourceSlice]:
        """Every slice that may concern *node*, in order."""
        local = self._local.get(node, [])
        positions = sorted([*local, *self._common]) if local and self._common else local or self._common
        return [self._slices[position] for position in positions]

    def of_pool(self, pool: PoolId) -> list[ResourceSlice]:
        """Every slice of *pool*, in order."""
        return self._by_pool.get(pool, [])
