"""Every way to place the new replicas of a deployment."""

from solver.domain.policy import TierName
from solver.domain.workload import ModelDeployment, SpreadMode
from solver.matching.levels import tier_name
from tests.solver.oracle.setting import Layer, Setting, State, Trail, Vector, grows, has_distance
from tests.solver.oracle.spread_rules import CLUSTER_RULE, kept_domains, may, rules_of


def fill(
    setting: Setting,
    layer: Layer,
    deployment: ModelDeployment,
    kept: frozenset[int],
) -> Layer:
    own = [setting.standings[i] for i in sorted(kept) if setting.standings[i].deployment is deployment]
    rules = rules_of(deployment)
    domains = tuple(tuple(sorted(kept_domains(setting, own, rule).items())) for rule in rules)
    frontier: Layer = {}
    for vector, trail, state in layer.values():
        values = list(vector)
        for standing in own:
            if not grows(standing):
                nodes = [p.node for p in standing.pods if p.node is not None]
                setting.add(values, "distance", setting.far(standing, nodes))
        start = State(state.load, state.quota, 0, domains, state.drops)
        setting.offer(frontier, tuple(values), trail, start)
    done: Layer = {}
    wanted = deployment.replicas - len(own)
    observed = setting.survey.standing_of(deployment)
    may_move = setting.problem.policy.eviction_budget > 0 or any(grows(s) or s.is_misplaced for s in observed)
    had = min(deployment.replicas, len(observed)) if may_move else 0
    for new in range(wanted + 1):
        for vector, trail, state in frontier.values():
            ended = _finished(setting, deployment, vector, state, wanted - new)
            if ended is not None:
                lost = (*state.drops, max(0, had - len(own) - new))
                setting.offer(done, ended, trail, State(state.load, state.quota, 0, (), lost))
        if new == wanted:
            break
        following: Layer = {}
        for vector, trail, state in frontier.values():
            for index in range(state.last, len(setting.placements[deployment.key])):
                _one_more(setting, following, deployment, index, vector, trail, state)
        frontier = following
    return done


def _one_more(  # noqa: C901
    setting: Setting,
    following: Layer,
    deployment: ModelDeployment,
    index: int,
    vector: Vector,
    trail: Trail,
    state: State,
) -> None:
    placement = setting.placements[deployment.key][index]
    load = list(state.load)
    for node, units in placement.load:
        load[node] = tuple(sorted((*load[node], *units)))
        if not setting.world.fits(node, load[node]):
            return
    quota = list(state.quota)
    for position, limit in enumerate(setting.quotas):
        if limit.namespace == deployment.key.namespace:
            quota[position] += sum(
                count
                for pod in placement.pods
                for (_, count), name in zip(pod.choice.needs, pod.choice.classes, strict=True)
                if name == limit.device_class
            )
    if not setting.within(state.quota, tuple(quota)):
        return
    domains = []
    for rule, counts in zip(rules_of(deployment), state.domains, strict=True):
        domain = setting.world.domain(rule.topology_key, placement.cluster, placement.zone)
        if domain is None and rule is not CLUSTER_RULE and rule.mode is SpreadMode.REQUIRED:
            return
        after = dict(counts)
        if domain is not None:
            after[domain] = after.get(domain, 0) + 1
        domains.append(tuple(sorted(after.items())))
    values = list(vector)
    nodes = [pod.node for pod in placement.pods]
    if has_distance(deployment):
        setting.add(values, "distance", setting.world.level(nodes))
    setting.add(values, "canonical", sum(node + 1 for node in nodes))
    setting.add(
        values, "price", sum(setting.world.units[u].price for _, units in placement.load for u in units)
    )
    setting.add(values, "expected", sum(setting.problem.fleet.nodes[n].is_expected for n in nodes))
    cache = setting.survey.cache_of(deployment)
    if cache is not None and placement.cluster not in cache.ready_clusters:
        setting.add(values, "locality", 1)
    following_state = State(tuple(load), tuple(quota), index, tuple(domains), state.drops)
    setting.offer(following, tuple(values), (trail, (deployment, placement)), following_state)


def _finished(
    setting: Setting, deployment: ModelDeployment, vector: Vector, state: State, missing: int
) -> Vector | None:
    """*vector* with the spread and the shortfall of *deployment*; None if a required rule is broken."""
    values = list(vector)
    observed = setting.survey.standing_of(deployment)
    for rule, pairs in zip(rules_of(deployment), state.domains, strict=True):
        counts = dict(pairs)
        if rule is CLUSTER_RULE or rule.mode is SpreadMode.PREFERRED:
            setting.add(values, "spread", sum(n * (n - 1) // 2 for n in counts.values()))
        elif not may(setting, deployment, rule, counts, kept_domains(setting, observed, rule)):
            return None
    name = tier_name(setting.problem, TierName.SHORTFALL, deployment.priority)
    setting.add(values, name, missing * setting.unit[deployment.key])
    return tuple(values)
