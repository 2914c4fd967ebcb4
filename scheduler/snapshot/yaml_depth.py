"""Guards libyaml's recursive composer: a few hundred kilobytes of brackets would end the process."""

import re

import yaml

DEEPEST = 500
_LONG_LINE = 2 * DEEPEST
_BRACKET = re.compile(rb"[\[{\]}]")
_INDENTED = re.compile(rb"^ {%d}" % DEEPEST, re.MULTILINE)


def is_too_deep(data: bytes) -> bool:
    """Whether some node of *data* lies below more than ``DEEPEST`` others."""
    return _may_be_deep(data) and _is_deep(data)


def _may_be_deep(data: bytes) -> bool:
    # Brackets, one line of "- - -", or indentation: there is no fourth way down.
    if data.count(b"[") + data.count(b"{") > DEEPEST and _bracket_depth(data) > DEEPEST:
        return True
    for line in data.splitlines():
        if len(line) > _LONG_LINE and line.count(b"- ") + line.count(b"? ") > DEEPEST:
            return True
    return _INDENTED.search(data) is not None


def _bracket_depth(data: bytes) -> int:
    depth = deepest = 0
    for bracket in _BRACKET.finditer(data):
        depth += 1 if bracket[0] in b"[{" else -1
        deepest = max(deepest, depth)
        depth = max(depth, 0)
    return deepest


def _is_deep(data: bytes) -> bool:
    depth = 0
    try:
        for event in yaml.parse(data, Loader=yaml.CSafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if depth > DEEPEST:
                return True
    except yaml.YAMLError:
        return False  # said where it is read
    return False
