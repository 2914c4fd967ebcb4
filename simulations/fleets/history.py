"""How the fleet came to look as it does: replicas came, many left again, others took the holes.

Packed once and for all, a fleet would have its free devices in one piece. Real ones have them in holes.
"""

from collections.abc import Sequence
from random import Random

from simulations.fleets.demand import Wanted
from simulations.fleets.drawing import apportioned, happens, stream
from simulations.fleets.packing import Packing
from simulations.fleets.placing import PlacedReplica, Placer, Places
from simulations.fleets.sites import Sites
from simulations.fleets.spec import FleetSpec
from simulations.fleets.statistics import (
    DEPARTED_PERMILLE,
    EARLY_PERMILLE,
    NEW_DEPLOYMENTS_PERMILLE,
    SCALED_DOWN_PERMILLE,
)

_PERMILLE = 1000
#: Weights of what a deployment had of its present wants.
_FULL, _SCALED_DOWN = 100, 150


def lived(spec: FleetSpec, sites: Sites, wanted: Sequence[Wanted]) -> tuple[PlacedReplica, ...]:
    """The replicas that run, each where it fitted at its time, by deployment, cluster and index."""
    rng = stream(spec.seed, "history")
    target = spec.replicas * spec.observed_permille // _PERMILLE
    aims = _aims(wanted, target, rng)
    packing, places = Packing(sites), Places(sites)
    placers = [places.placer(each, packing, rng.randrange(1 << 30)) for each in wanted]
    order = list(range(len(placers)))
    rng.shuffle(order)
    early = sorted(order, key=lambda at: -wanted[at].shape.gpus_per_replica)
    for at in early:
        leaving = _rounded(aims[at] * DEPARTED_PERMILLE, rng)
        _add(placers[at], _rounded(aims[at] * EARLY_PERMILLE, rng) + leaving)
    for at in order:
        keeping = min(aims[at], _rounded(aims[at] * EARLY_PERMILLE, rng))
        _leave(placers[at], len(placers[at].placed) - keeping, rng)
    for at in order:
        placers[at].ask_everywhere()
        _add(placers[at], aims[at] - len(placers[at].placed))
    _top_up(placers, target, rng)
    replicas = (replica for placer in placers for replica in placer.placed)
    return tuple(
        sorted(replicas, key=lambda each: (each.wanted.deployment.key, each.fabric.site.name, each.index))
    )


def _aims(wanted: Sequence[Wanted], target: int, rng: Random) -> list[int]:
    """Replicas that each deployment had: none where it is new, more than now where it was scaled down since."""
    weights = []
    for each in wanted:
        is_new, was_larger = happens(rng, NEW_DEPLOYMENTS_PERMILLE), happens(rng, SCALED_DOWN_PERMILLE)
        share = 0 if is_new else _SCALED_DOWN if was_larger else _FULL
        weights.append(each.deployment.replicas * share)
    return apportioned(target, weights)


def _rounded(permille: int, rng: Random) -> int:
    """Thousandths to whole numbers, up as often as the rest says."""
    return permille // _PERMILLE + happens(rng, permille % _PERMILLE)


def _add(placer: Placer, count: int) -> None:
    for _ in range(count):
        if not placer.add():
            return


def _leave(placer: Placer, count: int, rng: Random) -> None:
    for _ in range(count):
        placer.leave(rng.randrange(len(placer.placed)))


def _top_up(placers: Sequence[Placer], target: int, rng: Random) -> None:
    """Others get what some had no room for, one at a time, as long as they want more."""
    missing = target - sum(len(placer.placed) for placer in placers)
    waiting = [placer for placer in placers if placer.placed]
    for placer in waiting:
        placer.ask_everywhere()
    while missing > 0 and waiting:
        rng.shuffle(waiting)
        again = []
        for placer in waiting[:]:
            if missing and len(placer.placed) < placer.wanted.deployment.replicas and placer.add():
                missing -= 1
                again.append(placer)
        waiting = again
