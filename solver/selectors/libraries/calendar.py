"""Fields of timestamps, with or without a time zone, and parts of durations."""

from collections.abc import Callable
from datetime import datetime

from solver.selectors import times
from solver.selectors.overloads import Overload, member

_FIELDS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda date: date.year,
    "getMonth": lambda date: date.month - 1,
    "getDayOfYear": lambda date: date.timetuple().tm_yday - 1,
    "getDayOfMonth": lambda date: date.day - 1,
    "getDate": lambda date: date.day,
    "getDayOfWeek": lambda date: date.isoweekday() % 7,
    "getHours": lambda date: date.hour,
    "getMinutes": lambda date: date.minute,
    "getSeconds": lambda date: date.second,
}
_UNITS = {
    "getHours": 3600 * times.SECOND,
    "getMinutes": 60 * times.SECOND,
    "getSeconds": times.SECOND,
    "getMilliseconds": times.SECOND // 1000,
}


def overloads() -> tuple[Overload, ...]:
    """The functions of this library."""
    readers = {name: times.field(read) for name, read in _FIELDS.items()}
    readers["getMilliseconds"] = times.milliseconds
    return (
        *(member(name, "timestamp", "int", read) for name, read in readers.items()),
        *(member(name, "timestamp, string", "int", read) for name, read in readers.items()),
        *(member(name, "duration", "int", times.parts(unit)) for name, unit in _UNITS.items()),
    )
