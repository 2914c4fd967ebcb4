"""One allocatable device and what its driver published about it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from solver.domain.identity import Driver
from solver.domain.quantity import Quantity


class QualifiedName(NamedTuple):
    """Name of an attribute or a capacity: the domain (the driver's unless given) and the identifier."""

    domain: str
    identifier: str

    @classmethod
    def parse(cls, text: str, driver: str) -> "QualifiedName":
        """*text* split at its first ``/``; a bare name is filed under *driver*."""
        domain, slash, identifier = text.partition("/")
        return cls(domain, identifier) if slash else cls(driver, text)


@dataclass(frozen=True, slots=True)
class VersionText:
    """A version attribute as published; ``selectors`` parses it as a semantic version."""

    text: str


Scalar = bool | int | str | VersionText
#: Lists of one scalar type are published from Kubernetes 1.36 on.
AttributeValue = Scalar | tuple[Scalar, ...]


class Withheld(StrEnum):
    """Why a published device offers nothing to a plan."""

    COUNTERS = "consumes shared counters, and its cluster has DRAPartitionableDevices off"
    OWN_NODES = "says for itself which nodes reach it, and its cluster has DRAPartitionableDevices off"
    BINDING = "has binding conditions, and its cluster has DRADeviceBindingConditions off"
    NOT_NODE_LOCAL = "shares counters or capacity with other nodes"
    UNREACHED = "is reached by no node that was read"
    POOL_INCOMPLETE = "belongs to an incomplete resource pool"
    POOL_INVALID = "belongs to an invalid resource pool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Device:
    """What a selector can see of one device, and its name in its resource pool."""

    name: str
    driver: Driver
    attributes: Mapping[QualifiedName, AttributeValue] = field(default_factory=dict)
    capacity: Mapping[QualifiedName, Quantity] = field(default_factory=dict)
    allow_multiple_allocations: bool = False
    #: The sentence that says what is unreadable; every selector on such a device is a run-time error.
    malformed: str | None = None
