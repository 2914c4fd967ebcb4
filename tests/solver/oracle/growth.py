"""Every way to place the pods that a template adds to a kept replica."""

from collections.abc import Iterator
from itertools import product

from solver.domain.policy import TierName
from solver.domain.workload import ServingMode
from solver.matching.draft import PodKey
from solver.matching.levels import tier_name
from solver.matching.standing import Footing, Standing, StandingPod
from tests.solver.oracle.setting import Addition, Layer, Setting, State


def grow(setting: Setting, layer: Layer, index: int) -> Layer:
    standing = setting.standings[index]
    added = [pod for pod in standing.pods if pod.footing is Footing.ADDED]
    after: Layer = {}
    choices = list(_additions(setting, standing, added))
    for vector, trail, state in layer.values():
        for nodes in choices:
            load = [list(units) for units in state.load]
            quota, values = list(state.quota), list(vector)
            for pod, node in zip(added, nodes, strict=True):
                if node is None:
                    assert standing.deployment is not None
                    level = tier_name(setting.problem, TierName.SHORTFALL, standing.deployment.priority)
                    setting.add(values, level.replace("shortfall", "unfilled"), 1)
                    continue
                unit = setting.world.kept_unit(standing, pod, node)
                load[node].append(unit)
                setting.count_quota(quota, standing, pod)
                setting.add(values, "canonical", node + 1)
                setting.add(values, "price", setting.world.units[unit].price)
                setting.add(values, "expected", int(setting.problem.fleet.nodes[node].is_expected))
            packed = tuple(tuple(sorted(units)) for units in load)
            if all(setting.world.fits(n, packed[n]) for n in nodes if n is not None) and setting.within(
                state.quota, tuple(quota)
            ):
                what = Addition(index, tuple(zip(map(_pod_key, added), nodes, strict=True)))
                nodes_all = [p.node for p in standing.pods if p.node is not None]
                nodes_all += [n for n in nodes if n is not None]
                setting.add(values, "distance", setting.far(standing, nodes_all))
                setting.offer(after, tuple(values), (trail, what), State(packed, tuple(quota), 0, ()))
    return after


def _additions(
    setting: Setting, standing: Standing, added: list[StandingPod]
) -> Iterator[tuple[int | None, ...]]:
    assert standing.deployment is not None
    pair = standing.deployment.serving_mode is ServingMode.PREFILL_DECODE
    gangs = {engine.name for engine in standing.deployment.engines if engine.is_gang}
    homes: list[list[int | None]] = [
        [*(n for n in setting.open_nodes if setting.problem.fleet.nodes[n].node_pool == pod.pool), None]
        for pod in added
    ]
    for nodes in product(*homes):
        given = {_pod_key(p): n for p, n in zip(added, nodes, strict=True)}
        groups: dict[object, set[object]] = {}
        for pod in standing.pods:
            node = given.get(_pod_key(pod), pod.node)
            if node is not None and (pair or pod.engine in gangs):
                group = "all" if pair else (pod.engine, pod.copy)
                groups.setdefault(group, set()).add(setting.world.fabric[node])
        touched = {"all" if pair else (p.engine, p.copy) for p in added}
        if all(len(fabrics) <= 1 for group, fabrics in groups.items() if group in touched):
            yield nodes


def _pod_key(pod: StandingPod) -> PodKey:
    return (pod.engine, pod.copy, pod.role, pod.rank)
