"""The devices of each pod: those that its claims hold, or those that the allocator of its cluster would choose."""

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from adapters.cli.plan_table import POD_HEADERS, node_text, pod_cells
from adapters.cli.request_table import amounts, named_queries
from adapters.cli.tables import Cell, table
from solver.domain.device_table import ABSENT, Field
from solver.domain.identity import ClusterName
from solver.domain.plan import Create, Keep, Plan, Slot
from solver.domain.problem import Problem
from solver.domain.quantity import Quantity
from solver.domain.replica import ObservedSlot
from solver.domain.resource_slice import DeviceId, SliceDevice
from solver.domain.workload import DeviceRequest, ModelDeployment
from solver.matching.kind_terms import written_capacity
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.capacity import consumption

_NONE = "<none>"
_UNKNOWN = "<unknown>"
_DECLARED = "<declared>"
#: Columns that are left out where no device has anything to say in them.
_OPTIONAL = ("CONSUMED", "ADMIN ACCESS")
_HEADERS = ("REPLICA", *POD_HEADERS, "NODE", "REQUEST", "DEVICE", *_OPTIONAL, "STATE")


class _Device(NamedTuple):
    """The last columns of a line."""

    request: str
    name: str
    consumed: str
    access: str
    state: str


def device_table(plan: Plan, problem: Problem, deployment: ModelDeployment) -> str:
    """A line for each device of each pod of *deployment* in *plan*; empty if none is known.

    Devices that a class only declares have no names and are counted. A device is *held* if a claim of the pod
    has it. One that is *chosen* comes out of a rehearsal: the allocator decides when the pod is there.
    """
    devices = _Devices(problem, deployment)
    rows = [
        (str(replica.replica), *pod_cells(slot), node_text(slot), *device)
        for replica in sorted(plan.replicas, key=lambda each: each.replica)
        if replica.replica.deployment == deployment.key
        for slot in replica.slots
        for device in devices.of(replica, slot)
    ]
    columns = [
        column
        for column, header in enumerate(_HEADERS)
        if header not in _OPTIONAL or any(row[column] != _NONE for row in rows)
    ]
    shown: Iterable[list[Cell]] = ([row[column] for column in columns] for row in rows)
    return table([_HEADERS[column] for column in columns], shown) if rows else ""


class _Devices:
    def __init__(self, problem: Problem, deployment: ModelDeployment) -> None:
        self._table = problem.fleet.devices
        self._declared = self._table.columns.get(Field("declaredClass"))
        self._behaviours = {each.name: Behaviour.of(each.features) for each in problem.fleet.clusters}
        self._queries = {
            (engine.name, member.role, name): query
            for engine in deployment.engines
            for member in engine.members
            for name, query in named_queries(member)
        }
        self._observed = {
            (replica.key, slot.engine, slot.copy, slot.role, slot.rank): slot
            for replica in problem.replicas
            if replica.key.deployment == deployment.key
            for slot in replica.slots
        }

    def of(self, replica: Keep | Create, slot: Slot) -> Iterator[_Device]:
        """The devices of the pod *slot* of *replica*, like ones that have no name as one."""
        if slot.order:
            found = self._chosen(slot)
        else:
            key = (replica.replica, slot.engine, slot.copy, slot.role, slot.rank)
            found = self._held(slot, self._observed.get(key))
        for device, count in Counter(found).items():
            if device.name == _DECLARED:
                yield device._replace(name=f"{_DECLARED} x{count}")
            else:
                yield from [device] * count

    def _chosen(self, slot: Slot) -> Iterator[_Device]:
        for request, row in slot.allocated:
            query = self._queries[slot.engine, slot.role, request]
            access = "yes" if query.has_admin_access else _NONE
            consumed = self._consumed(slot.node_pool.cluster, query, row)
            yield _Device(request, self._name(row), consumed, access, "chosen")

    def _held(self, slot: Slot, observed: ObservedSlot | None) -> Iterator[_Device]:
        """What is seen of the claims of a pod, which is not for which request they hold what they hold."""
        if observed is None:
            return
        requests = {
            each.request.partition("/")[0]
            for each in slot.devices
            if each.device_class is not None and not each.has_admin_access
        }
        request = requests.pop() if len(requests) == 1 else _UNKNOWN
        for row in observed.devices:
            yield _Device(request, self._name(row), _NONE, _NONE, "held")
        for row, used in observed.shares:
            yield _Device(request, self._name(row), _listed(used), _NONE, "held")

    def _name(self, row: int) -> str:
        if self._declared is not None and self._declared.codes[row] != ABSENT:
            return _DECLARED
        table = self._table
        return str(DeviceId(table.device(row).driver, table.resource_pools[row], table.names[row]))

    def _consumed(self, cluster: ClusterName, query: DeviceRequest, row: int) -> str:
        """What the allocator of *cluster* takes of the capacities of a shared device to serve *query*."""
        terms = self._table.terms(row)
        if not (terms.is_shared and self._behaviours[cluster].consumable):
            return _NONE
        device = self._table.device(row)
        published = SliceDevice(
            device=device, capacity=written_capacity(device, terms), policies=dict(terms.policies)
        )
        in_milli = self._behaviours[cluster].rounds_in_milli
        return _listed((consumption(published, dict(query.capacity), in_milli=in_milli) or {}).items())


def _listed(used: Iterable[tuple[str, Quantity]]) -> str:
    return ", ".join(amounts(used)) or _NONE
