"""The depth-first search: claims, their requests, alternatives, and the devices of each, first fit."""

import math
import sys
from collections.abc import Sequence
from enum import IntEnum

from solver.domain.claim import MOST_DEVICES_OF_A_CLAIM
from solver.matching.replay.asks import Ask, Asked
from solver.matching.replay.draft import Choice, Draft
from solver.matching.replay.faults import AllocationFailed, OutOfSteps
from solver.matching.replay.scene import Scene

_FRAMES_OF_OTHERS = 500


class Found(IntEnum):
    """What a step of the search came to."""

    NOTHING = 0
    SOLUTION = 1
    TOO_MANY = 2
    """Nothing, because a claim would get more devices than it can have."""


class Search:
    """One attempt to allocate the claims of a pod on a node, in one order of the pools."""

    def __init__(self, claims: Sequence[Asked], scene: Scene, step_limit: int) -> None:
        self._claims = claims
        self._slots = scene.slots
        self._held = scene.held
        self._is_consumable = scene.behaviour.consumable
        self._goes_on = scene.behaviour.tries_combinations
        self._insists = scene.behaviour.insists_on_all
        self._forgets = scene.behaviour.forgets_alternative
        self._is_odd = scene.behaviour.weighs_wrong_device
        self._step_limit = step_limit
        self._draft = Draft(claims, scene)
        self._taken = self._draft.taken
        #: Steps so far, as Kubernetes counts them.
        self.steps = 0

    def run(self) -> list[list[Choice]] | None:
        """The devices of each claim, None if there is no solution.

        Raises:
            AllocationFailed: the allocator gives up.
            OutOfSteps: it took too long.
        """
        deepest = sum(2 + 2 * len(each.requests) + MOST_DEVICES_OF_A_CLAIM for each in self._claims)
        limit = sys.getrecursionlimit()
        try:
            # The search is as deep as the pod asks for devices, and that has no limit.
            sys.setrecursionlimit(max(limit, 2 * deepest + _FRAMES_OF_OTHERS))
            found = self._step(0, 0, 0, 0, 0, is_alternative=False)
        finally:
            sys.setrecursionlimit(limit)
        if found is Found.TOO_MANY:
            # What unwinds the search for a smaller alternative can arrive at the very top.
            raise AllocationFailed(f"no choice of alternatives has at most {MOST_DEVICES_OF_A_CLAIM} devices")
        return self._draft.choices if found is Found.SOLUTION else None

    def _step(
        self, claim: int, request: int, alternative: int, device: int, start: int, *, is_alternative: bool
    ) -> Found:
        """Find what is missing from device number *device* of a request on.

        *is_alternative*: it is settled which one. *start*: position among the candidates to begin with.
        """
        self.steps += 1
        if self.steps > self._step_limit:
            raise OutOfSteps
        if claim >= len(self._claims):
            return Found.SOLUTION
        requests = self._claims[claim].requests
        if request >= len(requests):
            found = self._step(claim + 1, 0, 0, 0, 0, is_alternative=False)
            return Found.NOTHING if found is Found.TOO_MANY else found
        alternatives = requests[request]
        ask = alternatives[alternative]
        if ask.alternative and not is_alternative:
            return self._first_available(claim, request, len(alternatives))
        if ask.takes_all and not ask.everything:
            return Found.NOTHING
        if device >= ask.count:
            return self._step(claim, request + 1, 0, 0, 0, is_alternative=False)
        if len(self._draft.choices[claim]) + ask.count - device > MOST_DEVICES_OF_A_CLAIM:
            return Found.TOO_MANY
        if ask.takes_all:
            return self._all(claim, request, alternative, device, is_alternative=is_alternative)
        if device == 0 and self._runs_short(ask):
            return Found.NOTHING
        return self._one(claim, request, alternative, device, start, is_alternative=is_alternative)

    def _first_available(self, claim: int, request: int, count: int) -> Found:
        found = Found.TOO_MANY
        for alternative in range(count):
            result = self._step(claim, request, alternative, 0, 0, is_alternative=True)
            if result is Found.SOLUTION:
                return result
            if result is Found.NOTHING:
                found = result
        return found

    def _all(self, claim: int, request: int, alternative: int, device: int, *, is_alternative: bool) -> Found:
        """Which devices it is to be is known; if one cannot be had there is no solution."""
        ask = self._claims[claim].requests[request][alternative]
        slot = self._slots[ask.everything[device]]
        if not self._draft.choose(claim, ask, device, slot, must=self._insists):
            return Found.NOTHING
        # Up to 1.35 the index of the alternative is lost here (fixed in 1.36, 2026-02): the search goes on
        # with the first one, which may be content with a single device.
        going_on = 0 if self._forgets else alternative
        found = self._step(claim, request, going_on, device + 1, 0, is_alternative=is_alternative)
        if found is not Found.SOLUTION:
            self._draft.take_back(claim, self._draft.choices[claim][-1])
        return found

    def _one(
        self, claim: int, request: int, alternative: int, device: int, start: int, *, is_alternative: bool
    ) -> Found:
        """Try one candidate after the other for one device."""
        ask = self._claims[claim].requests[request][alternative]
        draft = self._draft
        held, taken = self._held, self._taken
        candidates, errors = ask.candidates, ask.errors
        is_admin = ask.is_admin
        for position in range(start, len(candidates)):
            number = candidates[position]
            if taken[number] >> claim & 1 if is_admin else held[number] or taken[number]:
                continue
            if number in errors:
                raise AllocationFailed(f"{ask.title}: {errors[number]}")
            slot = self._slots[number]
            if self._is_consumable and not draft.fits(ask, slot):
                continue
            if not draft.choose(claim, ask, device, slot, must=False):
                continue
            found = self._step(
                claim,
                request,
                alternative,
                device + 1,
                position + 1 if self._goes_on else 0,
                is_alternative=is_alternative,
            )
            if found is Found.SOLUTION:
                return found
            draft.take_back(claim, draft.choices[claim][-1])
            if found is Found.TOO_MANY:
                return found
        return Found.NOTHING

    def _runs_short(self, ask: Ask) -> bool:
        """Whether fewer devices are free than *ask* needs, where nothing but their number matters.

        Then all permutations of those that are free fail, and only their number is worth knowing: 9 of 8
        devices take 109,601 steps up to 1.35.
        """
        if self._goes_on or ask.constraints or ask.errors or ask.is_admin or self._is_odd:
            return False
        free = 0
        for number in ask.candidates:
            slot = self._slots[number]
            if slot.published.consumes or slot.is_shared or slot.taints:
                return False
            if self._held[number] or self._taken[number]:
                continue
            free += not self._is_consumable or self._draft.fits(ask, slot)
            if free >= ask.count:
                return False
        # This step is counted already.
        self.steps += sum(math.perm(free, length) for length in range(1, free + 1))
        if self.steps > self._step_limit:
            raise OutOfSteps
        return True
