"""Kubernetes resource quantities: exact amounts with a unit, such as ``80Gi`` or ``500m``.

Every amount is a whole number of nano units, as in Kubernetes, so nothing here is a float. What Kubernetes
derives from *how* an amount is written (``1000m`` is not an integer, ``1`` is) is kept too.
"""

import re
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Self

INT64_MAX = 2**63 - 1
NANO = 10**9

#: A larger power of ten only costs memory; no resource is measured in such amounts.
_LARGEST_EXPONENT = 1000
_NANO_SCALE = -9
_FAST_DIGITS = 18
_BINARY_FAST_DIGITS = 14
_LONGEST_TEXT = 1000
_CACHED_TEXTS = 1 << 16

# Digits may be missing altogether: Kubernetes reads "Mi", "." and "+" as nought.
_SYNTAX = re.compile(
    r"(?P<sign>[+-]?)(?P<whole>[0-9]*)(?P<point>\.?)(?P<fraction>(?<=\.)[0-9]*)?"
    r"(?P<suffix>[eEinumkKMGTP]*[+-]?[0-9]*)"
)
_EXPONENT = re.compile(r"[eE]([+-]?[0-9]+)")
_DECIMAL_SUFFIXES = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY_SUFFIXES = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_DECIMAL_TEXT = {power: suffix for suffix, power in _DECIMAL_SUFFIXES.items()}
_BINARY_TEXT = {0: "", **{power: suffix for suffix, power in _BINARY_SUFFIXES.items()}}
_EXPECTED = "expected a number with an optional suffix such as 500m, 16Gi or 2e3"


class QuantityFormat(StrEnum):
    """The family of suffixes an amount was written with; its text uses the same family."""

    DECIMAL_SI = "DecimalSI"
    DECIMAL_EXPONENT = "DecimalExponent"
    BINARY_SI = "BinarySI"


class InvalidQuantity(ValueError):
    """A text that Kubernetes does not read as a quantity."""

    def __init__(self, text: str, complaint: str) -> None:
        super().__init__(text, complaint)
        self.text = text
        self.complaint = complaint

    def __str__(self) -> str:
        return f"quantity {self.text!r} {self.complaint}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quantity:
    """An exact amount. Equality, order and hash are those of the number, however it was written."""

    nano: int
    format: QuantityFormat = QuantityFormat.DECIMAL_SI
    #: Power of ten of the written digits: 0 for ``5`` and ``5Gi``, -3 for ``5m`` and ``0.005``.
    scale: int = 0
    #: Kubernetes keeps it as an arbitrary-precision decimal, which it never takes for an integer.
    big: bool = False

    @classmethod
    def parse(cls, text: str) -> "Quantity":
        """The amount that *text* stands for in Kubernetes.

        Amounts finer than a nano unit are rounded away from zero; amounts with a binary suffix are capped at
        the largest 64-bit integer, others are not.

        Raises:
            InvalidQuantity: *text* is not a quantity.
        """
        return _parse(text)

    @classmethod
    def of(cls, amount: int) -> Self:
        """The whole number *amount*."""
        return cls(nano=amount * NANO)

    def value(self) -> int:
        """The amount in whole units, rounded away from zero."""
        return _divided_away_from_zero(self.nano, NANO)

    def milli_value(self) -> int:
        """The amount in thousandths, rounded away from zero."""
        return _divided_away_from_zero(self.nano, NANO // 1000)

    def sign(self) -> int:
        """-1, 0 or 1."""
        return (self.nano > 0) - (self.nano < 0)

    def is_integer(self) -> bool:
        """Whether Kubernetes converts the amount as written to a 64-bit integer."""
        return not self.big and self.scale >= 0 and abs(self.nano) <= INT64_MAX * NANO

    def as_integer(self) -> int:
        """The amount as an integer.

        Raises:
            ValueError: the amount is not an integer as written.
        """
        if not self.is_integer():
            raise ValueError("cannot convert value to integer")
        return self.nano // NANO

    def as_approximate_float(self) -> float:
        """The written digits times their power of ten, in floating point like Kubernetes computes it."""
        try:
            digits = float(self._digits())
            return digits * float(f"1e{self.scale}") if self.scale else digits
        except OverflowError:
            return float("inf") * self.sign()

    def add(self, other: "Quantity") -> "Quantity":
        """The sum, written like this quantity unless it is nought."""
        return self._plus(other, other.nano)

    def sub(self, other: "Quantity") -> "Quantity":
        """The difference, written like this quantity unless it is nought."""
        return self._plus(other, -other.nano)

    def _plus(self, other: "Quantity", nano: int) -> "Quantity":
        big = self.big or other.big
        if self.nano == 0 and not big:
            scale = other.scale if nano else self.scale
        elif nano == 0 and not big:
            scale = self.scale
        else:
            scale = min(self.scale, other.scale)
            big = big or any(
                abs(_digits(part, scale)) > INT64_MAX for part in (self.nano, nano, self.nano + nano)
            )
        return Quantity(
            nano=self.nano + nano,
            format=other.format if self.nano == 0 else self.format,
            scale=scale,
            big=big,
        )

    def _digits(self) -> int:
        return _digits(self.nano, self.scale)

    def __eq__(self, other: object) -> bool:
        return self.nano == other.nano if isinstance(other, Quantity) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.nano)

    def __lt__(self, other: "Quantity") -> bool:
        return self.nano < other.nano

    def __le__(self, other: "Quantity") -> bool:
        return self.nano <= other.nano

    def __gt__(self, other: "Quantity") -> bool:
        return self.nano > other.nano

    def __ge__(self, other: "Quantity") -> bool:
        return self.nano >= other.nano

    def __str__(self) -> str:
        if self.nano == 0:
            return "0"
        if (
            self.format is QuantityFormat.BINARY_SI
            and self.nano % NANO == 0
            and abs(self.nano) >= 1024 * NANO
        ):
            number, power = _without_factors(self.nano // NANO, 1024)
            power = min(power, 6)
            number = self.nano // NANO >> 10 * power
            return f"{number}{_BINARY_TEXT[10 * power]}"
        number, power = _without_factors(self.nano, 10)
        power += _NANO_SCALE
        number *= 10 ** (power % 3)
        power -= power % 3
        if self.format is QuantityFormat.DECIMAL_EXPONENT or power not in _DECIMAL_TEXT:
            return f"{number}e{power}" if power else str(number)
        return f"{number}{_DECIMAL_TEXT[power]}"


@lru_cache(maxsize=_CACHED_TEXTS)
def _parse(text: str) -> Quantity:
    match = _SYNTAX.fullmatch(text) if 0 < len(text) <= _LONGEST_TEXT else None
    if match is None:
        raise InvalidQuantity(text, f"is not a number with a suffix, {_EXPECTED}")
    whole = match["whole"].lstrip("0") or "0"
    fraction = match["fraction"] or ""
    suffix = match["suffix"]
    if not match["point"] and match["whole"].strip("0") == "" and suffix == "":
        return Quantity(nano=0)
    digits = int(whole + fraction)
    if match["sign"] == "-":
        digits = -digits
    if suffix in _BINARY_SUFFIXES:
        return _binary(digits, whole=whole, fraction=fraction, power=_BINARY_SUFFIXES[suffix])
    return _decimal(text, digits, whole=whole, fraction=fraction, suffix=suffix)


def _binary(digits: int, *, whole: str, fraction: str, power: int) -> Quantity:
    amount = digits << power
    is_fast = not fraction and _BINARY_FAST_DIGITS - len(whole) - power * 3 // 10 >= 0
    if is_fast:
        return Quantity(nano=amount * NANO, format=QuantityFormat.BINARY_SI)
    nano = _divided_away_from_zero(amount * NANO, 10 ** len(fraction))
    form, scale = QuantityFormat.BINARY_SI, _NANO_SCALE
    if abs(nano) > INT64_MAX * NANO:
        nano, scale = INT64_MAX * NANO * (1 if nano > 0 else -1), 0
    if 0 < abs(nano) < NANO:
        form = QuantityFormat.DECIMAL_SI
    return Quantity(nano=nano, format=form, scale=scale, big=True)


def _decimal(text: str, digits: int, *, whole: str, fraction: str, suffix: str) -> Quantity:
    if suffix in _DECIMAL_SUFFIXES:
        form, power = QuantityFormat.DECIMAL_SI, _DECIMAL_SUFFIXES[suffix]
    elif exponent := _EXPONENT.fullmatch(suffix):
        form, power = QuantityFormat.DECIMAL_EXPONENT, _power(text, exponent[1])
    else:
        raise InvalidQuantity(text, f"has the unknown suffix {suffix!r}, {_EXPECTED}")
    scale = power - len(fraction)
    if _FAST_DIGITS - len(whole) - len(fraction) >= 0 and scale >= _NANO_SCALE:
        return Quantity(nano=digits * 10 ** (scale - _NANO_SCALE), format=form, scale=scale)
    if scale >= _NANO_SCALE:
        nano = digits * 10 ** (scale - _NANO_SCALE)
    else:
        nano = _divided_away_from_zero(digits, 10 ** (_NANO_SCALE - scale))
    return Quantity(nano=nano, format=form, scale=_NANO_SCALE if nano else scale, big=True)


def _power(text: str, exponent: str) -> int:
    power = int(exponent) if len(exponent) <= len(str(_LARGEST_EXPONENT)) + 1 else _LARGEST_EXPONENT + 1
    if abs(power) > _LARGEST_EXPONENT:
        raise InvalidQuantity(
            text, f"has an exponent beyond {_LARGEST_EXPONENT}, expected a smaller power of ten"
        )
    return power


def _digits(nano: int, scale: int) -> int:
    return nano // 10 ** (scale - _NANO_SCALE) if scale >= _NANO_SCALE else nano


def _divided_away_from_zero(number: int, divisor: int) -> int:
    return -(-number // divisor) if number > 0 else number // divisor


def _without_factors(number: int, factor: int) -> tuple[int, int]:
    times = 0
    while number % factor == 0:
        number //= factor
        times += 1
    return number, times
