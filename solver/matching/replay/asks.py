"""Requests as the search takes them: which devices are candidates, how many are asked, what each would cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from solver.domain.claim import ALL, EXACT_COUNT, MOST_DEVICES_OF_A_CLAIM, Claim, ClaimRequest, DeviceQuery
from solver.domain.fleet import DeviceClass
from solver.domain.quantity import Quantity
from solver.matching.replay.constraints import Constraint, constraints_of
from solver.matching.replay.faults import AllocationFailed
from solver.matching.replay.scene import Scene


@dataclass(slots=True, kw_only=True, eq=False)
class Ask:
    """A request, or one alternative of it."""

    #: "claim ml/gpus, request gpu".
    title: str
    request: str
    #: Empty unless it is an alternative.
    alternative: str
    query: DeviceQuery
    takes_all: bool
    is_admin: bool
    count: int = 0
    #: Numbers of the slots that its selectors do not turn down, in order.
    candidates: list[int] = field(default_factory=list)
    #: Those among them on which a selector fails, and why.
    errors: Mapping[int, str] = field(default_factory=dict)
    #: With mode All: the slots that it takes.
    everything: list[int] = field(default_factory=list)
    #: What it takes of the capacity of a slot; None: the slot cannot serve it.
    consumption: dict[int, Mapping[str, Quantity] | None] = field(default_factory=dict)
    #: Those of its claim that concern it.
    constraints: list[Constraint] = field(default_factory=list)

    @property
    def name(self) -> str:
        """How a result names it."""
        return f"{self.request}/{self.alternative}" if self.alternative else self.request


@dataclass(slots=True, kw_only=True, eq=False)
class Asked:
    """A claim: for each request its alternatives, or itself as the only one."""

    requests: list[list[Ask]]


def asked(claims: Sequence[Claim], classes: Mapping[str, DeviceClass], scene: Scene) -> list[Asked]:
    """*claims*, checked in the order in which Kubernetes checks them.

    Raises:
        AllocationFailed: a claim asks for something that the allocator does not know or do.
    """
    return [_asked(claim, classes, scene) for claim in claims]


def title_of(claim: Claim) -> str:
    """*claim* with its namespace."""
    return f"{claim.namespace}/{claim.name}" if claim.namespace else claim.name


def _asked(claim: Claim, classes: Mapping[str, DeviceClass], scene: Scene) -> Asked:
    title = title_of(claim)
    requests = []
    fewest = 0
    for request in claim.requests:
        _check_gates(request, title, scene)
        alternatives = _alternatives(request, title, classes, scene)
        requests.append(alternatives)
        fewest += min(ask.count for ask in alternatives)
    if fewest > MOST_DEVICES_OF_A_CLAIM:
        raise AllocationFailed(
            f"claim {title}: {fewest} devices are asked for, a claim can have {MOST_DEVICES_OF_A_CLAIM}"
        )
    constraints = constraints_of(claim, title, scene.behaviour)
    for ask in (ask for alternatives in requests for ask in alternatives):
        ask.constraints = [each for each in constraints if each.applies(ask.request, ask.alternative)]
    return Asked(requests=requests)


def _check_gates(request: ClaimRequest, title: str, scene: Scene) -> None:
    behaviour = scene.behaviour
    if request.first_available and not behaviour.prioritized_list:
        raise AllocationFailed(
            f"claim {title}, request {request.name}: has alternatives, and DRAPrioritizedList is off"
        )
    # The copy without code for sharing does not look at requests for capacity.
    if behaviour.consumable or not behaviour.knows_sharing:
        return
    queries = request.first_available or ((request.exactly,) if request.exactly else ())
    for query in queries:
        if query.capacity is not None:
            raise AllocationFailed(
                f"claim {title}, request {query.name}: asks for capacity, and DRAConsumableCapacity is off"
            )


def _alternatives(
    request: ClaimRequest, title: str, classes: Mapping[str, DeviceClass], scene: Scene
) -> list[Ask]:
    if not request.first_available:
        query = request.exactly or DeviceQuery(name=request.name, device_class="")
        return [_ask(query, request.name, "", title, classes, scene, {})]
    found = []
    # Verdicts of mode All, by the index under which the alternative was checked.
    seen: dict[int, dict[int, bool]] = {}
    for number, query in enumerate(request.first_available):
        under = max(number - 1, 0) if scene.behaviour.mixes_alternatives else number
        checked = seen.setdefault(under, {})
        found.append(_ask(query, request.name, query.name, title, classes, scene, checked))
    return found


def _ask(
    query: DeviceQuery,
    request: str,
    alternative: str,
    title: str,
    classes: Mapping[str, DeviceClass],
    scene: Scene,
    checked: dict[int, bool],
) -> Ask:
    ask = Ask(
        title=f"claim {title}, request {query.name}",
        request=request,
        alternative=alternative,
        query=query,
        takes_all=query.allocation_mode == ALL,
        is_admin=query.admin_access is True,
    )
    device_class = _checked_class(ask, classes, scene)
    ask.candidates, ask.errors = scene.candidates(device_class, query.selectors)
    if ask.takes_all:
        _take_all(ask, scene, checked)
    elif query.allocation_mode == EXACT_COUNT:
        ask.count = query.count
    else:
        raise AllocationFailed(f"{ask.title}: allocation mode {query.allocation_mode!r} is not known")
    return ask


def _checked_class(ask: Ask, classes: Mapping[str, DeviceClass], scene: Scene) -> DeviceClass:
    query = ask.query
    if not all(query.selectors):
        raise AllocationFailed(f"{ask.title}: a selector is of a kind that is not known")
    # Even adminAccess: false is too much.
    if query.admin_access is not None and not scene.behaviour.admin_access:
        raise AllocationFailed(f"{ask.title}: asks for admin access, and DRAAdminAccess is off")
    if not query.device_class:
        raise AllocationFailed(f"{ask.title}: names no device class")
    device_class = classes.get(query.device_class)
    if device_class is None:
        raise AllocationFailed(f"{ask.title}: device class {query.device_class} does not exist")
    return device_class


def _take_all(ask: Ask, scene: Scene, checked: dict[int, bool]) -> None:
    """Every device that matches, also those in use or tainted, which then makes the request fail."""
    for pool in scene.pools:
        if pool.is_incomplete or pool.invalid:
            state = "incomplete" if pool.is_incomplete else "invalid"
            raise AllocationFailed(f"{ask.title}: asks for all devices, and resource pool {pool} is {state}")
    candidates = frozenset(ask.candidates)
    for slot in scene.slots:
        number = slot.number
        matches = checked.get(number)
        if matches is None:
            if number in ask.errors:
                raise AllocationFailed(f"{ask.title}: {ask.errors[number]}")
            matches = number in candidates
            checked[number] = matches
        if matches and scene.fits_now(ask.query, slot):
            ask.everything.append(number)
    ask.count = len(ask.everything)
