"""What is wrong with an object, as one sentence for each field, with the path as Kubernetes writes it."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from scheduler.api.base import RULE_BROKEN, ApiModel
from scheduler.api.nearest import nearest, nearest_hint

_FIELD_LIKENESS = 0.7
_LONGEST_SHOWN = 80
_LENGTHS = frozenset({"string_too_short", "string_too_long", "too_short", "too_long"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A field that breaks the schema: ``spec.replicas`` and ``found 'two', expected an integer``."""

    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NearMiss:
    """An unknown field that looks like a known one that is missing."""

    path: str
    unknown: str
    known: str


def faults(error: ValidationError, near: Sequence[NearMiss] = ()) -> tuple[Fault, ...]:
    """Every broken field of *error*, in field order; a missing field names what was probably meant."""
    meant = {_joined(miss.path, miss.known): miss.unknown for miss in near}
    found = []
    for details in error.errors(include_url=False):
        path = field_path(details["loc"])
        context = details.get("ctx", {})
        if details["type"] == RULE_BROKEN:
            path += context["at"] if path or not context["at"].startswith(".") else context["at"][1:]
            seen = f"the unknown field {meant[path]}" if path in meant else context["found"]
            found.append(Fault(path=path, message=f"found {seen}, expected {context['expected']}"))
        elif details["type"] == "missing":
            seen = f"the unknown field {meant[path]}" if path in meant else "nothing"
            found.append(Fault(path=path, message=f"found {seen}, expected this required field"))
        elif details["type"] in _LENGTHS:
            if (length_fault := _length_fault(details)) is not None:
                found.append(Fault(path=path, message=length_fault))
        else:
            message = f"found {shown(details['input'])}, expected {_expected(details)}"
            found.append(Fault(path=path, message=message))
    return tuple(found)


def near_misses(model: type[ApiModel], raw: Mapping[str, object], path: str = "") -> Iterator[NearMiss]:
    """The unknown fields of *raw* that are probably misspelt; all others are kept in silence."""
    known = {field.alias or name: field.annotation for name, field in model.model_fields.items()}
    missing = [name for name in known if name not in raw]
    for name in raw:
        if name in known or not isinstance(name, str):
            continue
        match = nearest(name, missing, likeness=_FIELD_LIKENESS)
        if match is not None:
            yield NearMiss(path=path, unknown=name, known=match)
    for name, annotation in known.items():
        inner = _model_in(annotation)
        if inner is not None and name in raw:
            yield from _near_misses_below(inner, raw[name], _joined(path, name))


def field_path(location: Sequence[str | int]) -> str:
    """*location* as Kubernetes writes it: ``spec.engines[0].name``; odd keys stand in brackets."""
    path = ""
    for part in location:
        if isinstance(part, int):
            path += f"[{part}]"
        elif part == "[key]":
            continue
        elif "." in part or "/" in part:
            path += f"[{part}]"
        else:
            path = _joined(path, part)
    return path


def shown(value: object) -> str:
    """*value* as a message shows it: short, and an object or a list only by that word."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
        case str():
            text = value if len(value) <= _LONGEST_SHOWN else f"{value[:_LONGEST_SHOWN]}..."
            return repr(text)
        case int() | float():
            return str(value)
        case Mapping():
            return "an object"
        case _:
            return "a list" if isinstance(value, Sequence) else repr(value)


def _joined(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def _near_misses_below(model: type[ApiModel], value: object, path: str) -> Iterator[NearMiss]:
    if isinstance(value, list):
        for position, item in enumerate(value):
            if isinstance(item, dict):
                yield from near_misses(model, item, f"{path}[{position}]")
    elif isinstance(value, dict):
        yield from near_misses(model, value, path)


def _model_in(annotation: object) -> type[ApiModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, ApiModel):
        return annotation
    # Maps have free keys: what stands in one is never a misspelt field.
    if getattr(annotation, "__origin__", None) is Mapping:
        return None
    return next((model for part in get_args(annotation) if (model := _model_in(part))), None)


def _expected(details: ErrorDetails) -> str:
    say = _EXPECTATIONS.get(details["type"])
    return say(details) if say is not None else details["msg"]


def _literal(details: ErrorDetails) -> str:
    text = str(details["ctx"]["expected"]).replace("'", "")
    value = details["input"]
    hint = nearest_hint(value, text.replace(" or ", ", ").split(", ")) if isinstance(value, str) else ""
    return text + hint


def _length_fault(details: ErrorDetails) -> str | None:
    """None where a list only counts as too short because its items are broken, which is said already."""
    context, value = details["ctx"], details["input"]
    length = len(value) if isinstance(value, Sequence | Mapping) else 0
    least, most = context.get("min_length"), context.get("max_length")
    unit = "character" if isinstance(value, str) else "item"
    if least is not None and length < least:
        return f"found {_counted(length, unit)}, expected at least {least}"
    if most is not None and length > most:
        return f"found {_counted(length, unit)}, expected at most {most}"
    return None


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _constant(text: str) -> Callable[[ErrorDetails], str]:
    return lambda _: text


_EXPECTATIONS: Mapping[str, Callable[[ErrorDetails], str]] = {
    "literal_error": _literal,
    "greater_than_equal": lambda details: f"at least {details['ctx']['ge']}",
    "less_than_equal": lambda details: f"at most {details['ctx']['le']}",
    "string_pattern_mismatch": lambda details: f"text that matches {details['ctx']['pattern']}",
    "string_type": _constant("text"),
    "int_type": _constant("an integer"),
    "bool_type": _constant("true or false"),
    "tuple_type": _constant("a list"),
    "mapping_type": _constant("an object"),
    "dict_type": _constant("an object"),
    "model_type": _constant("an object"),
    "model_attributes_type": _constant("an object"),
}
