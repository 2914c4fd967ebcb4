"""What the copy of the allocator in use does, by release, variant and gates.

Kubernetes keeps three copies of its allocator (``k8s.io/dynamic-resource-allocation/structured/internal``:
stable, incubating, experimental). A field here is one way in which they differ; what all of them get wrong
is noted where it happens.
"""

from dataclasses import dataclass

from solver.domain.kubernetes import AllocatorVariant, Gate, Release, SchedulerFeatures

_BASIC = frozenset({Gate.ADMIN_ACCESS, Gate.PRIORITIZED_LIST, Gate.PARTITIONABLE_DEVICES, Gate.DEVICE_TAINTS})
_SHARING = frozenset({Gate.CONSUMABLE_CAPACITY, Gate.BINDING_CONDITIONS})


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Switches of the replay; the names of gates stand for a gate that the variant supports and that is on."""

    release: Release
    variant: AllocatorVariant
    admin_access: bool
    prioritized_list: bool
    partitionable: bool
    taints: bool
    consumable: bool
    binding: bool
    lists: bool

    @classmethod
    def of(cls, features: SchedulerFeatures, variant: AllocatorVariant | None = None) -> "Behaviour":
        """The behaviour of *variant*, or of the one that a scheduler with *features* picks."""
        chosen = features.variant if variant is None else variant
        gates = features.gates & _supported(features.release, chosen)
        return cls(
            release=features.release,
            variant=chosen,
            admin_access=Gate.ADMIN_ACCESS in gates,
            prioritized_list=Gate.PRIORITIZED_LIST in gates,
            partitionable=Gate.PARTITIONABLE_DEVICES in gates,
            taints=Gate.DEVICE_TAINTS in gates,
            consumable=Gate.CONSUMABLE_CAPACITY in gates,
            binding=Gate.BINDING_CONDITIONS in gates,
            lists=Gate.LIST_ATTRIBUTES in gates,
        )

    @property
    def knows_sharing(self) -> bool:
        """Whether the copy has code for shared devices and distinctAttribute.

        One without takes distinctAttribute for a constraint of no kind, ignores requests for capacity and
        bindsToNode, and shows selectors no device that allows multiple allocations.
        """
        return _knows_sharing(self.release, self.variant)

    @property
    def puts_binding_last(self) -> bool:
        """Pools and slices with binding conditions come behind the others, whether or not the gate is on."""
        return self.knows_sharing

    @property
    def is_current(self) -> bool:
        """Whether the copy has what was developed for 1.36: the stable one is the incubating one of 1.35."""
        return self.release >= Release.V1_36 and self.variant is not AllocatorVariant.STABLE

    @property
    def orders_pools(self) -> bool:
        """Pools by driver and name, slices by name; before, as they come (1.36 sorts in ``buildPool``)."""
        return self.is_current

    @property
    def tries_combinations(self) -> bool:
        """A request goes on behind its last device; before, it tried every permutation (PR 133678)."""
        return self.is_current

    @property
    def forgets_alternative(self) -> bool:
        """Mode All in a later alternative goes on with the first one after one device (fixed in 1.36)."""
        return self.release < Release.V1_36

    @property
    def mixes_alternatives(self) -> bool:
        """Alternatives are checked under the index of the one before, so All may see its matches (as above)."""
        return self.release < Release.V1_36

    @property
    def leaks_reservations(self) -> bool:
        """What a rejected candidate has reserved is not given back (issue 140436; in 1.35.6 and 1.36.2).

        Nor are the counters of a share that is taken back.
        """
        return self.release < Release.V1_37

    @property
    def recharges_bare_shares(self) -> bool:
        """A device with shares that take nothing of any capacity pays its counters again (issue 140433)."""
        return self.release < Release.V1_37

    @property
    def overlooks_shares(self) -> bool:
        """A device that allows no multiple allocations any more is given whole over its shares (issue 140797)."""
        return self.release < Release.V1_37

    @property
    def mixes_drivers(self) -> bool:
        """Counters are kept by pool name, so that pools of two drivers share an entry (up to 1.36.2)."""
        return self.release < Release.V1_37

    @property
    def forgets_values(self) -> bool:
        """DistinctAttribute knows only the last value of each request (constraint.go, fixed in 1.37)."""
        return self.release < Release.V1_37

    @property
    def charges_shares(self) -> bool:
        """Devices held in part by other pods count for counters; before, they did not (fixed in 1.36.2)."""
        return self.is_current

    @property
    def insists_on_all(self) -> bool:
        """A constraint against one of all devices ends the attempt (``must`` in ``allocateDevice``, every release)."""
        return True

    @property
    def charges_again(self) -> bool:
        """Admin access takes the counters of a device that somebody has a second time (issue 140729, every release)."""
        return True

    @property
    def counts_by_slice(self) -> bool:
        """Counters stand next to the devices of their slice (the API up to 1.34)."""
        return self.release < Release.V1_35

    @property
    def recharges_shares(self) -> bool:
        """Every share of a device takes its counters again (1.34 has no check for shares)."""
        return self.release < Release.V1_35

    @property
    def weighs_wrong_device(self) -> bool:
        """The last look at capacity takes the number of the device in its request for that in its slice (1.34)."""
        return self.consumable and self.release < Release.V1_35

    @property
    def uses_incomplete_pools(self) -> bool:
        """Pools still being published give devices, and an invalid one is fatal (1.34)."""
        return self.release < Release.V1_35

    @property
    def sees_all_taints(self) -> bool:
        """Every taint has to be tolerated, whatever its effect (1.34 has no effect None)."""
        return self.release < Release.V1_35

    @property
    def looks_counters_up(self) -> bool:
        """Counters that do not target the node are only looked up where the pool is not all here (1.37)."""
        return self.release >= Release.V1_37

    @property
    def looks_beyond_node(self) -> bool:
        """Slices of other nodes count towards a complete pool, or make it obsolete (since 1.35)."""
        return self.release >= Release.V1_35

    @property
    def rounds_in_milli(self) -> bool:
        """Steps of a capacity may be fractions (gate DRAFractionalCapacityRange, on in 1.37)."""
        return self.release >= Release.V1_37


def _knows_sharing(release: Release, variant: AllocatorVariant) -> bool:
    if release >= Release.V1_36:
        return variant is not AllocatorVariant.STABLE
    return variant is AllocatorVariant.EXPERIMENTAL


def _supported(release: Release, variant: AllocatorVariant) -> frozenset[Gate]:
    if variant is AllocatorVariant.EXPERIMENTAL:
        lists = {Gate.LIST_ATTRIBUTES} if release >= Release.V1_36 else set[Gate]()
        return _BASIC | _SHARING | lists
    if _knows_sharing(release, variant):
        return _BASIC | _SHARING
    is_bare = release < Release.V1_36 and variant is AllocatorVariant.STABLE
    return frozenset[Gate]() if is_bare else _BASIC
