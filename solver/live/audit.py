"""A second look at one placement, without the arrays and tables that found it."""

from collections.abc import Iterator, Mapping, Sequence

from solver.domain.workload import ServingMode, SpreadMode
from solver.live.domains import SpreadCounts
from solver.live.quotas import QuotaRoom
from solver.matching.candidates import has_distance
from solver.matching.domains import domain_of
from solver.matching.draft import NewReplica, unit_of
from solver.matching.ledger import Ledger
from solver.matching.scene import Survey
from solver.matching.standing import Standing


def complaints(
    survey: Survey,
    replica: NewReplica,
    others: Mapping[int, Sequence[Standing | NewReplica]],
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
    survey: Survey, replica: NewReplica, others: Mapping[int, Sequence[Standing | NewReplica]]
) -> Iterator[str]:
    """Every pod put once more on its node, which has been filled from nothing."""
    standings = {id(o): o for found in others.values() for o in found if isinstance(o, Standing)}
    ledger = Ledger(survey.options.special)
    for standing in standings.values():
        for pod in standing.pods:
            if pod.node in others:
                ledger.occupy(standing, pod)
    news = {id(o): o for found in others.values() for o in found if isinstance(o, NewReplica)}
    for new in news.values():
        for each in new.pods:
            if each.node in others:
                ledger.place(each.node, unit_of(new.deployment, each.engine, each.role, each.option))
    for each in replica.pods:
        node = survey.inventory.fleet.nodes[each.node]
        if node.node_pool != each.option.pool or node.key.cluster != replica.cluster:
            yield f"node {node.key} is not of node pool {each.option.pool}"
        if not survey.inventory.takes_new(each.node):
            yield f"node {node.key} takes no new pods"
        unit = unit_of(replica.deployment, each.engine, each.role, each.option)
        if not ledger.has_room(each.node, unit):
            yield f"node {node.key} has no room for pod {each.engine}/{each.copy}/{each.role}/{each.rank}"
        ledger.place(each.node, unit)


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
