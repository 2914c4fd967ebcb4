"""What an expression can name: the fields of a device, the functions and the type names."""

from collections.abc import Mapping
from enum import StrEnum
from functools import lru_cache

from solver.selectors.access import overloads as access
from solver.selectors.libraries import (
    amounts,
    calendar,
    formats,
    lists,
    networks,
    optionals,
    standard,
    texts,
)
from solver.selectors.overloads import Overload
from solver.selectors.types import ANY, BOOL, DYN, STRING, Type, map_of


class Environment(StrEnum):
    """Which of the API server's environments compiles an expression."""

    STORED = "stored"
    """Expressions that the cluster has already: everything that the release knows."""
    NEW = "new"
    """Expressions that are created now, with the default feature gates of 1.35."""
    NEW_CONSUMABLE = "new, consumable capacity"
    """Like NEW with the gate DRAConsumableCapacity on."""


def device_fields(environment: Environment) -> Mapping[str, Type]:
    """The fields of the variable ``device``."""
    fields = {
        "driver": STRING,
        "attributes": map_of(STRING, map_of(STRING, ANY)),
        "capacity": map_of(STRING, map_of(STRING, Type("kubernetes.Quantity"))),
        "allowMultipleAllocations": BOOL,
    }
    if environment is Environment.NEW:
        del fields["allowMultipleAllocations"]
    return fields


@lru_cache(maxsize=1)
def functions() -> Mapping[str, tuple[Overload, ...]]:
    """All overloads by the name of their function, in the order in which Kubernetes tries them."""
    found: dict[str, list[Overload]] = {}
    for library in (access, *(module.overloads for module in _LIBRARIES)):
        for overload in library():
            found.setdefault(overload.name, []).append(overload)
    return {name: tuple(overloads) for name, overloads in found.items()}


_LIBRARIES = (standard, calendar, texts, lists, optionals, amounts, networks, formats)

#: Names of types, as expressions write them.
TYPE_NAMES: Mapping[str, Type] = {
    **{name: Type(name) for name in ("bool", "int", "uint", "double", "string", "bytes", "null_type", "dyn")},
    "list": Type("list", (DYN,)),
    "map": Type("map", (DYN, DYN)),
    "type": Type("type", (DYN,)),
    "optional_type": Type("optional", (DYN,)),
    "google.protobuf.Duration": Type("duration"),
    "google.protobuf.Timestamp": Type("timestamp"),
    **{
        name: Type(name)
        for name in (
            "kubernetes.Quantity",
            "kubernetes.Semver",
            "kubernetes.URL",
            "kubernetes.NamedFormat",
            "net.IP",
            "net.CIDR",
        )
    },
}
