"""The standard library: operators, sizes, conversions and string predicates."""

import math
import re
from collections.abc import Callable
from functools import lru_cache

import re2

from solver.selectors import times
from solver.selectors.faults import COST_LIMIT, EvaluationError
from solver.selectors.operations import compare, equal, not_equal, runtime_type
from solver.selectors.overloads import (
    Overload,
    function,
    member,
    per_pattern,
    per_prefix,
    per_search,
    per_shorter,
    per_text,
    per_texts,
    size_of,
)
from solver.selectors.values import INT_MAX, INT_MIN, UINT_MAX, Duration, Timestamp, TypeValue, Uint

_INTEGER = re.compile(r"[+-]?[0-9]+")
_UNSIGNED = re.compile(r"[0-9]+")
_FLOAT = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)", re.IGNORECASE
)
_TRUE = frozenset({"1", "t", "T", "TRUE", "true", "True"})
_FALSE = frozenset({"0", "f", "F", "FALSE", "false", "False"})
_DOUBLE_LIMIT = 2.0**63
_LONGEST_NUMBER = 40
_ORDERED = ("bool", "int", "uint", "double", "string", "bytes", "duration", "timestamp")
_NUMERIC = ("int", "uint", "double")


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    return (*_equality(), *_ordering(), *_arithmetic(), *_sizes(), *_texts(), *_conversions())


def _equality() -> tuple[Overload, ...]:
    return (
        function("_==_", "T, T", "bool", equal, per_shorter),
        function("_!=_", "T, T", "bool", not_equal, per_shorter),
        function("!_", "bool", "bool", _not),
    )


def _ordering() -> tuple[Overload, ...]:
    pairs = [(kind, kind) for kind in _ORDERED]
    pairs += [(one, other) for one in _NUMERIC for other in _NUMERIC if one != other]
    tests: dict[str, Callable[[object, object], bool]] = {
        "_<_": lambda one, other: compare(one, other) < 0,
        "_<=_": lambda one, other: compare(one, other) <= 0,
        "_>_": lambda one, other: compare(one, other) > 0,
        "_>=_": lambda one, other: compare(one, other) >= 0,
    }
    return tuple(
        function(name, f"{one}, {other}", "bool", test, per_shorter)
        for name, test in tests.items()
        for one, other in pairs
    )


def _arithmetic() -> tuple[Overload, ...]:
    return (
        *_numeric("_+_", lambda one, other: one + other, lambda one, other: one + other),
        *_numeric("_-_", lambda one, other: one - other, lambda one, other: one - other),
        *_numeric("_*_", lambda one, other: one * other, lambda one, other: one * other),
        *_numeric("_/_", _quotient, _double_quotient),
        function("_%_", "int, int", "int", lambda one, other: checked(_remainder(one, other))),
        function("_%_", "uint, uint", "uint", lambda one, other: checked_unsigned(_remainder(one, other))),
        function("-_", "int", "int", lambda number: checked(-number)),
        function("-_", "double", "double", lambda number: -number),
        function("_+_", "string, string", "string", lambda one, other: one + other, per_texts),
        function("_+_", "bytes, bytes", "bytes", lambda one, other: one + other, per_texts),
        function("_+_", "list<T>, list<T>", "list<T>", lambda one, other: one + other, _per_list),
        function("_+_", "duration, duration", "duration", lambda one, other: times.span(one, other, 1)),
        function("_+_", "duration, timestamp", "timestamp", lambda one, other: times.moved(other, one, 1)),
        function("_+_", "timestamp, duration", "timestamp", lambda one, other: times.moved(one, other, 1)),
        function("_-_", "duration, duration", "duration", lambda one, other: times.span(one, other, -1)),
        function("_-_", "timestamp, duration", "timestamp", lambda one, other: times.moved(one, other, -1)),
        function("_-_", "timestamp, timestamp", "duration", times.between),
    )


def _numeric(
    name: str, whole: Callable[[int, int], int], real: Callable[[float, float], float]
) -> tuple[Overload, ...]:
    return (
        function(name, "int, int", "int", lambda one, other: checked(whole(one, other))),
        function(
            name, "uint, uint", "uint", lambda one, other: checked_unsigned(whole(int(one), int(other)))
        ),
        function(name, "double, double", "double", real),
    )


def _sizes() -> tuple[Overload, ...]:
    kinds = ("string", "bytes", "list<A>", "map<A, B>")
    return tuple(declare("size", kind, "int", len) for kind in kinds for declare in (function, member))


def _texts() -> tuple[Overload, ...]:
    return (
        member("contains", "string, string", "bool", lambda text, part: part in text, per_search),
        member("startsWith", "string, string", "bool", lambda text, part: text.startswith(part), per_prefix),
        member("endsWith", "string, string", "bool", lambda text, part: text.endswith(part), per_prefix),
        member("matches", "string, string", "bool", _matches, per_pattern),
        function("matches", "string, string", "bool", _matches, per_pattern),
    )


def _conversions() -> tuple[Overload, ...]:
    return (
        function("dyn", "T", "dyn", lambda value: value),
        function("type", "T", "type<T>", lambda value: TypeValue(runtime_type(value))),
        function("bool", "bool", "bool", lambda value: value),
        function("bool", "string", "bool", _bool_of_text),
        function("int", "int", "int", lambda value: value),
        function("int", "uint", "int", lambda value: checked(int(value))),
        function("int", "double", "int", _int_of_double),
        function("int", "string", "int", _int_of_text),
        function("int", "timestamp", "int", lambda value: value.nanoseconds // times.SECOND),
        function("int", "duration", "int", lambda value: value.nanoseconds),
        function("uint", "uint", "uint", lambda value: value),
        function("uint", "int", "uint", checked_unsigned),
        function("uint", "double", "uint", _uint_of_double),
        function("uint", "string", "uint", _uint_of_text),
        function("double", "double", "double", lambda value: value),
        function("double", "int", "double", float),
        function("double", "uint", "double", float),
        function("double", "string", "double", _double_of_text),
        function("string", "string", "string", lambda value: value),
        function("string", "bool", "string", lambda value: "true" if value else "false"),
        function("string", "int", "string", str),
        function("string", "uint", "string", lambda value: str(int(value))),
        function("string", "double", "string", text_of_double),
        function("string", "bytes", "string", _text_of_bytes, per_text),
        function("string", "timestamp", "string", times.text_of_timestamp),
        function("string", "duration", "string", times.text_of_duration),
        function("bytes", "bytes", "bytes", lambda value: value),
        function("bytes", "string", "bytes", lambda value: value.encode(), per_text),
        function("duration", "duration", "duration", lambda value: value),
        function("duration", "string", "duration", times.duration),
        function("duration", "int", "duration", Duration),
        function("timestamp", "timestamp", "timestamp", lambda value: value),
        function("timestamp", "string", "timestamp", times.timestamp),
        function(
            "timestamp", "int", "timestamp", lambda value: times.in_range(Timestamp(value * times.SECOND))
        ),
    )


def checked(number: int) -> int:
    """*number* if it is an int64.

    Raises:
        EvaluationError: it is not.
    """
    if not INT_MIN <= number <= INT_MAX:
        raise EvaluationError("integer overflow")
    return int(number)


def checked_unsigned(number: int) -> Uint:
    """*number* if it is a uint64.

    Raises:
        EvaluationError: it is not.
    """
    if not 0 <= number <= UINT_MAX:
        raise EvaluationError("unsigned integer overflow")
    return Uint(number)


@lru_cache(maxsize=1024)
def compiled_pattern(pattern: str) -> "re2._Regexp":
    """The RE2 program of *pattern*.

    Raises:
        EvaluationError: it is no RE2 expression.
    """
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown error"
        reason = reason.decode(errors="replace") if isinstance(reason, bytes) else reason
        raise EvaluationError(f"error parsing regexp: {reason}") from None


def text_of_double(number: float) -> str:
    """The shortest decimal text, with an exponent below 1e-4 and from 1e6 on, as Go writes it."""
    if not math.isfinite(number):
        return "NaN" if number != number else "+Inf" if number > 0 else "-Inf"  # noqa: PLR0124
    digits, _, power = _shortest(number)
    exponent = int(power)
    if -5 < exponent < 6:  # noqa: PLR2004
        return f"{number:.{max(0, len(digits.lstrip('-').replace('.', '')) - 1 - exponent)}f}"
    return f"{digits}e{'-' if exponent < 0 else '+'}{abs(exponent):02d}"


def _shortest(number: float) -> tuple[str, str, str]:
    for precision in range(17):
        text = f"{number:.{precision}e}"
        if float(text) == number:
            return text.partition("e")
    return f"{number:.17e}".partition("e")


def _per_list(arguments: tuple[object, ...]) -> int:
    # Kubernetes concatenates lazily, for the price of one; here a list that large is never built.
    size = size_of(arguments[0]) + size_of(arguments[1])
    return size if size > COST_LIMIT else 1


def _not(value: bool) -> bool:  # noqa: FBT001
    return not value


def _quotient(one: int, other: int) -> int:
    if other == 0:
        raise EvaluationError("division by zero")
    return abs(one) // abs(other) * (1 if (one < 0) == (other < 0) else -1)


def _remainder(one: int, other: int) -> int:
    if other == 0:
        raise EvaluationError("modulus by zero")
    checked_quotient = _quotient(int(one), int(other))
    if checked_quotient > UINT_MAX or (one < 0 and checked_quotient > INT_MAX):
        raise EvaluationError("integer overflow")
    return int(one) - int(other) * checked_quotient


def _double_quotient(one: float, other: float) -> float:
    if other != 0:
        return one / other
    if one == 0 or one != one:  # noqa: PLR0124
        return math.nan
    return math.copysign(math.inf, one) * math.copysign(1.0, other)


def _matches(text: str, pattern: str) -> bool:
    return compiled_pattern(pattern).search(text) is not None


def _bool_of_text(text: str) -> bool:
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    raise EvaluationError("type conversion error from 'string' to 'bool'")


def _int_of_double(number: float) -> int:
    # The limits themselves are refused: at that size a double is not exact.
    if not -_DOUBLE_LIMIT < number < _DOUBLE_LIMIT:
        raise EvaluationError("integer overflow")
    return int(number)


def _uint_of_double(number: float) -> Uint:
    if not 0 <= number < 2 * _DOUBLE_LIMIT:
        raise EvaluationError("unsigned integer overflow")
    return Uint(int(number))


def _int_of_text(text: str) -> int:
    if not _INTEGER.fullmatch(text) or len(text) > _LONGEST_NUMBER or not INT_MIN <= int(text) <= INT_MAX:
        raise EvaluationError("type conversion error from 'string' to 'int'")
    return int(text)


def _uint_of_text(text: str) -> Uint:
    if not _UNSIGNED.fullmatch(text) or len(text) > _LONGEST_NUMBER or int(text) > UINT_MAX:
        raise EvaluationError("type conversion error from 'string' to 'uint'")
    return Uint(int(text))


def _double_of_text(text: str) -> float:
    number = float(text) if _FLOAT.fullmatch(text) else None
    if number is None or (math.isinf(number) and "n" not in text.lower()):
        raise EvaluationError("type conversion error from 'string' to 'double'")
    return number


def _text_of_bytes(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise EvaluationError("invalid UTF-8 in bytes, cannot convert to string") from None
