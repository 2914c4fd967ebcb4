"""Fleets on disk that the tests of the plan command share."""

from pathlib import Path

from tests.scheduler.snapshot.manifests import a_class, a_cluster, a_deployment, write

SHORT = [
    a_class(),
    a_cluster("eu", nodeCount=1, maxNodeCount=2, pricePerNodeHour="12.50"),
    a_deployment("qwen", replicas=5),
    a_deployment("mistral"),
]


def a_fleet(folder: Path) -> Path:
    """Two deployments, one of them short, on one declared cluster."""
    write(folder, *SHORT)
    return folder
