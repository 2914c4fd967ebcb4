"""Which domains of a topology key count for a deployment's spread."""

from collections.abc import Mapping

from solver.domain.workload import ModelDeployment, SpreadRule
from solver.matching.candidates import ZONE
from solver.matching.domains import domain_of
from solver.matching.survey import Survey


def takes_one_more(
    deployment: ModelDeployment, rule: SpreadRule, counts: Mapping[str, int], own: str
) -> bool:
    """Whether a required *rule* allows one more replica in the domain *own*.

    Args:
        deployment: whose replica it is.
        rule: one of its rules.
        counts: its replicas in each domain that could have some.
        own: the domain.
    """
    here = counts.get(own, 0)
    share = deployment.replicas * (rule.max_percent if rule.max_percent is not None else 100) // 100
    if here + 1 > max(1, share):
        return False
    emptiest = min(counts.values(), default=0)
    if rule.max_skew is None or here == emptiest:
        return True  # the emptiest domain may always have one more
    return max(here + 1, *counts.values()) - emptiest <= rule.max_skew


def eligible_domains(survey: Survey, deployment: ModelDeployment, rule: SpreadRule) -> tuple[str, ...]:
    """Domains that could ever host a replica of *deployment*, by name, full or not.

    A cluster that does not take the deployment, or that has no node for one of its engines even if it were
    empty, must not make a plan look uneven; one that is merely full must.
    """
    found: set[str] = set()
    for cluster in survey.clusters_for(deployment):
        engines = [survey.options.of_engine(engine, cluster) for engine in deployment.engines]
        if not all(engines):
            continue
        zones: set[str | None] = {None}
        if rule.topology_key == ZONE:
            pools = {option.pool for options in engines for joint in options for option in joint}
            zones = {
                survey.inventory.places[node].zone
                for pool in pools
                for node in survey.inventory.nodes_of_pool[pool]
            }
        domains = (domain_of(survey.inventory, rule, cluster, zone) for zone in zones)
        found.update(domain for domain in domains if domain is not None)
    return tuple(sorted(found))
