"""Device requests as ModelDeployment and ModelReplica have them; what is not published carries DRA's names."""

from typing import Annotated, Self

from pydantic import Field, StrictBool, model_validator

from scheduler.api.base import Name63, Name253, UniqueByName
from scheduler.api.device_query import MOST_ALTERNATIVES, AlternativeBase, DeviceQuery, check_form
from scheduler.api.engine import Selector

_MOST_SELECTORS = 8
_OneOrMore = Annotated[tuple[Selector, ...], Field(min_length=1, max_length=_MOST_SELECTORS)]
_AnyNumber = Annotated[tuple[Selector, ...], Field(max_length=_MOST_SELECTORS)]


class DeviceAlternative(AlternativeBase):
    """Devices that would do instead, all matching every selector."""

    selectors: _OneOrMore


class DeviceRequest(DeviceQuery):
    """Devices that one pod needs, all matching every selector, or the first alternative that can be had."""

    name: Name63
    selectors: _OneOrMore = ()
    admin_access: StrictBool = False
    first_available: Annotated[
        tuple[DeviceAlternative, ...], Field(max_length=MOST_ALTERNATIVES), UniqueByName
    ] = ()

    @model_validator(mode="after")
    def _form(self) -> Self:
        check_form(self, self.first_available, needed="selectors")
        return self


class ReplicaAlternative(AlternativeBase):
    """An alternative with the class that serves it."""

    device_class_name: Name253
    selectors: _AnyNumber = ()


class ReplicaDeviceRequest(DeviceQuery):
    """A device request with the class that serves it; empty if each alternative has its own."""

    name: Name63
    device_class_name: Name253 = ""
    selectors: _AnyNumber = ()
    admin_access: StrictBool = False
    first_available: Annotated[
        tuple[ReplicaAlternative, ...], Field(max_length=MOST_ALTERNATIVES), UniqueByName
    ] = ()

    @model_validator(mode="after")
    def _form(self) -> Self:
        check_form(self, self.first_available, needed="device_class_name")
        return self
