"""How many replicas of a deployment each domain of a topology key has, as expressions."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from solver.domain.workload import SpreadRule
from solver.formulation.variables import Variables
from solver.matching.candidates import ZONE, stays_in_zone
from solver.matching.domains import candidate_domain, domain_of, standing_domain
from solver.matching.spread_domains import eligible_domains


@dataclass(slots=True)
class DomainCount:
    """Replicas in one domain: what stays for certain, and terms for what may stay or come."""

    domain: str
    fixed: int = 0
    #: Everything observed there, whether it may be evicted or not.
    observed: int = 0
    terms: list[tuple[int, int]] = field(default_factory=list)


def by_domain(variables: Variables, deployment: int, rule: SpreadRule) -> list[DomainCount]:
    """Counts for every domain that could host the deployment or has a replica of it, by name."""
    scene = variables.scene
    key = scene.problem.deployments[deployment].key
    wanted = scene.problem.deployments[deployment]
    counts = {name: DomainCount(name) for name in eligible_domains(scene.survey, wanted, rule)}
    for standing in scene.cells.fixed:
        if standing.replica.key.deployment == key and standing.deployment is not None:
            _at(counts, standing_domain(scene.inventory, rule, standing)).fixed += 1
    for movable, variable in variables.movable_of(deployment):
        _at(counts, standing_domain(scene.inventory, rule, movable.standings[0])).terms.append((variable, 1))
        _at(counts, standing_domain(scene.inventory, rule, movable.standings[0])).observed += movable.count
    by_first_pod = rule.topology_key == ZONE and not stays_in_zone(wanted)
    for candidate, new in variables.new(deployment):
        if not by_first_pod:
            _extend(_at(counts, candidate_domain(scene.inventory, rule, candidate)), new.terms.items())
    for pod in variables.pods if by_first_pod else ():
        if (pod.engine, pod.member) == (0, 0) and scene.candidates[pod.candidate].deployment == deployment:
            place = scene.cells.cells[pod.cell].place
            domain = domain_of(scene.inventory, rule, place.cluster, place.zone)
            _extend(_at(counts, domain), [(pod.variable, 1)])
    for count in counts.values():
        count.observed += count.fixed
    return [counts[name] for name in sorted(counts) if name]


def _at(counts: dict[str, DomainCount], domain: str | None) -> DomainCount:
    # Replicas outside every domain are collected under the empty name and then left out.
    return counts.setdefault(domain or "", DomainCount(domain or ""))


def _extend(count: DomainCount, pairs: Iterable[tuple[int, int]]) -> None:
    count.terms += pairs
