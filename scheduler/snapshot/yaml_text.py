"""YAML as Kubernetes means it: the core schema of YAML 1.2, without dates, octal or sexagesimal surprises.

Only ``true`` and ``false`` are booleans; ``yes``, ``on`` and the like are text, as are dates and ``1_000``.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from scheduler.snapshot.yaml_depth import DEEPEST, is_too_deep

_FLOAT = r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.(?:inf|Inf|INF))|\.(?:nan|NaN|NAN)"
_RESOLVERS: tuple[tuple[str, str, str], ...] = (
    ("bool", r"true|True|TRUE|false|False|FALSE", "tTfF"),
    ("int", r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+", "-+0123456789"),
    ("float", _FLOAT, "-+0123456789."),
    ("null", r"~|null|Null|NULL|", "~nN\0"),
    ("merge", r"<<", "<"),
)


class KubernetesLoader(yaml.CSafeLoader):
    """libyaml's parser with the scalars of the core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML's contract)


_MERGE = "tag:yaml.org,2002:merge"
_TEXT = "tag:yaml.org,2002:str"


def _whole_number(loader: KubernetesLoader, node: ScalarNode) -> int:
    text = str(loader.construct_scalar(node))
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    return int(text[2:] if base != 10 else text, base)  # noqa: PLR2004


for _tag, _pattern, _first in _RESOLVERS:
    KubernetesLoader.add_implicit_resolver(
        f"tag:yaml.org,2002:{_tag}",
        re.compile(f"^(?:{_pattern})$"),
        ["" if letter == "\0" else letter for letter in _first],
    )
KubernetesLoader.add_constructor("tag:yaml.org,2002:int", _whole_number)


@dataclass(frozen=True, slots=True, kw_only=True)
class YamlDocument:
    """One document, or the sentence that says what is wrong with it."""

    number: int
    value: object = None
    complaint: str | None = None


def yaml_documents(data: bytes) -> Iterator[YamlDocument]:
    """The documents of *data*, up to the first place where it is not YAML any more."""
    number = 1
    if is_too_deep(data):
        yield YamlDocument(number=number, complaint=f"found too many levels, expected at most {DEEPEST}")
        return
    try:
        loader = KubernetesLoader(data)
    except yaml.YAMLError as error:
        yield YamlDocument(number=number, complaint=_complaint(error))
        return
    try:
        while loader.check_node():
            yield _document(loader, number)
            number += 1
    except yaml.YAMLError as error:
        yield YamlDocument(number=number, complaint=_complaint(error))
    finally:
        loader.dispose()


def _document(loader: KubernetesLoader, number: int) -> YamlDocument:
    node = loader.get_node()
    repeated = next(_repeated_keys(node), None) if node is not None else None
    if repeated is not None:
        complaint = f"duplicate key {repeated.value!r}, expected each key once"
        return YamlDocument(number=number, complaint=f"{_place(repeated.start_mark)}: {complaint}")
    try:
        return YamlDocument(number=number, value=loader.construct_document(node))
    except (yaml.YAMLError, ValueError, TypeError) as error:
        _forget(loader)
        return YamlDocument(number=number, complaint=_complaint(error))


def _repeated_keys(root: Node) -> Iterator[ScalarNode]:
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ScalarNode) or id(node) in seen:
            continue
        seen.add(id(node))
        if isinstance(node, MappingNode):
            yield from _repeated_here(node)
            waiting.extend(value for _, value in node.value)
        elif isinstance(node, SequenceNode):
            waiting.extend(node.value)


def _repeated_here(mapping: MappingNode) -> Iterator[ScalarNode]:
    keys = set()
    for key, _ in mapping.value:
        if not isinstance(key, ScalarNode):
            continue
        if key.tag != _MERGE:
            key.tag = _TEXT  # in JSON, which the API server makes of it, every key is text
        if key.value in keys and key.tag != _MERGE:
            yield key
        keys.add(key.value)


def _forget(loader: KubernetesLoader) -> None:
    # A constructor that stopped half-way keeps its state; the next document starts afresh.
    loader.constructed_objects = {}
    loader.recursive_objects = {}
    loader.state_generators = []
    loader.deep_construct = False


def _complaint(error: Exception) -> str:
    if isinstance(error, yaml.MarkedYAMLError):
        problem = " ".join(part for part in (error.context, error.problem) if part)
        place = error.problem_mark or error.context_mark
        return f"{_place(place)}: {problem}, expected YAML" if place else f"{problem}, expected YAML"
    if isinstance(error, yaml.reader.ReaderError):
        return f"position {error.position}: found a character that is no text, expected YAML"
    first_line = str(error).splitlines()[0] if str(error) else type(error).__name__
    return f"{first_line}, expected YAML"


def _place(mark: yaml.Mark) -> str:
    return f"line {mark.line + 1}, column {mark.column + 1}"
