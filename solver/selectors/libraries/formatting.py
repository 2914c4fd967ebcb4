"""``format``: ``%s %d %f %e %b %x %X %o`` with values of any type."""

import math
import re

from solver.selectors import times
from solver.selectors.faults import EvaluationError
from solver.selectors.operations import kind_of
from solver.selectors.values import CelMap, Duration, Timestamp, TypeValue, Uint

_CLAUSE = re.compile(r"%(?:%|(?:\.(?P<precision>[0-9]+))?(?P<verb>[a-zA-Z])|(?P<bad>.|$))", re.DOTALL)
_LARGEST_PRECISION = 1000
_INTEGERS = ("int", "uint")
#: Types that a clause accepts, for the check at compile time.
VERBS: dict[str, tuple[str, ...]] = {
    "s": (
        "string",
        "bool",
        "bytes",
        "int",
        "uint",
        "double",
        "duration",
        "timestamp",
        "list",
        "map",
        "null_type",
        "type",
    ),
    "d": ("int", "uint", "double"),
    "f": ("double", "int", "uint"),
    "e": ("double", "int", "uint"),
    "b": ("int", "uint", "bool"),
    "x": ("int", "uint", "string", "bytes"),
    "X": ("int", "uint", "string", "bytes"),
    "o": ("int", "uint"),
}


def clauses(text: str) -> tuple[str, ...]:
    """The verbs of *text* in order.

    Raises:
        EvaluationError: a clause is not defined.
    """
    verbs = []
    for match in _CLAUSE.finditer(text):
        if match[0] == "%%":
            continue
        if match["verb"] not in VERBS:
            raise EvaluationError(
                f"could not parse formatting clause: unrecognized formatting clause {match[0]!r}"
            )
        verbs.append(match["verb"])
    return tuple(verbs)


def formatted(text: str, arguments: tuple[object, ...]) -> str:
    """*text* with its clauses replaced by *arguments*.

    Raises:
        EvaluationError: a clause is not defined, has no argument or one it cannot write.
    """
    used = 0

    def clause(match: re.Match[str]) -> str:
        nonlocal used
        if match[0] == "%%":
            return "%"
        if match["verb"] not in VERBS:
            raise EvaluationError(
                f"could not parse formatting clause: unrecognized formatting clause {match[0]!r}"
            )
        if used >= len(arguments):
            raise EvaluationError(f"index {used} out of range")
        used += 1
        precision = 6 if match["precision"] is None else int(match["precision"][:5])
        if precision > _LARGEST_PRECISION:
            raise EvaluationError("error parsing precision: too large")
        return _written(match["verb"], arguments[used - 1], precision)

    return _CLAUSE.sub(clause, text)


def _written(verb: str, value: object, precision: int) -> str:
    kind = kind_of(value)
    if kind not in VERBS[verb]:
        raise EvaluationError(f"error during formatting: %{verb} cannot write a {kind}")
    match verb:
        case "s":
            return text_of(value)
        case "d":
            return _decimal(value)
        case "f" | "e":
            return _real(verb, float(value), precision)  # type: ignore[arg-type]
        case "b" | "o":
            return format(int(value), verb)  # type: ignore[call-overload]
        case _:
            return _hexadecimal(verb, value)


def text_of(value: object) -> str:
    """*value* as ``%s`` writes it."""
    match value:
        case bool():
            return "true" if value else "false"
        case None:
            return "null"
        case int() | float():
            return _decimal(value)
        case bytes():
            return value.decode(errors="replace")
        case Duration():
            return times.text_of_duration(value)
        case Timestamp():
            return times.text_of_timestamp(value)
        case TypeValue():
            return str(value.type)
        case tuple():
            return f"[{', '.join(map(text_of, value))}]"
        case CelMap():
            pairs = sorted((text_of(key), text_of(item)) for key, item in value.items())
            return "{" + ", ".join(f"{key}: {item}" for key, item in pairs) + "}"
        case _:
            return str(value)


def _decimal(value: object) -> str:
    if not isinstance(value, float):
        return str(int(value))  # type: ignore[call-overload]
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    text = repr(value)
    if "e" in text:
        text = f"{value:.330f}".rstrip("0") if abs(value) < 1 else f"{value:.0f}"
    return text.removesuffix(".0")


def _real(verb: str, value: float, precision: int) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return format(value, f".{precision}{verb}")


def _hexadecimal(verb: str, value: object) -> str:
    if isinstance(value, Uint | int):
        return format(int(value), verb)
    data = value.encode() if isinstance(value, str) else value
    text = data.hex() if isinstance(data, bytes) else ""
    return text.upper() if verb == "X" else text
