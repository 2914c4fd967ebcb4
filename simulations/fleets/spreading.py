"""Spread rules of deployments: caps on a cluster for the stated share of them, rules on regions for a few."""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from simulations.fleets.drawing import drawn, happens
from simulations.fleets.spec import FleetSpec
from simulations.fleets.statistics import CLUSTER_CAPS, REGION_CAPPED_PERMILLE, REGION_PREFERRED_PERMILLE
from solver.domain.workload import SpreadMode, SpreadRule

CLUSTER_KEY, REGION_KEY = "cluster", "modelplane.ai/region"
_PERMILLE = 1000
_FEWEST_SPREAD = 2
_REGION_PERCENT = (40, 50, 60)
#: Every so many caps is written as a skew.
_SKEW_ONE_IN = 4
#: Domains can take so many times what is wanted.
_SLACK = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Where a deployment can go: so many clusters, in so many regions."""

    clusters: int
    regions: int


class Spreader:
    """Gives each deployment, by its number, its rules; *sizes* are the wanted replicas of each."""

    def __init__(self, spec: FleetSpec, sizes: Sequence[int], rng: Random) -> None:
        several = [number for number, count in enumerate(sizes) if count >= _FEWEST_SPREAD]
        wanted = len(sizes) * spec.cluster_caps_permille // _PERMILLE
        self._capped = set(rng.sample(several, min(wanted, len(several))))
        self._rng = rng

    def rules(self, number: int, replicas: int, reach: Reach) -> tuple[SpreadRule, ...]:
        """The rules of one deployment, none so tight that half of the domains within *reach* could not take it."""
        rng = self._rng
        found = []
        if number in self._capped:
            most = max(drawn(rng, CLUSTER_CAPS), -(-_SLACK * replicas // reach.clusters))
            if rng.randrange(_SKEW_ONE_IN):
                percent = min(100, -(-100 * most // replicas))
                found.append(SpreadRule(topology_key=CLUSTER_KEY, max_percent=percent))
            else:
                found.append(SpreadRule(topology_key=CLUSTER_KEY, max_skew=most))
        is_capped, is_preferred = (
            happens(rng, REGION_CAPPED_PERMILLE),
            happens(rng, REGION_PREFERRED_PERMILLE),
        )
        percent = rng.choice(_REGION_PERCENT)
        if reach.regions < _FEWEST_SPREAD or replicas < _FEWEST_SPREAD:
            return tuple(found)
        if is_capped and reach.regions * percent >= _SLACK * 100:
            found.append(SpreadRule(topology_key=REGION_KEY, max_percent=percent))
        elif is_preferred:
            found.append(SpreadRule(topology_key=REGION_KEY, mode=SpreadMode.PREFERRED))
        return tuple(found)
