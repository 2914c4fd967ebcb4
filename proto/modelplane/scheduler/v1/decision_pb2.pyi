from modelplane.scheduler.v1 import explanation_pb2 as _explanation_pb2
from modelplane.scheduler.v1 import plan_pb2 as _plan_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Decision(_message.Message):
    __slots__ = ("keeps", "creates", "evicts", "repairs", "shortfalls", "rejections", "conflicts", "fixes", "tiers", "path", "notes", "record")
    KEEPS_FIELD_NUMBER: _ClassVar[int]
    CREATES_FIELD_NUMBER: _ClassVar[int]
    EVICTS_FIELD_NUMBER: _ClassVar[int]
    REPAIRS_FIELD_NUMBER: _ClassVar[int]
    SHORTFALLS_FIELD_NUMBER: _ClassVar[int]
    REJECTIONS_FIELD_NUMBER: _ClassVar[int]
    CONFLICTS_FIELD_NUMBER: _ClassVar[int]
    FIXES_FIELD_NUMBER: _ClassVar[int]
    TIERS_FIELD_NUMBER: _ClassVar[int]
    PATH_FIELD_NUMBER: _ClassVar[int]
    NOTES_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    keeps: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Keep]
    creates: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Create]
    evicts: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Evict]
    repairs: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Repair]
    shortfalls: _containers.RepeatedCompositeFieldContainer[_plan_pb2.Shortfall]
    rejections: _containers.RepeatedCompositeFieldContainer[_explanation_pb2.Rejection]
    conflicts: _containers.RepeatedCompositeFieldContainer[_explanation_pb2.Conflict]
    fixes: _containers.RepeatedCompositeFieldContainer[_explanation_pb2.Fix]
    tiers: _containers.RepeatedCompositeFieldContainer[Tier]
    path: str
    notes: _containers.RepeatedScalarFieldContainer[str]
    record: SolveRecord
    def __init__(self, keeps: _Optional[_Iterable[_Union[_plan_pb2.Keep, _Mapping]]] = ..., creates: _Optional[_Iterable[_Union[_plan_pb2.Create, _Mapping]]] = ..., evicts: _Optional[_Iterable[_Union[_plan_pb2.Evict, _Mapping]]] = ..., repairs: _Optional[_Iterable[_Union[_plan_pb2.Repair, _Mapping]]] = ..., shortfalls: _Optional[_Iterable[_Union[_plan_pb2.Shortfall, _Mapping]]] = ..., rejections: _Optional[_Iterable[_Union[_explanation_pb2.Rejection, _Mapping]]] = ..., conflicts: _Optional[_Iterable[_Union[_explanation_pb2.Conflict, _Mapping]]] = ..., fixes: _Optional[_Iterable[_Union[_explanation_pb2.Fix, _Mapping]]] = ..., tiers: _Optional[_Iterable[_Union[Tier, _Mapping]]] = ..., path: _Optional[str] = ..., notes: _Optional[_Iterable[str]] = ..., record: _Optional[_Union[SolveRecord, _Mapping]] = ...) -> None: ...

class Tier(_message.Message):
    __slots__ = ("name", "value", "bound", "unit", "closed")
    NAME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    BOUND_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_FIELD_NUMBER: _ClassVar[int]
    name: str
    value: int
    bound: int
    unit: str
    closed: bool
    def __init__(self, name: _Optional[str] = ..., value: _Optional[int] = ..., bound: _Optional[int] = ..., unit: _Optional[str] = ..., closed: _Optional[bool] = ...) -> None: ...

class SolveRecord(_message.Message):
    __slots__ = ("solver", "deterministic_time", "solves", "interrupted", "violations")
    SOLVER_FIELD_NUMBER: _ClassVar[int]
    DETERMINISTIC_TIME_FIELD_NUMBER: _ClassVar[int]
    SOLVES_FIELD_NUMBER: _ClassVar[int]
    INTERRUPTED_FIELD_NUMBER: _ClassVar[int]
    VIOLATIONS_FIELD_NUMBER: _ClassVar[int]
    solver: str
    deterministic_time: float
    solves: int
    interrupted: bool
    violations: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, solver: _Optional[str] = ..., deterministic_time: _Optional[float] = ..., solves: _Optional[int] = ..., interrupted: _Optional[bool] = ..., violations: _Optional[_Iterable[str]] = ...) -> None: ...
