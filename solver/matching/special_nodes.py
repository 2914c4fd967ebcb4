"""Nodes as the exact device fit sees them: for pods whose claims are more than counts of whole devices.

Nothing here is asked where a problem has neither such claims nor such devices.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.identity import NodePoolKey
from solver.domain.kubernetes import SchedulerFeatures
from solver.matching.claim_demand import demand
from solver.matching.device_fit import (
    Alternative,
    ClaimDemand,
    GaveUp,
    Grant,
    RequestDemand,
    Served,
    Token,
    can_fit,
    fit,
)
from solver.matching.inventory import Inventory
from solver.matching.node_fit import Need, claims_of
from solver.matching.node_grouping import GroupedNode, Grouping, Held, attribute_values
from solver.matching.pod_claim import PodClaim
from solver.matching.refusals import Combination


@dataclass(frozen=True, slots=True, kw_only=True)
class Serving:
    """Devices for the claims of a node, in order, and for whole devices by accepted kinds."""

    grouped: GroupedNode
    claims: tuple[tuple[Served, ...], ...]
    whole: Mapping[int, list[Grant]]


class SpecialNodes:
    """The nodes of a problem with what claims, constraints and counters need to know of them."""

    def __init__(
        self,
        inventory: Inventory,
        attributes: Iterable[str] = (),
        *,
        is_needed: bool = False,
        asks_capacity: bool = False,
        refused: Mapping[int, tuple[Combination, ...]] | None = None,
    ) -> None:
        """The nodes of *inventory*.

        Args:
            inventory: the fleet.
            attributes: those that constraints of the problem name, in full.
            is_needed: whether some pod of the problem may have a claim that is more than counts.
            asks_capacity: whether some request asks for capacity.
            refused: what the allocators of nodes would not let onto them.
        """
        self.inventory = inventory
        self.refused = refused if refused is not None else {}
        self.is_needed = is_needed
        self._asks_capacity = asks_capacity
        self._attributes = tuple(sorted(set(attributes)))
        self._grouped: dict[object, GroupedNode] = {}
        self._state_of: dict[int, int] = {}
        self._states: dict[object, int] = {}
        self._signature_of: dict[int, object] = {}
        self._known: dict[object, bool] = {}

    def distinct(self, pool: NodePoolKey) -> tuple[int, ...]:
        """One node of *pool* for each different set of devices."""
        first: dict[int, int] = {}
        for node in self.inventory.nodes_of_pool[pool]:
            first.setdefault(self.state(node), node)
        return tuple(first.values())

    def state(self, node: int) -> int:
        """Equal for nodes whose devices, and what others hold of them, are alike in everything but names."""
        if node not in self._state_of:
            signature = self._signature(node)
            self._state_of[node] = self._states.setdefault(signature, len(self._states))
            self._signature_of.setdefault(self._state_of[node], signature)
        return self._state_of[node]

    def signature(self, node: int) -> object:
        """What :meth:`state` stands for: it is equal for like nodes of other problems with the same kinds too."""
        return self._signature_of[self.state(node)]

    def fits_empty(self, node: int, needs: Sequence[Need]) -> bool:
        """Whether one pod with *needs* would fit if nobody held anything of *node*."""
        key = (self.state(node), tuple(needs))
        if key not in self._known:
            self._known[key] = self._fits(self.grouped(node, None), claims_of(needs), counted(needs))
        return self._known[key]

    def fits(self, node: int, held: Held, claims: Sequence[PodClaim], whole: Mapping[int, int]) -> bool:
        """Whether *claims*, and *whole* devices by accepted kinds, fit beside what is *held*."""
        start = int(self.inventory.fleet.devices.starts[node])
        key = (
            self.state(node),
            tuple(sorted(row - start for row in held.rows)),
            tuple(sorted((row - start, used) for row, used in held.shares)),
            tuple(sorted(map(str, claims))),
            tuple(sorted(whole.items())),
        )
        if key not in self._known:
            self._known[key] = self._fits(self.grouped(node, held), claims, whole)
        return self._known[key]

    def serving(
        self, node: int, held: Held, claims: Sequence[PodClaim], whole: Mapping[int, int]
    ) -> Serving | None:
        """The devices for *claims* and for *whole* devices by accepted kinds; None if they do not fit."""
        grouped = self.grouped(node, held)
        parts = _parts(whole)
        try:
            found = fit(grouped.devices, [*_demands(claims, grouped), *(part for _, part in parts)])
        except GaveUp:
            return None
        if found is None:
            return None
        grants: dict[int, list[Grant]] = {}
        for (accepts, _), served in zip(parts, found.claims[len(claims) :], strict=True):
            grants.setdefault(accepts, []).extend(served[0].grants)
        return Serving(grouped=grouped, claims=found.claims[: len(claims)], whole=grants)

    def grouped(self, node: int, held: Held | None) -> GroupedNode:
        """*node* beside what is *held*; None: as if nobody held anything."""
        key = (node, held)
        if key not in self._grouped:
            self._grouped[key] = Grouping(
                self.inventory, self._attributes, node, held, asks_capacity=self._asks_capacity
            ).build()
        return self._grouped[key]

    @staticmethod
    def _fits(grouped: GroupedNode, claims: Sequence[PodClaim], whole: Mapping[int, int]) -> bool:
        """Whether they fit; where that would take too long to tell they do not, a false refusal."""
        demands = [*_demands(claims, grouped), *(part for _, part in _parts(whole))]
        try:
            return can_fit(grouped.devices, demands)
        except GaveUp:
            return False

    def _signature(self, node: int) -> object:
        """Rows in order, with attribute values replaced by the position at which they appear first."""
        table = self.inventory.fleet.devices
        kinds = self.inventory.kinds
        tokens: dict[tuple[str, Token], int] = {}
        slices: dict[tuple[str, str], int] = {}
        cluster = self.inventory.clusters[self.inventory.fleet.nodes[node].key.cluster]
        rows = []
        for row in table.rows(node):
            values = tuple(
                (name, tuple(sorted(tokens.setdefault((name, token), len(tokens)) for token in found)))
                for name, found in self._values(row, cluster.features)
            )
            consumed = tuple(sorted(table.consumed.get(row, {}).items()))
            terms = table.terms(row)
            published_in = slices.setdefault((table.resource_pools[row], table.slices[row]), len(slices))
            rows.append(
                (
                    int(kinds.kind_of_row[row]),
                    published_in,
                    int(table.withheld[row]),
                    terms.consumes,
                    values,
                    bool(table.in_use[row]),
                    consumed,
                )
            )
        pools = {table.resource_pools[r] for r in table.rows(node)}
        counters = tuple(
            (driver, tuple((each.name, tuple(sorted(each.counters.items()))) for each in found))
            for (driver, pool), found in sorted(cluster.counter_sets.items())
            if pool in pools
        )
        return (tuple(rows), counters)

    def _values(self, row: int, features: SchedulerFeatures) -> list[tuple[str, frozenset[Token]]]:
        if not self._attributes:
            return []
        device = self.inventory.fleet.devices.device(row)
        return list(attribute_values(device, self._attributes, features).items())


def counted(needs: Iterable[Need]) -> Mapping[int, int]:
    """Whole devices that *needs* without a claim take, by accepted kinds."""
    whole: dict[int, int] = {}
    for need in needs:
        if not need.is_claimed and need.count:
            whole[need.accepts] = whole.get(need.accepts, 0) + need.count
    return whole


def _demands(claims: Sequence[PodClaim], grouped: GroupedNode) -> list[ClaimDemand]:
    """One for each claim; every claim is that of a pod of its own."""
    present = grouped.devices.present_kinds
    return [replace(demand(_possible(claim, present)), pod=pod) for pod, claim in enumerate(claims, start=1)]


def _possible(claim: PodClaim, present: int) -> PodClaim:
    """*claim* on a node with the kinds *present*: ways that they forbid accept nothing."""
    if not any(query.forbids & present for ways in claim.requests for query in ways):
        return claim
    requests = tuple(
        tuple(replace(query, accepts=0, count=1) if query.forbids & present else query for query in ways)
        for ways in claim.requests
    )
    return replace(claim, requests=requests)


def _parts(whole: Mapping[int, int]) -> list[tuple[int, ClaimDemand]]:
    """*whole* devices as claims of nobody's pod, none larger than a claim may be."""
    found = []
    for accepts, count in sorted(whole.items()):
        for start in range(0, count, MOST_DEVICES_OF_A_CLAIM):
            part = Alternative(accepts=accepts, count=min(MOST_DEVICES_OF_A_CLAIM, count - start))
            found.append((accepts, ClaimDemand(requests=(RequestDemand(alternatives=(part,)),))))
    return found
