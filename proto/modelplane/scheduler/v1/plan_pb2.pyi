from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Keep(_message.Message):
    __slots__ = ("namespace", "deployment", "index", "cluster", "name", "slots", "flags")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    index: int
    cluster: str
    name: str
    slots: _containers.RepeatedCompositeFieldContainer[Slot]
    flags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., index: _Optional[int] = ..., cluster: _Optional[str] = ..., name: _Optional[str] = ..., slots: _Optional[_Iterable[_Union[Slot, _Mapping]]] = ..., flags: _Optional[_Iterable[str]] = ...) -> None: ...

class Create(_message.Message):
    __slots__ = ("namespace", "deployment", "index", "cluster", "slots")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    SLOTS_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    index: int
    cluster: str
    slots: _containers.RepeatedCompositeFieldContainer[Slot]
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., index: _Optional[int] = ..., cluster: _Optional[str] = ..., slots: _Optional[_Iterable[_Union[Slot, _Mapping]]] = ...) -> None: ...

class Evict(_message.Message):
    __slots__ = ("namespace", "deployment", "index", "cluster", "name", "reason", "because")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    REASON_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    index: int
    cluster: str
    name: str
    reason: str
    because: str
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., index: _Optional[int] = ..., cluster: _Optional[str] = ..., name: _Optional[str] = ..., reason: _Optional[str] = ..., because: _Optional[str] = ...) -> None: ...

class Repair(_message.Message):
    __slots__ = ("namespace", "deployment", "index", "cluster", "name", "slot", "from_node", "because")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    CLUSTER_FIELD_NUMBER: _ClassVar[int]
    NAME_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    FROM_NODE_FIELD_NUMBER: _ClassVar[int]
    BECAUSE_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    index: int
    cluster: str
    name: str
    slot: Slot
    from_node: str
    because: str
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., index: _Optional[int] = ..., cluster: _Optional[str] = ..., name: _Optional[str] = ..., slot: _Optional[_Union[Slot, _Mapping]] = ..., from_node: _Optional[str] = ..., because: _Optional[str] = ...) -> None: ...

class Shortfall(_message.Message):
    __slots__ = ("namespace", "deployment", "wanted", "missing")
    NAMESPACE_FIELD_NUMBER: _ClassVar[int]
    DEPLOYMENT_FIELD_NUMBER: _ClassVar[int]
    WANTED_FIELD_NUMBER: _ClassVar[int]
    MISSING_FIELD_NUMBER: _ClassVar[int]
    namespace: str
    deployment: str
    wanted: int
    missing: int
    def __init__(self, namespace: _Optional[str] = ..., deployment: _Optional[str] = ..., wanted: _Optional[int] = ..., missing: _Optional[int] = ...) -> None: ...

class Slot(_message.Message):
    __slots__ = ("engine", "copy", "role", "rank", "node_pool", "node", "expected", "order", "devices", "assumed", "release")
    ENGINE_FIELD_NUMBER: _ClassVar[int]
    COPY_FIELD_NUMBER: _ClassVar[int]
    ROLE_FIELD_NUMBER: _ClassVar[int]
    RANK_FIELD_NUMBER: _ClassVar[int]
    NODE_POOL_FIELD_NUMBER: _ClassVar[int]
    NODE_FIELD_NUMBER: _ClassVar[int]
    EXPECTED_FIELD_NUMBER: _ClassVar[int]
    ORDER_FIELD_NUMBER: _ClassVar[int]
    DEVICES_FIELD_NUMBER: _ClassVar[int]
    ASSUMED_FIELD_NUMBER: _ClassVar[int]
    RELEASE_FIELD_NUMBER: _ClassVar[int]
    engine: str
    copy: int
    role: str
    rank: int
    node_pool: str
    node: str
    expected: bool
    order: int
    devices: _containers.RepeatedCompositeFieldContainer[SlotDevices]
    assumed: bool
    release: str
    def __init__(self, engine: _Optional[str] = ..., copy: _Optional[int] = ..., role: _Optional[str] = ..., rank: _Optional[int] = ..., node_pool: _Optional[str] = ..., node: _Optional[str] = ..., expected: _Optional[bool] = ..., order: _Optional[int] = ..., devices: _Optional[_Iterable[_Union[SlotDevices, _Mapping]]] = ..., assumed: _Optional[bool] = ..., release: _Optional[str] = ...) -> None: ...

class SlotDevices(_message.Message):
    __slots__ = ("request", "driver", "device_class", "count", "signature", "admin_access", "consumed")
    class ConsumedEntry(_message.Message):
        __slots__ = ("key", "value")
        KEY_FIELD_NUMBER: _ClassVar[int]
        VALUE_FIELD_NUMBER: _ClassVar[int]
        key: str
        value: str
        def __init__(self, key: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...
    REQUEST_FIELD_NUMBER: _ClassVar[int]
    DRIVER_FIELD_NUMBER: _ClassVar[int]
    DEVICE_CLASS_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    SIGNATURE_FIELD_NUMBER: _ClassVar[int]
    ADMIN_ACCESS_FIELD_NUMBER: _ClassVar[int]
    CONSUMED_FIELD_NUMBER: _ClassVar[int]
    request: str
    driver: str
    device_class: str
    count: int
    signature: str
    admin_access: bool
    consumed: _containers.ScalarMap[str, str]
    def __init__(self, request: _Optional[str] = ..., driver: _Optional[str] = ..., device_class: _Optional[str] = ..., count: _Optional[int] = ..., signature: _Optional[str] = ..., admin_access: _Optional[bool] = ..., consumed: _Optional[_Mapping[str, str]] = ...) -> None: ...
