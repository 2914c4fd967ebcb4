"""What device requests and their alternatives share, under the names and with the limits of DRA.

Deployments, replicas and claims each add how they select devices and how they name their class.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema, model_validator
from pydantic.alias_generators import to_camel

from scheduler.api.base import Amount, ApiModel, rule_broken
from scheduler.api.engine import Count
from scheduler.api.toleration import Toleration

MOST_ALTERNATIVES = 8
_DNS_LABEL = r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?"
_OF_REQUESTS_ONLY = ("adminAccess", "firstAvailable")


def _check_label(name: str) -> str:
    # A constraint names an alternative as REQUEST/ALTERNATIVE.
    if not re.fullmatch(_DNS_LABEL, name):
        raise rule_broken(
            found=repr(name), expected="at most 63 lower-case letters, digits or '-', no '-' at either end"
        )
    return name


DnsLabel = Annotated[
    StrictStr,
    AfterValidator(_check_label),
    WithJsonSchema({"type": "string", "maxLength": 63, "pattern": f"^{_DNS_LABEL}$"}),
]


class CapacityRequests(ApiModel):
    """Amounts of a shared device by capacity name (quantities, read by the snapshot)."""

    requests: Annotated[Mapping[StrictStr, Amount], Field(max_length=32)] = {}


class DeviceQuery(ApiModel):
    """How many devices, how much of each, and which of their taints do no harm."""

    #: An API server writes defaults into what it stores, so that a field at its default says nothing.
    has_stored_defaults: ClassVar[bool] = True

    count: Count = 1
    allocation_mode: Literal["ExactCount", "All"] = "ExactCount"
    tolerations: Annotated[tuple[Toleration, ...], Field(max_length=16)] = ()
    capacity: CapacityRequests | None = None

    @model_validator(mode="after")
    def _count_fits(self) -> Self:
        if self.allocation_mode == "All" and self.says("count"):
            raise rule_broken(at=".count", found=str(self.count), expected="none with allocationMode All")
        return self

    def says(self, field: str) -> bool:
        """Whether somebody wrote *field*, as far as the object can tell."""
        if field not in self.model_fields_set:
            return False
        default = type(self).model_fields[field].default
        return not (self.has_stored_defaults and default and getattr(self, field) == default)


class AlternativeBase(DeviceQuery):
    """One of the alternatives of a request, tried in order."""

    name: DnsLabel

    @model_validator(mode="after")
    def _is_plain(self) -> Self:
        for field in _OF_REQUESTS_ONLY:
            if field in (self.model_extra or {}):
                raise rule_broken(
                    at=f".{field}", found="the field on an alternative", expected="it on a request only"
                )
        return self


def check_form(request: DeviceQuery, alternatives: Sequence[AlternativeBase], *, needed: str) -> None:
    """Require either alternatives alone or the field *needed*.

    Raises:
        PydanticCustomError: fields stand beside the alternatives, or neither is there; located at *request*.
    """
    if not alternatives and needed not in request.model_fields_set:
        raise rule_broken(at=f".{to_camel(needed)}", found="nothing", expected="this required field")
    if not alternatives:
        return
    for field in type(request).model_fields:
        if field not in ("name", "first_available") and request.says(field):
            raise rule_broken(
                at=f".{to_camel(field)}",
                found="the field beside firstAvailable",
                expected="one of the two" if field == "admin_access" else "it on each alternative",
            )
