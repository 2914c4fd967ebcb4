"""A second look at one placement, without the arrays and tables that found it."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from solver.domain.workload import ServingMode, SpreadMode
from solver.live.domains import SpreadCounts
from solver.live.quotas import QuotaRoom
from solver.matching.candidates import has_distance
from solver.matching.domains import domain_of
from solver.matching.draft import KeptReplica, NewReplica, unit_of
from solver.matching.ledger import Ledger
from solver.matching.survey import Survey


def complaints(
    survey: Survey,
    replica: NewReplica,
    others: Mapping[int, Sequence[KeptReplica | NewReplica]],
    spread: SpreadCounts,
    quotas: QuotaRoom,
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
    survey: Survey, replica: NewReplica, spread: SpreadCounts, quotas: QuotaRoom
) -> Iterator[str]:
    deployment = replica.deployment
    claimed: dict[str, int] = {}
    for pod in replica.pods:
        for need, name in zip(pod.option.needs, pod.option.classes, strict=True):
            if name is not None:
                claimed[str(name)] = claimed.get(str(name), 0) + need.devices
    room = quotas.room(deployment.key.namespace)
    for class_name, count in sorted(claimed.items()):
        if class_name in room and count > room[class_name]:
            lacking = count - room[class_name]
            yield f"the quota of namespace {deployment.key.namespace} for {class_name} is {lacking} short"
    zone = survey.inventory.places[replica.pods[0].node].zone
    for rule in deployment.spread:
        if rule.mode is SpreadMode.REQUIRED and rule.max_percent is not None:
            own = domain_of(survey.inventory, rule, replica.cluster, zone)
            here = sum(
                count
                for (cluster, other), count in spread.of(deployment.key).items()
                if domain_of(survey.inventory, rule, cluster, other) == own
            )
            if own is None or here + 1 > max(1, deployment.replicas * rule.max_percent // 100):
                yield f"domain {own} of {rule.topology_key} would have too many"
