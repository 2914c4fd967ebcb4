"""Whether the pods of one node can all have what they claim: backtracking over single devices.

Written from the rules of dynamic resource allocation (``resource.k8s.io/v1``), as if there were no order: a solution
exists or it does not. Shares nothing with the device fit but the domain and the selectors.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from solver.domain.device import AttributeValue, Device, QualifiedName
from solver.domain.device_table import DeviceTable
from solver.domain.device_taint import tolerated
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterSet, RequestPolicy
from solver.domain.workload import DeviceRequest, Member
from solver.selectors.selector import OutcomeKind, compile_selector

MOST_OF_A_CLAIM = 32
Amounts = Mapping[str, int]
#: Rows that a pod holds whole, and rows of which it holds a part.
HeldRows = tuple[tuple[int, ...], tuple[tuple[int, tuple[tuple[str, Quantity], ...]], ...]]


@dataclass(frozen=True, slots=True)
class Chosen:
    """A device of a claim: for which request, by which alternative."""

    request: str
    alternative: str
    row: int
    is_admin: bool = False
    #: Nano units of each capacity; None: taken whole.
    consumed: tuple[tuple[str, int], ...] | None = None


@dataclass(slots=True)
class _State:
    whole: set[int] = field(default_factory=set)
    parts: dict[int, list[tuple[tuple[str, int], ...]]] = field(default_factory=dict)
    claim: list[Chosen] = field(default_factory=list)


class SingleNode:
    """The devices of one node, in the rows from *start* to *end* of the table."""

    def __init__(self, table: DeviceTable, start: int, end: int, counter_sets: Sequence[CounterSet]) -> None:
        self.table = table
        self.rows = [row for row in range(start, end) if not table.withheld[row]]
        self.devices: dict[int, Device] = {row: table.device(row) for row in self.rows}
        self.counters = {(each.name, c): a.nano for each in counter_sets for c, a in each.counters.items()}
        self._selected: dict[tuple[tuple[str, ...], int], bool] = {}

    def serves(self, pods: Sequence[Member], held: Sequence[HeldRows] = ()) -> bool:
        """Whether every one of *pods* can have its claim beside what is *held*."""
        return self.serving(pods, held) is not None

    def serving(self, pods: Sequence[Member], held: Sequence[HeldRows] = ()) -> list[list[Chosen]] | None:
        """Devices for the claims of *pods*, in order; None if there are none."""
        state = _State()
        for row in self.rows:
            if self.table.in_use[row]:
                state.whole.add(row)
            if row in self.table.consumed:
                amounts = tuple((name, a.nano) for name, a in self.table.consumed[row].items())
                state.parts.setdefault(row, []).append(amounts)
        for whole, parts in held:
            state.whole.update(whole)
            for row, used in parts:
                state.parts.setdefault(row, []).append(tuple((name, a.nano) for name, a in used))
        return next(self._pods(state, list(pods), []), None)

    def bears(self, held: Sequence[HeldRows]) -> bool:
        """Whether all of *held* can be held at once: no device twice, no counter and no capacity overdrawn."""
        state = _State()
        taken = [row for whole, _ in held for row in whole]
        shared = {row for _, parts in held for row, _ in parts}
        for row in self.rows:
            if self.table.in_use[row]:
                taken.append(row)
            if row in self.table.consumed:
                amounts = tuple((name, a.nano) for name, a in self.table.consumed[row].items())
                state.parts.setdefault(row, []).append(amounts)
        state.whole.update(taken)
        for _, parts in held:
            for row, used in parts:
                state.parts.setdefault(row, []).append(tuple((name, a.nano) for name, a in used))
        return len(set(taken)) == len(taken) and not shared & state.whole and self._within(state)

    # Pods, requests, alternatives, devices.

    def _pods(
        self, state: _State, pods: list[Member], done: list[list[Chosen]]
    ) -> Iterator[list[list[Chosen]]]:
        if not pods:
            yield [list(each) for each in done]
            return
        state.claim = []
        for claim in self._requests(state, pods[0], list(pods[0].requests)):
            yield from self._pods(state, pods[1:], [*done, claim])
            state.claim = list(claim)

    def _requests(self, state: _State, pod: Member, left: list[DeviceRequest]) -> Iterator[list[Chosen]]:
        if not left:
            if len(state.claim) <= MOST_OF_A_CLAIM:
                yield list(state.claim)
            return
        for query in left[0].queries:
            if query.takes_all:
                rows = [row for row in self.rows if self.selects(query, row)]
                for _ in self._all(state, pod, left[0], query, rows) if rows else ():
                    yield from self._requests(state, pod, left[1:])
                continue
            for _ in self._some(state, pod, left[0], query, query.count, 0):
                yield from self._requests(state, pod, left[1:])

    def _some(
        self, state: _State, pod: Member, request: DeviceRequest, query: DeviceRequest, count: int, first: int
    ) -> Iterator[None]:
        if count == 0:
            yield
            return
        for index in range(first, len(self.rows)):
            row = self.rows[index]
            if not self.selects(query, row):
                continue
            for _ in self._give(state, pod, request, query, row):
                # The same device may be given again where it is shared.
                yield from self._some(state, pod, request, query, count - 1, index)

    def _all(
        self, state: _State, pod: Member, request: DeviceRequest, query: DeviceRequest, rows: list[int]
    ) -> Iterator[None]:
        if not rows:
            yield
            return
        for _ in self._give(state, pod, request, query, rows[0]):
            yield from self._all(state, pod, request, query, rows[1:])

    def _give(
        self, state: _State, pod: Member, request: DeviceRequest, query: DeviceRequest, row: int
    ) -> Iterator[None]:
        """Once, with *row* given to the request, if nothing speaks against it."""
        terms = self.table.terms(row)
        if not tolerated(terms.taints, query.tolerations):
            return
        consumed = self.takes(query, row)
        if consumed is None or len(state.claim) >= MOST_OF_A_CLAIM:
            return
        chosen = Chosen(
            request=request.name,
            alternative=query.name if request.alternatives else "",
            row=row,
            is_admin=query.has_admin_access,
            consumed=tuple(consumed.items()) if terms.is_shared else None,
        )
        if not self._is_free(state, chosen) or not _may_join(self.devices, pod, [*state.claim, chosen]):
            return
        state.claim.append(chosen)
        was_whole = row in state.whole
        if not chosen.is_admin:
            if chosen.consumed is None:
                state.whole.add(row)
            else:
                state.parts.setdefault(row, []).append(chosen.consumed)
        if self._within(state):
            yield
        state.claim.pop()
        if not chosen.is_admin:
            if chosen.consumed is None:
                if not was_whole:
                    state.whole.discard(row)
            else:
                state.parts[row].pop()

    def _is_free(self, state: _State, chosen: Chosen) -> bool:
        same = [each for each in state.claim if each.row == chosen.row]
        if chosen.consumed is not None:
            return chosen.is_admin or chosen.row not in state.whole
        if chosen.is_admin:
            return not same
        return chosen.row not in state.whole and not state.parts.get(chosen.row) and not same

    def _within(self, state: _State) -> bool:
        """Whether no counter and no capacity is overdrawn."""
        for row, parts in state.parts.items():
            for name, most in self.capacities(row).items():
                if sum(dict(part).get(name, 0) for part in parts) > most:
                    return False
        left = dict(self.counters)
        for row in {*state.whole, *(row for row, parts in state.parts.items() if parts)}:
            for name, amounts in self.table.terms(row).consumes:
                for counter, amount in amounts:
                    left[name, counter] -= amount.nano
        return min(left.values(), default=0) >= 0

    # Single devices.

    def selects(self, query: DeviceRequest, row: int) -> bool:
        """Whether every selector is true of the device in *row*."""
        key = (query.selectors, row)
        if key not in self._selected:
            self._selected[key] = all(
                compile_selector(text).match(self.devices[row]).kind is OutcomeKind.TRUE
                for text in query.selectors
            )
        return self._selected[key]

    def capacities(self, row: int) -> dict[str, int]:
        """Nano units by name as written."""
        device = self.devices[row]
        return {
            name.identifier if name.domain == device.driver else f"{name.domain}/{name.identifier}": a.nano
            for name, a in device.capacity.items()
        }

    def takes(self, query: DeviceRequest, row: int) -> dict[str, int] | None:
        """Nano units of each capacity that *query* takes of *row*; None: it does not have what is asked."""
        asked = {name: amount.nano for name, amount in query.capacity}
        have = self.capacities(row)
        terms = self.table.terms(row)
        policies = dict(terms.policies)
        if not set(asked) <= set(have):
            return None
        taken: dict[str, int] = {}
        for name, value in have.items():
            if name not in asked and not terms.is_shared:
                continue
            amount = _rounded(asked.get(name), value, policies.get(name))
            if amount is None or amount > value:
                return None
            taken[name] = amount
        return taken


def _rounded(asked: int | None, value: int, policy: RequestPolicy | None) -> int | None:
    if asked is None:
        return policy.default.nano if policy is not None and policy.default is not None else value
    if policy is None:
        return asked
    if policy.minimum is not None:
        low = policy.minimum.nano
        amount = max(asked, low)
        if policy.step is not None:
            step = policy.step.nano
            amount = low + -(-(amount - low) // step) * step
        return None if policy.maximum is not None and amount > policy.maximum.nano else amount
    if policy.valid_values:
        return min((v.nano for v in policy.valid_values if v.nano >= asked), default=None)
    return asked


def _may_join(devices: Mapping[int, Device], pod: Member, claim: Sequence[Chosen]) -> bool:
    """Whether the constraints of *pod* allow the devices of *claim* together."""
    for constraint in pod.constraints:
        values: list[tuple[type, AttributeValue] | None] = []
        for each in claim:
            names = {each.request, f"{each.request}/{each.alternative}"}
            if constraint.requests and not names & set(constraint.requests):
                continue
            attribute = constraint.match_attribute or constraint.distinct_attribute or ""
            value = devices[each.row].attributes.get(QualifiedName.parse(attribute, devices[each.row].driver))
            values.append(None if value is None else (type(value), value))
        if None in values:
            return False
        if constraint.match_attribute is not None and len(set(values)) > 1:
            return False
        if constraint.distinct_attribute is not None and len(set(values)) < len(values):
            return False
    return True
