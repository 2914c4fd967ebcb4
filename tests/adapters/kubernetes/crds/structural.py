"""What an API server does with an object under a structural schema: defaults, complaints, rules.

A stand-in for machines without one. It knows the keywords that our definitions use and no others; the
end-to-end tests put the same cases to a real server.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import celpy
from celpy.adapter import json_to_cel

from adapters.kubernetes.crds.definition import definition
from tests.scheduler.snapshot.manifests import Object

Schema = Mapping[str, Any]

_TYPES: Mapping[str, type | tuple[type, ...]] = {
    "object": dict,
    "array": list,
    "string": str,
    "integer": int,
    "boolean": bool,
}
_MEASURED = {"string": "Length", "array": "Items", "object": "Properties"}
# fmt: off
KNOWN_KEYWORDS = frozenset((
    "type", "properties", "required", "items", "additionalProperties", "enum", "default", "description",
    "format", "minimum", "maximum", "minLength", "maxLength", "pattern", "minItems", "maxItems",
    "minProperties", "maxProperties", "anyOf", "allOf", "x-kubernetes-int-or-string",
    "x-kubernetes-preserve-unknown-fields", "x-kubernetes-list-type", "x-kubernetes-list-map-keys",
    "x-kubernetes-validations",
))
# fmt: on


UNKNOWN = "unknown field"


@functools.cache
def schema_of(kind: str) -> Schema:
    found: Schema = definition(kind)["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
    return found


def complaints(found: Object) -> list[str]:
    """What an API server that takes no unknown fields would refuse *found* for: ``path: complaint``."""
    schema = schema_of(found["kind"])
    stored = _with_defaults(schema, found)
    broken = list(_broken(schema, stored, ""))
    # As in the server, rules are not looked at where the schema is broken already.
    if all(complaint.endswith(UNKNOWN) for complaint in broken):
        broken += _broken_rules(schema, stored, "")
    return broken


def _with_defaults(schema: Schema, value: Any) -> Any:
    if isinstance(value, dict) and "properties" in schema:
        properties = schema["properties"]
        filled = {name: inner for name, inner in value.items() if inner is not None}
        filled |= {
            name: inner["default"]
            for name, inner in properties.items()
            if "default" in inner and name not in filled
        }
        return {name: _with_defaults(properties.get(name, {}), inner) for name, inner in filled.items()}
    if isinstance(value, dict) and "additionalProperties" in schema:
        return {name: _with_defaults(schema["additionalProperties"], inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_with_defaults(schema.get("items", {}), inner) for inner in value]
    return value


def _broken(schema: Schema, value: Any, path: str) -> Iterator[str]:
    if schema.get("x-kubernetes-int-or-string"):
        if not isinstance(value, int | str) or isinstance(value, bool):
            yield f"{path}: neither an integer nor a string"
        return
    if not isinstance(value, _TYPES[schema["type"]]) or (
        isinstance(value, bool) and schema["type"] != "boolean"
    ):
        yield f"{path}: not of type {schema['type']}"
        return
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path}: not one of {schema['enum']}"
    yield from _beyond_limits(schema, value, path)
    match value:
        case dict() if path != ".metadata":
            yield from _broken_object(schema, value, path)
        case list():
            yield from _repeated_keys(schema, value, path)
            for position, item in enumerate(value):
                yield from _broken(schema["items"], item, f"{path}[{position}]")


def _beyond_limits(schema: Schema, value: Any, path: str) -> Iterator[str]:
    amount = value if isinstance(value, int) else len(value)
    noun = _MEASURED.get(schema["type"])
    least = schema.get(f"min{noun}" if noun else "minimum")
    most = schema.get(f"max{noun}" if noun else "maximum")
    if least is not None and amount < least:
        yield f"{path}: {amount} is under {least}"
    if most is not None and amount > most:
        yield f"{path}: {amount} is over {most}"
    if schema.get("format") == "int64" and not -(2**63) <= value < 2**63:
        yield f"{path}: not an int64"
    for each in (schema, *schema.get("allOf", ())):
        if "pattern" in each and not re.search(each["pattern"], value):
            yield f"{path}: does not match {each['pattern']}"


def _broken_object(schema: Schema, value: Mapping[str, Any], path: str) -> Iterator[str]:
    for name in schema.get("required", ()):
        if name not in value:
            yield f"{path}.{name}: required"
    for name, inner in value.items():
        known = schema.get("properties", {}).get(name, schema.get("additionalProperties"))
        if known is not None:
            yield from _broken(known, inner, f"{path}.{name}")
        elif not schema.get("x-kubernetes-preserve-unknown-fields"):
            yield f"{path}.{name}: {UNKNOWN}"


def _repeated_keys(schema: Schema, value: list[Any], path: str) -> Iterator[str]:
    names = schema.get("x-kubernetes-list-map-keys", ())
    keys = [
        tuple(str(item.get(name)) for name in names) for item in value if names and isinstance(item, dict)
    ]
    if len(set(keys)) < len(keys):
        yield f"{path}: a key of {', '.join(names)} twice"


def _broken_rules(schema: Schema, value: Any, path: str) -> Iterator[str]:
    for rule in schema.get("x-kubernetes-validations", ()):
        if not _program(rule["rule"]).evaluate({"self": json_to_cel(value)}):
            yield f"{path}: {rule['message']}"
    if isinstance(value, list):
        for position, item in enumerate(value):
            yield from _broken_rules(schema.get("items", {}), item, f"{path}[{position}]")
    elif isinstance(value, dict):
        for name, inner in value.items():
            known = schema.get("properties", {}).get(name, schema.get("additionalProperties", {}))
            yield from _broken_rules(known, inner, f"{path}.{name}")


@functools.cache
def _program(expression: str) -> celpy.Runner:
    environment = celpy.Environment()
    return environment.program(environment.compile(expression))
