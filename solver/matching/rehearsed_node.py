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
from solver.domain.workload import DeviceRequest, Member
from solver.matching.node_grouping import Held
from solver.matching.node_slices import allocated_state, device_ids, node_classes, node_slices
from solver.matching.options import MemberOption
from solver.matching.replay import NodeReplay, Selections
from solver.matching.survey import Survey

ANY_ORDER = "any order"
IN_ORDER = "in order"

_CLAIM = "claim"

#: Steps of one allocation, after which it counts as timed out: a tenth of what ten seconds are.
_STEPS = 100_000

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
        taken: frozenset[str],
    ) -> "PodClaims":
        """The claim of a pod of *member* in *pool*; Synthetic requests are no part of it.

        Of alternatives it has those that are *taken* (``request/alternative``) by the pods of the member:
        that is what the manifests of the plan ask for.
        """
        requests = [each for each in member.requests if classes.get(each.name) is not None]
        made = tuple(_request(survey, each, pool, classes[each.name], taken) for each in requests)
        claim = Claim(name=_CLAIM, requests=made, constraints=member.constraints)
        named = tuple((each.name, classes[each.name]) for each in requests)
        return cls(claim=claim, key=(tuple(requests), member.constraints, named, tuple(sorted(taken))))


Groups = Sequence[tuple[PodClaims, tuple[int, ...]]]
"""Pods with equal claims: one of them, and the positions of all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeAnswer:
    """An order in which all pods are served with the rows they get; or the first that is refused, and why."""

    ordering: str = ANY_ORDER
    #: Positions of the pods in the order of release.
    order: tuple[int, ...] = ()
    #: Request and row of each device, by position in ``order``.
    given: tuple[tuple[tuple[str, int], ...], ...] = ()
    refused: int | None = None
    #: Positions of the fewest pods that are not served together in any order that was tried.
    together: tuple[int, ...] = ()
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
    """The node at a position of the fleet, with what is held of it; None: as if nobody held anything."""

    def __init__(self, survey: Survey, node: int, held: Held | None, selections: Selections) -> None:
        inventory = survey.inventory
        ids = device_ids(inventory, node)
        found = inventory.fleet.nodes[node]
        cluster = found.key.cluster
        self._row_of = {device: row for row, device in ids.items()}
        self._start = AllocatedState() if held is None else allocated_state(inventory, held, ids)
        self._replay = NodeReplay(
            node_slices(inventory, node),
            found.key.name,
            found.labels,
            node_classes(inventory, cluster),
            inventory.clusters[cluster].features,
            step_limit=_STEPS,
            # Up to 1.35 slices come in whatever order the scheduler's informer has them.
            shuffles_slices=True,
            selections=selections,
        )
        self._known: dict[tuple[object, object], AllocationVerdict] = {}
        self._free: dict[tuple[tuple[int, ...], object], bool] = {}
        self._hopeless: set[tuple[tuple[int, ...], object]] = set()
        self._tried = 0

    def answer(self, pods: Sequence[PodClaims]) -> NodeAnswer:
        """Whether the pods are served in the order given, or in another, and whether the order matters."""
        kinds: dict[object, list[int]] = {}
        for position, pod in enumerate(pods):
            kinds.setdefault(pod.key, []).append(position)
        groups = [(pods[positions[0]], tuple(positions)) for positions in kinds.values()]
        counts = tuple(len(positions) for _, positions in groups)
        first = self._serve(pods, tuple(range(len(pods))))
        if first.refused is None:
            is_free = self._always_works(groups, counts, self._start) and self._tried <= _MOST_TRIED
            return replace(first, ordering=ANY_ORDER if is_free else IN_ORDER)
        found = self._order(groups, counts, self._start)
        if found is None:
            return replace(first, together=self._fewest(groups, counts))
        return replace(self._serve(pods, found), ordering=IN_ORDER)

    def _fewest(self, groups: Groups, counts: tuple[int, ...]) -> tuple[int, ...]:
        """The fewest pods of each group that still cannot be served: none of them can be left out."""
        left = list(counts)
        for index in range(len(left)):
            while left[index]:
                fewer = tuple(count - (position == index) for position, count in enumerate(left))
                if self._order(groups, fewer, self._start) is not None or self._tried > _MOST_TRIED:
                    break
                left[index] -= 1
        return tuple(
            position
            for (_, positions), count in zip(groups, left, strict=True)
            for position in positions[:count]
        )

    def _always_works(self, groups: Groups, left: tuple[int, ...], state: AllocatedState) -> bool:
        """Whether the pods that are *left* of each group are served whoever comes next, and next, and next."""
        if not any(left):
            return True
        key = (left, _state_key(state))
        if key not in self._free:
            self._free[key] = self._tried <= _MOST_TRIED and all(
                after is not None and self._always_works(groups, rest, after)
                for _, rest, after in self._next(groups, left, state)
            )
        return self._free[key]

    def _order(self, groups: Groups, left: tuple[int, ...], state: AllocatedState) -> tuple[int, ...] | None:
        """An order in which the pods that are *left* are served, None if none was found."""
        if not any(left):
            return ()
        key = (left, _state_key(state))
        if key in self._hopeless or self._tried > _MOST_TRIED:
            return None
        for chosen, rest, after in self._next(groups, left, state):
            found = self._order(groups, rest, after) if after is not None else None
            if found is not None:
                positions = groups[chosen][1]
                return (positions[len(positions) - left[chosen]], *found)
        self._hopeless.add(key)
        return None

    def _next(
        self, groups: Groups, left: tuple[int, ...], state: AllocatedState
    ) -> Iterator[tuple[int, tuple[int, ...], AllocatedState | None]]:
        """Who may come next, who is left then, and what is in use then (None: it is refused)."""
        for chosen, (pod, _) in enumerate(groups):
            if left[chosen]:
                verdict = self._verdict(pod, state)
                served = verdict.outcome is AllocationOutcome.ALLOCATED
                rest = tuple(count - (index == chosen) for index, count in enumerate(left))
                yield chosen, rest, _with(state, verdict) if served else None

    def _serve(self, pods: Sequence[PodClaims], order: tuple[int, ...]) -> NodeAnswer:
        state = self._start
        given: list[tuple[tuple[str, int], ...]] = []
        for position in order:
            verdict = self._verdict(pods[position], state)
            if verdict.outcome is not AllocationOutcome.ALLOCATED:
                # Whose claim it is, the plan says.
                message = verdict.message.replace(f"claim {_CLAIM}, ", "").replace(f"claim {_CLAIM}: ", "")
                return NodeAnswer(refused=position, message=message)
            devices = [each for allocation in verdict.allocations for each in allocation.devices]
            given.append(tuple((each.request, self._row_of[each.device]) for each in devices))
            state = _with(state, verdict)
        return NodeAnswer(order=order, given=tuple(given))

    def _verdict(self, pod: PodClaims, state: AllocatedState) -> AllocationVerdict:
        key = (pod.key, _state_key(state))
        if key not in self._known:
            self._tried += 1
            self._known[key] = self._replay.allocate([pod.claim], state)
        return self._known[key]


def _state_key(state: AllocatedState) -> object:
    if not state.consumed:
        return state.devices
    consumed = sorted((device, tuple(sorted(used.items()))) for device, used in state.consumed.items())
    return (state.devices, state.shared, tuple(consumed))


def serves_empty(survey: Survey, node: int, member: Member, option: MemberOption) -> bool:
    """Whether the allocator would let one pod of *member* onto an empty node like the one at position *node*."""
    classes = {request.name: name for request, name in zip(member.requests, option.classes, strict=True)}
    taken = frozenset(
        f"{request.name}/{query.name}" for request in member.requests for query in request.alternatives
    )
    claim = PodClaims.of(survey, member, option.pool, classes, taken)
    return RehearsedNode(survey, node, None, Selections()).answer([claim]).refused is None


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
    survey: Survey,
    request: DeviceRequest,
    pool: NodePoolKey,
    chosen: DeviceClassName | None,
    taken: frozenset[str],
) -> ClaimRequest:
    if not request.alternatives:
        return ClaimRequest(name=request.name, exactly=_query(request, chosen))
    return ClaimRequest(
        name=request.name,
        first_available=tuple(
            _query(query, survey.options.class_of(query, pool) or chosen)
            for query in request.alternatives
            if f"{request.name}/{query.name}" in taken
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
