"""ModelService: one address for the endpoints that its selectors match."""

from typing import Annotated

from pydantic import Field, StrictInt, StrictStr

from scheduler.api.base import ApiModel, HasConditions, Labels, Resource


class EndpointSelector(ApiModel):
    """Equality on the labels of endpoints."""

    match_labels: Labels


class WeightedEndpoints(ApiModel):
    """Endpoints that share one weight."""

    weight: Annotated[StrictInt, Field(ge=1, le=1_000_000)] = 1
    selector: EndpointSelector


class ServiceSpec(ApiModel):
    """What the service routes to."""

    endpoints: Annotated[tuple[WeightedEndpoints, ...], Field(min_length=1)]


class ServiceStatus(HasConditions):
    """Where the service is reached."""

    address: StrictStr = ""


class ModelService(Resource):
    """One address for models."""

    spec: ServiceSpec
    status: ServiceStatus | None = None
