"""A witness for every node: which devices, by signature, each request of each pod takes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from solver.domain.identity import DeviceClassName, Driver, ReplicaKey
from solver.domain.plan import SlotDevices
from solver.domain.workload import ModelDeployment, Role
from solver.matching.draft import Draft, PodKey, numbered_replicas
from solver.matching.node_fit import Need, assign
from solver.matching.scene import Survey
from solver.matching.signature import signature


class Witness:
    """The devices of every slot of a draft."""

    def __init__(self, survey: Survey, draft: Draft) -> None:
        self._survey = survey
        self._of: dict[tuple[ReplicaKey, PodKey], tuple[SlotDevices, ...]] = {}
        guests: dict[int | None, list[_Guest]] = {}
        for guest in _guests(survey, draft):
            guests.setdefault(guest.node, []).append(guest)
        for node, pods in guests.items():
            self._settle(node, pods)

    def of(self, replica: ReplicaKey, pod: PodKey) -> tuple[SlotDevices, ...]:
        """The devices of one pod."""
        return self._of[(replica, pod)]

    def _settle(self, node: int | None, pods: Sequence["_Guest"]) -> None:
        free: dict[int, int] = {}
        if node is not None:
            row = self._survey.kinds.free[node]
            free = {int(kind): int(row[kind]) for kind in row.nonzero()[0]}
        for pod in pods:
            for kind, count in pod.held or ():
                free[kind] = free.get(kind, 0) - count
        open_pods = [pod for pod in pods if pod.held is None]
        held_pods = [pod for pod in pods if pod.held is not None]
        needs = [need for pod in open_pods for need in pod.needs]
        given = assign(needs, free) if node is not None else None
        position = 0
        for pod in open_pods:
            own = None if given is None else given[position : position + len(pod.needs)]
            position += len(pod.needs)
            self._of[(pod.replica, pod.key)] = self._described(pod, own)
        for pod in held_pods:
            self._of[(pod.replica, pod.key)] = self._described(pod, self._split(pod))

    def _split(self, pod: "_Guest") -> Sequence[Mapping[int, int]] | None:
        """The held devices of a pod, shared out over its requests."""
        claimed = [need if name is not None else Need(need.accepts, 0) for need, name in pod.pairs]
        return assign(claimed, dict(pod.held or ()))

    def _described(self, pod: "_Guest", given: Sequence[Mapping[int, int]] | None) -> tuple[SlotDevices, ...]:
        found = []
        for position, (need, name) in enumerate(pod.pairs):
            selectors = pod.selectors[position]
            taken = dict(given[position]) if given is not None else {}
            if not taken:
                taken = self._likely(pod.node, need)
            for kind, count in sorted(taken.items()):
                example = self._survey.kinds.examples[kind] if kind >= 0 else None
                found.append(
                    SlotDevices(
                        request=pod.requests[position],
                        driver=example.driver if example is not None else Driver(""),
                        device_class=name,
                        count=count,
                        signature=signature(example, selectors) if example is not None else "",
                    )
                )
        return tuple(found)

    def _likely(self, node: int | None, need: Need) -> dict[int, int]:
        """The kind a request would take if it could: there is no witness for a pod that does not fit."""
        if node is not None:
            row = self._survey.kinds.total[node]
            for kind in row.nonzero()[0]:
                if need.accepts >> int(kind) & 1:
                    return {int(kind): need.count}
        return {-1: need.count}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Guest:
    """A pod on a node, kept or new."""

    replica: ReplicaKey
    key: PodKey
    node: int | None
    requests: tuple[str, ...]
    selectors: tuple[tuple[str, ...], ...]
    classes: tuple[DeviceClassName | None, ...]
    needs: tuple[Need, ...]
    held: tuple[tuple[int, int], ...] | None = None

    @property
    def pairs(self) -> list[tuple[Need, DeviceClassName | None]]:
        return list(zip(self.needs, self.classes, strict=True))


def _guests(survey: Survey, draft: Draft) -> Iterator[_Guest]:
    for kept in draft.kept:
        for pod in kept.standing.pods:
            key = (pod.engine, pod.copy, pod.role, pod.rank)
            selectors = _selectors(kept.standing.deployment, pod.engine, pod.role)
            yield _Guest(
                replica=kept.standing.replica.key,
                key=key,
                node=kept.added.get(key, pod.node),
                requests=pod.requests,
                selectors=tuple(selectors.get(name, ()) for name in pod.requests),
                classes=pod.classes,
                needs=pod.needs,
                held=pod.held,
            )
    for replica, new in numbered_replicas(survey, draft):
        for fresh in new.pods:
            selectors = _selectors(new.deployment, fresh.engine, fresh.role)
            yield _Guest(
                replica=replica,
                key=fresh.key,
                node=fresh.node,
                requests=tuple(selectors),
                selectors=tuple(selectors.values()),
                classes=fresh.option.classes,
                needs=fresh.option.needs,
            )


def _selectors(deployment: ModelDeployment | None, engine: str, role: Role) -> dict[str, tuple[str, ...]]:
    """Selectors of the member's requests, by name of the request."""
    for candidate in deployment.engines if deployment is not None else ():
        for member in candidate.members:
            if candidate.name == engine and member.role is role:
                return {request.name: request.selectors for request in member.requests}
    return {}
