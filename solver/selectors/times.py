"""Durations and timestamps: their texts, their arithmetic and their calendar fields."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import lru_cache
from zoneinfo import ZoneInfo

from solver.selectors.faults import EvaluationError
from solver.selectors.values import INT_MAX, INT_MIN, Duration, Timestamp

SECOND = 10**9
_EARLIEST, _LATEST = -62135596800 * SECOND, 253402300800 * SECOND - 1
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_UNITS = {"ns": 1, "us": 10**3, "µs": 10**3, "μs": 10**3, "ms": 10**6, "s": SECOND}
_UNITS |= {"m": 60 * SECOND, "h": 3600 * SECOND}
_DURATION = re.compile(r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+")
_DURATION_PART = re.compile(r"([0-9]*)\.?([0-9]*)(ns|us|µs|μs|ms|s|m|h)")
_TIMESTAMP = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{1,2}:\d{2}:\d{2})(?:[.,](\d+))?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)
_OFFSET = re.compile(r"([+-]?)(\d{1,2}):(\d{2})", re.ASCII)
_LONGEST_PART = 40


def duration(text: str) -> Duration:
    """The span *text*, such as ``1h30m`` or ``-1.5s``.

    Raises:
        EvaluationError: it is none, or beyond what 64 bits of nanoseconds hold.
    """
    if text in ("0", "+0", "-0"):
        return Duration(0)
    if not _DURATION.fullmatch(text):
        raise EvaluationError("type conversion error from 'string' to 'google.protobuf.Duration'")
    total = sum(_nanoseconds(*part.groups()) for part in _DURATION_PART.finditer(text))
    return _checked(-total if text.startswith("-") else total)


def timestamp(text: str) -> Timestamp:
    """The moment *text* in RFC 3339.

    Raises:
        EvaluationError: it is none, or outside the years 1 to 9999.
    """
    match = _TIMESTAMP.fullmatch(text)
    if match is None:
        raise EvaluationError("type conversion error from 'string' to 'google.protobuf.Timestamp'")
    date, clock, fraction, zone = match.groups()
    try:
        naive = datetime.fromisoformat(f"{date}T{clock:0>8}+00:00")
        offset = _offset(zone)
    except ValueError:
        raise EvaluationError("type conversion error from 'string' to 'google.protobuf.Timestamp'") from None
    seconds = (naive - _EPOCH) // timedelta(seconds=1) - offset
    return in_range(Timestamp(seconds * SECOND + int((fraction or "0")[:9].ljust(9, "0"))))


def in_range(moment: Timestamp) -> Timestamp:
    """*moment* if it is in the years 1 to 9999.

    Raises:
        EvaluationError: it is not.
    """
    if not _EARLIEST <= moment.nanoseconds <= _LATEST:
        raise EvaluationError("timestamp overflow")
    return moment


def span(one: Duration, other: Duration, sign: int) -> Duration:
    """The sum, or with *sign* -1 the difference, of two durations."""
    return _checked(one.nanoseconds + sign * other.nanoseconds)


def moved(moment: Timestamp, by: Duration, sign: int) -> Timestamp:
    """*moment* and, with *sign* 1 after it, *by*."""
    return in_range(Timestamp(moment.nanoseconds + sign * by.nanoseconds))


def between(one: Timestamp, other: Timestamp) -> Duration:
    """From *other* to *one*."""
    return _checked(one.nanoseconds - other.nanoseconds)


def text_of_duration(value: Duration) -> str:
    """Seconds with as many digits as needed, such as ``5400s``."""
    whole, rest = divmod(abs(value.nanoseconds), SECOND)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    return f"{'-' if value.nanoseconds < 0 else ''}{whole}{fraction}s"


def text_of_timestamp(moment: Timestamp) -> str:
    """The moment in RFC 3339 and UTC."""
    seconds, rest = divmod(moment.nanoseconds, SECOND)
    fraction = f".{rest:09d}".rstrip("0") if rest else ""
    date = _EPOCH + timedelta(seconds=seconds)
    return f"{date.year:04d}{date:-%m-%dT%H:%M:%S}{fraction}Z"


def field(read: Callable[[datetime], int]) -> Callable[..., object]:
    """A function of a timestamp and an optional time zone that reads one calendar field."""

    def get(moment: Timestamp, zone: str = "UTC") -> object:
        utc = _EPOCH + timedelta(seconds=moment.nanoseconds // SECOND)
        try:
            return read(utc.astimezone(_zone(zone)))
        except OverflowError:
            raise EvaluationError("timestamp overflow") from None

    return get


def milliseconds(moment: Timestamp, zone: str = "UTC") -> int:
    """The milliseconds within the second."""
    _zone(zone)
    return moment.nanoseconds % SECOND // 10**6


def parts(unit: int) -> Callable[[Duration], int]:
    """A function that gives the whole units of a duration, truncated towards nought."""

    def get(value: Duration) -> int:
        whole: int = abs(value.nanoseconds) // unit
        return -whole if value.nanoseconds < 0 else whole

    return get


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    if match := _OFFSET.fullmatch(name):
        sign, hours, minutes = match.groups()
        offset = timedelta(hours=int(hours), minutes=int(minutes))
        if offset < timedelta(days=1):
            return timezone(-offset if sign == "-" else offset)
    try:
        return ZoneInfo(name or "UTC")
    except (OSError, ValueError, KeyError):
        raise EvaluationError(f"unknown time zone {name}") from None


def _nanoseconds(whole: str, fraction: str, unit: str) -> int:
    if len(whole) > _LONGEST_PART:
        return INT_MAX + 1
    fraction = fraction[:_LONGEST_PART]
    return int(whole or "0") * _UNITS[unit] + int(int(fraction or "0") * _UNITS[unit] // 10 ** len(fraction))


def _offset(zone: str) -> int:
    if zone in "Zz":
        return 0
    hours, minutes = int(zone[1:3]), int(zone[4:6])
    if hours > 24 or minutes > 59:  # noqa: PLR2004
        raise ValueError(zone)
    return (hours * 3600 + minutes * 60) * (-1 if zone[0] == "-" else 1)


def _checked(nanoseconds: int) -> Duration:
    if not INT_MIN <= nanoseconds <= INT_MAX:
        raise EvaluationError("duration overflow")
    return Duration(nanoseconds)
