"""Device requests of a ModelDeployment, and the constraints between them, to what a pod wants."""

from collections.abc import Sequence

from scheduler.api.device_constraint import DeviceConstraint
from scheduler.api.device_query import DeviceQuery
from scheduler.api.device_request import DeviceAlternative
from scheduler.api.device_request import DeviceRequest as RequestSpec
from scheduler.api.faults import field_path, shown
from scheduler.snapshot.device_values import UnreadableFieldError, quantity
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.intake import ControlObject
from solver.domain.claim import ClaimConstraint
from solver.domain.device_taint import DeviceToleration
from solver.domain.quantity import Quantity
from solver.domain.workload import DeviceRequest

#: Selects for a request that cannot be read: it must not get devices that it did not mean.
_MATCHES_NOTHING = ("false",)


def device_request(spec: RequestSpec, path: str, read: ControlObject, findings: Findings) -> DeviceRequest:
    """What *spec*, which stands at *path* of *read*, wants; with an unreadable amount it matches nothing."""
    if not spec.first_available:
        return _query(spec, path, read, findings, has_admin_access=spec.admin_access)
    return DeviceRequest(
        name=spec.name,
        alternatives=tuple(
            _query(each, f"{path}.firstAvailable[{position}]", read, findings, has_admin_access=False)
            for position, each in enumerate(spec.first_available)
        ),
    )


def claim_constraints(specs: Sequence[DeviceConstraint]) -> tuple[ClaimConstraint, ...]:
    """The constraints in their order."""
    return tuple(
        ClaimConstraint(
            requests=spec.requests,
            match_attribute=spec.match_attribute,
            distinct_attribute=spec.distinct_attribute,
        )
        for spec in specs
    )


def _query(
    spec: RequestSpec | DeviceAlternative,
    path: str,
    read: ControlObject,
    findings: Findings,
    *,
    has_admin_access: bool,
) -> DeviceRequest:
    capacity = _capacity(spec, path, read, findings)
    selectors = tuple(selector.cel for selector in spec.selectors if selector.cel is not None)
    return DeviceRequest(
        name=spec.name,
        count=spec.count,
        selectors=selectors if capacity is not None else _MATCHES_NOTHING,
        takes_all=spec.allocation_mode == "All",
        has_admin_access=has_admin_access,
        tolerations=_tolerations(spec),
        capacity=capacity or (),
    )


def _tolerations(spec: DeviceQuery) -> tuple[DeviceToleration, ...]:
    return tuple(
        DeviceToleration(
            key=each.key or "", operator=each.operator, value=each.value or "", effect=each.effect or ""
        )
        for each in spec.tolerations
    )


def _capacity(
    spec: DeviceQuery, path: str, read: ControlObject, findings: Findings
) -> tuple[tuple[str, Quantity], ...] | None:
    """The amounts by name; None, with a finding for each, if some cannot be read."""
    amounts: list[tuple[str, Quantity]] = []
    is_readable = True
    for name, raw in sorted((spec.capacity.requests if spec.capacity is not None else {}).items()):
        try:
            amounts.append((name, _amount(raw)))
        except UnreadableFieldError as error:
            is_readable = False
            at = f"{path}.{field_path(('capacity', 'requests', name))}"
            message = f"{error}; the request matches nothing"
            findings.warning(read.origin, message, about=read.about, path=at)
    return tuple(amounts) if is_readable else None


def _amount(raw: object) -> Quantity:
    amount = quantity(raw)
    if amount.sign() < 0:
        raise UnreadableFieldError(f"found {shown(raw)}, expected a quantity of at least 0")
    return amount
