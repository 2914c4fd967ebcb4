"""What the search has chosen so far, and how a choice is made and taken back."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from solver.domain.device_taint import tolerated
from solver.domain.quantity import Quantity
from solver.matching.replay.asks import Ask, Asked
from solver.matching.replay.counters import Counters
from solver.matching.replay.faults import AllocationFailed
from solver.matching.replay.scene import Scene
from solver.matching.replay.slots import Slot


@dataclass(slots=True)
class Choice:
    """A slot given to a request."""

    ask: Ask
    slot: Slot
    consumed: Mapping[str, Quantity] | None
    #: It took the counters of the slot, and not an earlier share.
    has_reserved: bool


class Draft:
    """Choices for the claims of a pod, with all that they take."""

    def __init__(self, claims: Sequence[Asked], scene: Scene) -> None:
        self._scene = scene
        self._behaviour = scene.behaviour
        self._charges_again = scene.behaviour.charges_again
        self._leaks = scene.behaviour.leaks_reservations
        self._counters = Counters(scene.allocated, scene.behaviour)
        self.choices: list[list[Choice]] = [[] for _ in claims]
        #: For each slot a bit for every claim that has it whole.
        self.taken = [0] * len(scene.held)
        #: What is taken of shared slots, in nano units. An entry also says that the slot is in use.
        self._shares: dict[int, dict[str, int]] = {}

    def fits(self, ask: Ask, slot: Slot) -> bool:
        """Whether enough of the capacity of *slot* is left for *ask*."""
        taken = self._consumption(ask, slot)
        if taken is None:
            return False
        return self._scene.leaves(slot, taken, self._shares.get(slot.number, _NOTHING))

    def choose(self, claim: int, ask: Ask, device: int, slot: Slot, *, must: bool) -> bool:
        """Give *slot* to *ask* of the claim with the number *claim* unless that is not possible.

        It is to be the device with the number *device* of the request.

        Raises:
            AllocationFailed: a constraint is against it, and *ask* takes all devices (*must*).
        """
        if self._is_in_use(claim, ask, slot) or (
            slot.published.consumes and not self._behaviour.partitionable
        ):
            return False
        # Once a share of it is taken, its counters are charged already.
        has_reserved = bool(slot.published.consumes) and not (
            slot.is_shared and self._is_shared_already(slot)
        )
        if has_reserved and not self._counters.reserve(slot.pool, slot.own, self._uses(slot)):
            return False
        if slot.taints and not self._tolerates(ask, slot):
            self._give_back(slot, has_reserved=has_reserved)
            return False
        for number, constraint in enumerate(ask.constraints):
            if constraint.add(ask.request, slot.published.device):
                continue
            if must:
                # A claim that asks for all devices and forbids some of them is taken for a mistake.
                raise AllocationFailed(
                    f"{ask.title}: device {slot.id} is one of all, a constraint rules it out"
                )
            for earlier in reversed(ask.constraints[:number]):
                earlier.remove(ask.request)
            self._give_back(slot, has_reserved=has_reserved)
            return False
        if self._behaviour.weighs_wrong_device and not self._fits_wrongly(ask, device, slot):
            if not slot.is_shared:
                self.taken[slot.number] |= 1 << claim
            return False
        return self._take(claim, ask, slot, has_reserved=has_reserved)

    def take_back(self, claim: int, choice: Choice) -> None:
        """Undo the last choice for the claim with the number *claim*."""
        self.choices[claim].pop()
        ask, slot = choice.ask, choice.slot
        for constraint in ask.constraints:
            constraint.remove(ask.request)
        self.taken[slot.number] &= ~(1 << claim)
        if not slot.is_shared:
            if slot.published.consumes:
                self._counters.release(slot.pool, slot.own, self._uses(slot))
            return
        # Issue 140436: up to 1.36.2 a share keeps the counters that it reserved.
        self._give_back(slot, has_reserved=choice.has_reserved)
        self._unshare(slot, choice)

    def _take(self, claim: int, ask: Ask, slot: Slot, *, has_reserved: bool) -> bool:
        consumed: Mapping[str, Quantity] | None = None
        if slot.is_shared:
            # Only in mode All can it have become too much since it was looked at. Counters and constraints
            # then keep it (same place as issue 140436).
            if not self._behaviour.weighs_wrong_device and not self.fits(ask, slot):
                if not self._leaks:
                    for constraint in ask.constraints:
                        constraint.remove(ask.request)
                    self._give_back(slot, has_reserved=has_reserved)
                return False
            consumed = self._consumption(ask, slot) or {}
            shares = self._shares.setdefault(slot.number, {})
            for name, amount in consumed.items():
                shares[name] = shares.get(name, 0) + amount.nano
        else:
            self.taken[slot.number] |= 1 << claim
        self.choices[claim].append(Choice(ask, slot, consumed, has_reserved))
        return True

    def _fits_wrongly(self, ask: Ask, device: int, slot: Slot) -> bool:
        # allocator_experimental.go of 1.34: CmpRequestOverCapacity is given r.deviceIndex. What a candidate has
        # reserved and marked by then is lost.
        if device >= len(slot.own.devices):
            raise AllocationFailed(
                f"{ask.title}: the scheduler crashes, slice {slot.own.name} has no device {device}"
            )
        return self.fits(ask, self._scene.slots[slot.number - slot.position + device])

    def _unshare(self, slot: Slot, choice: Choice) -> None:
        shares = self._shares.get(slot.number)
        # Up to 1.36.2 a share that takes nothing of any capacity leaves the entry that says that the slot is in
        # use; one that takes something may take the entry away under those that take nothing.
        if shares is None or (self._leaks and not choice.consumed):
            return
        for name, amount in (choice.consumed or {}).items():
            shares[name] -= amount.nano
        is_last = not any(shares.values()) if self._leaks else choice.has_reserved
        if is_last:
            del self._shares[slot.number]

    def _give_back(self, slot: Slot, *, has_reserved: bool) -> None:
        # Issue 140436: up to 1.36.2 the counters of a candidate that taints or constraints rule out are lost
        # for the rest of the attempt.
        if has_reserved and not self._leaks:
            self._counters.release(slot.pool, slot.own, self._uses(slot))

    def _uses(self, slot: Slot) -> tuple[tuple[tuple[str, str], int], ...]:
        """What *slot*, if nobody has it yet, takes of counters."""
        if self._charges_again:
            return slot.uses
        return () if self._scene.held[slot.number] or self.taken[slot.number] else slot.uses

    def _is_in_use(self, claim: int, ask: Ask, slot: Slot) -> bool:
        if not ask.is_admin:
            return self._scene.held[slot.number] or self.taken[slot.number] != 0
        return not slot.is_shared and self.taken[slot.number] >> claim & 1 != 0

    def _is_shared_already(self, slot: Slot) -> bool:
        if self._behaviour.recharges_shares:
            return False
        return slot.number in self._shares or slot.number in self._scene.charged

    def _tolerates(self, ask: Ask, slot: Slot) -> bool:
        tolerations = ask.query.tolerations
        if not self._behaviour.sees_all_taints:
            return tolerated(slot.taints, tolerations)
        return all(any(each.tolerates(taint) for each in tolerations) for taint in slot.taints)

    def _consumption(self, ask: Ask, slot: Slot) -> Mapping[str, Quantity] | None:
        if slot.number not in ask.consumption:
            ask.consumption[slot.number] = self._scene.stage.consumption(slot, ask.query.capacity)
        return ask.consumption[slot.number]


_NOTHING: Mapping[str, int] = {}
