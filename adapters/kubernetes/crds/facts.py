"""What Kubernetes shows and serves of each kind besides its schema: names, columns, subresources."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

OUR_CATEGORY = "modelplane"
_PUBLISHED_CATEGORIES = ("crossplane", OUR_CATEGORY)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column that ``kubectl get`` prints."""

    name: str
    path: str
    type: Literal["string", "integer", "date"] = "string"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Where the scale subresource finds what autoscalers and ``kubectl scale`` read and write."""

    wanted: str
    observed: str
    selector: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CrdFacts:
    """The facts of one kind that its model does not say."""

    plural: str
    short_name: str
    columns: tuple[Column, ...] = ()
    scale: Scale | None = None
    #: A published kind has the categories, the columns and the ``spec.crossplane`` that Crossplane gives it,
    #: so that scripts find them, and manifests which set it apply unchanged.
    is_published: bool = True

    @property
    def categories(self) -> tuple[str, ...]:
        """The groups of kinds that ``kubectl get`` finds the kind in."""
        return _PUBLISHED_CATEGORIES if self.is_published else (OUR_CATEGORY,)

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The kind's own columns, then those that all kinds have."""
        return (*self.columns, *(_CROSSPLANE_COLUMNS if self.is_published else ()), _AGE)


_CROSSPLANE_COLUMNS = (
    Column(name="SYNCED", path=".status.conditions[?(@.type=='Synced')].status"),
    Column(name="READY", path=".status.conditions[?(@.type=='Ready')].status"),
    Column(name="COMPOSITION", path=".spec.crossplane.compositionRef.name"),
)
_AGE = Column(name="AGE", path=".metadata.creationTimestamp", type="date")

FACTS: Mapping[str, CrdFacts] = {
    "InferenceClass": CrdFacts(plural="inferenceclasses", short_name="icl"),
    "InferenceCluster": CrdFacts(
        plural="inferenceclusters",
        short_name="ic",
        columns=(
            Column(name="SOURCE", path=".spec.cluster.source"),
            Column(name="GATEWAY", path=".status.gateway.address"),
        ),
    ),
    "InferenceGateway": CrdFacts(
        plural="inferencegateways",
        short_name="ig",
        columns=(
            Column(name="GATEWAY", path=".spec.backend"),
            Column(name="ADDRESS", path=".status.address"),
        ),
    ),
    "ModelCache": CrdFacts(
        plural="modelcaches",
        short_name="mc",
        columns=(
            # The published path is .spec.source.huggingFace.repo, which no object has.
            Column(name="SOURCE", path=".spec.huggingFace.repo"),
            Column(name="READY", path=".status.summary.ready"),
        ),
    ),
    "ModelDeployment": CrdFacts(
        plural="modeldeployments",
        short_name="md",
        columns=(Column(name="REPLICAS", path=".status.replicas.ready", type="integer"),),
        # Without the selector the horizontal autoscaler does nothing.
        scale=Scale(wanted=".spec.replicas", observed=".status.replicas.total", selector=".status.selector"),
    ),
    "ModelEndpoint": CrdFacts(
        plural="modelendpoints", short_name="me", columns=(Column(name="URL", path=".spec.url"),)
    ),
    "ModelReplica": CrdFacts(
        plural="modelreplicas", short_name="mr", columns=(Column(name="CLUSTER", path=".spec.clusterName"),)
    ),
    "ModelService": CrdFacts(
        plural="modelservices", short_name="ms", columns=(Column(name="ADDRESS", path=".status.address"),)
    ),
    "PlacementPolicy": CrdFacts(
        plural="placementpolicies",
        short_name="pp",
        columns=(
            Column(name="PREEMPTION", path=".spec.preemption"),
            Column(name="EVICTION-BUDGET", path=".spec.evictionBudget", type="integer"),
        ),
        is_published=False,
    ),
}
