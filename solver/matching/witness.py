"""A witness for every node: which devices each request of each pod takes."""

from collections.abc import Iterable, Iterator, Sequence

from solver.domain.identity import Driver, ReplicaKey
from solver.domain.plan import SlotDevices
from solver.matching.device_fit import Grant
from solver.matching.draft import Draft, PodKey
from solver.matching.guests import Guest, guests
from solver.matching.node_fit import Need, assign, claims_of
from solver.matching.node_grouping import GroupedNode, Held
from solver.matching.signature import signature
from solver.matching.special_nodes import counted
from solver.matching.survey import Survey
from solver.matching.taken import Taken
from solver.matching.twins import twins


class Witness:
    """The devices of every slot of a draft."""

    def __init__(self, survey: Survey, draft: Draft) -> None:
        self._survey = survey
        self._special = survey.options.special
        #: Rows that stand for devices which other nodes reach too, once one of them is given away.
        self._gone: set[int] = set()
        self._of: dict[tuple[ReplicaKey, PodKey], tuple[SlotDevices, ...]] = {}
        on_node: dict[int | None, list[Guest]] = {}
        for guest in guests(survey, draft):
            on_node.setdefault(guest.node, []).append(guest)
        self._twins = twins(survey)
        for pods in on_node.values():
            for pod in pods:
                self._take(pod.rows)
        for node, pods in sorted(on_node.items(), key=lambda item: -1 if item[0] is None else item[0]):
            self._settle(node, pods)

    def of(self, replica: ReplicaKey, pod: PodKey) -> tuple[SlotDevices, ...]:
        """The devices of one pod."""
        return self._of[(replica, pod)]

    def _settle(self, node: int | None, pods: Sequence[Guest]) -> None:
        open_pods = [pod for pod in pods if pod.held is None]
        held_pods = [pod for pod in pods if pod.held is not None]
        given: Sequence[Sequence[Sequence[Taken]] | None] = [None] * len(open_pods)
        if node is not None and any(claims_of(pod.needs) for pod in open_pods):
            given = self._claimed(node, open_pods, held_pods) or given
        elif node is not None:
            given = self._counted(node, open_pods, held_pods) or given
        for pod, own in zip(open_pods, given, strict=True):
            self._take(each.row for part in own or () for each in part if each.row is not None)
            self._of[(pod.replica, pod.key)] = tuple(self._described(pod, own))
        for pod in held_pods:
            self._of[(pod.replica, pod.key)] = tuple(self._described(pod, self._split(pod)))

    def _counted(
        self, node: int, open_pods: Sequence[Guest], held_pods: Sequence[Guest]
    ) -> list[list[list[Taken]]] | None:
        """Devices for pods that ask for whole devices only."""
        kinds = self._survey.kinds
        row = kinds.free[node]
        free = {int(kind): int(row[kind]) for kind in row.nonzero()[0]}
        for pod in held_pods:
            for kind, count in pod.held or ():
                free[kind] = free.get(kind, 0) - count
        for gone in self._gone_on(node, held_pods):
            free[int(kinds.kind_of_row[gone])] -= 1
        needs = [need for pod in open_pods for need in pod.needs]
        given = assign(needs, free)
        if given is None:
            return None
        rows = self._free_rows(node, held_pods)
        taken = [
            [
                Taken(kind=kind, row=next(rows[kind]))
                for kind, count in sorted(own.items())
                for _ in range(count)
            ]
            for own in given
        ]
        return _by_pod(open_pods, taken)

    def _take(self, rows: Iterable[int]) -> None:
        """Devices that nodes share are gone from all of them once they are given away on one."""
        for row in rows:
            self._gone.update(self._twins.get(row, ()))

    def _gone_on(self, node: int, held_pods: Sequence[Guest]) -> list[int]:
        """Rows of *node* whose devices pods of other nodes have."""
        own = self._survey.kinds.table.rows(node)
        held = {row for pod in held_pods for row in pod.rows}
        in_use = self._survey.kinds.table.in_use
        return [row for row in sorted(self._gone) if row in own and row not in held and not in_use[row]]

    def _free_rows(self, node: int, held_pods: Sequence[Guest]) -> dict[int, Iterator[int]]:
        """Rows that can be given away by kind."""
        table, kinds = self._survey.kinds.table, self._survey.kinds
        held = {row for pod in held_pods for row in pod.rows} | self._gone
        found: dict[int, list[int]] = {}
        for row in table.rows(node):
            if not table.withheld[row] and not table.in_use[row] and row not in held:
                found.setdefault(int(kinds.kind_of_row[row]), []).append(row)
        return {kind: iter(rows) for kind, rows in found.items()}

    def _claimed(
        self, node: int, open_pods: Sequence[Guest], held_pods: Sequence[Guest]
    ) -> list[list[list[Taken]]] | None:
        """Devices for pods of which some have claims."""
        held = Held(
            rows=tuple(
                sorted({*(row for pod in held_pods for row in pod.rows), *self._gone_on(node, held_pods)})
            ),
            shares=tuple(sorted((share for pod in held_pods for share in pod.shares), key=str)),
        )
        claims = [claim for pod in open_pods for claim in claims_of(pod.needs)]
        whole = counted([need for pod in open_pods for need in pod.needs])
        found = self._special.serving(node, held, claims, whole)
        if found is None:
            return None
        served = iter(found.claims)
        rest = {
            accepts: iter([self._taken(found.grouped, 0, grant) for grant in grants])
            for accepts, grants in found.whole.items()
        }
        result: list[list[list[Taken]]] = []
        for pod in open_pods:
            asked = [ways for claim in claims_of(pod.needs) for ways in claim.requests]
            mine = zip(next(served), asked, strict=True) if asked else iter(())
            own: list[list[Taken]] = []
            for need in pod.needs:
                if need.is_claimed:
                    part, ways = next(mine)
                    # Alternatives that nothing here satisfies are no part of the claim.
                    chosen = ways[part.alternative].alternative
                    own.append([self._taken(found.grouped, chosen, grant) for grant in part.grants])
                else:
                    own.append([next(rest[need.accepts]) for _ in range(need.count)])
            result.append(own)
        return result

    def _taken(self, grouped: GroupedNode, alternative: int, grant: Grant) -> Taken:
        row = grouped.rows[grant.group][grant.ordinal]
        return Taken(
            kind=grouped.devices.groups[grant.group].kind,
            row=row,
            alternative=alternative,
            consumed=None if grant.consumed is None else tuple(sorted(grant.consumed.items())),
        )

    def _split(self, pod: Guest) -> Sequence[Sequence[Taken]] | None:
        """The held devices of a pod, shared out over its requests."""
        claimed = [need if name is not None else Need(need.accepts, 0) for need, name in pod.pairs]
        wanted = [Need(need.accepts, need.devices) for need in claimed]
        given = assign(wanted, dict(pod.held or ()))
        if given is None:
            return None
        rows: dict[int, list[int]] = {}
        for row in pod.rows:
            rows.setdefault(int(self._survey.kinds.kind_of_row[row]), []).append(row)
        asked = iter([ways for claim in claims_of(pod.needs) for ways in claim.requests])
        found = []
        for need, own in zip(pod.needs, given, strict=True):
            ways = next(asked) if need.is_claimed else ()
            alternative = next(
                (way.alternative for way in ways if all(way.accepts >> kind & 1 for kind in own)), 0
            )
            found.append(
                [
                    Taken(
                        kind=kind,
                        row=rows[kind].pop(0) if rows.get(kind) else None,
                        alternative=alternative,
                    )
                    for kind, count in sorted(own.items())
                    for _ in range(count)
                ]
            )
        return found

    def _described(self, pod: Guest, given: Sequence[Sequence[Taken]] | None) -> Iterator[SlotDevices]:
        for position, (need, name) in enumerate(pod.pairs):
            taken = list(given[position]) if given is not None else []
            if not taken:
                taken = self._likely(pod.node, need)
            groups: dict[tuple[int, int, object], list[Taken]] = {}
            for each in taken:
                groups.setdefault((each.kind, each.alternative, each.consumed), []).append(each)
            for (kind, alternative, _), found in sorted(groups.items(), key=lambda item: str(item[0])):
                query = pod.queries[position][alternative] if pod.queries[position] else None
                example = self._survey.kinds.examples[kind] if kind >= 0 else None
                terms = self._survey.kinds.terms[kind] if kind >= 0 else None
                yield SlotDevices(
                    request=pod.requests[position] if query is None else query.full_name,
                    driver=example.driver if example is not None else Driver(""),
                    device_class=name,
                    count=len(found),
                    signature=""
                    if example is None or terms is None
                    else signature(example, query.selectors if query is not None else (), terms),
                    rows=tuple(each.row for each in found if each.row is not None),
                    consumed=found[0].consumed,
                    has_admin_access=query is not None and query.has_admin_access,
                )

    def _likely(self, node: int | None, need: Need) -> list[Taken]:
        """What a request would take if it could: there is no witness for a pod that does not fit."""
        if node is not None:
            row = self._survey.kinds.total[node]
            for kind in row.nonzero()[0]:
                if need.accepts >> int(kind) & 1:
                    return [Taken(kind=int(kind))] * need.devices
        return [Taken(kind=-1)] * need.devices


def _by_pod(pods: Sequence[Guest], taken: list[list[Taken]]) -> list[list[list[Taken]]]:
    found, position = [], 0
    for pod in pods:
        found.append(taken[position : position + len(pod.needs)])
        position += len(pod.needs)
    return found
