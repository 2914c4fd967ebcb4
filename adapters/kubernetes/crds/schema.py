"""The structural schema of a model, as ``apiextensions.k8s.io/v1`` takes it.

Structural means that every level has a type, nothing refers to elsewhere, and what Kubernetes keeps
for itself (unknown fields, list keys, rules) stands in its own ``x-kubernetes`` extensions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.alias_generators import to_camel
from pydantic.json_schema import GenerateJsonSchema
from pydantic_core import core_schema

from adapters.kubernetes.crds.rules import RULES, Rule
from scheduler.api.base import ApiModel, ItemKeys

Schema = dict[str, Any]

_EXACT_IN_JSON = 2**53


def structural_schema(model: type[ApiModel]) -> Schema:
    """The schema of *model*, its keys in alphabetical order, with rules, list keys and stored defaults."""
    schema = model.model_json_schema(schema_generator=_StructuralSchema)
    return _inlined(schema, schema.pop("$defs", {}))


class _StructuralSchema(GenerateJsonSchema):
    """What pydantic makes of a model, bent to what a CustomResourceDefinition may say."""

    def model_schema(self, schema: core_schema.ModelSchema) -> Schema:
        found = super().model_schema(schema)
        # Unknown fields are allowed in files, and pruned by an API server.
        found.pop("additionalProperties", None)
        rules = [rule for base in schema["cls"].__mro__ for rule in _rules_of(base)]
        return found | _validations(rules)

    def function_after_schema(self, schema: core_schema.AfterValidatorFunctionSchema) -> Schema:
        found = super().function_after_schema(schema)
        function = schema["function"]["function"]
        if isinstance(function, ItemKeys):
            keys = [to_camel(field) for field in function.fields]
            return found | {"x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": keys}
        return found | _validations(_rules_of(function))

    def tuple_schema(self, schema: core_schema.TupleSchema) -> Schema:
        return super().tuple_schema(schema) | {"x-kubernetes-list-type": "atomic"}

    def nullable_schema(self, schema: core_schema.NullableSchema) -> Schema:
        # A null is pruned where the field cannot be null, which is what the models do with it too.
        return self.generate_inner(schema["schema"])

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> Schema:
        found = super().default_schema(schema)
        # An absent field already means the empty value: storing it would only lengthen every object.
        return found if found.get("default") else {key: found[key] for key in found if key != "default"}

    def literal_schema(self, schema: core_schema.LiteralSchema) -> Schema:
        return {"type": "string", "enum": list(schema["expected"])}

    def int_schema(self, schema: core_schema.IntSchema) -> Schema:
        found = super().int_schema(schema)
        if max(map(abs, (found.get("minimum", 0), found.get("maximum", 0)))) < _EXACT_IN_JSON:
            return found
        # The API server keeps limits as floats, which these would overflow; the format says the same.
        return {key: found[key] for key in found if key not in ("minimum", "maximum")} | {"format": "int64"}


def _rules_of(said_in: object) -> tuple[Rule, ...]:
    return RULES.get(said_in, ())


def _validations(rules: Sequence[Rule]) -> Schema:
    if not rules:
        return {}
    return {
        "x-kubernetes-validations": [{"rule": rule.expression, "message": rule.message} for rule in rules]
    }


def _inlined(schema: Schema, definitions: Mapping[str, Schema]) -> Schema:
    """*schema* with what it refers to in place, without titles and what only JSON Schema knows."""
    if "$ref" in schema:
        # What stands beside a reference is said of this use of it, and wins.
        definition = definitions[schema["$ref"].rpartition("/")[2]]
        return _inlined(definition | {key: schema[key] for key in schema if key != "$ref"}, definitions)
    found: Schema = {}
    for key in sorted(schema.keys() - {"title"}):
        match key:
            case "properties":
                found[key] = {
                    name: _inlined(inner, definitions) for name, inner in sorted(schema[key].items())
                }
            case "items" | "additionalProperties":
                found[key] = _inlined(schema[key], definitions)
            case "anyOf":  # there is one union, of what quantities are written as
                found |= {"anyOf": schema[key], "x-kubernetes-int-or-string": True}
            case "description":
                found[key] = " ".join(schema[key].replace("``", "").split())
            case _:
                found[key] = schema[key]
    return found
