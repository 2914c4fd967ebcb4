"""InferenceClass: what a node of a node pool offers, and how a cloud provides it."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, StrictBool, StrictInt, StrictStr, model_validator

from scheduler.api.base import (
    ApiModel,
    HasConditions,
    Int64,
    Name63,
    Name253,
    Resource,
    UniqueByName,
    block_for,
    rule_broken,
)

_SCALARS = ("string", "version", "bool", "int")


class Accelerator(ApiModel):
    """The accelerators of one machine."""

    type: Name63
    count: Annotated[StrictInt, Field(ge=1, le=16)]


class MachineBase(ApiModel):
    """What every cloud's block has."""

    accelerator: Accelerator


class MachineWithDisk(MachineBase):
    """A machine whose boot disk can be sized."""

    disk_size_gb: Annotated[StrictInt, Field(ge=10)] = 100


class GkeMachine(MachineWithDisk):
    """A machine of Google Kubernetes Engine."""

    machine_type: StrictStr


class EksMachine(MachineWithDisk):
    """A machine of Amazon EKS."""

    instance_type: StrictStr


class AksMachine(MachineWithDisk):
    """A machine of Azure Kubernetes Service."""

    vm_size: StrictStr


class NebiusMachine(MachineWithDisk):
    """A machine of Nebius."""

    platform: Annotated[StrictStr, Field(max_length=63)]
    preset: Annotated[StrictStr, Field(max_length=63)]
    drivers_preset: StrictStr = "cuda13.0"


class VultrMachine(MachineBase):
    """A machine of Vultr."""

    plan: Annotated[StrictStr, Field(max_length=63)]


class Provisioning(ApiModel):
    """How nodes of this class are made; absent for hardware that exists."""

    provider: Literal["GKE", "EKS", "AKS", "Nebius", "Vultr"]
    gke: GkeMachine | None = None
    eks: EksMachine | None = None
    aks: AksMachine | None = None
    nebius: NebiusMachine | None = None
    vultr: VultrMachine | None = None

    @model_validator(mode="after")
    def _provider_block(self) -> Self:
        block_for(self, choice="provider", value=self.provider, block=self.provider.lower())
        return self


class AttributeValue(ApiModel):
    """A value of exactly one type."""

    string: Annotated[StrictStr, Field(max_length=253)] | None = None
    version: Annotated[StrictStr, Field(max_length=32)] | None = None
    bool: StrictBool | None = None
    int: Int64 | None = None

    @model_validator(mode="after")
    def _one_type(self) -> Self:
        given = [name for name in _SCALARS if getattr(self, name) is not None]
        if len(given) != 1:
            raise rule_broken(
                found=" and ".join(given) or "no value",
                expected="exactly one of string, version, bool and int",
            )
        return self


class CapacityValue(ApiModel):
    """An amount; whether it is a quantity is found out when the class is used."""

    value: Annotated[StrictStr, Field(min_length=1, max_length=32)]


class ClassDevice(ApiModel):
    """*count* like devices on each node."""

    name: Annotated[StrictStr, Field(min_length=1, max_length=63)]
    driver: Annotated[StrictStr, Field(min_length=1, max_length=253)]
    claim: Literal["DRA", "Synthetic"] = "DRA"
    device_class_name: Name253 | None = None
    count: Annotated[StrictInt, Field(ge=1, le=64)] = 1
    attributes: Annotated[Mapping[StrictStr, AttributeValue], Field(max_length=32)] = {}
    capacity: Annotated[Mapping[StrictStr, CapacityValue], Field(max_length=32)] = {}

    @model_validator(mode="after")
    def _class_of_claimed_devices(self) -> Self:
        if self.claim == "DRA" and self.device_class_name is None:
            raise rule_broken(
                at=".deviceClassName", found="nothing", expected="a DeviceClass name when claim is DRA"
            )
        return self


class ClassSpec(ApiModel):
    """What a node offers."""

    description: StrictStr = ""
    provisioning: Provisioning | None = None
    devices: Annotated[tuple[ClassDevice, ...], Field(min_length=1, max_length=16), UniqueByName]


class InferenceClass(Resource):
    """A kind of node."""

    spec: ClassSpec
    status: HasConditions | None = None
