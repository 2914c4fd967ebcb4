"""The devices of one node in counted groups, as far as fitting claims needs to know them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy

#: An attribute value: the name of its type and the value, so that ``True`` is not ``1``.
Token = tuple[str, str | int | bool]

_NOTHING = Quantity(nano=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class CapacityOfGroup:
    """A capacity that each device of a group has."""

    value: Quantity
    policy: RequestPolicy | None = None
    #: Only of shared devices: what earlier allocations took.
    consumed: Quantity = _NOTHING


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceGroup:
    """*count* devices that nothing in a demand tells apart."""

    #: What alternatives accept: a bit of their masks. Several groups may be of one kind.
    kind: int
    count: int
    #: Held whole by earlier allocations; their counters are charged already.
    in_use: int = 0
    #: Attributes that constraints name, in full; more than one value where the attribute is a list.
    values: Mapping[str, frozenset[Token]] = field(default_factory=dict)
    #: What each device takes: amounts by counter, for each counter set (an index into the node's).
    takes: tuple[tuple[int, tuple[int, ...]], ...] = ()
    is_shared: bool = False
    #: Shared and already given to somebody, so that its counters are charged.
    is_partly_held: bool = False
    capacities: Mapping[str, CapacityOfGroup] = field(default_factory=dict)
    #: Taken only where nothing else will do.
    is_last_resort: bool = False

    @property
    def is_plain(self) -> bool:
        """Whether counting its free devices says all about them."""
        return not self.takes and not self.is_shared


# No slots: what is derived from a node's devices is kept with them.
@dataclass(frozen=True, kw_only=True, eq=False)
class NodeDevices:
    """All devices of a node, and what is left of each of its counter sets."""

    groups: tuple[DeviceGroup, ...]
    #: Available amounts by counter; negative where more is taken than there is, which then admits nothing,
    #: not even with admin access.
    counter_sets: tuple[tuple[int, ...], ...] = ()

    @cached_property
    def simple_kinds(self) -> int:
        """Kinds all of whose devices are plain and as good as any other."""
        simple = special = 0
        for group in self.groups:
            if group.is_plain and not group.is_last_resort:
                simple |= 1 << group.kind
            else:
                special |= 1 << group.kind
        return simple & ~special

    @cached_property
    def present_kinds(self) -> int:
        """Kinds of which there is a device."""
        present = 0
        for group in self.groups:
            if group.count:
                present |= 1 << group.kind
        return present

    @cached_property
    def free_by_kind(self) -> Mapping[int, int]:
        """Free devices of each simple kind."""
        free: dict[int, int] = {}
        for group in self.groups:
            if self.simple_kinds >> group.kind & 1:
                free[group.kind] = free.get(group.kind, 0) + group.count - group.in_use
        return free

    @cached_property
    def derived(self) -> dict[frozenset[str], object]:
        """Where the search keeps its view of these devices, by the attributes that constraints name."""
        return {}
