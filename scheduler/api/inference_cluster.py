"""InferenceCluster: a cluster of the fleet and its node pools."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, StrictInt, StrictStr, WithJsonSchema, model_validator

from scheduler.api.base import (
    ApiModel,
    HasConditions,
    Name63,
    Name253,
    NotEmpty,
    Resource,
    UniqueByName,
    block_for,
    rule_broken,
    unique_by,
)
from scheduler.api.inference_class import AttributeValue, CapacityValue
from scheduler.api.price import PriceText

MOST_NODES = 100_000
"""Of a node pool. Each node is a node of the problem, so a slip of the pen must not become a million of them."""

Region = Annotated[StrictStr, Field(min_length=1, max_length=32)]
Credential = Literal[
    "GoogleApplicationCredentials", "AWSWebIdentityCredentials", "NebiusServiceAccountCredentials"
]


class KubeconfigSecret(ApiModel):
    """A Secret in modelplane-system with the kubeconfig."""

    name: Name253
    key: Name253 = "kubeconfig"


class IdentitySecret(ApiModel):
    """A Secret with a cloud identity."""

    name: Name253
    key: Name253 = "private_key"
    type: Credential = "GoogleApplicationCredentials"


class ExistingCache(ApiModel):
    """Where caches of an existing cluster are stored."""

    storage_class_name: Name253 | None = None


class ExistingSource(ApiModel):
    """A cluster that somebody else made."""

    secret_ref: KubeconfigSecret | None = None
    identity_secret_ref: IdentitySecret | None = None
    cache: ExistingCache | None = None


class CloudCredentials(ApiModel):
    """The provider configuration that makes the cluster."""

    type: Literal["ProviderConfig", "ClusterProviderConfig"] = "ClusterProviderConfig"
    name: StrictStr = "default"


class CloudSource(ApiModel):
    """What every cloud's block has."""

    credentials: CloudCredentials | None = None


class GkeSource(CloudSource):
    """A cluster of Google Kubernetes Engine."""

    region: Region
    kubernetes_version: StrictStr = "1.35"


class EksSource(CloudSource):
    """A cluster of Amazon EKS."""

    region: Region
    kubernetes_version: StrictStr = "1.36"


class AksSource(CloudSource):
    """A cluster of Azure Kubernetes Service."""

    location: Region
    kubernetes_version: StrictStr = "1.34"


class NebiusSource(CloudSource):
    """A cluster of Nebius."""

    kubernetes_version: StrictStr = "1.34"


class VultrSource(CloudSource):
    """A cluster of Vultr."""

    region: Region
    kubernetes_version: StrictStr = "v1.36.1+3"


class ClusterSource(ApiModel):
    """Where the cluster comes from."""

    source: Literal["GKE", "EKS", "AKS", "Nebius", "Vultr", "Existing"]
    gke: GkeSource | None = None
    eks: EksSource | None = None
    aks: AksSource | None = None
    nebius: NebiusSource | None = None
    vultr: VultrSource | None = None
    existing: ExistingSource | None = None

    @model_validator(mode="after")
    def _source_block(self) -> Self:
        block_for(self, choice="source", value=self.source, block=self.source.lower())
        return self


class ClusterTaint(ApiModel):
    """Keeps replicas away that do not tolerate it."""

    key: NotEmpty
    value: StrictStr = ""
    effect: Literal["NoSchedule", "NoExecute"]


class CapacityBlock(ApiModel):
    """A reservation of Amazon EC2."""

    capacity_reservation_id: Annotated[
        StrictStr, Field(min_length=4, max_length=64, pattern=r"^cr-[0-9a-f]+$")
    ]


class InfiniBand(ApiModel):
    """The InfiniBand fabric that the nodes join."""

    fabric: Name63


class Fabric(ApiModel):
    """The network between the nodes of a pool; ``domainLabel`` is an addition of ours."""

    type: Literal["None", "EFA", "InfiniBand"] = "None"
    infiniband: InfiniBand | None = None
    #: Node label whose value names the domain of full-speed traffic; None: the node pool is one domain.
    domain_label: NotEmpty | None = None

    @model_validator(mode="after")
    def _block_only_with_infiniband(self) -> Self:
        if self.infiniband is not None and self.type != "InfiniBand":
            raise rule_broken(
                at=".infiniband", found=f"the block with type {self.type}", expected="type InfiniBand"
            )
        return self


def _within(least: int) -> AfterValidator:
    """A number of nodes from *least* to what a node pool may have."""

    def check(count: int) -> int:
        if not least <= count <= MOST_NODES:
            raise rule_broken(found=str(count), expected=f"{least} to {MOST_NODES}")
        return count

    return AfterValidator(check)


def _counted_from(least: int) -> WithJsonSchema:
    return WithJsonSchema({"type": "integer", "minimum": least, "maximum": MOST_NODES})


Nodes = Annotated[StrictInt, _within(0), _counted_from(0)]
NodesFromOne = Annotated[StrictInt, _within(1), _counted_from(1)]


class NodePool(ApiModel):
    """A group of nodes of one class; ``pricePerNodeHour`` is an addition of ours."""

    name: Annotated[StrictStr, Field(max_length=40)]
    class_name: Name253
    node_count: Nodes = 1
    min_node_count: Nodes | None = None
    max_node_count: NodesFromOne | None = None
    zones: tuple[StrictStr, ...] = ()
    capacity_block: CapacityBlock | None = None
    fabric: Fabric | None = None
    #: Micro-dollars.
    price_per_node_hour: PriceText | None = None


class ClusterSpec(ApiModel):
    """The cluster and its node pools."""

    cluster: ClusterSource
    taints: Annotated[tuple[ClusterTaint, ...], unique_by("key", "effect")] = ()
    node_pools: Annotated[tuple[NodePool, ...], Field(min_length=1, max_length=8), UniqueByName] | None = None

    @model_validator(mode="after")
    def _nebius_names_its_fabric(self) -> Self:
        for position, pool in enumerate(self.node_pools or ()):
            fabric = pool.fabric
            needs_block = self.cluster.source == "Nebius" and fabric and fabric.type == "InfiniBand"
            if needs_block and fabric and fabric.infiniband is None:
                raise rule_broken(
                    at=f".nodePools[{position}].fabric.infiniband",
                    found="nothing",
                    expected="this block when source is Nebius and the fabric is InfiniBand",
                )
        return self


class PublishedDevice(ApiModel):
    """Devices that each node of the pool has, as their class declares them."""

    name: StrictStr
    claim: StrictStr = ""
    driver: StrictStr = ""
    device_class_name: StrictStr = ""
    count: StrictInt | None = None
    attributes: Annotated[Mapping[StrictStr, AttributeValue], Field(max_length=32)] = {}
    capacity: Annotated[Mapping[StrictStr, CapacityValue], Field(max_length=32)] = {}


class PublishedPool(ApiModel):
    """A node pool that the cluster publishes to the scheduler."""

    name: StrictStr
    nodes: StrictInt | None = None
    devices: Annotated[tuple[PublishedDevice, ...], Field(max_length=16)] = ()


class ProviderConfigReference(ApiModel):
    """The configuration that workloads of the cluster are made through."""

    name: StrictStr = ""


class CacheStorage(ApiModel):
    """Where the cluster stores caches."""

    storage_class_name: StrictStr = ""


class GatewayAddress(ApiModel):
    """Where the cluster's gateway is reached."""

    address: StrictStr = ""


class ClusterStatus(HasConditions):
    """What was observed of the cluster."""

    provider_config_ref: ProviderConfigReference | None = None
    gateway: GatewayAddress | None = None
    cache: CacheStorage | None = None
    namespace: StrictStr = ""
    gpu_pools: Annotated[tuple[PublishedPool, ...], Field(max_length=8), UniqueByName] | None = None


class InferenceCluster(Resource):
    """A cluster that replicas can run on."""

    spec: ClusterSpec
    status: ClusterStatus | None = None
