"""Values of the literals of an expression: numbers with their range, strings with their escapes."""

import re

from solver.selectors.faults import CompileError
from solver.selectors.values import INT_MAX, UINT_MAX, Uint

_ESCAPE = re.compile(
    r"\\(?:(?P<simple>[abfnrtv\\'\"`?])|x(?P<hex>[0-9a-fA-F]{2})|X(?P<upper>[0-9a-fA-F]{2})"
    r"|u(?P<short>[0-9a-fA-F]{4})|U(?P<long>[0-9a-fA-F]{8})|(?P<octal>[0-3][0-7]{2})|(?P<bad>.|\n|$))"
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LARGEST_CODE_POINT = 0x10FFFF
_SURROGATES = range(0xD800, 0xE000)


def natural(text: str) -> int:
    """The number that *text* (decimal or ``0x``) stands for, at most 2**63; the checker refuses 2**63 unless negated.

    Raises:
        CompileError: it is out of range.
    """
    number = _natural(text)
    if number > INT_MAX + 1:
        raise CompileError("invalid int literal, expected a 64-bit signed integer")
    return number


def unsigned(text: str) -> Uint:
    """The uint64 that *text* (with its ``u``) stands for.

    Raises:
        CompileError: it is out of range.
    """
    number = _natural(text[:-1])
    if number > UINT_MAX:
        raise CompileError("invalid uint literal, expected a 64-bit unsigned integer")
    return Uint(number)


def double(text: str) -> float:
    """The double that *text* stands for.

    Raises:
        CompileError: it is too large for a double.
    """
    number = float(text)
    if number in (float("inf"), float("-inf")):
        raise CompileError("invalid double literal, expected a finite number")
    return number


def string(text: str) -> str:
    """The characters between the quotes of *text*, escapes replaced unless it is raw.

    Raises:
        CompileError: an escape is not defined or stands for no character.
    """
    body, is_raw = _unquoted(text)
    return body if is_raw else _ESCAPE.sub(_character, body)


def byte_string(text: str) -> bytes:
    r"""The bytes between the quotes of *text* (with its ``b``); ``\x`` and octal escapes are single bytes.

    Raises:
        CompileError: an escape is not defined or is one of a code point.
    """
    body, is_raw = _unquoted(text[1:])
    if is_raw:
        return body.encode()
    parts: list[bytes] = []
    end = 0
    for match in _ESCAPE.finditer(body):
        parts.append(body[end : match.start()].encode())
        end = match.end()
        if match["short"] or match["long"]:
            raise CompileError(f"invalid escape {match[0]!r} in a bytes literal")
        character = _character(match)
        parts.append(character.encode() if match["simple"] else bytes([ord(character)]))
    parts.append(body[end:].encode())
    return b"".join(parts)


def _natural(text: str) -> int:
    # Longer texts are out of range anyway, and Python refuses to convert very long ones.
    digits = text.lstrip("0") or "0"
    if len(digits) > 32:  # noqa: PLR2004
        return UINT_MAX + 1
    return int(text, 16) if text.startswith("0x") else int(digits)


def _unquoted(text: str) -> tuple[str, bool]:
    is_raw = text[0] in "rR"
    quoted = text[1:] if is_raw else text
    marks = 3 if quoted[:3] in ('"""', "'''") and len(quoted) >= 6 else 1  # noqa: PLR2004
    body = quoted[marks:-marks]
    return body.replace("\r\n", "\n").replace("\r", "\n"), is_raw


def _character(match: re.Match[str]) -> str:
    if simple := match["simple"]:
        return _SIMPLE.get(simple, simple)
    if octal := match["octal"]:
        return chr(int(octal, 8))
    code = match["hex"] or match["upper"] or match["short"] or match["long"]
    if code is None:
        raise CompileError(f"unable to unescape the string: unknown escape {match[0]!r}")
    point = int(code, 16)
    if point > _LARGEST_CODE_POINT or point in _SURROGATES:
        raise CompileError(f"unable to unescape the string: {match[0]!r} is no character")
    return chr(point)
