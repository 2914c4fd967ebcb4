"""Where the replicas of a deployment lie, and whether the rules of its spread allow it."""

from solver.domain.workload import ModelDeployment, SpreadRule
from solver.matching.standing import Standing
from tests.solver.oracle.setting import Setting

CLUSTER_RULE = SpreadRule(topology_key="cluster")


def rules_of(deployment: ModelDeployment) -> tuple[SpreadRule, ...]:
    return (CLUSTER_RULE, *deployment.spread)


def kept_domains(setting: Setting, own: list[Standing], rule: SpreadRule) -> dict[str, int]:
    counts: dict[str, int] = {}
    for standing in own:
        nodes = [pod.node for pod in standing.pods if pod.node is not None]
        zone = setting.world.zone(nodes[0]) if nodes else None
        domain = setting.world.domain(rule.topology_key, standing.replica.key.cluster, zone)
        if domain is not None:
            counts[domain] = counts.get(domain, 0) + 1
    return counts


def may(
    setting: Setting,
    deployment: ModelDeployment,
    rule: SpreadRule,
    counts: dict[str, int],
    before: dict[str, int],
) -> bool:
    eligible = {*before, *_eligible(setting, deployment, rule)}
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


def _eligible(setting: Setting, deployment: ModelDeployment, rule: SpreadRule) -> set[str]:
    """Domains that could host a replica beside what stays whatever the plan does."""
    stays = [s for s in setting.standings if s.replica.key not in setting.survey.movable]
    load: list[list[int]] = [[] for _ in setting.problem.fleet.nodes]
    for standing in stays:
        for pod in standing.pods:
            if pod.node is not None:
                load[pod.node].append(setting.world.kept_unit(standing, pod, pod.node))
    found = set()
    for placement in setting.placements[deployment.key]:
        if all(
            setting.world.fits(node, tuple(sorted((*load[node], *units)))) for node, units in placement.load
        ):
            domain = setting.world.domain(rule.topology_key, placement.cluster, placement.zone)
            if domain is not None:
                found.add(domain)
    return found
