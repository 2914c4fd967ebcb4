from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Rejection(_message.Message):
    __slots__ = ("namespace", "deployment", "node_pools", "rejected", "general")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    NODE_POOLS_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    GENERAL_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    node_pools: int
    rejected: _containers.RepeatedCompositeFieldContainer[NodePoolRejection]
    general: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., node_pools: _Optional[int] = ..., rejected: _Optional[_Iterable[_Union[NodePoolRejection, _Mapping]]] = ..., general: _Optional[_Iterable[str]] = ...) -> None: ...

class NodePoolRejection(_message.Message):
    __slots__ = ("cluster", "node_pool", "reason", "detail")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODE_POOL_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    DETAIL_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    node_pool: str
    reason: str
    detail: str
    def __init__(self, cluster: _Optional[str] = ..., node_pool: _Optional[str] = ..., reason: _Optional[str] = ..., detail: _Optional[str] = ...) -> None: ...

class Conflict(_message.Message):
    __slots__ = ("namespace", "deployment", "members", "minimal")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    MEMBERS_FIELD_NUMBER: _ClassVar[int]
    MINIMAL_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    members: _containers.RepeatedCompositeFieldContainer[ConflictMember]
    minimal: bool
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., members: _Optional[_Iterable[_Union[ConflictMember, _Mapping]]] = ..., minimal: _Optional[bool] = ...) -> None: ...

class ConflictMember(_message.Message):
    __slots__ = ("reason", "subject", "sentence")
    REASON_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    reason: str
    subject: str
    sentence: str
    def __init__(self, reason: _Optional[str] = ..., subject: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...

class Fix(_message.Message):
    __slots__ = ("namespace", "deployment", "change", "subject", "sentence")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    CHANGE_FIELD_NUMBER: _ClassVar[int]
    SUBJECT_FIELD_NUMBER: _ClassVar[int]
    SENTENCE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    change: str
    subject: str
    sentence: str
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., change: _Optional[str] = ..., subject: _Optional[str] = ..., sentence: _Optional[str] = ...) -> None: ...
