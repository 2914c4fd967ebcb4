"""From a draft to a plan that people can read: keys, release order, devices, and why each eviction happens."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from solver.domain.identity import (
    DeploymentKey,
    NodePoolKey,
    ReplicaKey,
)
from solver.domain.plan import (
    Create,
    Evict,
    EvictionReason,
    Keep,
    Plan,
    Shortfall,
    Slot,
    SlotDevices,
)
from solver.domain.policy import Preemption
from solver.domain.workload import ModelDeployment
from solver.matching.draft import (
    Draft,
    KeptReplica,
    NewPod,
    NewReplica,
    PodKey,
    numbered_replicas,
    unit_of,
)
from solver.matching.ledger import Unit
from solver.matching.options import MemberOption
from solver.matching.standing import DOES_NOT_FIT, Footing, Standing
from solver.matching.survey import Survey, has_added_pods
from solver.matching.witness import Witness

#: Drafts whose plan a survey keeps: the search looks at a plan, its bounds do, and so does the audit.
_MOST_KEPT = 2


def compose(survey: Survey, draft: Draft) -> Plan:
    """The plan of *draft*: indices, release order, devices of every slot, and why each eviction happens."""
    for known, plan in survey.composed:
        if known is draft:
            return plan
    plan = _composed(survey, draft)
    survey.composed[:] = [*survey.composed, (draft, plan)][-_MOST_KEPT:]
    return plan


def _composed(survey: Survey, draft: Draft) -> Plan:
    draft = replace(draft, new=tuple(_tidied(survey, new) for new in draft.new))
    devices = Witness(survey, draft)
    keeps = [_keep(survey, kept, devices) for kept in draft.kept]
    creates = list(_creates(survey, draft, devices))
    return _ordered(
        survey,
        Plan(
            keeps=tuple(sorted(keeps, key=lambda keep: keep.replica)),
            creates=tuple(sorted(creates, key=lambda create: create.replica)),
            evicts=tuple(sorted(_evicts(survey, draft), key=lambda evict: evict.replica)),
            shortfalls=tuple(_shortfalls(survey, draft)),
        ),
    )


def settled_down(draft: Draft) -> Draft:
    """*draft* in which nobody is evicted to be created again on the very nodes it had.

    Whether a replica fits where it is is settled before it is known who else leaves; where others leave, the
    solver may give it its own nodes back, and then it has simply stayed.
    """
    new = list(draft.new)
    kept, evicted = list(draft.kept), []
    for standing in draft.evicted:
        again = next((fresh for fresh in new if _is_the_same(standing, fresh)), None)
        if again is None:
            evicted.append(standing)
            continue
        new.remove(again)
        flags = tuple(flag for flag in standing.flags if flag != DOES_NOT_FIT)
        kept.append(KeptReplica(standing=replace(standing, flags=flags), added={}))
    if len(new) == len(draft.new):
        return draft
    return Draft(kept=tuple(kept), evicted=tuple(evicted), new=tuple(new))


def _is_the_same(standing: Standing, fresh: NewReplica) -> bool:
    key = standing.replica.key
    if standing.flags != (DOES_NOT_FIT,) or (key.deployment, key.cluster) != (
        fresh.deployment.key,
        fresh.cluster,
    ):
        return False
    if any(pod.held is not None or pod.node is None for pod in standing.pods):
        return False
    before = Counter((pod.engine, pod.role, pod.node, pod.needs) for pod in standing.pods)
    return before == Counter((pod.engine, pod.role, pod.node, pod.option.needs) for pod in fresh.pods)


def _tidied(survey: Survey, new: NewReplica) -> NewReplica:
    """*new* with its first pods on its first nodes, where pods are alike and share one fabric.

    Nothing that is measured changes: the solver sees such pods as interchangeable.
    """
    places = [survey.inventory.places[pod.node] for pod in new.pods]
    # The zone of its first pod is where a replica over several zones counts.
    if len({place.fabric for place in places}) > 1 or len({place.zone for place in places}) > 1:
        return new
    alike: dict[tuple[MemberOption, Unit], list[int]] = {}
    for pod in new.pods:
        alike.setdefault(_likeness(new, pod), []).append(pod.node)
    nodes = {key: iter(sorted(found)) for key, found in alike.items()}
    return replace(new, pods=tuple(replace(pod, node=next(nodes[_likeness(new, pod)])) for pod in new.pods))


def _likeness(new: NewReplica, pod: NewPod) -> tuple[MemberOption, Unit]:
    return pod.option, unit_of(new.deployment, pod.engine, pod.role, pod.option)


def _shortfalls(survey: Survey, draft: Draft) -> Iterator[Shortfall]:
    placed: dict[DeploymentKey, int] = {}
    for kept in draft.kept:
        if kept.standing.deployment is not None:
            key = kept.standing.deployment.key
            placed[key] = placed.get(key, 0) + 1
    for new in draft.new:
        placed[new.deployment.key] = placed.get(new.deployment.key, 0) + 1
    for deployment in survey.problem.deployments:
        missing = deployment.replicas - placed.get(deployment.key, 0)
        if missing > 0:
            yield Shortfall(deployment=deployment.key, wanted=deployment.replicas, missing=missing)


def _ordered(survey: Survey, plan: Plan) -> Plan:
    """Number the slots that are new, those on expected nodes last."""
    rank = survey.inventory.node_index
    waiting: list[tuple[bool, int, ReplicaKey, PodKey]] = []
    for replica in plan.replicas:
        waiting += [
            (slot.is_expected, rank[slot.node], replica.replica, _key(slot))
            for slot in replica.slots
            if slot.node is not None and slot.order
        ]
    number = {entry[2:]: position for position, entry in enumerate(sorted(waiting), 1)}

    def numbered(key: ReplicaKey, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
        return tuple(replace(slot, order=number.get((key, _key(slot)), 0)) for slot in slots)

    return replace(
        plan,
        keeps=tuple(replace(keep, slots=numbered(keep.replica, keep.slots)) for keep in plan.keeps),
        creates=tuple(
            replace(create, slots=numbered(create.replica, create.slots)) for create in plan.creates
        ),
    )


def _key(slot: Slot) -> PodKey:
    return (slot.engine, slot.copy, slot.role, slot.rank)


def _keep(survey: Survey, kept: KeptReplica, devices: Witness) -> Keep:
    standing = kept.standing
    slots = []
    for pod in standing.pods:
        key = (pod.engine, pod.copy, pod.role, pod.rank)
        node = kept.added.get(key, pod.node)
        slots.append(
            _slot(
                survey,
                key,
                pool=pod.pool,
                node=node,
                order=int(pod.footing is Footing.ADDED and node is not None),
                is_assumed=pod.footing is Footing.ASSUMED,
                devices=devices.of(standing.replica.key, key),
            )
        )
    flags = standing.flags
    if any(slot.node is None for slot in slots) and standing.deployment is not None:
        flags = (*flags, "has pods without a place")
    return Keep(replica=standing.replica.key, name=standing.replica.name, slots=tuple(slots), flags=flags)


def _slot(
    survey: Survey,
    key: PodKey,
    *,
    pool: NodePoolKey,
    node: int | None,
    order: int,
    is_assumed: bool,
    devices: tuple[SlotDevices, ...],
) -> Slot:
    nodes = survey.problem.fleet.nodes
    engine, copy, role, rank = key
    return Slot(
        engine=engine,
        copy=copy,
        role=role,
        rank=rank,
        node_pool=pool,
        node=None if node is None else nodes[node].key,
        is_expected=node is not None and nodes[node].is_expected,
        order=order,
        is_assumed=is_assumed,
        devices=devices,
    )


def _creates(survey: Survey, draft: Draft, devices: Witness) -> Iterator[Create]:
    for key, new in numbered_replicas(survey, draft):
        slots = tuple(
            _slot(
                survey,
                pod.key,
                pool=pod.option.pool,
                node=pod.node,
                order=1,
                is_assumed=False,
                devices=devices.of(key, pod.key),
            )
            for pod in new.pods
        )
        yield Create(replica=key, slots=slots)


def _evicts(survey: Survey, draft: Draft) -> Iterator[Evict]:
    for replica, leave in survey.observed.leaving:
        yield Evict(replica=replica.key, name=replica.name, reason=leave.reason, because=leave.because)
    surplus = {
        deployment.key: max(0, len(survey.standing_of(deployment)) - deployment.replicas)
        for deployment in survey.problem.deployments
    }
    successors = Counter(new.deployment.key for new in draft.new)
    winners = _Winners(draft)
    for standing in sorted(draft.evicted, key=lambda s: (s.is_misplaced, s.replica.key)):
        key = standing.replica.key.deployment
        if surplus.get(key, 0) > 0:
            surplus[key] -= 1
            wanted = survey.deployments[key].replicas
            noun = "replica is" if wanted == 1 else "replicas are"
            reason, because = EvictionReason.SCALE_DOWN, f"{wanted} {noun} wanted"
        else:
            reason, because = _chosen(survey, winners, standing, moves=successors[key] > 0)
            successors[key] -= 1
        yield Evict(replica=standing.replica.key, name=standing.replica.name, reason=reason, because=because)


def _chosen(
    survey: Survey, winners: "_Winners", standing: Standing, *, moves: bool
) -> tuple[EvictionReason, str]:
    """Why a replica goes that could stay; *moves* if its deployment gets one elsewhere for it."""
    if standing.is_misplaced and moves:
        return EvictionReason.MOVED, f"{'; '.join(standing.flags)}, and there is room elsewhere"
    own = standing.deployment.priority if standing.deployment is not None else 0
    winner = winners.above(own, standing)
    if winner is not None and survey.problem.policy.preemption is not Preemption.NEVER:
        priority, key = winner
        because = f"{key} has priority {-priority}, above {own}, and takes its place"
        return EvictionReason.PREEMPTED, because
    if has_added_pods(standing):
        return EvictionReason.MOVED, "its template outgrew its nodes, and there is room elsewhere"
    return EvictionReason.MOVED, "a rebalance within the eviction budget of the policy"


class _Winners:
    """Whoever gets a node that it did not have: minus its priority, and its deployment; the highest comes first."""

    def __init__(self, draft: Draft) -> None:
        self._first: tuple[int, DeploymentKey] | None = None
        self._on_node: dict[int, tuple[int, DeploymentKey]] = {}
        for new in draft.new:
            self._add(new.deployment, {pod.node for pod in new.pods})
        for kept in draft.kept:
            if kept.standing.deployment is not None and kept.added:
                self._add(kept.standing.deployment, set(kept.added.values()))

    def _add(self, deployment: ModelDeployment, nodes: set[int]) -> None:
        entry = (-deployment.priority, deployment.key)
        self._first = entry if self._first is None else min(self._first, entry)
        for node in nodes:
            self._on_node[node] = min(self._on_node.get(node, entry), entry)

    def above(self, priority: int, standing: Standing) -> tuple[int, DeploymentKey] | None:
        """The first above *priority* that takes a node of *standing*, or else any; None if there is none."""
        nodes = {pod.node for pod in standing.pods if pod.node is not None}
        here = sorted(self._on_node[node] for node in nodes if node in self._on_node)
        found = next((entry for entry in here if -entry[0] > priority), self._first)
        return found if found is not None and -found[0] > priority else None
