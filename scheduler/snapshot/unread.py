"""What a plan must say about objects of a cluster that count for less than they are, as they cannot be read."""

from collections.abc import Iterator

from scheduler.snapshot.records import ClusterRecords
from solver.domain.identity import ClusterName


def unread_notes(cluster_name: ClusterName, records: ClusterRecords) -> Iterator[str]:
    """A sentence for each such node, claim and slice; devices that are withheld are counted elsewhere."""
    for name, node in sorted(records.nodes.items()):
        if node.is_unreadable:
            yield f"cluster {cluster_name}: node {name} cannot be read in full and takes nothing new"
    for about in sorted(records.unreadable_claims):
        yield f"cluster {cluster_name}: what {about} holds cannot be read, so its devices count as free"
    for name, each in sorted(records.slices.items()):
        if each.is_malformed and not each.devices:
            yield (
                f"cluster {cluster_name}: ResourceSlice {name} cannot be read in full and shows no device;"
                " its resource pool offers nothing"
            )
