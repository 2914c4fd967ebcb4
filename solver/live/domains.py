"""Replicas by topology domain, and what one more in each would mean for spread."""

from collections.abc import Iterable, Mapping

import numpy as np

from solver.domain.identity import ClusterName, DeploymentKey
from solver.domain.workload import ModelDeployment, SpreadMode, SpreadRule
from solver.live.nodes import Ints, Mask, NodeArrays
from solver.matching.domains import CLUSTER, domain_of
from solver.matching.spread_domains import eligible_domains, takes_one_more
from solver.matching.survey import Survey

Where = tuple[ClusterName, str | None]
"""The cluster of a replica, and the zone of its first pod."""


class SpreadCounts:
    """Where the replicas of each deployment are."""

    def __init__(self, survey: Survey, nodes: NodeArrays) -> None:
        self._survey = survey
        self._nodes = nodes
        self._clusters = tuple(survey.inventory.clusters)
        self._counts: dict[DeploymentKey, dict[Where, int]] = {}
        self._eligible: dict[tuple[DeploymentKey, SpreadRule], tuple[str, ...]] = {}
        self._names: dict[str, tuple[dict[str, int], Ints]] = {}

    def add(self, deployment: DeploymentKey, where: Where, *, sign: int = 1) -> None:
        """Count a replica; *sign* -1 counts it no longer."""
        counts = self._counts.setdefault(deployment, {})
        counts[where] = counts.get(where, 0) + sign
        if not counts[where]:
            del counts[where]

    def total(self, deployment: DeploymentKey) -> int:
        """All replicas of *deployment*."""
        return sum(self._counts.get(deployment, {}).values())

    def of(self, deployment: DeploymentKey) -> Mapping[Where, int]:
        """Replicas of *deployment* by where they are."""
        return self._counts.get(deployment, {})

    def pairs(self, deployment: ModelDeployment, cluster: Ints, zone: Ints) -> Ints:
        """Pairs of replicas in one domain that one more would add, by *cluster* and *zone* of its first pod."""
        found = np.zeros(len(cluster), dtype=np.int64)
        preferred = (rule for rule in deployment.spread if rule.mode is SpreadMode.PREFERRED)
        for rule in (SpreadRule(topology_key=CLUSTER), *preferred):
            counts = self._domain_counts(deployment, rule)
            if counts:
                found += self._by_domain(rule, cluster, zone, counts)
        return found

    def allowed(self, deployment: ModelDeployment, cluster: Ints, zone: Ints) -> Mask:
        """Where the required spread rules allow one more replica."""
        found = np.ones(len(cluster), dtype=np.bool_)
        for rule in deployment.spread:
            if rule.mode is SpreadMode.REQUIRED:
                counts = self.by_domain(deployment, rule)
                takes = {name: int(takes_one_more(deployment, rule, counts, name)) for name in counts}
                found &= self._by_domain(rule, cluster, zone, takes, unknown=_OPEN) > 0
        return found

    def by_domain(self, deployment: ModelDeployment, rule: SpreadRule) -> dict[str, int]:
        """Replicas of *deployment* in each domain of *rule* that has some, or could ever have some."""
        counts = dict.fromkeys(self._eligible_domains(deployment, rule), 0)
        counts.update(self._domain_counts(deployment, rule))
        return counts

    def _eligible_domains(self, deployment: ModelDeployment, rule: SpreadRule) -> tuple[str, ...]:
        key = (deployment.key, rule)
        if key not in self._eligible:
            self._eligible[key] = eligible_domains(self._survey, deployment, rule)
        return self._eligible[key]

    def _domain_counts(self, deployment: ModelDeployment, rule: SpreadRule) -> dict[str, int]:
        counts: dict[str, int] = {}
        for (cluster, zone), count in self._counts.get(deployment.key, {}).items():
            domain = domain_of(self._survey.inventory, rule, cluster, zone)
            if domain is not None:
                counts[domain] = counts.get(domain, 0) + count
        return counts

    def _by_domain(
        self,
        rule: SpreadRule,
        cluster: Ints,
        zone: Ints,
        values: Mapping[str, int],
        *,
        unknown: int = 0,
    ) -> Ints:
        """*values* at the domain of each place; *unknown* in domains without a value, 0 outside all domains."""
        names, of_cluster = self._domains(rule)
        table = np.full(len(names) + 1, unknown, dtype=np.int64)
        table[-1] = 0
        for name, value in values.items():
            if name in names:
                table[names[name]] = value
        return table[zone if rule.topology_key == "zone" else of_cluster[cluster]]

    def _domains(self, rule: SpreadRule) -> tuple[dict[str, int], Ints]:
        """The domains of a topology key with their numbers, and that of each cluster (-1: it has none)."""
        key = rule.topology_key
        if key not in self._names:
            if key == "zone":
                self._names[key] = self._nodes.zone_numbers, np.zeros(0, dtype=np.int64)
            else:
                found = [domain_of(self._survey.inventory, rule, name, None) for name in self._clusters]
                names = _numbered(name for name in found if name is not None)
                numbers = [-1 if name is None else names[name] for name in found]
                self._names[key] = names, np.array(numbers, dtype=np.int64)
        return self._names[key]


#: A domain that never had a replica and could not host one by its devices: no rule speaks of it.
_OPEN = 1


def _numbered(names: Iterable[str]) -> dict[str, int]:
    numbers: dict[str, int] = {}
    for name in names:
        numbers.setdefault(name, len(numbers))
    return numbers
