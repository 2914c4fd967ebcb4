from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Change(_message.Message):
    __slots__ = ("lose_cluster", "drain_cluster", "lose_nodes", "drain_nodes", "add_nodes", "scale_deployment", "apply_deployment", "remove_deployment", "set_price", "set_quota", "set_priority")
    LOSE_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    DRAIN_CLUSTER_FIELD_NUMBER: _ClassVar[int]
    LOSE_NODES_FIELD_NUMBER: _ClassVar[int]
    DRAIN_NODES_FIELD_NUMBER: _ClassVar[int]
    ADD_NODES_FIELD_NUMBER: _ClassVar[int]
    SCALE_DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    APPLY_DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    REMOVE_DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    SET_PRICE_FIELD_NUMBER: _ClassVar[int]
    SET_QUOTA_FIELD_NUMBER: _ClassVar[int]
    SET_PRIORITY_FIELD_NUMBER: _ClassVar[int]
    lose_cluster: LoseCluster
    drain_cluster: DrainCluster
    lose_nodes: LoseNodes
    drain_nodes: DrainNodes
    add_nodes: AddNodes
    scale_deployment: ScaleDeployment
    apply_deployment: ApplyDeployment
    remove_deployment: RemoveDeployment
    set_price: SetPrice
    set_quota: SetQuota
    set_priority: SetPriority
    def __init__(self, lose_cluster: _Optional[_Union[LoseCluster, _Mapping]] = ..., drain_cluster: _Optional[_Union[DrainCluster, _Mapping]] = ..., lose_nodes: _Optional[_Union[LoseNodes, _Mapping]] = ..., drain_nodes: _Optional[_Union[DrainNodes, _Mapping]] = ..., add_nodes: _Optional[_Union[AddNodes, _Mapping]] = ..., scale_deployment: _Optional[_Union[ScaleDeployment, _Mapping]] = ..., apply_deployment: _Optional[_Union[ApplyDeployment, _Mapping]] = ..., remove_deployment: _Optional[_Union[RemoveDeployment, _Mapping]] = ..., set_price: _Optional[_Union[SetPrice, _Mapping]] = ..., set_quota: _Optional[_Union[SetQuota, _Mapping]] = ..., set_priority: _Optional[_Union[SetPriority, _Mapping]] = ...) -> None: ...

class LoseCluster(_message.Message):
    __slots__ = ("cluster",)
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    def __init__(self, cluster: _Optional[str] = ...) -> None: ...

class DrainCluster(_message.Message):
    __slots__ = ("cluster",)
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    def __init__(self, cluster: _Optional[str] = ...) -> None: ...

class LoseNodes(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeName]
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeName, _Mapping]]] = ...) -> None: ...

class DrainNodes(_message.Message):
    __slots__ = ("nodes",)
    NODES_FIELD_NUMBER: _ClassVar[int]
    nodes: _containers.RepeatedCompositeFieldContainer[NodeName]
    def __init__(self, nodes: _Optional[_Iterable[_Union[NodeName, _Mapping]]] = ...) -> None: ...

class AddNodes(_message.Message):
    __slots__ = ("cluster", "node_pool", "count")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODE_POOL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    node_pool: str
    count: int
    def __init__(self, cluster: _Optional[str] = ..., node_pool: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class ScaleDeployment(_message.Message):
    __slots__ = ("namespace", "deployment", "replicas")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    REPLICAS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    replicas: int
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., replicas: _Optional[int] = ...) -> None: ...

class ApplyDeployment(_message.Message):
    __slots__ = ("manifest",)
    MANIFEST_FIELD_NUMBER: _ClassVar[int]
    manifest: bytes
    def __init__(self, manifest: _Optional[bytes] = ...) -> None: ...

class RemoveDeployment(_message.Message):
    __slots__ = ("namespace", "deployment")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ...) -> None: ...

class SetPrice(_message.Message):
    __slots__ = ("cluster", "node_pool", "price_microdollars_per_hour")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODE_POOL_FIELD_NUMBER: _ClassVar[int]
    PRICE_MICRODOLLARS_PER_HOUR_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    node_pool: str
    price_microdollars_per_hour: int
    def __init__(self, cluster: _Optional[str] = ..., node_pool: _Optional[str] = ..., price_microdollars_per_hour: _Optional[int] = ...) -> None: ...

class SetQuota(_message.Message):
    __slots__ = ("namespace", "device_class", "devices")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEVICE_CLASS_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    device_class: str
    devices: int
    def __init__(self, namespace: _Optional[str] = ..., device_class: _Optional[str] = ..., devices: _Optional[int] = ...) -> None: ...

class SetPriority(_message.Message):
    __slots__ = ("namespace", "deployment", "priority")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    PRIORITY_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    priority: int
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., priority: _Optional[int] = ...) -> None: ...

class NodeName(_message.Message):
    __slots__ = ("cluster", "node")
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    cluster: str
    node: str
    def __init__(self, cluster: _Optional[str] = ..., node: _Optional[str] = ...) -> None: ...
