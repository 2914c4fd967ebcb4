"""What all kinds share: how fields are read, metadata, conditions, and how a broken rule is raised."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StrictInt,
    StrictStr,
    WithJsonSchema,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

MODELPLANE_GROUP = "modelplane.ai"
MODELPLANE_API_VERSION = "modelplane.ai/v1alpha1"

RULE_BROKEN = "modelplane_rule"
"""Error type of a rule that spans fields; its context has ``at``, ``found`` and ``expected``."""

Int32 = Annotated[StrictInt, Field(ge=-(2**31), le=2**31 - 1)]
Int64 = Annotated[StrictInt, Field(ge=-(2**63), le=2**63 - 1)]
NotEmpty = Annotated[StrictStr, Field(min_length=1)]
Name63 = Annotated[StrictStr, Field(min_length=1, max_length=63)]
Name253 = Annotated[StrictStr, Field(min_length=1, max_length=253)]
Labels = Mapping[StrictStr, StrictStr]
Amount = Annotated[object, WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}]})]
"""A quantity as it is written; whether it is one is found out when it is used."""


class ApiModel(BaseModel):
    """Fields in camel case; unknown fields are kept, as later versions may define them."""

    model_config = ConfigDict(
        alias_generator=to_camel,
        extra="allow",
        frozen=True,
        hide_input_in_errors=True,
        protected_namespaces=(),
    )

    @model_validator(mode="before")
    @classmethod
    def _without_nulls(cls, value: object) -> object:
        # The API server prunes a null where the field cannot be null, before it applies defaults.
        if isinstance(value, dict) and None in value.values():
            return {name: inner for name, inner in value.items() if inner is not None}
        return value


class Condition(ApiModel):
    """One condition of a status."""

    type: StrictStr
    status: StrictStr
    reason: StrictStr = ""
    message: StrictStr = ""
    last_transition_time: StrictStr | None = None
    observed_generation: StrictInt | None = None


class Metadata(ApiModel):
    """The part of Kubernetes object metadata that a plan reads."""

    name: Name253
    namespace: Annotated[StrictStr, AfterValidator(lambda text: text or "default")] = "default"
    labels: Labels = {}
    annotations: Labels = {}
    uid: StrictStr = ""
    #: Known, so that it is not taken for a misspelt deletionTimestamp.
    creation_timestamp: StrictStr | None = None
    deletion_timestamp: StrictStr | None = None


class MatchLabels(ApiModel):
    """Equality on labels; nothing listed matches everything."""

    match_labels: Labels = {}


class NameReference(ApiModel):
    """The name of an object in the same namespace."""

    name: NotEmpty


class Resource(ApiModel):
    """An object with metadata."""

    api_version: StrictStr = MODELPLANE_API_VERSION
    kind: StrictStr = ""
    metadata: Metadata


def rule_broken(*, at: str = "", found: str, expected: str) -> PydanticCustomError:
    """The error to raise in a validator for a rule; *at* is the path below the validated value."""
    context: dict[str, object] = {"at": at, "found": found, "expected": expected}
    return PydanticCustomError(RULE_BROKEN, "found {found}, expected {expected}", context)


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class ItemKeys:
    """A validator of a list whose items are told apart by *fields*, as in a Kubernetes list of type map."""

    fields: tuple[str, ...]

    def __call__(self, items: tuple[T, ...]) -> tuple[T, ...]:
        """The *items*, whose keys are all different."""
        seen = set()
        for position, item in enumerate(items):
            key = tuple(getattr(item, field) for field in self.fields)
            if key in seen:
                raise rule_broken(
                    at=f"[{position}].{to_camel(self.fields[0])}",
                    found=f"{':'.join(map(str, key))!r} a second time",
                    expected=f"each {' and '.join(map(to_camel, self.fields))} once",
                )
            seen.add(key)
        return items


def unique_by(*fields: str) -> AfterValidator:
    """What to annotate a list with whose items are told apart by *fields*."""
    return AfterValidator(ItemKeys(fields))


def block_for(owner: BaseModel, *, choice: str, value: str, block: str) -> None:
    """Require the *block* that *choice* = *value* calls for.

    Raises:
        PydanticCustomError: the block is not there.
    """
    if getattr(owner, block) is None:
        raise rule_broken(
            at=f".{to_camel(block)}", found="nothing", expected=f"this block when {choice} is {value}"
        )


UniqueByName = unique_by("name")


class HasConditions(ApiModel):
    """A status with conditions."""

    conditions: Annotated[tuple[Condition, ...], unique_by("type")] = ()

    def condition(self, kind: str) -> Condition | None:
        """The condition of type *kind*, None if it is not there."""
        return next((condition for condition in self.conditions if condition.type == kind), None)
