"""The things that a change can name; whatever is unknown is refused with the nearest known name."""

from collections.abc import Iterable

from scheduler.api.nearest import nearest_hint
from solver.domain.fleet import Cluster
from solver.domain.identity import ClusterName, DeploymentKey, NodeKey, NodePoolKey
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment

INT32 = range(-(2**31), 2**31)


class InvalidField(ValueError):
    """What is wrong with one field of a change; which change it was is added by who applies them all."""

    def __init__(self, field: str, complaint: str) -> None:
        super().__init__(field, complaint)
        self.field = field
        self.complaint = complaint


def known_cluster(problem: Problem, name: ClusterName, field: str) -> Cluster:
    """The cluster *name*.

    Raises:
        InvalidField: there is none.
    """
    for cluster in problem.fleet.clusters:
        if cluster.name == name:
            return cluster
    raise unknown(field, name, "the name of a cluster", (each.name for each in problem.fleet.clusters))


def known_node_pool(problem: Problem, key: NodePoolKey, field: str) -> NodePoolKey:
    """*key*, if the fleet has that node pool.

    Raises:
        InvalidField: it has not.
    """
    known = [str(pool.key) for pool in problem.fleet.node_pools]
    if str(key) not in known:
        raise unknown(field, str(key), "CLUSTER/NODEPOOL of a node pool", known)
    return key


def known_nodes(problem: Problem, keys: Iterable[NodeKey], field: str) -> tuple[NodeKey, ...]:
    """*keys*, each once and sorted, if the fleet has all of those nodes.

    Raises:
        InvalidField: it lacks one, or there are none.
    """
    wanted = tuple(sorted(set(keys)))
    if not wanted:
        raise InvalidField(field, "found none, expected at least one node")
    known = {node.key for node in problem.fleet.nodes}
    for key in wanted:
        if key not in known:
            names = [str(each) for each in known]
            raise unknown(field, str(key), "CLUSTER/NODE of a node that hosts replicas", names)
    return wanted


def known_deployment(problem: Problem, key: DeploymentKey, field: str) -> ModelDeployment:
    """The deployment *key*.

    Raises:
        InvalidField: there is none.
    """
    for deployment in problem.deployments:
        if deployment.key == key:
            return deployment
    known = (str(each.key) for each in problem.deployments)
    raise unknown(field, str(key), "NAMESPACE/NAME of a deployment", known)


def check_amount(amount: int, allowed: range, field: str) -> None:
    """Refuse an *amount* that is not in *allowed*.

    Raises:
        InvalidField: it is not.
    """
    if amount not in allowed:
        expected = f"a number from {allowed.start} to {allowed.stop - 1}"
        raise InvalidField(field, f"found {amount}, expected {expected}")


def unknown(field: str, found: str, expected: str, known: Iterable[str]) -> InvalidField:
    """The complaint that *found* is none of the *known* names."""
    return InvalidField(field, f"found {found!r}, expected {expected}{nearest_hint(found, known)}")
