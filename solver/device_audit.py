"""No device serves two pods, and no node gives more CPU, memory or pod slots than it has.

The witness is found by a matching on single devices, node by node, not by the inequalities of the model.
"""

from collections.abc import Iterator

from solver.claim_audit import broken_claims
from solver.domain.plan import Create, Keep, Plan, Slot
from solver.matching.needs import asks_for_more
from solver.matching.slot_needs import member_of, slot_needs
from solver.matching.standing import resources_of
from solver.matching.survey import Survey
from solver.matching.twins import twins

Found = Iterator[tuple[str, str]]


def overcommitted(survey: Survey, plan: Plan) -> Found:
    """Nodes whose pods do not fit; one that takes nothing new may stay as it was observed."""
    pods: dict[int, list[tuple[Keep | Create, Slot]]] = {}
    for replica in plan.replicas:
        for slot in replica.slots:
            if slot.node is not None:
                pods.setdefault(survey.inventory.node_index[slot.node], []).append((replica, slot))
    for node, guests in sorted(pods.items()):
        if any(slot.order for _, slot in guests):
            if _has_claims(survey, guests):
                yield from broken_claims(survey, node, guests)
            else:
                yield from _devices(survey, node, guests)
            yield from _resources(survey, node, guests)


def given_on_two_nodes(survey: Survey, plan: Plan) -> Found:
    """Devices that several nodes reach, given to pods of more than one; or not given where they are needed."""
    same = twins(survey)
    owner: dict[int, str] = {}
    for replica in plan.replicas if same else ():
        for slot in replica.slots:
            held = None if isinstance(replica, Create) else _held_rows(survey, replica, slot)
            given = held if held is not None else tuple(row for each in slot.devices for row in each.rows)
            name = f"{replica.replica}, engine {slot.engine}, copy {slot.copy}, {slot.role} {slot.rank}"
            for row in (row for row in given if row in same):
                first = same[row][0]
                if owner.setdefault(first, name) != name:
                    yield name, f"is given {survey.kinds.table.names[row]}, as is {owner[first]}"
            needs, _ = slot_needs(survey, replica, slot)
            wanted = sum(need.count for need in needs if need.accepts & ~survey.kinds.networked == 0)
            if slot.order and wanted > sum(row in same for row in given):
                yield name, f"needs {wanted} devices that nodes share and is given fewer"


def _has_claims(survey: Survey, guests: list[tuple[Keep | Create, Slot]]) -> bool:
    """Whether some pod asks for more than whole devices, so that its devices have to be looked at one by one."""
    if not survey.options.special.is_needed:
        return False
    special = survey.kinds.special
    for replica, slot in guests:
        member = member_of(survey, replica, slot) if slot.order else None
        if member is not None and asks_for_more(member):
            return True
        for each in slot.devices:
            if any(special >> int(survey.kinds.kind_of_row[row]) & 1 for row in each.rows):
                return True
    return False


def _devices(survey: Survey, node: int, guests: list[tuple[Keep | Create, Slot]]) -> Found:
    rows = [
        row
        for row in survey.problem.fleet.devices.rows(node)
        if survey.kinds.table.withheld[row] == 0 and not survey.kinds.table.in_use[row]
    ]
    taken: set[int] = set()
    old_seats: list[int] = []
    new_seats: list[int] = []
    for replica, slot in guests:
        held = _held_rows(survey, replica, slot)
        if held is not None:
            taken.update(held)
            continue
        needs, _ = slot_needs(survey, replica, slot)
        for need in needs:
            (new_seats if slot.order else old_seats).extend([need.accepts] * need.count)
    free = [int(survey.kinds.kind_of_row[row]) for row in rows if row not in taken]
    # What runs may not all fit (a template that grew); what is new must not make that worse.
    seated = _most_seats([*old_seats, *new_seats], free)
    wanted = _most_seats(old_seats, free) + len(new_seats)
    if seated < wanted:
        name = str(survey.problem.fleet.nodes[node].key)
        yield name, f"{wanted} devices are needed, {seated} of them can be given"


def _held_rows(survey: Survey, replica: Keep | Create, slot: Slot) -> tuple[int, ...] | None:
    """Device rows that a kept pod's claims hold, None if they are not what its template asks for."""
    if isinstance(replica, Create):
        return None
    pod = survey.standing_pods[replica.replica][(slot.engine, slot.copy, slot.role, slot.rank)]
    return None if pod.held is None else pod.rows


def _most_seats(seats: list[int], kinds: list[int]) -> int:
    """The most seats (bit masks of kinds) that can each get a device of its own (Kuhn's algorithm)."""
    owner: dict[int, int] = {}

    def seat(index: int, visited: set[int]) -> bool:
        for device, kind in enumerate(kinds):
            if not seats[index] >> kind & 1 or device in visited:
                continue
            visited.add(device)
            if device not in owner or seat(owner[device], visited):
                owner[device] = index
                return True
        return False

    return sum(seat(index, set()) for index in range(len(seats)))


def _resources(survey: Survey, node: int, guests: list[tuple[Keep | Create, Slot]]) -> Found:
    free = survey.problem.fleet.nodes[node].free
    if free is None:
        return
    have = {"pods": free.pods, "CPU": free.cpu_millicores, "memory": free.memory_bytes}
    used = dict.fromkeys(have, 0)
    new = dict.fromkeys(have, 0)
    for replica, slot in guests:
        amounts = dict(zip(have, (1, *_requested(survey, replica, slot)), strict=True))
        for what, amount in amounts.items():
            used[what] += amount
            new[what] += amount if slot.order else 0
    for what, amount in used.items():
        if amount > have[what] and new[what]:
            name = str(survey.problem.fleet.nodes[node].key)
            yield name, f"{amount} {what} are requested, {have[what]} are left"


def _requested(survey: Survey, replica: Keep | Create, slot: Slot) -> tuple[int, int]:
    if isinstance(replica, Create):
        member = member_of(survey, replica, slot)
        return member.cpu_millicores, member.memory_bytes
    standing = survey.standing[replica.replica]
    pod = survey.standing_pods[replica.replica][(slot.engine, slot.copy, slot.role, slot.rank)]
    return resources_of(standing, pod)
