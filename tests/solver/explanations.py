"""Problems that the tests of explanations share."""

from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelDeployment
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_request, an_engine


def _takes(count: int, *selectors: str, replicas: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(count, *selectors),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def _on(deployment: ModelDeployment, *specs: PoolSpec, **changes: object) -> Problem:
    return a_problem(a_fleet(ClusterSpec(pools=specs or (PoolSpec(),))), [deployment], **changes)  # type: ignore[arg-type]
