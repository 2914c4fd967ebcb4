"""Engines and their members as ModelDeployment and ModelReplica share them, with the rules on their shape."""

from collections.abc import Sequence
from typing import Annotated, Literal, Protocol, Self

from pydantic import ConfigDict, Field, StrictInt, StrictStr, model_validator

from scheduler.api.base import ApiModel, Name63, rule_broken
from scheduler.api.pod_template import PodTemplate

Role = Literal["Standalone", "Leader", "Worker"]
Phase = Literal["Prefill", "Decode"]
Mode = Literal["Unified", "PrefillDecode"]
PHASES: tuple[Phase, ...] = ("Prefill", "Decode")
_PREFILL_DECODE_ENGINES = 2

Count = Annotated[StrictInt, Field(ge=1, le=64)]
SelectorText = Annotated[StrictStr, Field(min_length=1, max_length=10240)]


class Selector(ApiModel):
    """A CEL expression over one device."""

    model_config = ConfigDict(json_schema_extra={"minProperties": 1})

    cel: SelectorText | None = None

    @model_validator(mode="after")
    def _has_a_property(self) -> Self:
        if self.cel is None and not self.model_extra:
            raise rule_broken(found="nothing", expected="cel, an expression over the device")
        return self


class WorkerShape(ApiModel):
    """How many worker pods each copy of the engine has."""

    nodes: Annotated[StrictInt, Field(ge=1, le=63)]


class Serving(ApiModel):
    """How the engines of a replica work together."""

    mode: Mode = "Unified"


class MemberBase(ApiModel):
    """Pods of one role in each copy of an engine."""

    role: Role = "Standalone"
    worker: WorkerShape | None = None
    template: PodTemplate

    @model_validator(mode="after")
    def _worker_only_on_workers(self) -> Self:
        if self.worker is not None and self.role != "Worker":
            raise rule_broken(
                at=".worker", found=f"the block on role {self.role}", expected="it on role Worker only"
            )
        return self

    @property
    def pods_per_copy(self) -> int:
        """Pods of this member in each copy of its engine."""
        return self.worker.nodes if self.worker is not None else 1


class EngineBase(ApiModel):
    """An engine, without its members."""

    name: Name63
    copies: Count = 1
    phase: Phase | None = None


class _Phased(Protocol):
    @property
    def phase(self) -> Phase | None: ...


def check_roles(members: Sequence[MemberBase]) -> None:
    """Require one lone Standalone, or exactly one Leader with Workers.

    Raises:
        PydanticCustomError: the roles are others; located at the engine.
    """
    roles = [member.role for member in members]
    is_lone = roles == ["Standalone"]
    is_gang = roles.count("Leader") == 1 and "Worker" in roles and "Standalone" not in roles
    if not (is_lone or is_gang):
        raise rule_broken(
            at=".members",
            found=f"the roles {', '.join(roles)}",
            expected="one Standalone alone, or one Leader with at least one Worker",
        )


def check_phases(serving: Serving | None, engines: Sequence[_Phased]) -> None:
    """Require the two phases of PrefillDecode, and no phase without it.

    Raises:
        PydanticCustomError: the phases are others; located at the object that has the engines.
    """
    mode = serving.mode if serving is not None else "Unified"
    if mode == "Unified":
        for position, engine in enumerate(engines):
            if engine.phase is not None:
                raise rule_broken(
                    at=f".engines[{position}].phase",
                    found=f"{engine.phase} with serving mode Unified",
                    expected="a phase only with serving mode PrefillDecode",
                )
        return
    if len(engines) != _PREFILL_DECODE_ENGINES:
        raise rule_broken(
            at=".engines",
            found=_counted(len(engines), "engine"),
            expected="exactly 2 with serving mode PrefillDecode",
        )
    for phase in PHASES:
        having = sum(engine.phase == phase for engine in engines)
        if having != 1:
            raise rule_broken(
                at=".engines",
                found=f"{_counted(having, 'engine')} with phase {phase}",
                expected="exactly 1 with serving mode PrefillDecode",
            )


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
