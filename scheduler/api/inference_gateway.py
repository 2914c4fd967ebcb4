"""InferenceGateway: the gateway of the control cluster, one object named ``default``."""

from typing import Literal, Self

from pydantic import StrictStr, model_validator

from scheduler.api.base import ApiModel, HasConditions, Resource, block_for


class MetalLB(ApiModel):
    """Addresses that MetalLB may give out."""

    address_pool: StrictStr


class Traefik(ApiModel):
    """The Traefik installation."""

    version: StrictStr
    load_balancer: Literal["MetalLB"] | None = None
    metallb: MetalLB | None = None

    @model_validator(mode="after")
    def _load_balancer_block(self) -> Self:
        if self.load_balancer is not None:
            block_for(self, choice="loadBalancer", value=self.load_balancer, block="metallb")
        return self


class GatewaySpec(ApiModel):
    """Which gateway is installed."""

    backend: Literal["Traefik"]
    traefik: Traefik | None = None

    @model_validator(mode="after")
    def _backend_block(self) -> Self:
        block_for(self, choice="backend", value=self.backend, block="traefik")
        return self


class GatewayStatus(HasConditions):
    """Where the gateway is reached."""

    address: StrictStr = ""


class InferenceGateway(Resource):
    """The gateway in front of all replicas."""

    spec: GatewaySpec
    status: GatewayStatus | None = None
