"""Devices on which a selector of a deployment is an error, counted for the wide output.

Such a device is not given to the deployment. Where it has no other in the node pool, the rejection says so.
"""

from collections import Counter
from collections.abc import Iterator

from adapters.cli.tables import table
from solver.domain.identity import NodePoolKey
from solver.domain.problem import Problem
from solver.domain.workload import DeviceRequest
from solver.matching.kinds import bits
from solver.matching.scene import Survey

_HEADERS = ("DEPLOYMENT", "ENGINE", "REQUEST", "NODE POOL", "DEVICES", "SELECTOR ERROR")
_Row = tuple[str, str, str, str, int, str]


def selector_error_table(problem: Problem) -> str:
    """A line for each request, node pool and error; empty if no selector fails anywhere."""
    rows = list(_rows(Survey(problem))) if problem.deployments else []
    return table(_HEADERS, rows) if rows else ""


def _rows(survey: Survey) -> Iterator[_Row]:
    for deployment in survey.problem.deployments:
        requests = {
            (engine.name, request): None
            for engine in deployment.engines
            for member in engine.members
            for request in member.requests
        }
        for cluster in survey.clusters_for(deployment):
            for pool in survey.inventory.pools_of_cluster[cluster]:
                for engine, request in requests:
                    for message, count in sorted(_errors(survey, request, pool).items()):
                        yield (str(deployment.key), engine, request.name, str(pool), count, message)


def _errors(survey: Survey, request: DeviceRequest, pool: NodePoolKey) -> Counter[str]:
    """Devices of *pool* by the error that the selectors of *request* meet on them, one after the other."""
    kinds = survey.kinds
    left = 0
    for name in survey.inventory.classes(pool):
        left |= survey.inventory.class_mask(pool.cluster, name)
    found: Counter[str] = Counter()
    for text in request.selectors:
        selector = kinds.selector(text)
        if selector is None:
            return Counter()
        for kind in bits(left & kinds.failing(text)):
            count = sum(int(kinds.total[node, kind]) for node in survey.inventory.nodes_of_pool[pool])
            if count:
                found[selector.match(kinds.examples[kind]).message] += count
        left &= kinds.matching(text)
    return found
