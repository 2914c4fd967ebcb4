"""What a plan is worth in each tier, computed from the plan alone; no solver, no model.

Each function is the twin of one objective term. Plans are compared tier by tier, in the order of the policy;
smaller is better everywhere.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from solver.domain.identity import DeploymentKey
from solver.domain.plan import Create, Evict, Keep, Plan, Slot
from solver.domain.policy import ShortfallUnit, TierName
from solver.domain.replica import Health
from solver.domain.workload import ModelDeployment, SpreadMode, SpreadRule
from solver.matching.candidates import has_distance
from solver.matching.distance import joined
from solver.matching.domains import CLUSTER, domain_of
from solver.matching.levels import (
    MISPLACED,
    NOT_READY,
    UNFILLED,
    devices_per_replica,
    priorities,
    tier_name,
)
from solver.matching.slot_needs import slot_needs
from solver.matching.standing import DOES_NOT_FIT, NOT_SELECTED, Footing, Standing
from solver.matching.survey import Survey, has_added_pods


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """The value of one tier."""

    name: str
    unit: str
    value: int


def measures(survey: Survey, plan: Plan) -> tuple[Measure, ...]:
    """The value of every tier of the policy, in order."""
    return tuple(_measures(survey, plan))


def _measures(survey: Survey, plan: Plan) -> Iterator[Measure]:
    policy = survey.problem.policy
    for tier in policy.tiers:
        if tier.name is TierName.LOCALITY and not policy.prefers_ready_caches:
            continue
        match tier.name:
            case TierName.SHORTFALL:
                yield from _placing(survey, plan)
            case TierName.EVICTIONS:
                yield from _evictions(survey, plan)
            case _:
                unit, value = _SIMPLE[tier.name](survey, plan)
                yield Measure(name=tier.name.value, unit=unit, value=value)


def _placing(survey: Survey, plan: Plan) -> Iterator[Measure]:
    problem = survey.problem
    by_key = {deployment.key: deployment for deployment in problem.deployments}
    missing = {shortfall.deployment: shortfall.missing for shortfall in plan.shortfalls}
    grown = {s.replica.key: s for s in survey.observed.standing if has_added_pods(s)}
    misplaced = [s for s in survey.observed.standing if s.is_misplaced]
    for priority in priorities(problem):
        level = tier_name(problem, TierName.SHORTFALL, priority)
        owners = [s for s in grown.values() if s.deployment is not None and s.deployment.priority == priority]
        if owners:
            name = level.replace(TierName.SHORTFALL.value, UNFILLED)
            kept = {keep.replica: keep for keep in plan.keeps}
            lacking = sum(_unfilled(owner, kept.get(owner.replica.key)) for owner in owners)
            yield Measure(name=name, unit="pods", value=lacking)
        value = sum(
            count * _weight(survey, by_key[key])
            for key, count in missing.items()
            if by_key[key].priority == priority
        )
        yield Measure(name=level, unit=problem.policy.shortfall_unit.value, value=value)
    if misplaced:
        stays = sum(bool({DOES_NOT_FIT, NOT_SELECTED} & set(keep.flags)) for keep in plan.keeps)
        yield Measure(name=MISPLACED, unit="replicas", value=stays)


def _weight(survey: Survey, deployment: ModelDeployment) -> int:
    in_devices = survey.problem.policy.shortfall_unit is ShortfallUnit.DEVICES
    return devices_per_replica(deployment) if in_devices else 1


def _unfilled(standing: Standing, keep: Keep | None) -> int:
    """Added pods of *standing* to which the plan gives no node."""
    if keep is None:
        return 0
    added = {
        (pod.engine, pod.copy, pod.role, pod.rank) for pod in standing.pods if pod.footing is Footing.ADDED
    }
    return sum(
        slot.node is None and (slot.engine, slot.copy, slot.role, slot.rank) in added for slot in keep.slots
    )


def _evictions(survey: Survey, plan: Plan) -> Iterator[Measure]:
    health = {replica.key: replica.health for replica in survey.problem.replicas}
    counted = [evict for evict in plan.evicts if _is_counted(survey, evict)]
    not_ready = sum(health[evict.replica] is Health.NOT_READY for evict in counted)
    yield Measure(name=TierName.EVICTIONS.value, unit="replicas", value=len(counted) - not_ready)
    movable = [s for s in survey.observed.standing if s.replica.key in survey.movable and not s.is_misplaced]
    if any(standing.replica.health is Health.NOT_READY for standing in movable):
        yield Measure(name=NOT_READY, unit="replicas", value=not_ready)


def _is_counted(survey: Survey, evict: Evict) -> bool:
    if evict.reason.is_forced:
        return False
    standing = survey.standing.get(evict.replica)
    return standing is None or not standing.is_misplaced


def _expected(survey: Survey, plan: Plan) -> tuple[str, int]:
    del survey
    return "pods", sum(slot.is_expected for _, slot in _slots(plan))


def _spread(survey: Survey, plan: Plan) -> tuple[str, int]:
    replicas: dict[DeploymentKey, list[Keep | Create]] = {}
    for replica in plan.replicas:
        if replica.replica not in survey.immovable:
            replicas.setdefault(replica.replica.deployment, []).append(replica)
    return "pairs", sum(
        _pairs(survey, replicas.get(deployment.key, []), rule)
        for deployment in survey.problem.deployments
        for rule in (
            SpreadRule(topology_key=CLUSTER),
            *(rule for rule in deployment.spread if rule.mode is SpreadMode.PREFERRED),
        )
    )


def _pairs(survey: Survey, replicas: Sequence[Keep | Create], rule: SpreadRule) -> int:
    counts: dict[str, int] = {}
    for replica in replicas:
        zone = _zone(survey, replica)
        domain = domain_of(survey.inventory, rule, replica.replica.cluster, zone)
        if domain is not None:
            counts[domain] = counts.get(domain, 0) + 1
    return sum(n * (n - 1) // 2 for n in counts.values())


def _zone(survey: Survey, replica: Keep | Create) -> str | None:
    nodes = [slot.node for slot in replica.slots if slot.node is not None]
    return survey.inventory.places[survey.inventory.node_index[nodes[0]]].zone if nodes else None


def _distance(survey: Survey, plan: Plan) -> tuple[str, int]:
    counts = {d.key for d in survey.problem.deployments if has_distance(d)}
    total = 0
    for replica in plan.replicas:
        if replica.replica.deployment in counts:
            nodes = [
                survey.inventory.node_index[slot.node] for slot in replica.slots if slot.node is not None
            ]
            total += int(joined(survey.inventory, nodes))
    return "levels", total


def _locality(survey: Survey, plan: Plan) -> tuple[str, int]:
    deployments = {deployment.key: deployment for deployment in survey.problem.deployments}
    far = 0
    for create in plan.creates:
        cache = survey.cache_of(deployments[create.replica.deployment])
        far += cache is not None and create.replica.cluster not in cache.ready_clusters
    return "replicas", far


def _price(survey: Survey, plan: Plan) -> tuple[str, int]:
    prices = survey.prices
    total = 0
    for replica, slot in _slots(plan):
        if slot.node is not None:
            needs, classes = slot_needs(survey, replica, slot)
            total += prices.of_pod(survey.inventory.node_index[slot.node], needs, classes)
    return prices.unit, total


def _stranded(survey: Survey, plan: Plan) -> tuple[str, int]:
    shares = survey.shares
    used: dict[int, int] = {}
    for replica, slot in _slots(plan):
        if slot.node is not None:
            node = survey.inventory.node_index[slot.node]
            used[node] = used.get(node, 0) + _taken(survey, replica, slot)
    total = 0
    for node in sorted({*used, *(int(n) for n in (shares.free < shares.total).nonzero()[0])}):
        if used.get(node, 0) or shares.free[node] < shares.total[node]:
            total += max(0, int(shares.free[node]) - used.get(node, 0))
    return shares.unit, total


def _taken(survey: Survey, replica: Keep | Create, slot: Slot) -> int:
    """What a pod takes of its node: what its claims hold if that is known, otherwise what it needs."""
    if isinstance(replica, Keep):
        pod = survey.standing_pods[replica.replica][(slot.engine, slot.copy, slot.role, slot.rank)]
        if pod.held is not None:
            return survey.shares.of_kinds(pod.held)
    needs, classes = slot_needs(survey, replica, slot)
    return survey.shares.of_pod(needs, classes)


def _canonical(survey: Survey, plan: Plan) -> tuple[str, int]:
    return "rank", sum(node + 1 for node, _ in _placed(survey, plan))


_SIMPLE: Mapping[TierName, Callable[[Survey, Plan], tuple[str, int]]] = {
    TierName.EXPECTED: _expected,
    TierName.SPREAD: _spread,
    TierName.DISTANCE: _distance,
    TierName.LOCALITY: _locality,
    TierName.PRICE: _price,
    TierName.STRANDED: _stranded,
    TierName.CANONICAL: _canonical,
}


def _slots(plan: Plan) -> Iterator[tuple[Keep | Create, Slot]]:
    for replica in plan.replicas:
        for slot in replica.slots:
            yield replica, slot


def _placed(survey: Survey, plan: Plan) -> Iterator[tuple[int, Slot]]:
    for _, slot in _slots(plan):
        if slot.node is not None:
            yield survey.inventory.node_index[slot.node], slot
