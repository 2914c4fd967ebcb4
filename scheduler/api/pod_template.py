"""The pod template of an engine member: one container named ``engine``, and little else."""

from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, Field, StrictBool, StrictStr

from scheduler.api.base import Amount, ApiModel, NotEmpty, rule_broken
from scheduler.api.labels import TemplateAnnotations, TemplateLabels

ENGINE_CONTAINER = "engine"


class KeySelector(ApiModel):
    """A key of a Secret or a ConfigMap."""

    name: StrictStr = ""
    key: StrictStr
    optional: StrictBool = False


class FieldReference(ApiModel):
    """A field of the pod itself."""

    field_path: StrictStr
    api_version: StrictStr | None = None


class EnvironmentSource(ApiModel):
    """Where the value of a variable comes from."""

    secret_key_ref: KeySelector | None = None
    config_map_key_ref: KeySelector | None = None
    field_ref: FieldReference | None = None


class EnvironmentVariable(ApiModel):
    """A variable of the engine's environment."""

    name: StrictStr
    value: StrictStr | None = None
    value_from: EnvironmentSource | None = None


class ResourceAmounts(ApiModel):
    """What the container requests of its node besides devices (quantities, read by the snapshot)."""

    requests: Mapping[StrictStr, Amount] = {}


class Container(ApiModel):
    """The engine container."""

    name: NotEmpty
    image: NotEmpty
    command: tuple[StrictStr, ...] = ()
    args: tuple[StrictStr, ...] = ()
    env: tuple[EnvironmentVariable, ...] = ()
    resources: ResourceAmounts | None = None


class ImagePullSecret(ApiModel):
    """The name of a Secret in the workload's namespace."""

    name: StrictStr


def check_engine_name(containers: tuple[Container, ...]) -> tuple[Container, ...]:
    """The *containers*, each called ``engine``."""
    for position, container in enumerate(containers):
        if container.name != ENGINE_CONTAINER:
            raise rule_broken(
                at=f"[{position}].name", found=repr(container.name), expected=repr(ENGINE_CONTAINER)
            )
    return containers


class PodSpec(ApiModel):
    """Exactly one container, named ``engine``."""

    containers: Annotated[
        tuple[Container, ...], Field(min_length=1, max_length=1), AfterValidator(check_engine_name)
    ]
    image_pull_secrets: tuple[ImagePullSecret, ...] = ()


class PodMetadata(ApiModel):
    """Labels and annotations that the pods get."""

    labels: TemplateLabels = Field(default_factory=dict)
    annotations: TemplateAnnotations = Field(default_factory=dict)


class PodTemplate(ApiModel):
    """The pod of one member of an engine."""

    metadata: PodMetadata | None = None
    spec: PodSpec
