"""One node and the pods it is to get: what the allocator of its cluster makes of them, order by order."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from solver.domain.claim import (
    ALL,
    EXACT_COUNT,
    AllocatedState,
    AllocationOutcome,
    AllocationVerdict,
    Claim,
    ClaimRequest,
    DeviceQuery,
)
from solver.domain.identity import DeviceClassName, NodePoolKey
from solver.domain.plan import Create, Keep, Slot
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId
from solver.domain.workload import DeviceRequest, Member
from solver.matching.node_grouping import Held
from solver.matching.node_slices import allocated_state, node_classes, node_slices
from solver.matching.replay import NodeReplay, Selections
from solver.matching.scene import Survey

ANY_ORDER = "any order"
IN_ORDER = "in order"

#: Allocations that are tried for one node to find out whether the order matters, or one that works.
_MOST_TRIED = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class PodClaims:
    """The claim of a pod as the allocator gets it, and a key that is equal for equal claims."""

    claim: Claim
    key: object

    @classmethod
    def of(
        cls,
        survey: Survey,
        member: Member,
        pool: NodePoolKey,
        classes: Mapping[str, DeviceClassName | None],
    ) -> "PodClaims":
        """The claim of a pod of *member* in *pool*; Synthetic requests are no part of it."""
        requests = [each for each in member.requests if classes.get(each.name) is not None]
        made = tuple(_request(survey, each, pool, classes[each.name]) for each in requests)
        claim = Claim(name="claim", requests=made, constraints=member.constraints)
        named = tuple((each.name, classes[each.name]) for each in requests)
        return cls(claim=claim, key=(tuple(requests), member.constraints, named))


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAnswer:
    """An order in which all pods are served with the rows they get; or the first that is refused, and why."""

    ordering: str = ANY_ORDER
    #: Positions of the pods in the order of release.
    order: tuple[int, ...] = ()
    #: Request and row of each device, by position in ``order``.
    given: tuple[tuple[tuple[str, int], ...], ...] = ()
    refused: int | None = None
    message: str = ""

    def moved(self, offset: int) -> "NodeAnswer":
        """The same with *offset* added to every row."""
        return replace(
            self, given=tuple(tuple((name, row + offset) for name, row in pod) for pod in self.given)
        )


def held_on(survey: Survey, pods: Sequence[tuple[Keep | Create, Slot]]) -> Held:
    """What the pods that stay on a node hold; where that was not seen, what the witness gives them."""
    rows: set[int] = set()
    shares: list[tuple[int, tuple[tuple[str, Quantity], ...]]] = []
    for replica, slot in pods:
        key = (slot.engine, slot.copy, slot.role, slot.rank)
        pod = survey.standing_pods.get(replica.replica, {}).get(key)
        if pod is not None and pod.held is not None:
            rows.update(pod.rows)
            shares += pod.shares
            continue
        for each in slot.devices:
            if each.device_class is None or each.has_admin_access:
                continue
            if each.consumed is None:
                rows.update(each.rows)
            else:
                shares += [(row, each.consumed) for row in each.rows]
    return Held(rows=tuple(sorted(rows)), shares=tuple(sorted(shares, key=str)))


class RehearsedNode:
    """The node at a position of the fleet, with what is held of it."""

    def __init__(
        self, survey: Survey, node: int, held: Held, ids: Mapping[int, DeviceId], selections: Selections
    ) -> None:
        inventory = survey.inventory
        found = inventory.fleet.nodes[node]
        cluster = found.key.cluster
        self._row_of = {device: row for row, device in ids.items()}
        self._start = allocated_state(inventory, held, ids)
        self._replay = NodeReplay(
            node_slices(inventory, node),
            found.key.name,
            found.labels,
            node_classes(inventory, cluster),
            inventory.clusters[cluster].features,
            selections=selections,
        )
        self._known: dict[tuple[object, object], AllocationVerdict] = {}
        self._tried = 0

    def answer(self, pods: Sequence[PodClaims]) -> NodeAnswer:
        """Whether the pods are served in the order given, or in another, and whether the order matters."""
        planned = tuple(range(len(pods)))
        first = self._serve(pods, planned)
        if first.refused is None:
            works = all(self._serve(pods, order).refused is None for order in self._others(pods, planned))
            is_free = works and self._tried <= _MOST_TRIED
            return replace(first, ordering=ANY_ORDER if is_free else IN_ORDER)
        for order in self._others(pods, planned):
            other = self._serve(pods, order)
            if other.refused is None:
                return replace(other, ordering=IN_ORDER)
        return first

    def _others(self, pods: Sequence[PodClaims], planned: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        """Orders that differ in what is asked when, as far as there is time to try them."""
        for order in _orders(pods):
            if self._tried > _MOST_TRIED:
                return
            if order != planned:
                yield order

    def _serve(self, pods: Sequence[PodClaims], order: tuple[int, ...]) -> NodeAnswer:
        state = self._start
        given: list[tuple[tuple[str, int], ...]] = []
        for position in order:
            verdict = self._verdict(pods[position], state)
            if verdict.outcome is not AllocationOutcome.ALLOCATED:
                return NodeAnswer(refused=position, message=verdict.message)
            devices = [each for allocation in verdict.allocations for each in allocation.devices]
            given.append(tuple((each.request, self._row_of[each.device]) for each in devices))
            state = _with(state, verdict)
        return NodeAnswer(order=order, given=tuple(given))

    def _verdict(self, pod: PodClaims, state: AllocatedState) -> AllocationVerdict:
        consumed = tuple(
            sorted((device, tuple(sorted(used.items()))) for device, used in state.consumed.items())
        )
        key = (pod.key, (state.devices, state.shared, consumed))
        if key not in self._known:
            self._tried += 1
            self._known[key] = self._replay.allocate([pod.claim], state)
        return self._known[key]


def _orders(pods: Sequence[PodClaims]) -> Iterator[tuple[int, ...]]:
    """The orders of *pods* that are not alike: pods with equal claims keep theirs."""
    kinds: dict[object, list[int]] = {}
    for position, pod in enumerate(pods):
        kinds.setdefault(pod.key, []).append(position)
    groups = list(kinds.values())
    taken = [0] * len(groups)

    def extend(prefix: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if len(prefix) == len(pods):
            yield prefix
            return
        for index, group in enumerate(groups):
            if taken[index] < len(group):
                taken[index] += 1
                yield from extend((*prefix, group[taken[index] - 1]))
                taken[index] -= 1

    yield from extend(())


def _with(state: AllocatedState, verdict: AllocationVerdict) -> AllocatedState:
    devices = set(state.devices)
    shared = set(state.shared)
    consumed = {device: dict(used) for device, used in state.consumed.items()}
    for allocation in verdict.allocations:
        for each in allocation.devices:
            if each.has_admin_access:
                continue
            if each.consumed is None:
                devices.add(each.device)
                continue
            shared.add(each.device)
            total = consumed.setdefault(each.device, {})
            for name, amount in each.consumed.items():
                total[name] = total[name].add(amount) if name in total else amount
    return AllocatedState(devices=frozenset(devices), shared=frozenset(shared), consumed=consumed)


def _request(
    survey: Survey, request: DeviceRequest, pool: NodePoolKey, chosen: DeviceClassName | None
) -> ClaimRequest:
    if not request.alternatives:
        return ClaimRequest(name=request.name, exactly=_query(request, chosen))
    return ClaimRequest(
        name=request.name,
        first_available=tuple(
            _query(query, survey.options.class_of(query, pool) or chosen) for query in request.alternatives
        ),
    )


def _query(query: DeviceRequest, device_class: DeviceClassName | None) -> DeviceQuery:
    return DeviceQuery(
        name=query.name,
        device_class=str(device_class or ""),
        selectors=query.selectors,
        allocation_mode=ALL if query.takes_all else EXACT_COUNT,
        count=0 if query.takes_all else query.count,
        admin_access=True if query.has_admin_access else None,
        tolerations=query.tolerations,
        capacity=dict(query.capacity) if query.capacity else None,
    )
