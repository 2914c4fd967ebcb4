"""ModelReplica: a replica that was placed, with the node pool and device classes of its members."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from scheduler.api.base import (
    ApiModel,
    HasConditions,
    NameReference,
    NotEmpty,
    Resource,
    UniqueByName,
    rule_broken,
)
from scheduler.api.device_constraint import DeviceConstraints, check_constraints
from scheduler.api.device_request import ReplicaDeviceRequest
from scheduler.api.engine import EngineBase, MemberBase, Serving, check_phases, check_roles


class ReplicaMember(MemberBase):
    """Pods of one role and the node pool they are pinned to; without requests they claim nothing."""

    node_pool_name: NotEmpty
    device_requests: (
        Annotated[tuple[ReplicaDeviceRequest, ...], Field(min_length=1, max_length=16), UniqueByName] | None
    ) = None
    constraints: DeviceConstraints = ()

    @model_validator(mode="after")
    def _constraints(self) -> Self:
        check_constraints(self.constraints, self.device_requests or ())
        return self


class ReplicaEngine(EngineBase):
    """An engine and its members."""

    members: Annotated[tuple[ReplicaMember, ...], Field(min_length=1, max_length=2)]

    @model_validator(mode="after")
    def _shape(self) -> Self:
        check_roles(self.members)
        if all(member.device_requests is None for member in self.members):
            raise rule_broken(
                at=".members", found="no deviceRequests", expected="them on at least one member"
            )
        return self


class PlacedReplicaSpec(ApiModel):
    """Where the replica is and what it is made of."""

    cluster_name: NotEmpty
    model_cache_ref: NameReference | None = None
    serving: Serving | None = None
    engines: Annotated[tuple[ReplicaEngine, ...], Field(min_length=1, max_length=8), UniqueByName]

    @model_validator(mode="after")
    def _phases(self) -> Self:
        check_phases(self.serving, self.engines)
        return self


class ModelReplica(Resource):
    """One replica on one cluster."""

    spec: PlacedReplicaSpec
    status: HasConditions | None = None
