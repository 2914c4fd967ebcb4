"""ModelDeployment: a model to be served, and what each of its pods needs."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from scheduler.api.base import (
    ApiModel,
    HasConditions,
    Int32,
    MatchLabels,
    NameReference,
    NotEmpty,
    Resource,
    UniqueByName,
    rule_broken,
    unique_by,
)
from scheduler.api.device_constraint import DeviceConstraints, check_constraints
from scheduler.api.device_request import DeviceRequest
from scheduler.api.engine import EngineBase, MemberBase, Serving, check_phases, check_roles
from scheduler.api.labels import TemplateLabels
from scheduler.api.toleration import Toleration


class NodeSelector(ApiModel):
    """The devices that a pod's node must give it (the constraints are an addition of ours)."""

    devices: Annotated[tuple[DeviceRequest, ...], Field(min_length=1, max_length=16), UniqueByName]
    constraints: DeviceConstraints = ()

    @model_validator(mode="after")
    def _constraints(self) -> Self:
        check_constraints(self.constraints, self.devices)
        return self


class Member(MemberBase):
    """Pods of one role; without node selector they claim nothing."""

    node_selector: NodeSelector | None = None


class Engine(EngineBase):
    """An engine and its members."""

    members: Annotated[tuple[Member, ...], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def _shape(self) -> Self:
        check_roles(self.members)
        if all(member.node_selector is None for member in self.members):
            raise rule_broken(at=".members", found="no nodeSelector", expected="one on at least one member")
        return self


class ReplicaSpec(ApiModel):
    """What one replica is made of."""

    cluster_selector: MatchLabels | None = None
    model_cache_ref: NameReference | None = None
    serving: Serving | None = None
    tolerations: tuple[Toleration, ...] = ()
    engines: Annotated[tuple[Engine, ...], Field(min_length=1, max_length=8), UniqueByName]

    @model_validator(mode="after")
    def _phases(self) -> Self:
        check_phases(self.serving, self.engines)
        return self


class ReplicaMetadata(ApiModel):
    """Labels that the replica and its endpoint get."""

    labels: TemplateLabels = Field(default_factory=dict)


class ReplicaTemplate(ApiModel):
    """The template that all replicas are made from."""

    metadata: ReplicaMetadata | None = None
    spec: ReplicaSpec


class Spread(ApiModel):
    """How replicas divide over clusters, zones or the values of a cluster label (an addition of ours)."""

    topology_key: NotEmpty
    max_skew: Annotated[StrictInt, Field(ge=1)] | None = None
    max_percent: Annotated[StrictInt, Field(ge=1, le=100)] | None = None
    mode: Literal["Required", "Preferred"] = "Required"


class DeploymentSpec(ApiModel):
    """Replicas from 0 without limit, priority and spread are additions of ours."""

    replicas: Annotated[StrictInt, Field(ge=0, le=2**31 - 1)]
    template: ReplicaTemplate
    priority: Int32 = 0
    spread: Annotated[tuple[Spread, ...], unique_by("topology_key", "mode")] = ()


class ReplicaCounts(ApiModel):
    """Replicas that are placed, and those of them that serve."""

    total: StrictInt | None = None
    ready: StrictInt | None = None


class DeploymentStatus(HasConditions):
    """What became of the deployment; the selector is for the scale subresource and matches no pod."""

    replicas: ReplicaCounts | None = None
    selector: StrictStr = ""


class ModelDeployment(Resource):
    """A model to be served on the fleet."""

    spec: DeploymentSpec
    status: DeploymentStatus | None = None
