"""What nodes have left when the pods of others have what they request."""

from collections import defaultdict

from scheduler.snapshot.records import ClusterRecords
from scheduler.snapshot.slots import JoinedPods
from solver.domain.fleet import NodeResources


def free_resources(records: ClusterRecords, joined: JoinedPods) -> dict[str, NodeResources | None]:
    """What is allocatable on each node, less what pods request that are no replica's."""
    taken: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for key, pod in records.pods.items():
        if pod.node and not pod.is_finished and key not in joined.slots:
            of_node = taken[pod.node]
            of_node[0] += pod.cpu_millicores
            of_node[1] += pod.memory_bytes
            of_node[2] += 1
    free: dict[str, NodeResources | None] = {}
    for name, record in records.nodes.items():
        cpu, memory, pods = taken.get(name, (0, 0, 0))
        allocatable = record.allocatable
        free[name] = allocatable and NodeResources(
            cpu_millicores=max(0, allocatable.cpu_millicores - cpu),
            memory_bytes=max(0, allocatable.memory_bytes - memory),
            pods=max(0, allocatable.pods - pods),
        )
    return free
