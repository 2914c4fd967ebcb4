"""A problem to the files of a snapshot: control objects, and one file for each cluster."""

import gzip
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import orjson

from adapters.cli.simulate_cluster import ClusterWriter
from adapters.cli.simulate_control import cluster_objects, device_classes_of_nodes, policy_object
from adapters.cli.simulate_workloads import Workloads
from adapters.cli.yaml_output import to_yaml
from scheduler.snapshot.documents import CLUSTERS
from scheduler.snapshot.objects import Raw
from solver.domain.problem import Problem

#: Up to so many nodes people may want to read the files.
_MOST_READABLE_NODES = 100
_LEVEL = 6


class _Part(NamedTuple):
    """The name of a file, without what tells its format, and what is in it."""

    name: str
    objects: Iterator[Raw]


def write_snapshot(problem: Problem, folder: Path, *, tell: Callable[[str], None]) -> None:
    """Write *problem*, a generated one, below *folder*; the same problem gives the same bytes.

    Args:
        problem: a problem of ``simulations.fleets``; nothing is expected, declared, shared or in parts in it.
        folder: made if it is not there.
        tell: told about each file before it is written.

    Raises:
        OSError: a file cannot be written.
    """
    is_readable = len(problem.fleet.nodes) <= _MOST_READABLE_NODES
    for part in _parts(problem):
        path = folder / f"{part.name}{'.yaml' if is_readable else '.json.gz'}"
        tell(f"writing {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_readable(part.objects) if is_readable else _compressed(part.objects))


def _readable(objects: Iterator[Raw]) -> bytes:
    return to_yaml(objects).encode()


def _compressed(objects: Iterator[Raw]) -> bytes:
    listed = {"apiVersion": "v1", "kind": "List", "items": list(objects)}
    # No time in the header: the same fleet is the same bytes.
    return gzip.compress(orjson.dumps(listed), compresslevel=_LEVEL, mtime=0)


def _parts(problem: Problem) -> Iterator[_Part]:
    workloads = Workloads(problem)
    yield _Part("inference-classes", device_classes_of_nodes(problem.fleet))
    yield _Part("inference-clusters", cluster_objects(problem.fleet))
    yield _Part("placement-policy", iter([policy_object(problem.policy)]))
    yield _Part("model-deployments", workloads.deployments())
    writer = ClusterWriter(problem, workloads)
    for cluster in problem.fleet.clusters:
        # A file for each cluster: nobody has to hold half a million of these objects at once.
        if workloads.on_cluster(cluster.name):
            yield _Part(f"model-replicas/{cluster.name}", workloads.replicas(cluster.name))
        yield _Part(f"{CLUSTERS}/{cluster.name}", writer.objects(cluster))
