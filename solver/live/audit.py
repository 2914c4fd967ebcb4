"""A second look at one placement, without the arrays and tables that found it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from solver.domain.workload import ServingMode, SpreadMode
from solver.live.domains import SpreadCounts
from solver.matching.candidates import has_distance
from solver.matching.domains import domain_of
from solver.matching.draft import KeptReplica, NewReplica, unit_of
from solver.matching.ledger import Ledger
from solver.matching.quota_usage import QuotaUsage
from solver.matching.spread_domains import takes_one_more
from solver.matching.survey import Survey


def complaints(
    survey: Survey,
    replica: NewReplica,
    others: Mapping[int, Sequence[KeptReplica | NewReplica]],
    spread: SpreadCounts,
    quotas: QuotaUsage,
) -> tuple[str, ...]:
    """What is wrong with *replica* beside the *others* on its nodes; empty: nothing."""
    return (
        *_wrong_template(replica),
        *_wrong_nodes(survey, replica, others),
        *_wrong_fabric(survey, replica),
        *_wrong_counts(survey, replica, spread, quotas),
    )


def _wrong_template(replica: NewReplica) -> Iterator[str]:
    wanted = sorted(
        (engine.name, copy, member.role, rank)
        for engine in replica.deployment.engines
        for copy in range(engine.copies)
        for member in engine.members
        for rank in range(member.pods_per_copy)
    )
    if wanted != sorted(pod.key for pod in replica.pods):
        yield "the pods are not those of the template"
    options = {(pod.engine, pod.role, pod.option.pool, pod.option.classes) for pod in replica.pods}
    if len(options) != len({(pod.engine, pod.role) for pod in replica.pods}):
        yield "pods of one member are served in different ways"


def _wrong_nodes(  # noqa: C901 (filling the nodes again is one list of steps)
    survey: Survey, replica: NewReplica, others: Mapping[int, Sequence[KeptReplica | NewReplica]]
) -> Iterator[str]:
    """Every pod put once more on its node, which has been filled from nothing."""
    kept = {id(o): o for found in others.values() for o in found if isinstance(o, KeptReplica)}
    ledger = Ledger(survey.options.special)
    for each in kept.values():
        standing = each.standing
        for pod in standing.pods:
            node = each.added.get((pod.engine, pod.copy, pod.role, pod.rank), pod.node)
            if node in others:
                ledger.occupy(standing, replace(pod, node=node))
    news = {id(o): o for found in others.values() for o in found if isinstance(o, NewReplica)}
    for new in news.values():
        for new_pod in new.pods:
            if new_pod.node in others:
                ledger.place(
                    new_pod.node, unit_of(new.deployment, new_pod.engine, new_pod.role, new_pod.option)
                )
    for own in replica.pods:
        found = survey.inventory.fleet.nodes[own.node]
        if found.node_pool != own.option.pool or found.key.cluster != replica.cluster:
            yield f"node {found.key} is not of node pool {own.option.pool}"
        if not survey.inventory.takes_new(own.node):
            yield f"node {found.key} takes no new pods"
        unit = unit_of(replica.deployment, own.engine, own.role, own.option)
        if not ledger.has_room(own.node, unit):
            yield f"node {found.key} has no room for pod {own.engine}/{own.copy}/{own.role}/{own.rank}"
        ledger.place(own.node, unit)


def _wrong_fabric(survey: Survey, replica: NewReplica) -> Iterator[str]:
    if not has_distance(replica.deployment):
        return
    places = survey.inventory.places
    joins_all = replica.deployment.serving_mode is ServingMode.PREFILL_DECODE
    gangs = {engine.name for engine in replica.deployment.engines if engine.is_gang}
    fabrics: dict[object, set[str]] = {}
    for pod in replica.pods:
        if joins_all:
            fabrics.setdefault(None, set()).add(places[pod.node].fabric)
        elif pod.engine in gangs:
            fabrics.setdefault((pod.engine, pod.copy), set()).add(places[pod.node].fabric)
    if any(len(found) > 1 for found in fabrics.values()):
        yield "pods that must share a fabric do not"


def _wrong_counts(
    survey: Survey, replica: NewReplica, spread: SpreadCounts, quotas: QuotaUsage
) -> Iterator[str]:
    deployment = replica.deployment
    if not quotas.allows(deployment, replica.pods):
        yield f"a quota of namespace {deployment.key.namespace} would be passed"
    zone = survey.inventory.places[replica.pods[0].node].zone
    for rule in deployment.spread:
        if rule.mode is not SpreadMode.REQUIRED:
            continue
        own = domain_of(survey.inventory, rule, replica.cluster, zone)
        if own is None or not takes_one_more(deployment, rule, spread.by_domain(deployment, rule), own):
            yield f"domain {own} of {rule.topology_key} would have too many"
