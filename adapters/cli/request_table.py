"""What each pod of a deployment asks for: one row for each request, or for each of its alternatives."""

from collections.abc import Iterable, Iterator

from adapters.cli.tables import Cell, table
from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceToleration
from solver.domain.quantity import Quantity
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment

_NONE = "<none>"


def request_table(deployment: ModelDeployment) -> str:
    """The requests by engine and member; a column for what goes beyond count and selectors where there is such."""
    rows = [row for engine in deployment.engines for row in _rows(engine)]
    headers: tuple[str, ...] = ("ENGINE", "COPIES", "ROLE", "PODS", "REQUEST", "COUNT", "ALSO", "SELECTORS")
    if not any(also for *_, also, _ in rows):
        return table((*headers[:-2], headers[-1]), [(*row[:-2], row[-1]) for row in rows])
    return table(headers, [(*row[:-2], row[-2] or _NONE, row[-1]) for row in rows])


def constraint_sentences(deployment: ModelDeployment) -> Iterator[str]:
    """One sentence for each constraint, in order of engine and member."""
    for engine in deployment.engines:
        for member in engine.members:
            for constraint in member.constraints:
                yield f"{engine.name} {member.role}: {_sentence(constraint)}"


def named_queries(member: Member) -> Iterator[tuple[str, DeviceRequest]]:
    """Every request of *member* by name, or each of its alternatives as ``request/alternative``."""
    for request in member.requests:
        for query in request.queries:
            yield (f"{request.name}/{query.name}" if request.alternatives else request.name), query


def amounts(found: Iterable[tuple[str, Quantity]]) -> Iterator[str]:
    """``memory 4Gi`` for each capacity."""
    return (f"{name} {amount}" for name, amount in found)


def _rows(engine: Engine) -> Iterator[tuple[Cell, ...]]:
    name = f"{engine.name} ({engine.phase})" if engine.phase is not None else engine.name
    for member in engine.members:
        head = (name, engine.copies, member.role.value, member.pods_per_copy)
        if not member.requests:
            yield (*head, _NONE, 0, "", _NONE)
        for label, query in named_queries(member):
            selectors = " and ".join(" ".join(text.split()) for text in query.selectors)
            count: Cell = "all" if query.takes_all else query.count
            yield (*head, label, count, ", ".join(_also(query)), selectors or _NONE)


def _also(query: DeviceRequest) -> Iterator[str]:
    if query.device_class is not None:
        yield f"class {query.device_class}"
    yield from amounts(query.capacity)
    for toleration in query.tolerations:
        yield f"tolerates {_taint(toleration)}"
    if query.has_admin_access:
        yield "admin access"


def _taint(toleration: DeviceToleration) -> str:
    key = toleration.key or "any taint"
    text = f"{key}={toleration.value}" if toleration.operator == "Equal" else key
    return f"{text}:{toleration.effect}" if toleration.effect else text


def _sentence(constraint: ClaimConstraint) -> str:
    devices = f"the devices of {', '.join(constraint.requests)}" if constraint.requests else "all devices"
    if constraint.match_attribute is not None:
        return f"{devices} share {constraint.match_attribute}"
    return f"{devices} differ in {constraint.distinct_attribute}"
