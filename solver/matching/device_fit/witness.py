"""From counted members to single devices."""

from collections.abc import Mapping, Sequence

from solver.matching.device_fit.contest import Service
from solver.matching.device_fit.demand import ClaimDemand
from solver.matching.device_fit.layout import Layout
from solver.matching.device_fit.result import Assignment, Grant, Served
from solver.matching.device_fit.task import Task, admin_ties


def witness_of(layout: Layout, claims: Sequence[ClaimDemand], services: Mapping[Task, Service]) -> Assignment:
    """The devices that *services* name: free ones for normal requests, any others for admin access."""
    ordered = sorted(services, key=lambda task: (task.claim, task.request))
    namer = _Namer(layout, claims)
    grants: dict[Task, tuple[Grant, ...]] = {}
    # What admin access must not be given to has to be named first.
    for task in sorted(ordered, key=lambda task: services[task].option.is_admin):
        option = services[task].option
        grants[task] = tuple(
            Grant(
                group=layout.members[candidate.member].group,
                ordinal=ordinal,
                consumed=option.consumed.get(layout.members[candidate.member].group),
            )
            for candidate, times in services[task].given
            for ordinal in namer.ordinals(task.claim, candidate.member, times, is_admin=option.is_admin)
        )
    served: list[list[Served]] = [[] for _ in claims]
    for task in ordered:
        service = services[task]
        one = Served(alternative=service.option.alternative, grants=grants[task])
        served[task.claim].append(one)
    return Assignment(claims=tuple(tuple(each) for each in served))


class _Namer:
    """Hands out the devices of plain groups."""

    def __init__(self, layout: Layout, claims: Sequence[ClaimDemand]) -> None:
        self._layout = layout
        self._ties = admin_ties(claims)
        self._next_free = [0] * len(layout.members)
        #: By claim with admin access and member, devices that it has or must not have.
        self._barred: dict[tuple[int, int], set[int]] = {}

    def ordinals(self, claim: int, index: int, times: int, *, is_admin: bool) -> list[int]:
        member = self._layout.members[index]
        if member.vectors:
            return [member.ordinal] * times
        if is_admin:
            barred = self._barred.setdefault((claim, index), set())
            # What others hold first: it is given away already.
            named = [o for o in reversed(range(member.total)) if o not in barred][:times]
            barred.update(named)
            return named
        first = self._next_free[index]
        self._next_free[index] += times
        named = list(range(first, first + times))
        for tie in self._ties[claim]:
            self._barred.setdefault((tie, index), set()).update(named)
        return named
