"""Devices on which a selector of a deployment is an error, counted for the wide output.

Such a device is not given to the deployment. Where it has no other in the node pool, the rejection says so.
"""

from collections import Counter
from collections.abc import Iterator

from adapters.cli.request_table import named_queries
from adapters.cli.tables import table
from solver.domain.identity import NodePoolKey
from solver.domain.problem import Problem
from solver.domain.workload import DeviceRequest
from solver.matching.kinds import bits
from solver.matching.survey import Survey

_HEADERS = ("DEPLOYMENT", "ENGINE", "REQUEST", "NODE POOL", "DEVICES", "SELECTOR ERROR")
_Row = tuple[str, str, str, str, int, str]


def selector_error_table(problem: Problem) -> str:
    """A line for each request (or alternative of one), node pool and error; empty if no selector fails anywhere."""
    rows = list(_rows(Survey(problem))) if problem.deployments else []
    return table(_HEADERS, rows) if rows else ""


def _rows(survey: Survey) -> Iterator[_Row]:
    for deployment in survey.problem.deployments:
        queries = {
            (engine.name, label, query): None
            for engine in deployment.engines
            for member in engine.members
            for label, query in named_queries(member)
        }
        for cluster in survey.clusters_for(deployment):
            for pool in survey.inventory.pools_of_cluster[cluster]:
                for engine, label, query in queries:
                    for message, count in sorted(_errors(survey, query, pool).items()):
                        yield (str(deployment.key), engine, label, str(pool), count, message)


def _errors(survey: Survey, query: DeviceRequest, pool: NodePoolKey) -> Counter[str]:
    """Devices of *pool* by the error that the selectors of *query* meet on them, one after the other.

    A query that names a class asks the devices of no other.
    """
    kinds = survey.kinds
    left = 0
    for name in survey.options.classes(query, pool):
        left |= survey.inventory.class_mask(pool.cluster, name)
    found: Counter[str] = Counter()
    for text in query.selectors:
        selector = kinds.selector(text)
        if selector is None:
            return Counter()
        for kind in bits(left & kinds.failing(text)):
            count = sum(int(kinds.total[node, kind]) for node in survey.inventory.nodes_of_pool[pool])
            if count:
                found[selector.match(kinds.examples[kind]).message] += count
        left &= kinds.matching(text)
    return found
