"""ModelEndpoint: one place where a model answers."""

from pydantic import StrictStr

from scheduler.api.base import ApiModel, HasConditions, NotEmpty, Resource


class EndpointSpec(ApiModel):
    """Address of the endpoint; its scheme is not checked here."""

    url: NotEmpty
    rewrite_path: StrictStr | None = None


class EndpointRouting(ApiModel):
    """What gateways route to."""

    backend_name: StrictStr = ""


class EndpointStatus(HasConditions):
    """How the endpoint is reached."""

    routing: EndpointRouting | None = None


class ModelEndpoint(Resource):
    """A replica's endpoint, or one outside the fleet."""

    spec: EndpointSpec
    status: EndpointStatus | None = None
