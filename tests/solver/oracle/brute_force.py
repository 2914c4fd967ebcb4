"""The best plan of a tiny problem, by looking at every plan there is.

Every subset of the replicas that may stay, and for each of them every way to place new replicas and added pods
on nodes. Partial plans that leave the nodes, the quotas and the spread in the same state are one: all measures
add up, so the best of them stays the best. Measures are worked out here a second time; the best plan and some
others are composed and scored by ``solver.measures`` as well, and the two must agree.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product

from solver.domain.plan import Plan
from solver.domain.policy import Preemption, ShortfallUnit, TierName
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.domain.workload import ModelDeployment, ServingMode, SpreadMode, SpreadRule
from solver.matching.compose import compose
from solver.matching.draft import Draft, KeptReplica, NewPod, NewReplica, PodKey
from solver.matching.levels import devices_per_replica, priorities, tier_name
from solver.matching.options import MemberOption
from solver.matching.scene import Survey
from solver.matching.standing import Footing, Standing, StandingPod
from solver.measures import measures
from tests.solver.oracle.world import Placement, World

Vector = tuple[int, ...]
#: What was chosen, newest first: (rest, (owner, what)).
Trail = tuple["Trail", object] | None

CLUSTER_RULE = SpreadRule(topology_key="cluster")


class TooLargeError(Exception):
    """The problem is not tiny."""


class DisagreementError(AssertionError):
    """The oracle's own arithmetic and ``solver.measures`` differ on a plan."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The least value of every tier, and a plan that has them."""

    tiers: dict[str, int]
    plan: Plan
    states: int


@dataclass(frozen=True, slots=True)
class Addition:
    """Nodes for the pods that a template adds to a kept replica; None: no place."""

    standing: int
    nodes: tuple[tuple[PodKey, int | None], ...]


@dataclass(slots=True)
class State:
    load: tuple[tuple[int, ...], ...]
    quota: tuple[int, ...]
    last: int
    domains: tuple[tuple[tuple[str, int], ...], ...]
    #: Replicas that each deployment so far has and would not have again.
    drops: tuple[int, ...] = ()


def best(problem: Problem, *, most_states: int = 1_000_000) -> Best:
    """The lexicographic optimum of *problem*.

    Placing a priority evicts nobody of it or above beyond the budget of the policy, and no deployment of it or
    above that may move (a budget, or a template that grew) ends up with fewer replicas than it has.

    Raises:
        TooLargeError: it would take more than *most_states* partial plans.
        DisagreementError: a plan's own score differs from that of ``solver.measures``.
    """
    return _Search(Survey(problem), most_states=most_states).best()


class _Search:
    def __init__(self, survey: Survey, *, most_states: int) -> None:
        self.survey = survey
        self.problem = survey.problem
        self.world = World(survey)
        self.most_states = most_states
        self.states = 0
        self.standings = survey.observed.standing
        self.deployments = sorted(self.problem.deployments, key=lambda d: (-d.priority, d.key))
        base = Draft(
            kept=tuple(KeptReplica(standing=s, added={}) for s in self.standings), evicted=(), new=()
        )
        self.names = [m.name for m in measures(survey, compose(survey, base))]
        self.position = {name: index for index, name in enumerate(self.names)}
        self.open_nodes = [n for n in range(len(self.problem.fleet.nodes)) if self.world.takes_new(n)]
        self.placements = {d.key: self.world.placements(d, self.open_nodes) for d in self.deployments}
        self.quotas = sorted(self.problem.policy.quotas)
        self.unit = {d.key: self._weight(d) for d in self.deployments}

    def _weight(self, deployment: ModelDeployment) -> int:
        in_devices = self.problem.policy.shortfall_unit is ShortfallUnit.DEVICES
        return devices_per_replica(deployment) if in_devices else 1

    # The stages: guards between the tiers of placing.

    def best(self) -> Best:
        alive = [
            (kept, drops, *entry) for kept in self._likely() for drops, entry in self._search(kept).items()
        ]
        for guard, name in self._stages():
            if guard is None:
                index = self.position[name]
                least = min(end[2][index] for end in alive)
                alive = [end for end in alive if end[2][index] == least]
                continue
            counts = [self._guarded(kept, guard) for kept, _, _, _ in alive]
            most = min(counts) + self.problem.policy.eviction_budget
            alive = [end for end, count in zip(alive, counts, strict=True) if count <= most]
            lost = [self._lost(end[1], guard) for end in alive]
            alive = [end for end, count in zip(alive, lost, strict=True) if count == min(lost)]
        kept, _, vector, trail = alive[0]
        plan = self._checked(kept, vector, trail)
        return Best(tiers=dict(zip(self.names, vector, strict=True)), plan=plan, states=self.states)

    def _stages(self) -> Iterator[tuple[int | None, str]]:
        levels = priorities(self.problem)
        never = self.problem.policy.preemption is Preemption.NEVER
        first = {}
        for priority in levels:
            short = tier_name(self.problem, TierName.SHORTFALL, priority)
            unfilled = short.replace("shortfall", "unfilled")
            first[unfilled if unfilled in self.position else short] = priority
        for name in self.names:
            if name in first:
                yield (levels[-1] if never else first[name]), ""
            yield None, name

    def _guarded(self, kept: frozenset[int], priority: int) -> int:
        """Counted evictions among *priority* and above."""
        return sum(
            index not in kept
            and s.deployment is not None
            and s.deployment.priority >= priority
            and not s.is_misplaced
            and not _grows(s)
            for index, s in enumerate(self.standings)
        )

    def _lost(self, drops: tuple[int, ...], priority: int) -> int:
        pairs = zip(drops, self.deployments, strict=False)
        return sum(count for count, deployment in pairs if deployment.priority >= priority)

    def _likely(self) -> Iterator[frozenset[int]]:
        """The subsets of replicas that may stay: at most as many of a deployment as it wants."""
        free = [i for i, s in enumerate(self.standings) if s.deployment is not None]
        always = frozenset(range(len(self.standings))) - frozenset(free)
        for bits in product((True, False), repeat=len(free)):
            kept = always | {i for i, bit in zip(free, bits, strict=True) if bit}
            if all(
                sum(self.standings[i].deployment is d for i in kept) <= d.replicas for d in self.deployments
            ):
                yield kept

    # All plans for one kept subset.

    def _search(self, kept: frozenset[int]) -> dict[tuple[int, ...], tuple[Vector, Trail]]:
        vector = [0] * len(self.names)
        load: list[list[int]] = [[] for _ in self.problem.fleet.nodes]
        quota = [0] * len(self.quotas)
        for index, standing in enumerate(self.standings):
            if index in kept:
                self._keep(standing, vector, load, quota)
            else:
                self._evict(standing, vector)
        self._kept_rank(vector, load)
        start = State(tuple(tuple(sorted(units)) for units in load), tuple(quota), 0, ())
        layer: dict[object, tuple[Vector, Trail, State]] = {}
        self._offer(layer, tuple(vector), None, start)
        for index in sorted(kept):
            if _grows(self.standings[index]):
                layer = self._grow(layer, index)
        for position, deployment in enumerate(self.deployments):
            layer = self._fill(layer, deployment, kept)
            last = position + 1 == len(self.deployments)
            if last or self.deployments[position + 1].priority < deployment.priority:
                layer = self._trimmed(layer, deployment.priority)
        ends: dict[tuple[int, ...], tuple[Vector, Trail]] = {}
        for values, trail, state in layer.values():
            ended = self._ended(values, state)
            known = ends.get(state.drops)
            if known is None or ended < known[0]:
                ends[state.drops] = (ended, trail)
        for end in list(ends.values())[:2]:
            self._checked(kept, *end)
        return ends

    def _keep(self, standing: Standing, vector: list[int], load: list[list[int]], quota: list[int]) -> None:
        if standing.is_misplaced and standing.deployment is not None:
            self._add(vector, "misplaced", 1)
        for pod in standing.pods:
            if pod.node is not None:
                load[pod.node].append(self.world.kept_unit(standing, pod, pod.node))
            if pod.footing is not Footing.ADDED:
                self._count_quota(quota, standing, pod)

    def _count_quota(self, quota: list[int], standing: Standing, pod: StandingPod) -> None:
        for position, limit in enumerate(self.quotas):
            if limit.namespace == standing.replica.key.deployment.namespace:
                quota[position] += sum(
                    need.count
                    for need, name in zip(pod.needs, pod.classes, strict=True)
                    if name == limit.device_class
                )

    def _evict(self, standing: Standing, vector: list[int]) -> None:
        if standing.is_misplaced:
            return
        sick = standing.replica.health is Health.NOT_READY
        self._add(vector, "evictions[not ready]" if sick else "evictions", 1)

    def _kept_rank(self, vector: list[int], load: list[list[int]]) -> None:
        for node, units in enumerate(load):
            self._add(vector, "canonical", (node + 1) * len(units))
            self._add(vector, "price", sum(self.world.units[u].price for u in units))

    def _add(self, vector: list[int], name: str, value: int) -> None:
        if name in self.position:
            vector[self.position[name]] += value

    def _offer(
        self, layer: dict[object, tuple[Vector, Trail, State]], vector: Vector, trail: Trail, state: State
    ) -> None:
        key = (state.load, state.quota, state.last, state.domains, state.drops)
        known = layer.get(key)
        if known is None or vector < known[0]:
            layer[key] = (vector, trail, state)
        self.states += 1
        if self.states > self.most_states:
            raise TooLargeError(self.states)

    def _trimmed(
        self, layer: dict[object, tuple[Vector, Trail, State]], priority: int
    ) -> dict[object, tuple[Vector, Trail, State]]:
        """Only the states that place the most of *priority*, if that is what comes first."""
        if self.problem.policy.tiers[0].name is not TierName.SHORTFALL:
            return layer
        short = self.position[tier_name(self.problem, TierName.SHORTFALL, priority)]
        least: dict[tuple[int, ...], Vector] = {}
        for vector, _, state in layer.values():
            least[state.drops] = min(least.get(state.drops, vector[: short + 1]), vector[: short + 1])
        return {k: entry for k, entry in layer.items() if entry[0][: short + 1] == least[entry[2].drops]}

    # Pods that a template adds.

    def _grow(
        self, layer: dict[object, tuple[Vector, Trail, State]], index: int
    ) -> dict[object, tuple[Vector, Trail, State]]:
        standing = self.standings[index]
        added = [pod for pod in standing.pods if pod.footing is Footing.ADDED]
        after: dict[object, tuple[Vector, Trail, State]] = {}
        choices = list(self._additions(standing, added))
        for vector, trail, state in layer.values():
            for nodes in choices:
                load = [list(units) for units in state.load]
                quota, values = list(state.quota), list(vector)
                for pod, node in zip(added, nodes, strict=True):
                    if node is None:
                        assert standing.deployment is not None
                        level = tier_name(self.problem, TierName.SHORTFALL, standing.deployment.priority)
                        self._add(values, level.replace("shortfall", "unfilled"), 1)
                        continue
                    unit = self.world.kept_unit(standing, pod, node)
                    load[node].append(unit)
                    self._count_quota(quota, standing, pod)
                    self._add(values, "canonical", node + 1)
                    self._add(values, "price", self.world.units[unit].price)
                    self._add(values, "expected", int(self.problem.fleet.nodes[node].is_expected))
                packed = tuple(tuple(sorted(units)) for units in load)
                if all(self.world.fits(n, packed[n]) for n in nodes if n is not None) and self._within(
                    state.quota, tuple(quota)
                ):
                    what = Addition(index, tuple(zip(map(_pod_key, added), nodes, strict=True)))
                    nodes_all = [p.node for p in standing.pods if p.node is not None]
                    nodes_all += [n for n in nodes if n is not None]
                    self._add(values, "distance", self._far(standing, nodes_all))
                    self._offer(after, tuple(values), (trail, what), State(packed, tuple(quota), 0, ()))
        return after

    def _additions(self, standing: Standing, added: list[StandingPod]) -> Iterator[tuple[int | None, ...]]:
        assert standing.deployment is not None
        pair = standing.deployment.serving_mode is ServingMode.PREFILL_DECODE
        gangs = {engine.name for engine in standing.deployment.engines if engine.is_gang}
        homes: list[list[int | None]] = [
            [*(n for n in self.open_nodes if self.problem.fleet.nodes[n].node_pool == pod.pool), None]
            for pod in added
        ]
        for nodes in product(*homes):
            given = {_pod_key(p): n for p, n in zip(added, nodes, strict=True)}
            groups: dict[object, set[object]] = {}
            for pod in standing.pods:
                node = given.get(_pod_key(pod), pod.node)
                if node is not None and (pair or pod.engine in gangs):
                    group = "all" if pair else (pod.engine, pod.copy)
                    groups.setdefault(group, set()).add(self.world.fabric[node])
            touched = {"all" if pair else (p.engine, p.copy) for p in added}
            if all(len(fabrics) <= 1 for group, fabrics in groups.items() if group in touched):
                yield nodes

    def _within(self, before: tuple[int, ...], after: tuple[int, ...]) -> bool:
        return all(
            new <= limit.devices or new == old
            for old, new, limit in zip(before, after, self.quotas, strict=True)
        )

    # New replicas.

    def _fill(
        self,
        layer: dict[object, tuple[Vector, Trail, State]],
        deployment: ModelDeployment,
        kept: frozenset[int],
    ) -> dict[object, tuple[Vector, Trail, State]]:
        own = [self.standings[i] for i in sorted(kept) if self.standings[i].deployment is deployment]
        rules = self._rules(deployment)
        domains = tuple(tuple(sorted(self._kept_domains(own, rule).items())) for rule in rules)
        frontier: dict[object, tuple[Vector, Trail, State]] = {}
        for vector, trail, state in layer.values():
            values = list(vector)
            for standing in own:
                if not _grows(standing):
                    nodes = [p.node for p in standing.pods if p.node is not None]
                    self._add(values, "distance", self._far(standing, nodes))
            start = State(state.load, state.quota, 0, domains, state.drops)
            self._offer(frontier, tuple(values), trail, start)
        done: dict[object, tuple[Vector, Trail, State]] = {}
        wanted = deployment.replicas - len(own)
        observed = self.survey.standing_of(deployment)
        may_move = self.problem.policy.eviction_budget > 0 or any(
            _grows(s) or s.is_misplaced for s in observed
        )
        had = min(deployment.replicas, len(observed)) if may_move else 0
        for new in range(wanted + 1):
            for vector, trail, state in frontier.values():
                ended = self._finished(deployment, vector, state, wanted - new)
                if ended is not None:
                    lost = (*state.drops, max(0, had - len(own) - new))
                    self._offer(done, ended, trail, State(state.load, state.quota, 0, (), lost))
            if new == wanted:
                break
            following: dict[object, tuple[Vector, Trail, State]] = {}
            for vector, trail, state in frontier.values():
                for index in range(state.last, len(self.placements[deployment.key])):
                    self._one_more(following, deployment, index, vector, trail, state)
            frontier = following
        return done

    def _rules(self, deployment: ModelDeployment) -> tuple[SpreadRule, ...]:
        return (CLUSTER_RULE, *deployment.spread)

    def _one_more(  # noqa: C901
        self,
        following: dict[object, tuple[Vector, Trail, State]],
        deployment: ModelDeployment,
        index: int,
        vector: Vector,
        trail: Trail,
        state: State,
    ) -> None:
        placement = self.placements[deployment.key][index]
        load = list(state.load)
        for node, units in placement.load:
            load[node] = tuple(sorted((*load[node], *units)))
            if not self.world.fits(node, load[node]):
                return
        quota = list(state.quota)
        for position, limit in enumerate(self.quotas):
            if limit.namespace == deployment.key.namespace:
                quota[position] += sum(
                    count
                    for pod in placement.pods
                    for (_, count), name in zip(pod.choice.needs, pod.choice.classes, strict=True)
                    if name == limit.device_class
                )
        if not self._within(state.quota, tuple(quota)):
            return
        domains = []
        for rule, counts in zip(self._rules(deployment), state.domains, strict=True):
            domain = self.world.domain(rule.topology_key, placement.cluster, placement.zone)
            if domain is None and rule is not CLUSTER_RULE and rule.mode is SpreadMode.REQUIRED:
                return
            after = dict(counts)
            if domain is not None:
                after[domain] = after.get(domain, 0) + 1
            domains.append(tuple(sorted(after.items())))
        values = list(vector)
        nodes = [pod.node for pod in placement.pods]
        if _has_distance(deployment):
            self._add(values, "distance", self.world.level(nodes))
        self._add(values, "canonical", sum(node + 1 for node in nodes))
        self._add(
            values, "price", sum(self.world.units[u].price for _, units in placement.load for u in units)
        )
        self._add(values, "expected", sum(self.problem.fleet.nodes[n].is_expected for n in nodes))
        cache = self.survey.cache_of(deployment)
        if cache is not None and placement.cluster not in cache.ready_clusters:
            self._add(values, "locality", 1)
        following_state = State(tuple(load), tuple(quota), index, tuple(domains), state.drops)
        self._offer(following, tuple(values), (trail, (deployment, placement)), following_state)

    def _kept_domains(self, own: list[Standing], rule: SpreadRule) -> dict[str, int]:
        counts: dict[str, int] = {}
        for standing in own:
            nodes = [pod.node for pod in standing.pods if pod.node is not None]
            zone = self.world.zone(nodes[0]) if nodes else None
            domain = self.world.domain(rule.topology_key, standing.replica.key.cluster, zone)
            if domain is not None:
                counts[domain] = counts.get(domain, 0) + 1
        return counts

    def _finished(
        self, deployment: ModelDeployment, vector: Vector, state: State, missing: int
    ) -> Vector | None:
        """*vector* with the spread and the shortfall of *deployment*; None if a required rule is broken."""
        values = list(vector)
        observed = self.survey.standing_of(deployment)
        for rule, pairs in zip(self._rules(deployment), state.domains, strict=True):
            counts = dict(pairs)
            if rule is CLUSTER_RULE or rule.mode is SpreadMode.PREFERRED:
                self._add(values, "spread", sum(n * (n - 1) // 2 for n in counts.values()))
            elif not self._may(deployment, rule, counts, self._kept_domains(observed, rule)):
                return None
        name = tier_name(self.problem, TierName.SHORTFALL, deployment.priority)
        self._add(values, name, missing * self.unit[deployment.key])
        return tuple(values)

    def _may(
        self, deployment: ModelDeployment, rule: SpreadRule, counts: dict[str, int], before: dict[str, int]
    ) -> bool:
        eligible = {*before, *self._eligible(deployment, rule)}
        if rule.max_percent is not None:
            share = max(1, deployment.replicas * rule.max_percent // 100)
            if any(n > max(share, before.get(domain, 0)) for domain, n in counts.items()):
                return False
        if rule.max_skew is not None and eligible:
            emptiest = min(counts.get(domain, 0) for domain in eligible)
            emptiest_before = min(before.get(domain, 0) for domain in eligible)
            for domain in eligible:
                skew = max(rule.max_skew, before.get(domain, 0) - emptiest_before)
                if counts.get(domain, 0) - emptiest > skew:
                    return False
        return True

    def _eligible(self, deployment: ModelDeployment, rule: SpreadRule) -> set[str]:
        """Domains that could host a replica beside what stays whatever the plan does."""
        stays = [s for s in self.standings if s.replica.key not in self.survey.movable]
        load: list[list[int]] = [[] for _ in self.problem.fleet.nodes]
        for standing in stays:
            for pod in standing.pods:
                if pod.node is not None:
                    load[pod.node].append(self.world.kept_unit(standing, pod, pod.node))
        found = set()
        for placement in self.placements[deployment.key]:
            if all(
                self.world.fits(node, tuple(sorted((*load[node], *units)))) for node, units in placement.load
            ):
                domain = self.world.domain(rule.topology_key, placement.cluster, placement.zone)
                if domain is not None:
                    found.add(domain)
        return found

    def _far(self, standing: Standing, nodes: list[int]) -> int:
        if standing.deployment is None or not _has_distance(standing.deployment):
            return 0
        return self.world.level(nodes)

    # The end: what is stranded, and the plan itself.

    def _ended(self, vector: Vector, state: State) -> Vector:
        values = list(vector)
        for node, units in enumerate(state.load):
            real = self.world.node_mask[node] & self.world.offered & ~self.world.synthetic
            free = (real & self.world.usable).bit_count()
            used = sum(self.world.units[u].claimed for u in units)
            if used or free < real.bit_count():
                self._add(values, "stranded", max(0, free - used))
        return tuple(values)

    def _checked(self, kept: frozenset[int], vector: Vector, trail: Trail) -> Plan:
        plan = compose(self.survey, self._draft(kept, trail))
        scored = tuple(m.value for m in measures(self.survey, plan))
        if scored != vector:
            differs = [
                f"{name}: own {mine}, measured {theirs}"
                for name, mine, theirs in zip(self.names, vector, scored, strict=True)
                if mine != theirs
            ]
            raise DisagreementError("; ".join(differs))
        return plan

    def _draft(self, kept: frozenset[int], trail: Trail) -> Draft:
        new: list[NewReplica] = []
        added: dict[int, dict[PodKey, int]] = {}
        while trail is not None:
            trail, what = trail
            if isinstance(what, Addition):
                added[what.standing] = {key: node for key, node in what.nodes if node is not None}
                continue
            assert isinstance(what, tuple)
            new.append(self._new(*what))
        return Draft(
            kept=tuple(KeptReplica(standing=self.standings[i], added=added.get(i, {})) for i in sorted(kept)),
            evicted=tuple(s for i, s in enumerate(self.standings) if i not in kept),
            new=tuple(reversed(new)),
        )

    def _new(self, deployment: ModelDeployment, placement: Placement) -> NewReplica:
        members = {(e.name, m.role): m for e in deployment.engines for m in e.members}
        pods = []
        for pod in placement.pods:
            options = self.survey.options.of_pool(members[(pod.engine, pod.role)], pod.choice.pool)
            assert isinstance(options, tuple), "the oracle uses a pool that options refuse"
            option: MemberOption = next(o for o in options if o.classes == pod.choice.classes)
            pods.append(
                NewPod(
                    engine=pod.engine,
                    copy=pod.copy,
                    role=pod.role,
                    rank=pod.rank,
                    node=pod.node,
                    option=option,
                )
            )
        return NewReplica(deployment=deployment, cluster=placement.cluster, pods=tuple(pods))


def _grows(standing: Standing) -> bool:
    return any(pod.footing is Footing.ADDED for pod in standing.pods)


def _pod_key(pod: StandingPod) -> PodKey:
    return (pod.engine, pod.copy, pod.role, pod.rank)


def _has_distance(deployment: ModelDeployment) -> bool:
    return deployment.serving_mode is ServingMode.PREFILL_DECODE or any(e.is_gang for e in deployment.engines)
