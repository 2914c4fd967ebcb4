"""The definitions keep the rules of ``apiextensions.k8s.io/v1``, and say what the models say."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

import celpy
import pytest
import yaml
from pydantic.fields import FieldInfo

from adapters.kubernetes.crds.definition import definition
from adapters.kubernetes.crds.facts import FACTS
from adapters.kubernetes.crds.files import crd_files, write
from adapters.kubernetes.crds.rules import RULES
from scheduler.api.base import ApiModel
from scheduler.api.device_query import AlternativeBase
from scheduler.api.engine import Selector
from scheduler.api.kinds import KINDS
from tests.adapters.kubernetes.crds.structural import KNOWN_KEYWORDS, Schema, schema_of

CHECKED_IN = Path(__file__).parents[4] / "deploy" / "crds"


def _levels(schema: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    yield path, schema
    for name, inner in schema.get("properties", {}).items():
        yield from _levels(inner, f"{path}.{name}")
    for word, mark in (("items", "[]"), ("additionalProperties", "{}")):
        if word in schema:
            yield from _levels(schema[word], f"{path}{mark}")


@pytest.mark.parametrize("kind", KINDS)
def test_every_level_is_typed_and_says_nothing_that_is_forbidden(kind: str) -> None:
    """An API server serves no schema that is not structural."""
    for path, schema in _levels(schema_of(kind)):
        assert schema.keys() <= KNOWN_KEYWORDS, path
        assert ("type" in schema) != ("x-kubernetes-int-or-string" in schema), path
        assert not ("properties" in schema and "additionalProperties" in schema), path
        assert ("items" in schema) == (schema.get("type") == "array"), path
        for inner in (*schema.get("allOf", ()),):
            assert {"pattern"} == inner.keys(), path


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_says_what_its_items_are_told_apart_by(kind: str) -> None:
    """A key that may be missing would make two items the same."""
    for path, schema in _levels(schema_of(kind)):
        if schema.get("type") != "array":
            continue
        keys = schema.get("x-kubernetes-list-map-keys", ())
        assert ("map" if keys else "atomic") == schema["x-kubernetes-list-type"], path
        for key in keys:
            item = schema["items"]
            assert key in item["required"] or "default" in item["properties"][key], path


def test_every_rule_is_cel() -> None:
    """The API server compiles them when the definition is applied, which is late."""
    environment = celpy.Environment()
    for rules in RULES.values():
        for rule in rules:
            assert environment.compile(rule.expression)
            assert "\n" not in rule.message


#: Said by the schema itself: a selector has a property, and an alternative has no field of requests only.
_WITHOUT_RULE = frozenset({Selector, AlternativeBase})


@pytest.mark.parametrize("kind", KINDS)
def test_what_spans_fields_in_a_model_is_a_rule_of_its_definition(kind: str) -> None:
    """Whoever adds a validator to a model is told here that the API server does not know it."""
    silent = {base for model in _all_models(KINDS[kind]) for base in _checked_in(model)} - RULES.keys()

    assert silent <= _WITHOUT_RULE


def _all_models(model: type[ApiModel]) -> set[type[ApiModel]]:
    inner = {found for field in model.model_fields.values() if (found := _model_in(field.annotation))}
    return {model, *inner}.union(*map(_all_models, inner))


def _checked_in(model: type[ApiModel]) -> Iterator[type]:
    """The bases of *model* that check it once its fields are read."""
    for name, validator in model.__pydantic_decorators__.model_validators.items():
        if validator.info.mode == "after":
            yield next(base for base in model.__mro__ if name in vars(base))


def _models_below(
    model: type[ApiModel], schema: Schema, path: str
) -> Iterator[tuple[str, FieldInfo, Schema]]:
    fields = {field.alias or name: field for name, field in model.model_fields.items()}
    properties = schema["properties"]
    assert fields.keys() == properties.keys() - {"crossplane"}, path
    assert {name for name, field in fields.items() if field.is_required()} == set(
        schema.get("required", ())
    ), path
    for name, field in fields.items():
        yield f"{path}.{name}", field, properties[name]
        inner = _model_in(field.annotation)
        if inner is not None:
            yield from _models_below(inner, _without_wrapping(properties[name]), f"{path}.{name}")


def _model_in(annotation: object) -> type[ApiModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _without_wrapping(schema: Schema) -> Schema:
    while "properties" not in schema:
        schema = schema["items"] if "items" in schema else schema["additionalProperties"]
    return schema


def _parts(kind: str) -> Iterator[tuple[str, FieldInfo, Schema]]:
    for part in ("spec", "status"):
        model = (
            _model_in(KINDS[kind].model_fields[part].annotation) if part in KINDS[kind].model_fields else None
        )
        assert (model is not None) == (part in schema_of(kind)["properties"])
        if model is not None:
            yield from _models_below(model, schema_of(kind)["properties"][part], part)


@pytest.mark.parametrize("kind", KINDS)
def test_the_schema_has_the_fields_of_the_model_and_no_others(kind: str) -> None:
    """A field that is not in the schema is lost when an object is stored."""
    assert [path for path, _, _ in _parts(kind)]


@pytest.mark.parametrize("kind", KINDS)
def test_the_defaults_are_those_of_the_model(kind: str) -> None:
    """A stored default means what an absent field means; where it is the empty value it is not stored."""
    for path, field, schema in _parts(kind):
        default = None if field.is_required() else field.get_default(call_default_factory=True)
        assert (default or None) == schema.get("default"), path


def test_no_kind_is_without_facts() -> None:
    assert KINDS.keys() == FACTS.keys()


def test_the_checked_in_files_are_what_the_models_make() -> None:
    """``make check-generated`` says so too; this says it where nobody runs make."""
    assert dict(crd_files()) == {path.name: path.read_text() for path in sorted(CHECKED_IN.glob("*.yaml"))}


def test_files_are_the_same_bytes_each_time_and_stale_ones_go(tmp_path: Path) -> None:
    (tmp_path / "gone.yaml").write_text("kind: Gone")
    write(tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write(tmp_path)

    assert first == {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert sorted(f"{facts.plural}.yaml" for facts in FACTS.values()) == sorted(first)
    for text in first.values():
        assert isinstance(yaml.safe_load(text), dict)


#: Kind, scope, short name, columns, subresources: what scripts rely on.
PUBLISHED: list[tuple[str, str, str, str, set[str]]] = [
    ("InferenceClass", "Cluster", "icl", "", {"status"}),
    ("InferenceCluster", "Cluster", "ic", "SOURCE GATEWAY", {"status"}),
    ("InferenceGateway", "Cluster", "ig", "GATEWAY ADDRESS", {"status"}),
    ("ModelCache", "Namespaced", "mc", "SOURCE READY", {"status"}),
    ("ModelDeployment", "Namespaced", "md", "REPLICAS", {"status", "scale"}),
    ("ModelEndpoint", "Namespaced", "me", "URL", {"status"}),
    ("ModelReplica", "Namespaced", "mr", "CLUSTER", {"status"}),
    ("ModelService", "Namespaced", "ms", "ADDRESS", {"status"}),
]


@pytest.mark.parametrize(("kind", "scope", "short", "columns", "subresources"), PUBLISHED)
def test_names_columns_and_subresources_are_the_published_ones(
    kind: str, scope: str, short: str, columns: str, subresources: set[str]
) -> None:
    """``kubectl get md``, ``kubectl get crossplane`` and ``kubectl scale`` go on working."""
    spec = definition(kind)["spec"]
    version = spec["versions"][0]

    assert scope == spec["scope"]
    assert ([short], ["crossplane", "modelplane"]) == (
        spec["names"]["shortNames"],
        spec["names"]["categories"],
    )
    shown = [column["name"] for column in version["additionalPrinterColumns"]]
    assert [*columns.split(), "SYNCED", "READY", "COMPOSITION", "AGE"] == shown
    assert subresources == version["subresources"].keys()


def test_columns_and_scale_point_at_fields_of_the_schema() -> None:
    """A column of a path that no object has is always empty."""
    for kind, facts in FACTS.items():
        schema = schema_of(kind)
        scale = [facts.scale.wanted, facts.scale.observed, facts.scale.selector] if facts.scale else []
        for path in (*(column.path for column in facts.columns), *scale):
            found: Mapping[str, Any] = schema
            for name in path.split(".")[1:]:
                found = found["properties"][name]
