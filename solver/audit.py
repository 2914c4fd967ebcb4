"""Every way a plan can be wrong, checked without the model that made it.

Each check looks at the plan, the problem and what matching knows of devices; none of them sees a variable, a
row or a solver. A check that fails says what, where and by how much. ``CHECKS`` lists them by name.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from solver.baseline import baseline
from solver.device_audit import given_on_two_nodes, overcommitted
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Create, Evict, EvictionReason, Keep, Plan, Slot
from solver.domain.policy import Preemption, TierName
from solver.domain.workload import Engine, ModelDeployment, ServingMode, SpreadMode, SpreadRule
from solver.matching.domains import domain_of, standing_domain
from solver.matching.slot_needs import member_of, slot_needs
from solver.matching.spread_domains import eligible_domains
from solver.matching.survey import Survey, has_added_pods
from solver.measures import measures


@dataclass(frozen=True, slots=True, kw_only=True)
class Violation:
    """One thing that is wrong with a plan."""

    check: str
    subject: str
    sentence: str

    def __str__(self) -> str:
        return f"{self.check}: {self.subject}: {self.sentence}"


Found = Iterator[tuple[str, str]]
Check = Callable[[Survey, Plan], Found]


def violations(survey: Survey, plan: Plan) -> tuple[Violation, ...]:
    """Everything that is wrong with *plan*, in the order of the checks; empty for a sound one."""
    found: list[Violation] = []
    for name, check in CHECKS.items():
        try:
            found += [Violation(check=name, subject=s, sentence=text) for s, text in check(survey, plan)]
        except KeyError as error:
            # A plan that names what does not exist fails the check that stumbled on it.
            found.append(Violation(check=name, subject="plan", sentence=f"names an unknown {error}"))
    return tuple(found)


def _replicas_add_up(survey: Survey, plan: Plan) -> Found:
    placed = Counter(r.replica.deployment for r in plan.replicas if r.replica not in survey.immovable)
    missing = {shortfall.deployment: shortfall.missing for shortfall in plan.shortfalls}
    for deployment in survey.problem.deployments:
        total = placed[deployment.key] + missing.get(deployment.key, 0)
        if total != deployment.replicas:
            yield str(deployment.key), f"{total} placed or short, {deployment.replicas} wanted"
    for shortfall in plan.shortfalls:
        if shortfall.missing <= 0 or shortfall.deployment not in survey.deployments:
            yield str(shortfall.deployment), f"shortfall of {shortfall.missing}"


def _observed_is_accounted_for(survey: Survey, plan: Plan) -> Found:
    kept = Counter(keep.replica for keep in plan.keeps)
    gone = Counter(evict.replica for evict in plan.evicts)
    for replica in survey.problem.replicas:
        times = kept[replica.key] + gone[replica.key]
        if times != 1:
            yield str(replica.key), f"kept or evicted {times} times, expected once"
    known = {replica.key for replica in survey.problem.replicas}
    for key in sorted({*kept, *gone} - known):
        yield str(key), "was never observed"


def _indices_are_free(survey: Survey, plan: Plan) -> Found:
    forced = {evict.replica for evict in plan.evicts if evict.reason.is_forced}
    taken = {replica.key for replica in survey.problem.replicas} - forced
    for create in plan.creates:
        if create.replica in taken or create.replica.index < 0:
            yield str(create.replica), "its index is already used"
        taken.add(create.replica)


def _slots_follow_the_template(survey: Survey, plan: Plan) -> Found:
    for create in plan.creates:
        deployment = survey.deployments[create.replica.deployment]
        wanted = Counter(
            (engine.name, copy, member.role, rank)
            for engine in deployment.engines
            for copy in range(engine.copies)
            for member in engine.members
            for rank in range(member.pods_per_copy)
        )
        found = Counter((slot.engine, slot.copy, slot.role, slot.rank) for slot in create.slots)
        if found != wanted:
            yield str(create.replica), f"{sum(found.values())} slots, its template has {sum(wanted.values())}"
    for keep in plan.keeps:
        expected = Counter(survey.standing_pods[keep.replica].keys())
        if Counter((slot.engine, slot.copy, slot.role, slot.rank) for slot in keep.slots) != expected:
            yield str(keep.replica), "its slots are not those of its pods"


def _slots_are_on_their_nodes(survey: Survey, plan: Plan) -> Found:
    nodes = survey.problem.fleet.nodes
    for replica in plan.replicas:
        for slot in replica.slots:
            if slot.node is None:
                if isinstance(replica, Create):
                    yield str(replica.replica), f"a new pod of engine {slot.engine} has no node"
                continue
            position = survey.inventory.node_index[slot.node]
            node = nodes[position]
            if node.node_pool != slot.node_pool or node.key.cluster != replica.replica.cluster:
                yield str(replica.replica), f"node {slot.node} is not in node pool {slot.node_pool}"
            if node.is_expected != slot.is_expected:
                yield str(replica.replica), f"node {slot.node} is wrongly marked as expected or existing"
            if slot.order and not survey.inventory.takes_new(position):
                yield str(replica.replica), f"node {slot.node} takes nothing new"


def _kept_pods_stay(survey: Survey, plan: Plan) -> Found:
    nodes = survey.problem.fleet.nodes
    for keep in plan.keeps:
        for slot in keep.slots:
            pod = survey.standing_pods[keep.replica].get((slot.engine, slot.copy, slot.role, slot.rank))
            if pod is not None and pod.node is not None and slot.node != nodes[pod.node].key:
                yield str(keep.replica), f"a running pod of engine {slot.engine} is said to be on {slot.node}"


def _clusters_take_new(survey: Survey, plan: Plan) -> Found:
    for create in plan.creates:
        deployment = survey.deployments[create.replica.deployment]
        verdict = survey.verdict(deployment, create.replica.cluster)
        if verdict is not None:
            yield str(create.replica), f"{verdict.reason}: {verdict.detail}"
        if survey.lacks_cache(deployment):
            yield str(create.replica), f"its ModelCache {deployment.cache} does not exist"


def _devices_match(survey: Survey, plan: Plan) -> Found:
    for create in plan.creates:
        for slot in create.slots:
            yield from _slot_devices(survey, create, slot)


def _slot_devices(survey: Survey, create: Create, slot: Slot) -> Found:
    member = member_of(survey, create, slot)
    counts: Counter[str] = Counter()
    for devices in slot.devices:
        counts[devices.request.partition("/")[0]] += devices.count
    # Which alternative was taken, and all of how many, is checked with the devices themselves.
    plain = [r for r in member.requests if not r.alternatives and not r.takes_all]
    wanted = {request.name: request.count for request in plain}
    if {request.name: counts[request.name] for request in plain} != wanted or len(counts) > len(
        member.requests
    ):
        yield str(create.replica), f"engine {slot.engine} gets {dict(counts)}, it requests {wanted}"
        return
    needs, classes = slot_needs(survey, create, slot)
    for request, need, name in zip(member.requests, needs, classes, strict=True):
        offered = [
            each for query in request.queries for each in survey.options.classes(query, slot.node_pool)
        ]
        if name not in offered or (need.count and not need.accepts):
            yield str(create.replica), f"node pool {slot.node_pool} has no class {name} that matches"


def _members_share_pool_and_class(survey: Survey, plan: Plan) -> Found:
    del survey
    for create in plan.creates:
        pools: dict[tuple[str, str], set[object]] = {}
        classes: dict[tuple[str, str, str], set[object]] = {}
        for slot in create.slots:
            pools.setdefault((slot.engine, slot.role), set()).add(slot.node_pool)
            for devices in slot.devices:
                key = (slot.engine, slot.role, devices.request)
                classes.setdefault(key, set()).add(devices.device_class)
        for (engine, role), found in sorted(pools.items()):
            if len(found) > 1:
                yield str(create.replica), f"the {role}s of engine {engine} use {len(found)} node pools"
        for (engine, role, request), names in sorted(classes.items()):
            if len(names) > 1:
                yield str(create.replica), f"request {request} of {engine}/{role} uses {len(names)} classes"


def _engines_claim(survey: Survey, plan: Plan) -> Found:
    for create in plan.creates:
        claiming = {s.engine for s in create.slots if any(d.device_class is not None for d in s.devices)}
        for engine in survey.deployments[create.replica.deployment].engines:
            if engine.name not in claiming:
                yield str(create.replica), f"engine {engine.name} claims no device"


def _fabrics_hold(survey: Survey, plan: Plan) -> Found:
    for create in plan.replicas:
        if not any(slot.order for slot in create.slots):
            continue
        deployment = survey.deployments[create.replica.deployment]
        if deployment.serving_mode is ServingMode.PREFILL_DECODE:
            yield from _one_fabric(survey, create, list(create.slots), "its phases")
        for engine in deployment.engines:
            yield from _gang_copies(survey, create, engine)


def _gang_copies(survey: Survey, create: Keep | Create, engine: Engine) -> Found:
    for copy in range(engine.copies if engine.is_gang else 0):
        slots = [s for s in create.slots if s.engine == engine.name and s.copy == copy]
        if not any(slot.order for slot in slots):
            continue  # what runs is not moved for it
        yield from _one_fabric(survey, create, slots, f"copy {copy} of engine {engine.name}")


def _one_fabric(survey: Survey, create: Keep | Create, slots: list[Slot], what: str) -> Found:
    """What is new joins what stands; where that is split already, it joins one of the parts."""
    standing, fresh = (
        {survey.inventory.places[survey.inventory.node_index[slot.node]].fabric for slot in part if slot.node}
        for part in ([s for s in slots if not s.order], [s for s in slots if s.order])
    )
    if len(fresh) > 1 or (standing and fresh - standing):
        yield str(create.replica), f"{what} lies on {len(fresh | standing)} fabrics"


def _nodes_hold(survey: Survey, plan: Plan) -> Found:
    yield from overcommitted(survey, plan)
    yield from given_on_two_nodes(survey, plan)


def _quotas_hold(survey: Survey, plan: Plan) -> Found:
    for quota in survey.problem.policy.quotas:
        held = new = 0
        for replica in plan.replicas:
            if replica.replica.deployment.namespace != quota.namespace:
                continue
            for slot in replica.slots:
                if slot.node is None:
                    continue
                count = sum(
                    d.count
                    for d in slot.devices
                    if d.device_class == quota.device_class and not d.has_admin_access
                )
                held += count
                new += count if slot.order else 0
        if held > quota.devices and new:
            subject = f"{quota.namespace}/{quota.device_class}"
            yield subject, f"{held} devices are held, {quota.devices} are allowed"


def _spread_holds(survey: Survey, plan: Plan) -> Found:
    replicas: dict[DeploymentKey, list[Keep | Create]] = {}
    for replica in plan.replicas:
        if replica.replica not in survey.immovable:
            replicas.setdefault(replica.replica.deployment, []).append(replica)
    for deployment in survey.problem.deployments:
        own = replicas.get(deployment.key, [])
        for rule in deployment.spread:
            if rule.mode is SpreadMode.REQUIRED:
                yield from _rule_holds(survey, own, deployment, rule)


def _rule_holds(
    survey: Survey, own: Sequence[Keep | Create], deployment: ModelDeployment, rule: SpreadRule
) -> Found:
    observed = [standing_domain(survey.inventory, rule, s) for s in survey.standing_of(deployment)]
    before = Counter(domain for domain in observed if domain is not None)
    found = (_domain(survey, replica, rule) for replica in own)
    after = Counter(domain for domain in found if domain is not None)
    subject = f"{deployment.key} by {rule.topology_key}"
    created = [replica for replica in own if isinstance(replica, Create)]
    if any(_domain(survey, create, rule) is None for create in created):
        yield subject, "a new replica is outside every domain"
    for domain, count in sorted(after.items()):
        if rule.max_percent is not None:
            share = max(1, deployment.replicas * rule.max_percent // 100, before.get(domain, 0))
            if count > share:
                yield subject, f"{count} replicas in {domain}, at most {share} are allowed"
    if rule.max_skew is not None and after and created:
        domains = {*eligible_domains(survey, deployment, rule), *after}
        known = [before.get(domain, 0) for domain in domains]
        most = max(rule.max_skew, max(known) - min(known))
        skew = max(after.values()) - min(after.get(domain, 0) for domain in domains)
        if skew > most:
            yield subject, f"the fullest domain has {skew} more than the emptiest, {most} are allowed"


def _domain(survey: Survey, replica: Keep | Create, rule: SpreadRule) -> str | None:
    nodes = [survey.inventory.node_index[slot.node] for slot in replica.slots if slot.node is not None]
    zone = survey.inventory.places[nodes[0]].zone if nodes else None
    return domain_of(survey.inventory, rule, replica.replica.cluster, zone)


def _evictions_are_forced_or_not(survey: Survey, plan: Plan) -> Found:
    leaving = {replica.key: leave.reason for replica, leave in survey.observed.leaving}
    for evict in plan.evicts:
        forced = evict.reason.is_forced or evict.replica in leaving
        if forced and leaving.get(evict.replica) is not evict.reason:
            yield str(evict.replica), f"{evict.reason} is said of a replica that could stay, or the reverse"


def _evictions_have_reasons(survey: Survey, plan: Plan) -> Found:
    standing = {s.replica.key: s for s in survey.observed.standing}
    above = {
        owner.priority
        for replica in plan.replicas
        if any(slot.order for slot in replica.slots)
        and (owner := survey.deployments.get(replica.replica.deployment)) is not None
    }
    voluntary = 0
    for evict in plan.evicts:
        found = standing.get(evict.replica)
        if found is None:
            continue
        if found.deployment is None:
            yield str(evict.replica), "a replica without a deployment in the input is evicted"
        elif evict.reason is EvictionReason.PREEMPTED:
            yield from _preempted(survey, above, evict, found.deployment.priority)
        elif evict.reason is EvictionReason.MOVED:
            voluntary += not (found.is_misplaced or has_added_pods(found))
    moved = Counter(e.replica.deployment for e in plan.evicts if e.reason is EvictionReason.MOVED)
    created = Counter(create.replica.deployment for create in plan.creates)
    for key in sorted(moved):
        if moved[key] > created[key]:
            yield str(key), f"{moved[key]} replicas are said to move, {created[key]} are created"
    budget = survey.problem.policy.eviction_budget
    if voluntary > budget:
        yield "plan", f"{voluntary} replicas are moved by choice, the eviction budget is {budget}"


def _preempted(survey: Survey, above: set[int], evict: Evict, priority: int) -> Found:
    if not any(other > priority for other in above):
        yield str(evict.replica), "nothing of a higher priority is created"
    if survey.problem.policy.preemption is Preemption.NEVER:
        yield str(evict.replica), "the policy forbids preemption"


def _scale_down_is_due(survey: Survey, plan: Plan) -> Found:
    scaled = Counter(e.replica.deployment for e in plan.evicts if e.reason is EvictionReason.SCALE_DOWN)
    for deployment in survey.problem.deployments:
        surplus = max(0, len(survey.standing_of(deployment)) - deployment.replicas)
        if scaled[deployment.key] > surplus:
            yield str(deployment.key), f"{scaled[deployment.key]} scaled down, {surplus} are too many"


def _order_is_complete(survey: Survey, plan: Plan) -> Found:
    del survey
    numbers = sorted(slot.order for replica in plan.replicas for slot in replica.slots if slot.order)
    if numbers != list(range(1, len(numbers) + 1)):
        yield "plan", "the release order has gaps or repeats"


def _maxima_hold(survey: Survey, plan: Plan) -> Found:
    limits = {t.name.value: t.maximum for t in survey.problem.policy.tiers if t.maximum is not None}
    anyway = baseline(survey) if limits else {}
    for measure in measures(survey, plan) if limits else ():
        most = limits.get(measure.name)
        if measure.name == TierName.SHORTFALL or most is None:
            continue
        if measure.value > max(most, anyway.get(measure.name, 0)):
            yield measure.name, f"{measure.value} {measure.unit}, the policy allows {most}"


CHECKS: Mapping[str, Check] = {
    "ReplicasAddUp": _replicas_add_up,
    "ObservedIsAccountedFor": _observed_is_accounted_for,
    "IndicesAreFree": _indices_are_free,
    "SlotsFollowTheTemplate": _slots_follow_the_template,
    "SlotsAreOnTheirNodes": _slots_are_on_their_nodes,
    "KeptPodsStay": _kept_pods_stay,
    "ClustersTakeNew": _clusters_take_new,
    "DevicesMatch": _devices_match,
    "MembersSharePoolAndClass": _members_share_pool_and_class,
    "EnginesClaim": _engines_claim,
    "FabricsHold": _fabrics_hold,
    "NodesHold": _nodes_hold,
    "QuotasHold": _quotas_hold,
    "SpreadHolds": _spread_holds,
    "EvictionsAreForcedOrNot": _evictions_are_forced_or_not,
    "EvictionsHaveReasons": _evictions_have_reasons,
    "ScaleDownIsDue": _scale_down_is_due,
    "OrderIsComplete": _order_is_complete,
    "MaximaHold": _maxima_hold,
}
