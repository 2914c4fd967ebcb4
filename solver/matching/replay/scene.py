"""A node prepared for the allocator, and what of it is in use when a pod is tried."""

from collections.abc import Hashable, Mapping

from solver.domain.claim import AllocatedState, DeviceQuery
from solver.domain.fleet import DeviceClass
from solver.domain.quantity import Quantity
from solver.domain.resource_slice import DeviceId
from solver.matching.replay.behaviour import Behaviour
from solver.matching.replay.capacity import consumption
from solver.matching.replay.pools import gather
from solver.matching.replay.selection import Selections
from solver.matching.replay.slice_index import SliceIndex
from solver.matching.replay.slots import Slot, slots_of
from solver.matching.replay.walk import Walk

Candidates = tuple[list[int], Mapping[int, str]]


class Stage:
    """Pools, devices and verdicts of selectors of one node, for any number of pods."""

    def __init__(
        self,
        index: SliceIndex,
        node: str,
        labels: Mapping[str, str],
        behaviour: Behaviour,
        selections: Selections,
    ) -> None:
        self.node = node
        self.behaviour = behaviour
        self.pools = gather(index, node, labels, behaviour)
        self.slots = slots_of(self.pools, node, labels, behaviour)
        #: A pool that is fatal to come across, as a number behind those of the slots.
        self.barriers = {
            len(self.slots) + number: pool
            for number, pool in enumerate(self.pools)
            if pool.invalid and behaviour.uses_incomplete_pools
        }
        self.walk = Walk(self.pools, self.slots, self.barriers, behaviour)
        self._selections = selections
        self._candidates: dict[tuple[str, tuple[str, ...], tuple[str, ...]], Candidates] = {}
        self._consumption: dict[tuple[int, Hashable], Mapping[str, Quantity] | None] = {}

    def candidates(self, device_class: DeviceClass, selectors: tuple[str, ...]) -> Candidates:
        """Numbers of the slots that are not turned down, and why a selector fails on some of them."""
        key = (device_class.name, device_class.selectors, selectors)
        found = self._candidates.get(key)
        if found is None:
            found = self._candidates[key] = self._judged(device_class, selectors)
        return found

    def _judged(self, device_class: DeviceClass, selectors: tuple[str, ...]) -> Candidates:
        numbers: list[int] = []
        errors: dict[int, str] = {}
        for slot in self.slots:
            verdict = self._verdict(slot, device_class, selectors)
            if verdict is False:
                continue
            numbers.append(slot.number)
            if isinstance(verdict, str):
                errors[slot.number] = verdict
        for number, pool in self.barriers.items():
            numbers.append(number)
            errors[number] = f"resource pool {pool} is invalid: {pool.invalid}"
        return numbers, errors

    def _verdict(self, slot: Slot, device_class: DeviceClass, selectors: tuple[str, ...]) -> bool | str:
        if slot.is_barred:
            return False
        verdict = self._selections.verdict(device_class.selectors, slot.seen)
        if isinstance(verdict, str):
            return f"class {device_class.name}, device {slot.id}: {verdict}"
        if not verdict:
            return False
        verdict = self._selections.verdict(selectors, slot.seen)
        if isinstance(verdict, str):
            return f"device {slot.id}: {verdict}"
        # Selectors come first: an error on a device of another node is fatal here.
        return verdict and not slot.is_elsewhere

    def consumption(
        self, slot: Slot, requested: Mapping[str, Quantity] | None
    ) -> Mapping[str, Quantity] | None:
        """What a request for *requested* takes of *slot*, None if the slot cannot serve it."""
        key = (slot.number, _key(requested))
        if key not in self._consumption:
            in_milli = self.behaviour.rounds_in_milli
            self._consumption[key] = consumption(slot.published, requested, in_milli=in_milli)
        return self._consumption[key]


class Scene:
    """A stage with what the claims of the cluster hold."""

    def __init__(self, stage: Stage, allocated: AllocatedState) -> None:
        self.behaviour = stage.behaviour
        if not stage.behaviour.consumable:
            # The scheduler then counts every result as a device that is held whole (3.1 of reference/dra.md).
            allocated = AllocatedState(devices=allocated.devices | allocated.shared)
        self.stage = stage
        self.pools = stage.pools
        self.slots = stage.slots
        self.allocated = allocated
        in_part = allocated.shared | allocated.consumed.keys()
        overlooked = frozenset[DeviceId]() if stage.behaviour.overlooks_shares else in_part
        self.held = [
            slot.id in allocated.devices or (slot.id in overlooked and not slot.is_shared)
            for slot in stage.slots
        ]
        if stage.barriers:
            self.held += [False] * len(stage.pools)
        self.consumed: dict[int, Mapping[str, Quantity]] = {}
        #: Slots of which a share is known to have paid the counters.
        self.charged: frozenset[int] = frozenset()
        if in_part:
            # A share that takes nothing of any capacity leaves no entry in the AggregatedCapacity of Kubernetes.
            self.consumed = {
                slot.number: allocated.consumed[slot.id]
                for slot in stage.slots
                if allocated.consumed.get(slot.id)
            }
            bare = frozenset[DeviceId]() if stage.behaviour.recharges_bare_shares else in_part
            self.charged = frozenset(
                slot.number for slot in stage.slots if slot.number in self.consumed or slot.id in bare
            )

    def candidates(self, device_class: DeviceClass, selectors: tuple[str, ...]) -> Candidates:
        """See :meth:`Stage.candidates`."""
        return self.stage.candidates(device_class, selectors)

    def fits_now(self, query: DeviceQuery, slot: Slot) -> bool:
        """Whether what is held leaves enough of the capacity of *slot*; True if the gate for that is off."""
        if not self.behaviour.consumable:
            return True
        taken = self.stage.consumption(slot, query.capacity)
        return taken is not None and self.leaves(slot, taken, {})

    def leaves(self, slot: Slot, taken: Mapping[str, Quantity], chosen: Mapping[str, int]) -> bool:
        """Whether *taken* fits besides what is held and *chosen* (nano units); all capacities count."""
        held = self.consumed.get(slot.number)
        total = slot.published.capacity
        for name, amount in taken.items():
            nano = amount.nano + chosen.get(name, 0)
            if held is not None and name in held:
                nano += held[name].nano
            if nano > total[name].nano:
                return False
        return True


def _key(requested: Mapping[str, Quantity] | None) -> Hashable:
    if not requested:
        return None
    return tuple(
        (name, amount.nano, amount.scale, amount.big, amount.format)
        for name, amount in sorted(requested.items())
    )
