"""ResourceClaim and ResourceClaimTemplate of ``resource.k8s.io/v1``: the rules that a claim has to keep.

What is allocated and how devices are configured is not looked at.
"""

from collections.abc import Mapping
from typing import Annotated, Self

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr, model_validator

from scheduler.api.base import ApiModel, Name63, Name253, Resource, UniqueByName, rule_broken
from scheduler.api.device_constraint import DeviceConstraints, check_constraints
from scheduler.api.device_query import MOST_ALTERNATIVES, AlternativeBase, CapacityRequests, DeviceQuery
from scheduler.api.engine import SelectorText
from scheduler.api.faults import shown
from solver.domain.quantity import InvalidQuantity, Quantity


def _check_amount(raw: object) -> object:
    if not _is_amount(raw):
        raise rule_broken(found=shown(raw), expected="a quantity of at least 0, such as 10Gi")
    return raw


def _is_amount(raw: object) -> bool:
    if isinstance(raw, bool) or not isinstance(raw, str | int | float):
        return False
    try:
        return Quantity.parse(str(raw)).sign() >= 0
    except InvalidQuantity:
        return False


ClaimCount = Annotated[StrictInt, Field(ge=1, le=2**63 - 1)]


class ClaimCapacity(CapacityRequests):
    """Amounts of a shared device by capacity name."""

    requests: Annotated[
        Mapping[StrictStr, Annotated[object, AfterValidator(_check_amount)]], Field(max_length=32)
    ] = {}


class ClaimExpression(ApiModel):
    """A CEL expression over one device."""

    expression: SelectorText


class ClaimSelector(ApiModel):
    """The one kind of selector that there is."""

    cel: ClaimExpression


ClaimSelectors = Annotated[tuple[ClaimSelector, ...], Field(max_length=32)]


class ExactRequest(DeviceQuery):
    """Devices of one class, all matching every selector."""

    has_stored_defaults = False  # an API server stores no count beside allocationMode All

    count: ClaimCount = 1
    capacity: ClaimCapacity | None = None
    device_class_name: Name253
    selectors: ClaimSelectors = ()
    admin_access: StrictBool = False


class ClaimAlternative(AlternativeBase):
    """Devices of one class that would do."""

    has_stored_defaults = False

    count: ClaimCount = 1
    capacity: ClaimCapacity | None = None
    device_class_name: Name253
    selectors: ClaimSelectors = ()


class ClaimRequest(ApiModel):
    """A request: exactly this, or the first alternative that can be had."""

    name: Name63
    exactly: ExactRequest | None = None
    first_available: Annotated[
        tuple[ClaimAlternative, ...], Field(max_length=MOST_ALTERNATIVES), UniqueByName
    ] = ()

    @model_validator(mode="after")
    def _one_form(self) -> Self:
        if (self.exactly is None) != bool(self.first_available):
            found = "nothing" if self.exactly is None else "both"
            raise rule_broken(found=found, expected="exactly one of exactly and firstAvailable")
        return self


class ClaimDevices(ApiModel):
    """The requests of a claim and what ties their devices to each other."""

    requests: Annotated[tuple[ClaimRequest, ...], Field(max_length=32), UniqueByName] = ()
    constraints: DeviceConstraints = ()

    @model_validator(mode="after")
    def _constraints(self) -> Self:
        check_constraints(self.constraints, self.requests)
        return self


class ClaimSpec(ApiModel):
    """What a claim asks for."""

    devices: ClaimDevices = ClaimDevices()


class ClaimTemplateSpec(ApiModel):
    """The claim that each pod gets."""

    spec: ClaimSpec


class ResourceClaim(Resource):
    """Devices that pods share."""

    spec: ClaimSpec

    @property
    def claim(self) -> ClaimSpec:
        """What it asks for."""
        return self.spec


class ResourceClaimTemplate(Resource):
    """Devices that each pod gets for itself."""

    spec: ClaimTemplateSpec

    @property
    def claim(self) -> ClaimSpec:
        """What the claim of each pod asks for."""
        return self.spec.spec
