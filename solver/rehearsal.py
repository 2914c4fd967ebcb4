"""A plan rehearsed before the device allocators of its clusters, pod by pod in the order of release.

The allocator chooses devices itself, first fit, and has its faults; what it would refuse is no plan. Nodes that
are alike and get the same pods in the same order have one answer, which outlives the decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from solver.domain.identity import DeploymentKey, NodeKey, ReplicaKey
from solver.domain.plan import Create, Keep, Plan, Slot
from solver.domain.workload import Member
from solver.matching.draft import PodKey
from solver.matching.rehearsed_node import ANY_ORDER, NodeAnswer, PodClaims, RehearsedNode, held_on
from solver.matching.replay import Selections
from solver.matching.slot_needs import member_of
from solver.matching.survey import Survey
from solver.matching.twins import twins


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Pods that the allocator of their cluster would not let onto a node together, and the sentence it gives."""

    deployment: DeploymentKey
    #: The node, and those that are like it in everything but names.
    nodes: tuple[int, ...]
    #: The fewest pods, by member, that it does not take together.
    pods: tuple[tuple[Member, int], ...]
    #: All nodes that were to get pods of the deployment.
    waiting: frozenset[int]
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rehearsed:
    """The plan with the devices that the allocators choose, in an order that they accept; or who is refused."""

    plan: Plan
    refusals: tuple[Refusal, ...] = ()


@dataclass(slots=True)
class Rehearsals:
    """Answers that outlive a decision, by what they depend on; *asked* and *known* count questions."""

    answers: dict[object, NodeAnswer] = field(default_factory=dict)
    selections: Selections = field(default_factory=Selections)
    #: Short names of what answers depend on: nodes and claims are long, and there are few different ones.
    numbers: dict[object, int] = field(default_factory=dict)
    asked: int = 0
    known: int = 0

    def number(self, thing: object) -> int:
        """Equal for equal things."""
        return self.numbers.setdefault(thing, len(self.numbers))


def rehearse(survey: Survey, plan: Plan, rehearsals: Rehearsals) -> Rehearsed:
    """*plan* after its rehearsal; refusals come with the plan as it was."""
    return _Rehearsal(survey, plan, rehearsals).run()


Waiting = tuple[Keep | Create, Slot]


class _Rehearsal:
    def __init__(self, survey: Survey, plan: Plan, rehearsals: Rehearsals) -> None:
        self.survey = survey
        self.plan = plan
        self.rehearsals = rehearsals
        self.claims: dict[object, tuple[int, PodClaims]] = {}
        self.numbers: dict[tuple[int, str], int] = {}
        self.waiting: dict[int, list[Waiting]] = {}
        self.standing: dict[int, list[Waiting]] = {}
        for replica in plan.replicas:
            for slot in replica.slots:
                if slot.node is not None:
                    node = survey.inventory.node_index[slot.node]
                    (self.waiting if slot.order else self.standing).setdefault(node, []).append(
                        (replica, slot)
                    )

    def run(self) -> Rehearsed:
        same = twins(self.survey)
        gone: set[int] = {
            row
            for slots in self.standing.values()
            for each in held_on(self.survey, slots).rows
            for row in same.get(each, ())
        }
        refusals: list[Refusal] = []
        released: dict[tuple[ReplicaKey, PodKey], tuple[int, Slot]] = {}
        for node, waiting in sorted(self.waiting.items()):
            pods = sorted(waiting, key=lambda each: each[1].order)
            answer = self._answer(node, pods, gone)
            if answer.refused is not None:
                refusals.append(self._refusal(node, pods, answer))
                continue
            gone.update(row for pod in answer.given for _, each in pod for row in same.get(each, ()))
            for position, chosen in enumerate(answer.order):
                replica, slot = pods[chosen]
                released[replica.replica, _key(slot)] = (
                    position,
                    replace(
                        slot,
                        is_ordered=answer.ordering != ANY_ORDER,
                        allocated=answer.given[position],
                    ),
                )
        if refusals:
            return Rehearsed(plan=self.plan, refusals=tuple(refusals))
        return Rehearsed(plan=self._released(released))

    def _answer(self, node: int, pods: Sequence[Waiting], gone: set[int]) -> NodeAnswer:
        """The answer with rows of this node, whoever it was worked out for."""
        self.rehearsals.asked += 1
        survey = self.survey
        rows = survey.problem.fleet.devices.rows(node)
        start = rows.start
        held = held_on(survey, self.standing.get(node, ()))
        elsewhere = {row for row in gone if row in rows}
        if elsewhere:
            held = replace(held, rows=tuple(sorted({*held.rows, *elsewhere})))
        claims = [self._claim(replica, slot) for replica, slot in pods]
        key = (
            self._node_number(node),
            tuple(row - start for row in held.rows),
            tuple((row - start, used) for row, used in held.shares),
            tuple(number for number, _ in claims),
        )
        if key in self.rehearsals.answers:
            self.rehearsals.known += 1
        else:
            rehearsed = RehearsedNode(survey, node, held, self.rehearsals.selections)
            answer = rehearsed.answer([claim for _, claim in claims])
            self.rehearsals.answers[key] = answer.moved(-start)
        return self.rehearsals.answers[key].moved(start)

    def _node_number(self, node: int) -> int:
        survey = self.survey
        state = survey.options.special.state(node)
        cluster = survey.inventory.fleet.nodes[node].key.cluster
        if (state, cluster) not in self.numbers:
            found = (
                survey.options.special.signature(node),
                survey.kinds.fingerprint,
                survey.inventory.clusters[cluster].features,
                tuple(survey.inventory.clusters[cluster].device_classes.items()),
            )
            self.numbers[state, cluster] = self.rehearsals.number(found)
        return self.numbers[state, cluster]

    def _claim(self, replica: Keep | Create, slot: Slot) -> tuple[int, PodClaims]:
        classes = {each.request.partition("/")[0]: each.device_class for each in slot.devices}
        member = member_of(self.survey, replica, slot)
        # Which classes serve the alternatives depends on what the node pool has.
        pool = slot.node_pool if any(request.alternatives for request in member.requests) else None
        taken: frozenset[str] = frozenset()
        if pool is not None:
            alike = (each for each in replica.slots if (each.engine, each.role) == (slot.engine, slot.role))
            taken = frozenset(devices.request for each in alike for devices in each.devices)
        key = (replica.replica.deployment, slot.engine, slot.role, pool, taken, tuple(classes.items()))
        if key not in self.claims:
            claim = PodClaims.of(self.survey, member, slot.node_pool, classes, taken)
            self.claims[key] = (self.rehearsals.number(claim.key), claim)
        return self.claims[key]

    def _refusal(self, node: int, pods: Sequence[Waiting], answer: NodeAnswer) -> Refusal:
        """What *answer* says of *node*; the deployment is that of the pod that was refused first."""
        counts: dict[Member, int] = {}
        for position in answer.together:
            member = member_of(self.survey, *pods[position])
            counts[member] = counts.get(member, 0) + 1
        deployment = pods[answer.refused or 0][0].replica.deployment
        return Refusal(
            deployment=deployment,
            nodes=self._alike(node),
            pods=tuple(counts.items()),
            waiting=frozenset(
                other
                for other, waiting in self.waiting.items()
                if any(replica.replica.deployment == deployment for replica, _ in waiting)
            ),
            message=answer.message,
        )

    def _alike(self, node: int) -> tuple[int, ...]:
        """Nodes of the pool of *node* whose devices, and what stays on them, are like its own."""
        special = self.survey.options.special
        pool = self.survey.inventory.fleet.nodes[node].node_pool
        own = (special.state(node), self._staying(node))
        return tuple(
            other
            for other in self.survey.inventory.nodes_of_pool[pool]
            if (special.state(other), self._staying(other)) == own
        )

    def _staying(self, node: int) -> object:
        """What the pods that stay on *node* hold, counted from its first row."""
        held = held_on(self.survey, self.standing.get(node, ()))
        start = self.survey.problem.fleet.devices.rows(node).start
        return (
            tuple(row - start for row in held.rows),
            tuple((row - start, used) for row, used in held.shares),
        )

    def _released(self, released: Mapping[tuple[ReplicaKey, PodKey], tuple[int, Slot]]) -> Plan:
        """The plan with its slots numbered again, node by node in the order of the rehearsal."""
        rank = self.survey.inventory.node_index
        ordered = sorted(
            (slot.is_expected, rank[_node(slot)], position, key) for key, (position, slot) in released.items()
        )
        number = {entry[3]: place for place, entry in enumerate(ordered, 1)}

        def renewed(replica: ReplicaKey, slots: tuple[Slot, ...]) -> tuple[Slot, ...]:
            found = []
            for slot in slots:
                key = (replica, _key(slot))
                known = released.get(key)
                found.append(slot if known is None else replace(known[1], order=number[key]))
            return tuple(found)

        return replace(
            self.plan,
            keeps=tuple(replace(k, slots=renewed(k.replica, k.slots)) for k in self.plan.keeps),
            creates=tuple(replace(c, slots=renewed(c.replica, c.slots)) for c in self.plan.creates),
        )


def _node(slot: Slot) -> NodeKey:
    if slot.node is None:
        raise ValueError("a slot that is released has a node")
    return slot.node


def _key(slot: Slot) -> PodKey:
    return (slot.engine, slot.copy, slot.role, slot.rank)
