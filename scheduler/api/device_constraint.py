"""Constraints that tie the devices of one pod to each other, as in a ResourceClaim."""

import re
from collections.abc import Sequence
from typing import Annotated, Protocol, Self

from pydantic import AfterValidator, Field, StrictStr, WithJsonSchema, model_validator

from scheduler.api.base import ApiModel, rule_broken
from scheduler.api.nearest import nearest_hint

_DOMAIN = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_IDENTIFIER = r"[A-Za-z_][A-Za-z0-9_]{0,31}"
_LONGEST_DOMAIN = 63


def _check_qualified(name: str) -> str:
    domain, _, identifier = name.rpartition("/")
    is_domain = len(domain) <= _LONGEST_DOMAIN and re.fullmatch(_DOMAIN, domain)
    if not (is_domain and re.fullmatch(_IDENTIFIER, identifier)):
        raise rule_broken(
            found=repr(name),
            expected="an attribute with its domain, such as resource.kubernetes.io/pcieRoot",
        )
    return name


QualifiedAttribute = Annotated[
    StrictStr,
    AfterValidator(_check_qualified),
    WithJsonSchema(
        {
            "type": "string",
            "maxLength": _LONGEST_DOMAIN + 1 + 32,
            "pattern": f"^{_DOMAIN}/{_IDENTIFIER}$",
            "allOf": [{"pattern": f"^[^/]{{1,{_LONGEST_DOMAIN}}}/"}],
        }
    ),
]


_RequestName = Annotated[StrictStr, Field(max_length=63 + 1 + 63)]


class DeviceConstraint(ApiModel):
    """Ties the devices of *requests* (``request`` or ``request/alternative``; none: of all) to each other."""

    requests: Annotated[tuple[_RequestName, ...], Field(max_length=32)] = ()
    match_attribute: QualifiedAttribute | None = None
    distinct_attribute: QualifiedAttribute | None = None

    @model_validator(mode="after")
    def _one_attribute(self) -> Self:
        given = (self.match_attribute, self.distinct_attribute)
        if all(given) or not any(given):
            raise rule_broken(
                found="both" if all(given) else "neither",
                expected="exactly one of matchAttribute and distinctAttribute",
            )
        return self


DeviceConstraints = Annotated[tuple[DeviceConstraint, ...], Field(max_length=32)]


class _Named(Protocol):
    @property
    def name(self) -> str: ...


class _Request(_Named, Protocol):
    @property
    def first_available(self) -> Sequence[_Named]: ...


def check_constraints(constraints: Sequence[DeviceConstraint], requests: Sequence[_Request]) -> None:
    """Require that every name in *constraints* is that of one of *requests* or of an alternative.

    Raises:
        PydanticCustomError: one is not; located at the object that has the constraints.
    """
    known = [request.name for request in requests]
    known += [f"{request.name}/{each.name}" for request in requests for each in request.first_available]
    for position, constraint in enumerate(constraints):
        for number, name in enumerate(constraint.requests):
            if name not in known:
                raise rule_broken(
                    at=f".constraints[{position}].requests[{number}]",
                    found=repr(name),
                    expected=f"the name of a request, or REQUEST/ALTERNATIVE{nearest_hint(name, known)}",
                )
