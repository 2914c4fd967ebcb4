"""ModelCache: weights staged on clusters."""

from typing import Annotated, Literal, Self

from pydantic import Field, StrictInt, StrictStr, model_validator

from scheduler.api.base import (
    ApiModel,
    HasConditions,
    MatchLabels,
    NotEmpty,
    Resource,
    UniqueByName,
    block_for,
)


class AuthSecret(ApiModel):
    """The Secret with the token of the source."""

    name: StrictStr
    key: StrictStr = "HF_TOKEN"


class HuggingFace(ApiModel):
    """A repository of the Hugging Face hub."""

    repo: NotEmpty
    revision: StrictStr | None = None
    auth_secret: AuthSecret | None = None
    size_gi_b: Annotated[StrictInt, Field(ge=1, le=100_000, alias="sizeGiB")]


class CacheSpec(ApiModel):
    """What is staged, and on which clusters."""

    source: Literal["HuggingFace"]
    hugging_face: HuggingFace | None = None
    cluster_selector: MatchLabels | None = None

    @model_validator(mode="after")
    def _source_block(self) -> Self:
        block_for(self, choice="source", value=self.source, block="hugging_face")
        return self


class CachedCluster(ApiModel):
    """How far the cache is on one cluster."""

    name: StrictStr
    phase: Literal["Pending", "Hydrating", "Ready", "Failed"] | None = None
    message: StrictStr = ""


class CacheSummary(ApiModel):
    """Clusters that are ready, of those that were matched: ``1/2``."""

    ready: StrictStr = ""


class CacheStatus(HasConditions):
    """How far the cache is."""

    summary: CacheSummary | None = None
    clusters: Annotated[tuple[CachedCluster, ...], UniqueByName] = ()


class ModelCache(Resource):
    """Weights to be staged on every cluster that its selector matches."""

    spec: CacheSpec
    status: CacheStatus | None = None
