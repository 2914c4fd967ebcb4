"""What makes a claim unusable on every node, whatever is free: the pre-checks of the device allocator."""

from collections.abc import Iterator, Mapping

from solver.domain.claim import ALL, EXACT_COUNT, Claim, ClaimConstraint, ClaimRequest, DeviceQuery
from solver.domain.fleet import DeviceClass
from solver.domain.kubernetes import AllocatorVariant, Gate, Release, SchedulerFeatures
from solver.selectors.selector import CompileError, compile_selector


class UnusableClaim(ValueError):
    """No device can be allocated for the claim before somebody changes it, its classes or the cluster."""

    def __init__(self, claim: str, request: str, message: str) -> None:
        super().__init__(claim, request, message)
        self.claim = claim
        #: ``name`` or ``name/alternative``; empty: the claim as a whole.
        self.request = request
        self.message = message

    def __str__(self) -> str:
        where = f", request {self.request}" if self.request else ""
        return f"claim {self.claim}{where}: {self.message}"


def queries_of(request: ClaimRequest) -> Iterator[tuple[str, DeviceQuery]]:
    """The alternatives of *request* (one, where it has none), with the names that results give them."""
    if request.exactly is not None:
        yield request.name, request.exactly
        return
    for query in request.first_available:
        yield f"{request.name}/{query.name}", query


def check_usable(claim: Claim, classes: Mapping[str, DeviceClass], features: SchedulerFeatures) -> None:
    """Find out whether *claim* could be allocated at all.

    Raises:
        UnusableClaim: it could not, with the reason.
    """
    for request in claim.requests:
        if request.exactly is None and not request.first_available:
            raise UnusableClaim(claim.name, request.name, "asks for nothing that is known")
        if request.first_available and not features.has(Gate.PRIORITIZED_LIST):
            complaint = f"has alternatives, but the feature gate {Gate.PRIORITIZED_LIST} is off"
            raise UnusableClaim(claim.name, request.name, complaint)
        for name, query in queries_of(request):
            complaint = _complaint(query, classes, features)
            if complaint:
                raise UnusableClaim(claim.name, name, complaint)
    for number, constraint in enumerate(claim.constraints):
        complaint = _constraint_complaint(constraint, features)
        if complaint:
            raise UnusableClaim(claim.name, "", f"constraint #{number} {complaint}")


def _complaint(query: DeviceQuery, classes: Mapping[str, DeviceClass], features: SchedulerFeatures) -> str:
    if not query.device_class:
        return "names no device class"
    if query.device_class not in classes:
        return f"device class {query.device_class} does not exist"
    if query.allocation_mode not in (EXACT_COUNT, ALL):
        return f"allocation mode {query.allocation_mode!r} is not known"
    if query.admin_access is not None and not features.has(Gate.ADMIN_ACCESS):
        return f"mentions admin access, but the feature gate {Gate.ADMIN_ACCESS} is off"
    if query.capacity is not None and refuses_capacity(features):
        return f"asks for capacity, but the feature gate {Gate.CONSUMABLE_CAPACITY} is off"
    for origin, texts in (
        (f"device class {query.device_class}, ", classes[query.device_class].selectors),
        ("", query.selectors),
    ):
        for number, text in enumerate(texts):
            complaint = _selector_complaint(text)
            if complaint:
                return f"{origin}selector #{number} {complaint}"
    return ""


def refuses_capacity(features: SchedulerFeatures) -> bool:
    """Whether asking for capacity is an error: its gate is off, and the allocator's copy has heard of it."""
    if features.has(Gate.CONSUMABLE_CAPACITY):
        return False
    match features.variant:
        case AllocatorVariant.EXPERIMENTAL:
            return True
        case AllocatorVariant.INCUBATING:
            return features.release >= Release.V1_36
        case AllocatorVariant.STABLE:
            return False


def _selector_complaint(text: str) -> str:
    if not text:
        return "is no CEL expression, other kinds are not known"
    try:
        compile_selector(text)
    except CompileError as error:
        return f"does not compile: {error}"
    return ""


def _constraint_complaint(constraint: ClaimConstraint, features: SchedulerFeatures) -> str:
    if constraint.match_attribute is not None:
        return ""
    if constraint.distinct_attribute is None:
        return "is of no kind that is known"
    if not features.has(Gate.CONSUMABLE_CAPACITY):
        return f"is distinctAttribute, but the feature gate {Gate.CONSUMABLE_CAPACITY} is off"
    return ""
