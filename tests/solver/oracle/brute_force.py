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
from solver.domain.policy import Preemption, TierName
from solver.domain.problem import Problem
from solver.domain.replica import Health
from solver.matching.levels import priorities, tier_name
from solver.matching.standing import Footing, Standing
from solver.matching.survey import Survey
from tests.solver.oracle.composition import checked
from tests.solver.oracle.filling import fill
from tests.solver.oracle.growth import grow
from tests.solver.oracle.setting import Layer, Setting, State, Trail, Vector, grows


@dataclass(frozen=True, slots=True, kw_only=True)
class Best:
    """The least value of every tier, and a plan that has them."""

    tiers: dict[str, int]
    plan: Plan
    states: int


def best(problem: Problem, *, most_states: int = 1_000_000) -> Best:
    """The lexicographic optimum of *problem*.

    Placing a priority evicts nobody of it or above beyond the budget of the policy, and no deployment of it or
    above that may move (a budget, or a template that grew) ends up with fewer replicas than it has.

    Raises:
        TooLargeError: it would take more than *most_states* partial plans.
        DisagreementError: a plan's own score differs from that of ``solver.measures``.
    """
    return _Search(Setting(Survey(problem), most_states=most_states)).best()


class _Search:
    def __init__(self, setting: Setting) -> None:
        self.setting = setting

    # The stages: guards between the tiers of placing.

    def best(self) -> Best:
        alive = [
            (kept, drops, *entry) for kept in self._likely() for drops, entry in self._search(kept).items()
        ]
        for guard, name in self._stages():
            if guard is None:
                index = self.setting.position[name]
                least = min(end[2][index] for end in alive)
                alive = [end for end in alive if end[2][index] == least]
                continue
            counts = [self._guarded(kept, guard) for kept, _, _, _ in alive]
            most = min(counts) + self.setting.problem.policy.eviction_budget
            alive = [end for end, count in zip(alive, counts, strict=True) if count <= most]
            lost = [self._lost(end[1], guard) for end in alive]
            alive = [end for end, count in zip(alive, lost, strict=True) if count == min(lost)]
        kept, _, vector, trail = alive[0]
        plan = checked(self.setting, kept, vector, trail)
        return Best(
            tiers=dict(zip(self.setting.names, vector, strict=True)), plan=plan, states=self.setting.states
        )

    def _stages(self) -> Iterator[tuple[int | None, str]]:
        levels = priorities(self.setting.problem)
        never = self.setting.problem.policy.preemption is Preemption.NEVER
        first = {}
        for priority in levels:
            short = tier_name(self.setting.problem, TierName.SHORTFALL, priority)
            unfilled = short.replace("shortfall", "unfilled")
            first[unfilled if unfilled in self.setting.position else short] = priority
        for name in self.setting.names:
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
            and not grows(s)
            for index, s in enumerate(self.setting.standings)
        )

    def _lost(self, drops: tuple[int, ...], priority: int) -> int:
        pairs = zip(drops, self.setting.deployments, strict=False)
        return sum(count for count, deployment in pairs if deployment.priority >= priority)

    def _likely(self) -> Iterator[frozenset[int]]:
        """The subsets of replicas that may stay: at most as many of a deployment as it wants."""
        free = [i for i, s in enumerate(self.setting.standings) if s.deployment is not None]
        always = frozenset(range(len(self.setting.standings))) - frozenset(free)
        for bits in product((True, False), repeat=len(free)):
            kept = always | {i for i, bit in zip(free, bits, strict=True) if bit}
            if all(
                sum(self.setting.standings[i].deployment is d for i in kept) <= d.replicas
                for d in self.setting.deployments
            ):
                yield kept

    # All plans for one kept subset.

    def _search(self, kept: frozenset[int]) -> dict[tuple[int, ...], tuple[Vector, Trail]]:
        vector = [0] * len(self.setting.names)
        load: list[list[int]] = [[] for _ in self.setting.problem.fleet.nodes]
        quota = [0] * len(self.setting.quotas)
        for index, standing in enumerate(self.setting.standings):
            if index in kept:
                self._keep(standing, vector, load, quota)
            else:
                self._evict(standing, vector)
        self._kept_rank(vector, load)
        start = State(tuple(tuple(sorted(units)) for units in load), tuple(quota), 0, ())
        layer: Layer = {}
        self.setting.offer(layer, tuple(vector), None, start)
        for index in sorted(kept):
            if grows(self.setting.standings[index]):
                layer = grow(self.setting, layer, index)
        for position, deployment in enumerate(self.setting.deployments):
            layer = fill(self.setting, layer, deployment, kept)
            last = position + 1 == len(self.setting.deployments)
            if last or self.setting.deployments[position + 1].priority < deployment.priority:
                layer = self._trimmed(layer, deployment.priority)
        ends: dict[tuple[int, ...], tuple[Vector, Trail]] = {}
        for values, trail, state in layer.values():
            ended = self._ended(values, state)
            known = ends.get(state.drops)
            if known is None or ended < known[0]:
                ends[state.drops] = (ended, trail)
        for end in list(ends.values())[:2]:
            checked(self.setting, kept, *end)
        return ends

    def _keep(self, standing: Standing, vector: list[int], load: list[list[int]], quota: list[int]) -> None:
        if standing.is_misplaced and standing.deployment is not None:
            self.setting.add(vector, "misplaced", 1)
        for pod in standing.pods:
            if pod.node is not None:
                load[pod.node].append(self.setting.world.kept_unit(standing, pod, pod.node))
            if pod.footing is not Footing.ADDED:
                self.setting.count_quota(quota, standing, pod)

    def _evict(self, standing: Standing, vector: list[int]) -> None:
        if standing.is_misplaced:
            return
        sick = standing.replica.health is Health.NOT_READY
        self.setting.add(vector, "evictions[not ready]" if sick else "evictions", 1)

    def _kept_rank(self, vector: list[int], load: list[list[int]]) -> None:
        for node, units in enumerate(load):
            self.setting.add(vector, "canonical", (node + 1) * len(units))
            self.setting.add(vector, "price", sum(self.setting.world.units[u].price for u in units))

    def _trimmed(self, layer: Layer, priority: int) -> Layer:
        """Only the states that place the most of *priority*, if that is what comes first."""
        if self.setting.problem.policy.tiers[0].name is not TierName.SHORTFALL:
            return layer
        short = self.setting.position[tier_name(self.setting.problem, TierName.SHORTFALL, priority)]
        least: dict[tuple[int, ...], Vector] = {}
        for vector, _, state in layer.values():
            least[state.drops] = min(least.get(state.drops, vector[: short + 1]), vector[: short + 1])
        return {k: entry for k, entry in layer.items() if entry[0][: short + 1] == least[entry[2].drops]}

    def _ended(self, vector: Vector, state: State) -> Vector:
        world, values = self.setting.world, list(vector)
        for node, units in enumerate(state.load):
            real = world.node_mask[node] & world.offered & ~world.synthetic
            free = (real & world.usable).bit_count()
            used = sum(world.units[u].claimed for u in units)
            if used or free < real.bit_count():
                self.setting.add(values, "stranded", max(0, free - used))
        return tuple(values)
