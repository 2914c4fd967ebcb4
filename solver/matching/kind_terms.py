"""What tells kinds of devices apart besides selectors: taints, sharing, and what a part takes of the whole."""

import re
from dataclasses import dataclass

from solver.domain.device import Device
from solver.domain.device_taint import DeviceTaint
from solver.domain.device_terms import DeviceTerms
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import RequestPolicy
from solver.matching.device_fit.node_devices import CapacityOfGroup


@dataclass(frozen=True, slots=True, kw_only=True)
class KindTerms:
    """The terms of a kind; which counter set its devices take from is not part of them."""

    taints: tuple[DeviceTaint, ...] = ()
    #: What a device takes of counters, all sets together, by name; numbered ones (``memory-slice-3``) as one.
    counters: tuple[tuple[str, Quantity], ...] = ()
    is_shared: bool = False
    #: Of shared devices: amount and policy by name as written.
    capacities: tuple[tuple[str, Quantity, RequestPolicy | None], ...] = ()
    has_conditions: bool = False
    #: More than one node reaches its devices, so that what one takes is gone for the others.
    is_networked: bool = False

    @property
    def limits(self) -> dict[str, CapacityOfGroup]:
        """The capacities, as far as nobody has taken of them."""
        return {name: CapacityOfGroup(value=value, policy=policy) for name, value, policy in self.capacities}

    @property
    def is_special(self) -> bool:
        """Whether counting devices does not say what is left."""
        return self.is_shared or bool(self.counters) or self.has_conditions


_NUMBER = re.compile(r"-?\d+$")

PLAIN_KIND = KindTerms()


def kind_terms(device: Device, terms: DeviceTerms) -> KindTerms:
    """The part of *terms* that a kind keeps."""
    counters: dict[str, Quantity] = {}
    for _, amounts in terms.consumes:
        for name, amount in amounts:
            stem = counter_stem(name)
            counters[stem] = counters[stem].add(amount) if stem in counters else amount
    policies = dict(terms.policies)
    found = KindTerms(
        taints=terms.repelling,
        counters=tuple(sorted(counters.items())),
        is_shared=terms.is_shared,
        capacities=tuple(
            (name, amount, policies.get(name))
            for name, amount in sorted(written_capacity(device, terms).items())
        )
        if terms.is_shared
        else (),
        has_conditions=bool(terms.binding_conditions),
        is_networked=terms.is_networked,
    )
    return PLAIN_KIND if found == PLAIN_KIND else found


def counter_stem(name: str) -> str:
    """The name of a counter without its number: placements of one profile take from different ones."""
    return _NUMBER.sub("", name)


def written_capacity(device: Device, terms: DeviceTerms) -> dict[str, Quantity]:
    """Capacities of *device* by name as its driver wrote it, which is how requests must name them."""
    found = {}
    for name, amount in device.capacity.items():
        full = f"{name.domain}/{name.identifier}"
        is_bare = name.domain == device.driver and full not in terms.full_names
        found[name.identifier if is_bare else full] = amount
    return found
