"""Where the Kubernetes allocator differs from the clean model, by name, and how to take each difference away.

A name stands for a switch of the replay, or for a change of the problem after which the bug cannot strike.
``agreement.py`` excuses nothing that does not vanish that way. Sections are those of reference/dra.md.
"""

from collections.abc import Collection, Mapping
from dataclasses import fields
from enum import StrEnum, unique

from solver.domain.allocation_problem import AllocationProblem
from solver.domain.kubernetes import SchedulerFeatures
from solver.matching.replay.behaviour import Behaviour


@unique
class Difference(StrEnum):
    """Bugs and rules of Kubernetes; the values are the names in solver/README.md."""

    LEAKED_COUNTERS = "leaked counters"
    """3.6, issue 140436, up to 1.36: what a rejected candidate or a share reserved is not given back."""
    MIXED_DRIVERS = "mixed drivers"
    """3.6, issue 140434, up to 1.36: pools of two drivers with one name share an entry for their counters."""
    ADMIN_CHARGED = "admin access charged"
    """3.6, issue 140729: admin access takes the counters of a device that somebody has once more."""
    UNCHARGED_SHARES = "uncharged shares"
    """3.6, issue 139034, up to 1.35: shares of earlier pods are not subtracted from the counters."""
    BARE_SHARES = "bare shares charged"
    """Issue 140433, up to 1.36: a share that takes nothing of any capacity is not known to have paid."""
    OVERLOOKED_SHARES = "overlooked shares"
    """3.7, issue 140797: a device that may be shared no more is given whole over its shares (up to 1.36), and
    where its capacity is taken All leaves it out (every release)."""
    FORGOTTEN_ALTERNATIVE = "forgotten alternative"
    """3.8, up to 1.35: All in a later alternative goes on with the first one after one device."""
    MIXED_ALTERNATIVES = "mixed alternatives"
    """3.8, up to 1.35: All in a later alternative sees the matches of the one before it."""
    FORGOTTEN_VALUES = "forgotten values"
    """3.5, up to 1.36: distinctAttribute remembers the last value of each request only."""
    SHARED_ONCE = "shared once"
    """3.4, from 1.36: a request goes on behind its last device and so gets no device twice."""
    ALL_OR_ERROR = "all or error"
    """3.3: a constraint against one of all devices is an error, whatever else could be chosen."""
    FAILED_SELECTOR = "failed selector"
    """2.5: a selector that fails on a device which is looked at ends the attempt."""
    OUT_OF_STEPS = "out of steps"
    """3.4: permutations run into the time-out of the filter, here a number of steps."""
    FRACTIONAL_STEPS = "fractional steps"
    """3.7, from 1.37: steps of a capacity are counted in thousandths; the clean model rounds to whole units."""
    COUNTERS_OF_A_SLICE = "counters of a slice"
    """1.1, 1.34: a device takes from the counters of its own slice, which may have none."""
    COUNTERS_FOR_EACH_SHARE = "counters for each share"
    """3.4, issue 134100, 1.34: every share of a device takes its counters again."""
    WRONG_DEVICE = "wrong device weighed"
    """3.4, 1.34: the last look at capacity is at the device with the number of the slot in the request."""
    INCOMPLETE_POOLS = "incomplete pools"
    """3.2, 1.34: a pool that is still being published gives devices, an invalid one is an error."""
    OTHER_NODES = "other nodes unseen"
    """3.2, 1.34: slices of other nodes make no pool complete, nor obsolete."""
    EVERY_TAINT = "every taint"
    """3.4, 1.34: taints have to be tolerated whatever their effect."""


#: The switch behind a difference, and how it stands where the difference is taken away.
SWITCHES: Mapping[Difference, tuple[str, bool]] = {
    Difference.LEAKED_COUNTERS: ("leaks_reservations", False),
    Difference.MIXED_DRIVERS: ("mixes_drivers", False),
    Difference.ADMIN_CHARGED: ("charges_again", False),
    Difference.UNCHARGED_SHARES: ("charges_shares", True),
    Difference.BARE_SHARES: ("recharges_bare_shares", False),
    Difference.FORGOTTEN_ALTERNATIVE: ("forgets_alternative", False),
    Difference.MIXED_ALTERNATIVES: ("mixes_alternatives", False),
    Difference.FORGOTTEN_VALUES: ("forgets_values", False),
    Difference.SHARED_ONCE: ("tries_combinations", False),
    Difference.ALL_OR_ERROR: ("insists_on_all", False),
    Difference.FRACTIONAL_STEPS: ("rounds_in_milli", False),
    Difference.COUNTERS_OF_A_SLICE: ("counts_by_slice", False),
    Difference.COUNTERS_FOR_EACH_SHARE: ("recharges_shares", False),
    Difference.WRONG_DEVICE: ("weighs_wrong_device", False),
    Difference.INCOMPLETE_POOLS: ("uses_incomplete_pools", False),
    Difference.OTHER_NODES: ("looks_beyond_node", True),
    Difference.EVERY_TAINT: ("sees_all_taints", False),
}


#: Where counters stand with the devices of a slice, as up to 1.34, these are no differences, and a replay
#: without them would look for the counters in slices of their own.
OF_ANOTHER_FORM = frozenset({Difference.COUNTERS_OF_A_SLICE, Difference.INCOMPLETE_POOLS})


def has_1_34_form(problem: AllocationProblem) -> bool:
    """Whether a slice has both devices and counters."""
    return any(each.devices and each.shared_counters for each in problem.slices)


def possible(features: SchedulerFeatures) -> tuple[Difference, ...]:
    """The differences that a scheduler with *features* can have."""
    behaviour = Behaviour.of(features)
    return tuple(
        each
        for each in Difference
        if each not in SWITCHES or getattr(behaviour, SWITCHES[each][0]) is not SWITCHES[each][1]
    )


def behaviour_without(differences: Collection[Difference], features: SchedulerFeatures) -> Behaviour:
    """The behaviour of a scheduler with *features* that has not got *differences*."""
    settled = dict(SWITCHES[each] for each in differences if each in SWITCHES)
    kind = type("Repaired", (Behaviour,), {name: _constant(value=value) for name, value in settled.items()})
    original = Behaviour.of(features)
    repaired = kind(**{field.name: getattr(original, field.name) for field in fields(original)})
    assert isinstance(repaired, Behaviour)
    return repaired


def _constant(*, value: bool) -> property:
    return property(lambda _: value)
