"""What decides who can have a device besides its selectors, shared by all devices with equal terms."""

from dataclasses import dataclass

from solver.domain.device_taint import DeviceTaint
from solver.domain.node_selector import NodeSelector
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import CounterUse, NodeScope, RequestPolicy, SliceDevice

CounterAmounts = tuple[tuple[str, Quantity], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceTerms:
    """Counters, sharing, taints and binding conditions of a device, as hashable values."""

    #: Amounts by counter, for each counter set that it takes from.
    consumes: tuple[tuple[str, CounterAmounts], ...] = ()
    is_shared: bool = False
    policies: tuple[tuple[str, RequestPolicy], ...] = ()
    #: Capacities whose name is written with the driver's own domain, which requests must then write too.
    full_names: tuple[str, ...] = ()
    taints: tuple[DeviceTaint, ...] = ()
    binds_to_node: bool = False
    binding_conditions: tuple[str, ...] = ()
    binding_failure_conditions: tuple[str, ...] = ()
    #: Where the slice leaves it to its devices.
    node: str | None = None
    selector: NodeSelector | None = None
    all_nodes: bool = False
    #: Whether more than one node of the cluster reaches it.
    is_networked: bool = False

    @property
    def scope(self) -> NodeScope | None:
        """Which nodes reach the device, None if its slice says."""
        if self.node is None and self.selector is None and not self.all_nodes:
            return None
        return NodeScope(node=self.node, selector=self.selector, all_nodes=self.all_nodes)

    @property
    def repelling(self) -> tuple[DeviceTaint, ...]:
        """The taints that a request has to tolerate."""
        return tuple(taint for taint in self.taints if taint.repels)

    def counter_uses(self) -> tuple[CounterUse, ...]:
        """What it takes from which counter set."""
        return tuple(CounterUse(counter_set=name, counters=dict(amounts)) for name, amounts in self.consumes)


#: The terms of a device that is simply given away whole.
PLAIN = DeviceTerms()


def terms_of(published: SliceDevice) -> DeviceTerms:
    """The terms of *published*, :data:`PLAIN` for most devices."""
    scope = published.scope
    driver = published.device.driver
    terms = DeviceTerms(
        consumes=tuple((use.counter_set, tuple(sorted(use.counters.items()))) for use in published.consumes),
        is_shared=published.is_shared,
        policies=tuple(sorted(published.policies.items())),
        full_names=tuple(sorted(name for name in published.capacity if name.startswith(f"{driver}/"))),
        taints=published.taints,
        binds_to_node=published.binds_to_node,
        binding_conditions=published.binding_conditions,
        binding_failure_conditions=published.binding_failure_conditions,
        node=scope.node if scope is not None else None,
        selector=scope.selector if scope is not None else None,
        all_nodes=scope is not None and scope.all_nodes,
    )
    return PLAIN if terms == PLAIN else terms
