"""Messages as proto3 JSON: every field, 64-bit numbers as text, fields in the order of the contract."""

from functools import cache
from typing import Any

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

Json = dict[str, Any]
_ABSENT = object()


def json_text(message: Message) -> str:
    """*message* as indented JSON with a newline at the end."""
    options = orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE
    return orjson.dumps(json_object(message), option=options).decode()


def json_object(message: Message) -> Json:
    """What ``json_text`` writes, as dictionaries and lists."""
    return _ordered(MessageToDict(message, always_print_fields_with_no_presence=True), message.DESCRIPTOR)


def _ordered(found: Json, descriptor: Any) -> Json:  # noqa: ANN401 - the library has two types for it
    """*found* with its keys as declared: the library puts fields that are not set last."""
    ordered: Json = {}
    for name, message_type in _fields(descriptor):
        value = found.get(name, _ABSENT)
        if value is not _ABSENT:
            ordered[name] = value if message_type is None else _value(value, message_type)
    return ordered


def _value(found: Any, message_type: Any) -> Any:  # noqa: ANN401 - JSON
    if _is_map(message_type):
        return dict(sorted(found.items()))  # the library has no order for it
    if isinstance(found, list):
        return [_ordered(item, message_type) for item in found]
    return _ordered(found, message_type)


@cache
def _is_map(descriptor: Any) -> bool:  # noqa: ANN401 - the library has two types for it
    """Whether *descriptor* is the type of the entries of a map."""
    return bool(descriptor.GetOptions().map_entry)


@cache
def _fields(descriptor: Any) -> tuple[tuple[str, Any], ...]:  # noqa: ANN401 - as above
    """JSON name and type of message (None for scalars) of each field; asking the library takes long."""
    return tuple((field.json_name, field.message_type) for field in descriptor.fields)
