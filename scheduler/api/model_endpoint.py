"""ModelEndpoint: one place where a model answers."""

from pydantic import StrictStr

from scheduler.api.base import ApiModel, HasConditions, NotEmpty, Resource


class EndpointSpec(ApiModel):
    """Address of the endpoint; its scheme is not checked here."""

    url: NotEmpty
    rewrite_path: StrictStr | None = None


class ModelEndpoint(Resource):
    """A replica's endpoint, or one outside the fleet."""

    spec: EndpointSpec
    status: HasConditions | None = None
