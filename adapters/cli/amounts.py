"""Amounts in the smallest unit to what people read; exact, no floats."""

from typing import NamedTuple


class Unit:
    """Units of the price tier."""

    MICRODOLLARS = "micro-dollars/h"
    DEVICE_MEMORY = "bytes of device memory"


_DOLLARS = "$/h"
_MICRO = 1_000_000
_CENTS_DIGITS = 2
_BINARY = ("Ki", "Mi", "Gi", "Ti", "Pi")
_KILO = 1024
_THOUSANDTHS = 1000
_SCALE = 10


class Amount(NamedTuple):
    """A number as text and its unit."""

    text: str
    unit: str

    def __str__(self) -> str:
        return f"${self.text}/h" if self.unit == _DOLLARS else f"{self.text} {self.unit}"


def amount(value: int, unit: str) -> Amount:
    """*value* as people read it: dollars per hour for micro-dollars, Gi for bytes, anything else as it is."""
    match unit:
        case Unit.MICRODOLLARS:
            return Amount(dollars(value), _DOLLARS)
        case Unit.DEVICE_MEMORY:
            return Amount(binary(value), "device memory")
        case _:
            return Amount(str(value), unit)


def dollars(microdollars: int) -> str:
    """``12.50``, with as many digits as it takes to be exact."""
    sign = "-" if microdollars < 0 else ""
    whole, rest = divmod(abs(microdollars), _MICRO)
    digits = f"{rest:06d}".rstrip("0").ljust(_CENTS_DIGITS, "0")
    return f"{sign}{whole:,}.{digits}"


def binary(amount_bytes: int) -> str:
    """``640Gi``: the largest unit in which the amount is a whole number."""
    value, suffix = amount_bytes, ""
    for larger in _BINARY:
        if value == 0 or value % _KILO:
            break
        value, suffix = value // _KILO, larger
    return f"{value}{suffix}"


def percent(part: int, whole: int) -> str:
    """*part* of *whole* with one decimal, rounded up: a gap is never shown smaller than it is."""
    if whole <= 0:
        return "100.0 %" if part else "0.0 %"
    thousandths = -(-part * _THOUSANDTHS // whole)
    return f"{thousandths // _SCALE}.{thousandths % _SCALE} %"
