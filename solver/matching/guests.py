"""The pods of a draft, kept and new, as a node sees them."""

from collections.abc import Iterator
from dataclasses import dataclass

from solver.domain.identity import DeviceClassName, ReplicaKey
from solver.domain.workload import DeviceRequest, ModelDeployment, Role
from solver.matching.draft import Draft, PodKey, numbered_replicas
from solver.matching.node_fit import Need
from solver.matching.node_grouping import Consumed
from solver.matching.survey import Survey


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """A request, or one of its alternatives, as a plan names it."""

    full_name: str
    selectors: tuple[str, ...]
    has_admin_access: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """A pod on a node; everything but its node and its key is by request."""

    replica: ReplicaKey
    key: PodKey
    node: int | None
    requests: tuple[str, ...]
    #: Empty where the template is not known.
    queries: tuple[tuple[Query, ...], ...]
    classes: tuple[DeviceClassName | None, ...]
    needs: tuple[Need, ...]
    held: tuple[tuple[int, int], ...] | None = None
    rows: tuple[int, ...] = ()
    shares: tuple[tuple[int, Consumed], ...] = ()

    @property
    def pairs(self) -> list[tuple[Need, DeviceClassName | None]]:
        """The need of each request with the class that serves it."""
        return list(zip(self.needs, self.classes, strict=True))


def guests(survey: Survey, draft: Draft) -> Iterator[Guest]:
    """All pods of *draft*, those that stay first."""
    for kept in draft.kept:
        for pod in kept.standing.pods:
            key = (pod.engine, pod.copy, pod.role, pod.rank)
            queries = queries_of(kept.standing.deployment, pod.engine, pod.role)
            yield Guest(
                replica=kept.standing.replica.key,
                key=key,
                node=kept.added.get(key, pod.node),
                requests=pod.requests,
                queries=tuple(queries.get(name, ()) for name in pod.requests),
                classes=pod.classes,
                needs=pod.needs,
                held=pod.held,
                rows=pod.rows,
                shares=pod.shares,
            )
    for replica, new in numbered_replicas(survey, draft):
        for fresh in new.pods:
            queries = queries_of(new.deployment, fresh.engine, fresh.role)
            yield Guest(
                replica=replica,
                key=fresh.key,
                node=fresh.node,
                requests=tuple(queries),
                queries=tuple(queries.values()),
                classes=fresh.option.classes,
                needs=fresh.option.needs,
            )


def queries_of(deployment: ModelDeployment | None, engine: str, role: Role) -> dict[str, tuple[Query, ...]]:
    """The ways to serve each request of a member, by name of the request."""
    for candidate in deployment.engines if deployment is not None else ():
        for member in candidate.members:
            if candidate.name == engine and member.role is role:
                return {request.name: tuple(_queries(request)) for request in member.requests}
    return {}


def _queries(request: DeviceRequest) -> Iterator[Query]:
    for query in request.queries:
        yield Query(
            full_name=f"{request.name}/{query.name}" if request.alternatives else request.name,
            selectors=query.selectors,
            has_admin_access=query.has_admin_access,
        )
