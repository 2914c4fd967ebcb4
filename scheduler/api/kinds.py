"""The kinds of the API by name."""

from collections.abc import Mapping

from scheduler.api.base import Resource
from scheduler.api.inference_class import InferenceClass
from scheduler.api.inference_cluster import InferenceCluster
from scheduler.api.inference_gateway import InferenceGateway
from scheduler.api.model_cache import ModelCache
from scheduler.api.model_deployment import ModelDeployment
from scheduler.api.model_endpoint import ModelEndpoint
from scheduler.api.model_replica import ModelReplica
from scheduler.api.model_service import ModelService
from scheduler.api.placement_policy import PlacementPolicy

KINDS: Mapping[str, type[Resource]] = {
    model.__name__: model
    for model in (
        InferenceClass,
        InferenceCluster,
        InferenceGateway,
        ModelCache,
        ModelDeployment,
        ModelEndpoint,
        ModelReplica,
        ModelService,
        PlacementPolicy,
    )
}
CLUSTER_SCOPED = frozenset({"InferenceClass", "InferenceCluster", "InferenceGateway", "PlacementPolicy"})
