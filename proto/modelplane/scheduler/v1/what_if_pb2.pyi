from modelplane.scheduler.v1 import explanation_pb2 as _explanation_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Difference(_message.Message):
    __slots__ = ("deployments", "tiers", "shortfalls", "wanted_before", "wanted_after", "placed_before", "placed_after", "price_before_microdollars_per_hour", "price_after_microdollars_per_hour")
    DEPLOYMENTS_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    SHORTFALLS_FIELD_NUMBER: _ClassVar[int]
    WANTED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    WANTED_AFTER_FIELD_NUMBER: _ClassVar[int]
    PLACED_BEFORE_FIELD_NUMBER: _ClassVar[int]
    PLACED_AFTER_FIELD_NUMBER: _ClassVar[int]
    PRICE_BEFORE_MICRODOLLARS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    PRICE_AFTER_MICRODOLLARS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    deployments: _containers.RepeatedCompositeFieldContainer[DeploymentDifference]
    tiers: _containers.RepeatedCompositeFieldContainer[TierDifference]
    shortfalls: _containers.RepeatedCompositeFieldContainer[ShortfallDifference]
    wanted_before: int
    wanted_after: int
    placed_before: int
    placed_after: int
    price_before_microdollars_per_hour: int
    price_after_microdollars_per_hour: int
    def __init__(self, deployments: _Optional[_Iterable[_Union[DeploymentDifference, _Mapping]]] = ..., tiers: _Optional[_Iterable[_Union[TierDifference, _Mapping]]] = ..., shortfalls: _Optional[_Iterable[_Union[ShortfallDifference, _Mapping]]] = ..., wanted_before: _Optional[int] = ..., wanted_after: _Optional[int] = ..., placed_before: _Optional[int] = ..., placed_after: _Optional[int] = ..., price_before_microdollars_per_hour: _Optional[int] = ..., price_after_microdollars_per_hour: _Optional[int] = ...) -> None: ...

class DeploymentDifference(_message.Message):
    __slots__ = ("namespace", "deployment", "before", "after", "replicas")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    before: DeploymentState
    after: DeploymentState
    replicas: _containers.RepeatedCompositeFieldContainer[ReplicaDifference]
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., before: _Optional[_Union[DeploymentState, _Mapping]] = ..., after: _Optional[_Union[DeploymentState, _Mapping]] = ..., replicas: _Optional[_Iterable[_Union[ReplicaDifference, _Mapping]]] = ...) -> None: ...

class DeploymentState(_message.Message):
    __slots__ = ("wanted", "placed", "where")
    WANTED_FIELD_NUMBER: _ClassVar[int]
    PLACED_FIELD_NUMBER: _ClassVar[int]
    WHERE_FIELD_NUMBER: _ClassVar[int]
    wanted: int
    placed: int
    where: _containers.RepeatedCompositeFieldContainer[Whereabouts]
    def __init__(self, wanted: _Optional[int] = ..., placed: _Optional[int] = ..., where: _Optional[_Iterable[_Union[Whereabouts, _Mapping]]] = ...) -> None: ...

class Whereabouts(_message.Message):
    __slots__ = ("cluster", "node_pools", "replicas")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODE_POOLS_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    node_pools: _containers.RepeatedScalarFieldContainer[str]
    replicas: int
    def __init__(self, cluster: _Optional[str] = ..., node_pools: _Optional[_Iterable[str]] = ..., replicas: _Optional[int] = ...) -> None: ...

class ReplicaDifference(_message.Message):
    __slots__ = ("index", "cluster", "name", "fate", "reason", "because", "to_cluster")
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    FATE_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    TO_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    index: int
    cluster: str
    name: str
    fate: str
    reason: str
    because: str
    to_cluster: str
    def __init__(self, index: _Optional[int] = ..., cluster: _Optional[str] = ..., name: _Optional[str] = ..., fate: _Optional[str] = ..., reason: _Optional[str] = ..., because: _Optional[str] = ..., to_cluster: _Optional[str] = ...) -> None: ...

class TierDifference(_message.Message):
    __slots__ = ("name", "before", "after")
    NAME_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    name: str
    before: TierValue
    after: TierValue
    def __init__(self, name: _Optional[str] = ..., before: _Optional[_Union[TierValue, _Mapping]] = ..., after: _Optional[_Union[TierValue, _Mapping]] = ...) -> None: ...

class TierValue(_message.Message):
    __slots__ = ("value", "unit")
    VALUE_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    value: int
    unit: str
    def __init__(self, value: _Optional[int] = ..., unit: _Optional[str] = ...) -> None: ...

class ShortfallDifference(_message.Message):
    __slots__ = ("namespace", "deployment", "missing_before", "missing_after", "rejection", "conflict")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    MISSING_BEFORE_FIELD_NUMBER: _ClassVar[int]
    MISSING_AFTER_FIELD_NUMBER: _ClassVar[int]
    REJECTION_FIELD_NUMBER: _ClassVar[int]
    CONFLICT_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    missing_before: int
    missing_after: int
    rejection: _explanation_pb2.Rejection
    conflict: _explanation_pb2.Conflict
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., missing_before: _Optional[int] = ..., missing_after: _Optional[int] = ..., rejection: _Optional[_Union[_explanation_pb2.Rejection, _Mapping]] = ..., conflict: _Optional[_Union[_explanation_pb2.Conflict, _Mapping]] = ...) -> None: ...
