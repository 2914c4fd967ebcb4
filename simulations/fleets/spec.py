"""How large a fleet is, how full, and what happened to it; with the sizes that were measured in the trials."""

from collections.abc import Mapping
from dataclasses import dataclass

#: The API allows eight node pools for each cluster, and every fabric may be a pool of its own.
MOST_FABRICS_PER_CLUSTER = 8
_PERMILLE = 1000
#: Up to this many clusters a fleet made from their number alone has the density of Small, then of Median.
_SMALL_CLUSTERS, _MEDIAN_CLUSTERS = 9, 29
#: Nodes, fabrics, deployments and wanted replicas of ten clusters.
_SMALL_DENSITY = (110, 30, 48, 424)
_MEDIAN_DENSITY = (500, 50, 100, 1000)
_LARGE_DENSITY = (1139, 58, 500, 4296)


class InvalidFleetSpec(ValueError):
    """A fleet that cannot be made: which field is wrong, what it is and what was expected."""

    def __init__(self, field: str, complaint: str) -> None:
        super().__init__(field, complaint)
        self.field = field
        self.complaint = complaint

    def __str__(self) -> str:
        return f"{self.field}: {self.complaint}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FleetSpec:
    """A fleet to be made. Counts are met exactly unless a line says otherwise.

    Raises:
        InvalidFleetSpec: a count is out of its range.
    """

    clusters: int
    #: Nodes that exist; those that were lost are not among them.
    nodes: int
    fabrics: int
    deployments: int
    #: Replicas that all deployments want together.
    replicas: int
    seed: int = 0
    #: What those replicas take of all GPUs that exist; met as nearly as the shapes allow.
    wanted_gpus_permille: int = 910
    #: Replicas that are observed, of those wanted, as far as the packer finds room.
    observed_permille: int = 913
    #: Clusters with a NoExecute taint that nothing tolerates.
    drained_clusters: int = 0
    #: Nodes that went away with their pods.
    lost_nodes_permille: int = 10
    #: Deployments whose pods ask for twice the GPUs since they were placed.
    edited_deployments_permille: int = 2
    #: Namespaces that want more GPUs than their quota; as many others have one that does not bind.
    binding_quotas: int = 0
    #: Deployments with a required spread over ``cluster``, of those that want at least two replicas.
    cluster_caps_permille: int = 284

    def __post_init__(self) -> None:
        for field, least, most in (
            ("clusters", 1, 100_000),
            ("fabrics", self.clusters, self.clusters * MOST_FABRICS_PER_CLUSTER),
            ("nodes", self.fabrics, 10_000_000),
            ("deployments", 1, 10_000_000),
            ("replicas", self.deployments, 100_000_000),
            ("wanted_gpus_permille", 0, _PERMILLE * 10),
            ("observed_permille", 0, _PERMILLE * 2),
            ("drained_clusters", 0, self.clusters),
            ("lost_nodes_permille", 0, _PERMILLE // 2),
            ("edited_deployments_permille", 0, _PERMILLE),
            ("binding_quotas", 0, self.deployments),
            ("cluster_caps_permille", 0, _PERMILLE),
        ):
            value = getattr(self, field)
            if not least <= value <= most:
                raise InvalidFleetSpec(field, f"found {value}, expected {least} to {most}")

    @classmethod
    def of_clusters(cls, clusters: int, *, seed: int = 0) -> "FleetSpec":
        """A fleet of *clusters*: as dense as Small up to 9, as Median up to 29, as F100 above.

        Raises:
            InvalidFleetSpec: it is not 1 to 100,000.
        """
        if clusters <= _SMALL_CLUSTERS:
            density = _SMALL_DENSITY
        elif clusters <= _MEDIAN_CLUSTERS:
            density = _MEDIAN_DENSITY
        else:
            density = _LARGE_DENSITY
        nodes, fabrics, deployments, replicas = (max(1, clusters * count // 10) for count in density)
        return cls(
            clusters=clusters,
            nodes=nodes,
            fabrics=fabrics,
            deployments=deployments,
            replicas=replicas,
            seed=seed,
            drained_clusters=clusters * 3 // 100,
            binding_quotas=max(1, deployments * 19 // 5000),
        )


def _scaled(
    clusters: int, *, nodes: int, fabrics: int, deployments: int, replicas: int, drained: int, quotas: int
) -> FleetSpec:
    return FleetSpec(
        clusters=clusters,
        nodes=nodes,
        fabrics=fabrics,
        deployments=deployments,
        replicas=replicas,
        drained_clusters=drained,
        binding_quotas=quotas,
    )


#: The sizes of the trials; F10, F30 and F300 lie on the line through F100 and F1000.
PRESETS: Mapping[str, FleetSpec] = {
    "Small": _scaled(
        5, nodes=55, fabrics=15, deployments=24, replicas=212, drained=0, quotas=1
    ),
    "Median": _scaled(
        20, nodes=1000, fabrics=100, deployments=200, replicas=2000, drained=0, quotas=2
    ),
    "F10": _scaled(
        10, nodes=1139, fabrics=58, deployments=500, replicas=4296, drained=0, quotas=2
    ),
    "F30": _scaled(
        30, nodes=3418, fabrics=174, deployments=1500, replicas=12_888, drained=1, quotas=6
    ),
    "F100": _scaled(
        100, nodes=11_393, fabrics=579, deployments=5000, replicas=42_960, drained=3, quotas=19
    ),
    "F300": _scaled(
        300, nodes=36_500, fabrics=1737, deployments=9700, replicas=131_500, drained=9, quotas=37
    ),
    "F1000": _scaled(
        1000, nodes=129_927, fabrics=5790, deployments=20_000, replicas=451_205, drained=30, quotas=76
    ),
}  # fmt: skip
