"""Strings (version 2 of the extension) and regular expressions (``find``, ``findAll``)."""

from solver.selectors.faults import EvaluationError, no_such_overload
from solver.selectors.libraries.formatting import formatted
from solver.selectors.libraries.standard import compiled_pattern
from solver.selectors.overloads import (
    Overload,
    function,
    member,
    per_pattern,
    per_search,
    per_text,
    per_texts,
)

_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
_LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}
_UPPER = {lower: lower - 32 for lower in range(ord("a"), ord("z") + 1)}
_QUOTED = str.maketrans(
    {
        "\a": "\\a",
        "\b": "\\b",
        "\f": "\\f",
        "\n": "\\n",
        "\r": "\\r",
        "\t": "\\t",
        "\v": "\\v",
        "\\": "\\\\",
        '"': '\\"',
    }
)


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (
        member("charAt", "string, int", "string", _char_at),
        member("indexOf", "string, string", "int", lambda text, part: text.find(part), per_search),
        member("indexOf", "string, string, int", "int", _index_of, per_search),
        member("lastIndexOf", "string, string", "int", lambda text, part: text.rfind(part), per_search),
        member("lastIndexOf", "string, string, int", "int", _last_index_of, per_search),
        member("join", "list<string>", "string", _joined, per_joined),
        member("join", "list<string>, string", "string", _joined, per_joined),
        member("lowerAscii", "string", "string", lambda text: text.translate(_LOWER), per_text),
        member("upperAscii", "string", "string", lambda text: text.translate(_UPPER), per_text),
        member("replace", "string, string, string", "string", _replaced, _per_replacement),
        member("replace", "string, string, string, int", "string", _replaced, _per_replacement),
        member("split", "string, string", "list<string>", _split, per_text),
        member("split", "string, string, int", "list<string>", _split, per_text),
        member(
            "substring",
            "string, int",
            "string",
            lambda text, start: _substring(text, start, len(text)),
            per_text,
        ),
        member("substring", "string, int, int", "string", _substring, per_text),
        member("trim", "string", "string", lambda text: text.strip(_SPACE), per_text),
        member("format", "string, list<dyn>", "string", formatted, per_text),
        function("strings.quote", "string", "string", lambda text: f'"{text.translate(_QUOTED)}"', per_text),
        member("find", "string, string", "string", _find, per_pattern),
        member(
            "findAll",
            "string, string",
            "list<string>",
            lambda text, pattern: _find_all(text, pattern, -1),
            per_pattern,
        ),
        member("findAll", "string, string, int", "list<string>", _find_all, per_pattern),
    )


def per_joined(arguments: tuple[object, ...]) -> int:
    """One unit for every ten characters of the joined text."""
    texts, between = arguments[:1], arguments[1:]
    gap = len(str(between[0])) if between else 0
    pieces = texts[0] if texts and isinstance(texts[0], tuple) else ()
    return (sum(len(str(piece)) + gap for piece in pieces) + 9) // 10


def _per_replacement(arguments: tuple[object, ...]) -> int:
    text, old, new = map(str, arguments[:3])
    hits = text.count(old)
    return per_texts((text, "")) + hits * max(0, len(new) - len(old)) // 10


def _joined(texts: tuple[object, ...], between: str = "") -> str:
    if not all(isinstance(text, str) for text in texts):
        raise no_such_overload()
    return between.join(map(str, texts))


def _char_at(text: str, index: int) -> str:
    if not 0 <= index <= len(text):
        raise EvaluationError(f"index out of range: {index}")
    return text[index : index + 1]


def _index_of(text: str, part: str, start: int) -> int:
    if part == "" and 0 <= start <= len(text):
        return start
    if not 0 <= start <= len(text):
        raise EvaluationError(f"index out of range: {start}")
    return text.find(part, start)


def _last_index_of(text: str, part: str, start: int) -> int:
    if part == "" and 0 <= start <= len(text):
        return start
    if not 0 <= start <= len(text):
        raise EvaluationError(f"index out of range: {start}")
    return text.rfind(part, 0, start + len(part))


def _replaced(text: str, old: str, new: str, limit: int = -1) -> str:
    return text.replace(old, new, max(limit, -1))


def _split(text: str, separator: str, limit: int = -1) -> tuple[str, ...]:
    if limit == 0:
        return ()
    if separator:
        return tuple(text.split(separator, limit - 1 if limit > 0 else -1))
    if 0 < limit < len(text):
        return (*text[: limit - 1], text[limit - 1 :])
    return tuple(text)


def _substring(text: str, start: int, end: int) -> str:
    if start > end:
        raise EvaluationError(f"invalid substring range. start: {start}, end: {end}")
    if not 0 <= start <= len(text):
        raise EvaluationError(f"index out of range: {start}")
    if not 0 <= end <= len(text):
        raise EvaluationError(f"index out of range: {end}")
    return text[start:end]


def _find(text: str, pattern: str) -> str:
    match = compiled_pattern(pattern).search(text)
    return "" if match is None else str(match.group(0))


def _find_all(text: str, pattern: str, limit: int) -> tuple[str, ...]:
    found: list[str] = []
    position, last_end = 0, -1
    program = compiled_pattern(pattern)
    while (
        len(found) != limit
        and position <= len(text)
        and (match := program.search(text, position)) is not None
    ):
        start, end = match.span()
        # Go drops an empty match that touches the match before it.
        if end > start or start != last_end:
            found.append(str(match.group(0)))
        last_end = end
        position = end if end > start else end + 1
    return tuple(found)
