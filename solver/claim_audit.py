"""The devices that a plan names serve what its pods claim: a certificate is checked, nothing is searched.

For nodes with pods whose claims are more than counts of whole devices. Nothing of the device fit is used.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.domain.device import QualifiedName, Scalar
from solver.domain.kubernetes import Gate
from solver.domain.plan import Create, Keep, Slot, SlotDevices
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import SliceDevice
from solver.domain.workload import DeviceRequest, Member
from solver.matching.kind_terms import written_capacity
from solver.matching.replay.capacity import consumption
from solver.matching.slot_needs import member_of
from solver.matching.survey import Survey

Found = Iterator[tuple[str, str]]
Guest = tuple[Keep | Create, Slot]
Shares = tuple[tuple[int, tuple[tuple[str, Quantity], ...]], ...]


def broken_claims(survey: Survey, node: int, guests: Sequence[Guest]) -> Found:
    """What is wrong with the devices that the pods of *node* are given."""
    name = str(survey.problem.fleet.nodes[node].key)
    for replica, slot in guests:
        if slot.order:
            for complaint in _Claim(survey, node, replica, slot).complaints():
                yield name, f"{replica.replica}, engine {slot.engine}: {complaint}"
    for complaint in _taken_together(survey, node, guests):
        yield name, complaint


class _Claim:
    """One new pod and the devices that the plan gives it."""

    def __init__(self, survey: Survey, node: int, replica: Keep | Create, slot: Slot) -> None:
        self.survey = survey
        self.table = survey.problem.fleet.devices
        self.rows = self.table.rows(node)
        self.cluster = replica.replica.cluster
        self.features = survey.inventory.clusters[self.cluster].features
        self.slot = slot
        self.member: Member = member_of(survey, replica, slot)

    def complaints(self) -> Iterator[str]:
        claimed = [each for each in self.slot.devices if each.device_class is not None]
        whole = Counter(row for each in claimed if each.consumed is None for row in each.rows)
        for row, times in sorted(whole.items()):
            if times > 1:
                yield f"device {self.table.names[row]} is given twice to one claim"
        if sum(len(each.rows) for each in claimed) > MOST_DEVICES_OF_A_CLAIM:
            yield f"a claim with more than {MOST_DEVICES_OF_A_CLAIM} devices"
        for request in self.member.requests:
            given = [each for each in self.slot.devices if each.request.partition("/")[0] == request.name]
            names = {each.request for each in given}
            known = {f"{request.name}/{query.name}": query for query in request.alternatives}
            known = known or {request.name: request}
            if len(names) != 1 or not names <= known.keys():
                yield f"request {request.name} is served by {len(names)} alternatives, expected one that it has"
                continue
            yield from self._request(known[names.pop()], given)
        yield from self._constraints()

    def _request(self, query: DeviceRequest, given: Sequence[SlotDevices]) -> Iterator[str]:
        rows = [row for each in given for row in each.rows]
        kinds = self.survey.kinds
        device_class = given[0].device_class
        accepted = self.survey.options.accepted(query, self.cluster, device_class)
        good = [
            row
            for row in self.rows
            if not self.table.withheld[row] and accepted >> int(kinds.kind_of_row[row]) & 1
        ]
        wrong = sorted(set(rows) - set(good))
        if wrong:
            yield f"request {query.name} is given {self.table.names[wrong[0]]}, which does not match"
        if not query.takes_all and len(rows) != query.count:
            yield f"request {query.name} is given {len(rows)} devices, expected {query.count}"
        # Shared devices that others use may not have enough left; whole ones are never left out of all.
        spared = {row for row in good if row not in rows and self.table.terms(row).is_shared}
        if query.takes_all and sorted({*rows, *spared}) != good:
            yield f"request {query.name} is given {len(set(rows))} devices, expected all {len(good)}"
        for each in given:
            if each.has_admin_access != query.has_admin_access:
                yield f"request {query.name} has admin access: {each.has_admin_access}, expected the opposite"
            for row in each.rows if each.consumed is not None else ():
                yield from self._consumes(query, row, dict(each.consumed or ()))

    def _consumes(self, query: DeviceRequest, row: int, taken: Mapping[str, Quantity]) -> Iterator[str]:
        """Whether a share is as large as the request, and the policies of the device, make it."""
        terms, device = self.table.terms(row), self.table.device(row)
        published = SliceDevice(
            device=device, capacity=written_capacity(device, terms), policies=dict(terms.policies)
        )
        expected = consumption(published, dict(query.capacity), in_milli=False)
        for name, amount in (expected or {}).items():
            if name not in taken or taken[name] < amount:
                yield f"request {query.name} is given too little {name}"
        if expected is None:
            yield f"request {query.name} is given {self.table.names[row]}, which cannot give what is asked"

    def _constraints(self) -> Iterator[str]:
        for constraint in self.member.constraints:
            for attribute, is_distinct in (
                (constraint.match_attribute, False),
                (constraint.distinct_attribute, True),
            ):
                if attribute is None:
                    continue
                values = [
                    self._values(row, attribute)
                    for each in self.slot.devices
                    if each.device_class is not None and _in_scope(constraint.requests, each.request)
                    for row in each.rows
                ]
                if not all(values):
                    yield f"a device lacks attribute {attribute}, which a constraint names"
                elif is_distinct and len(frozenset().union(*values)) < sum(map(len, values)):
                    yield f"two devices have the same {attribute}, expected different ones"
                elif not is_distinct and values and not frozenset.intersection(*values):
                    yield f"the devices differ in {attribute}, expected one value"

    def _values(self, row: int, attribute: str) -> frozenset[tuple[str, Scalar]]:
        """The value of the attribute, or those of a list if the scheduler knows lists; none if it has none."""
        domain, _, identifier = attribute.partition("/")
        value = self.table.device(row).attributes.get(QualifiedName(domain, identifier))
        if value is None or (isinstance(value, tuple) and not self.features.has(Gate.LIST_ATTRIBUTES)):
            return frozenset()
        scalars = value if isinstance(value, tuple) else (value,)
        return frozenset((type(each).__name__, each) for each in scalars)


def _in_scope(requests: tuple[str, ...], name: str) -> bool:
    return not requests or name in requests or name.partition("/")[0] in requests


def _taken_together(survey: Survey, node: int, guests: Sequence[Guest]) -> Iterator[str]:
    """Devices given twice, counters and capacities that are overdrawn."""
    table = survey.problem.fleet.devices
    taken = _Taken()
    for replica, slot in guests:
        taken.by(slot, _held(survey, replica, slot))
    for row, times in sorted(taken.whole.items()):
        if row in taken.new and (times > 1 or table.in_use[row] or row in taken.shared):
            yield f"device {table.names[row]} is given to two claims"
    for row, drawn in sorted(taken.shared.items()):
        others = table.consumed.get(row, {})
        for name, amount in written_capacity(table.device(row), table.terms(row)).items():
            used = drawn.get(name, 0) + (others[name].nano if name in others else 0)
            if row in taken.new and used > amount.nano:
                yield f"device {table.names[row]} gives more {name} than it has"
    yield from _counters(survey, node, {*taken.whole, *taken.shared}, taken.new)


class _Taken:
    """Devices that the pods of a node take: whole, in part, and which of them are new."""

    def __init__(self) -> None:
        self.whole: Counter[int] = Counter()
        self.shared: dict[int, dict[str, int]] = {}
        self.new: set[int] = set()

    def by(self, slot: Slot, held: tuple[tuple[int, ...], Shares] | None) -> None:
        """Count what *slot* takes: what it holds already if that is known, otherwise what the plan says."""
        if held is not None:
            self.whole.update(held[0])
            for row, used in held[1]:
                self._draw(row, used)
            return
        for each in slot.devices:
            if each.has_admin_access:
                continue
            self.new.update(each.rows if slot.order else ())
            if each.consumed is None:
                self.whole.update(each.rows)
                continue
            for row in each.rows:
                self._draw(row, each.consumed)

    def _draw(self, row: int, amounts: tuple[tuple[str, Quantity], ...]) -> None:
        drawn = self.shared.setdefault(row, {})
        for name, amount in amounts:
            drawn[name] = drawn.get(name, 0) + amount.nano


def _counters(survey: Survey, node: int, used: set[int], is_new: set[int]) -> Iterator[str]:
    table = survey.problem.fleet.devices
    cluster = survey.inventory.clusters[survey.problem.fleet.nodes[node].key.cluster]
    rows = table.rows(node)
    taken: dict[tuple[str, str, str, str], int] = {}
    touched: set[tuple[str, str, str, str]] = set()
    for row in rows:
        if row in used or table.in_use[row] or row in table.consumed:
            driver = table.device(row).driver
            for name, amounts in table.terms(row).consumes:
                for counter, amount in amounts:
                    key = (driver, table.resource_pools[row], name, counter)
                    taken[key] = taken.get(key, 0) + amount.nano
                    touched.update([key] if row in is_new else [])
    for (driver, pool), sets in sorted(cluster.counter_sets.items()):
        for each in sets:
            for counter, amount in sorted(each.counters.items()):
                key = (driver, pool, each.name, counter)
                if key in touched and taken[key] > amount.nano:
                    yield f"counter {each.name}/{counter} of resource pool {pool} is overdrawn"


def _held(survey: Survey, replica: Keep | Create, slot: Slot) -> tuple[tuple[int, ...], Shares] | None:
    """Rows, and parts of rows, that a kept pod's claims hold; None if they are not known."""
    if isinstance(replica, Create):
        return None
    pod = survey.standing_pods[replica.replica][(slot.engine, slot.copy, slot.role, slot.rank)]
    return None if pod.held is None else (pod.rows, pod.shares)
