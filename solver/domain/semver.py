"""Semantic versions 2.0.0: strict and lenient parsing, and precedence."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

_LARGEST_COMPONENT = 2**64 - 1
_EXPECTED = "expected MAJOR.MINOR.PATCH without leading zeros, such as 1.2.3 or 1.2.3-rc.1+build"
_STRICT = re.compile(
    r"(?P<major>0|[1-9][0-9]*)\.(?P<minor>0|[1-9][0-9]*)\.(?P<patch>0|[1-9][0-9]*)"
    r"(?:-(?P<pre>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
    r"(?:\+(?P<build>[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?"
)
_PARTS = 3

PreReleasePart = int | str
#: Numbers precede words; a version without a pre-release follows all that have one.
_Precedence = tuple[int, int, int, int, tuple[tuple[int, int, str], ...]]


class InvalidSemver(ValueError):
    """A text that is not a semantic version."""

    def __init__(self, text: str, complaint: str) -> None:
        super().__init__(text, complaint)
        self.text = text
        self.complaint = complaint

    def __str__(self) -> str:
        return f"version {self.text!r} {self.complaint}"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Semver:
    """A semantic version. Build metadata counts neither for equality nor for order."""

    major: int
    minor: int
    patch: int
    pre_release: tuple[PreReleasePart, ...] = ()
    build: tuple[str, ...] = field(default=())

    @classmethod
    def parse(cls, text: str, *, normalize: bool = False) -> "Semver":
        """The version that *text* stands for.

        With *normalize* one leading ``v`` is dropped, missing parts are nought and leading zeros are ignored.

        Raises:
            InvalidSemver: *text* is not a version.
        """
        return _parse(normalized(text) if normalize else text)

    def compare(self, other: "Semver") -> int:
        """-1, 0 or 1: the precedence of this version against *other*."""
        one, two = _precedence(self), _precedence(other)
        return (one > two) - (one < two)

    def __eq__(self, other: object) -> bool:
        return _precedence(self) == _precedence(other) if isinstance(other, Semver) else NotImplemented

    def __hash__(self) -> int:
        return hash(_precedence(self))

    def __lt__(self, other: "Semver") -> bool:
        return _precedence(self) < _precedence(other)

    def __le__(self, other: "Semver") -> bool:
        return _precedence(self) <= _precedence(other)

    def __gt__(self, other: "Semver") -> bool:
        return _precedence(self) > _precedence(other)

    def __ge__(self, other: "Semver") -> bool:
        return _precedence(self) >= _precedence(other)

    def __str__(self) -> str:
        text = f"{self.major}.{self.minor}.{self.patch}"
        if self.pre_release:
            text += "-" + ".".join(map(str, self.pre_release))
        return text + ("+" + ".".join(self.build) if self.build else "")


def _precedence(version: Semver) -> _Precedence:
    parts = tuple((0, part, "") if isinstance(part, int) else (1, 0, part) for part in version.pre_release)
    return (version.major, version.minor, version.patch, 0 if parts else 1, parts)


def normalized(text: str) -> str:
    """*text* with one ``v`` dropped, padded to three parts and without leading zeros; it may stay invalid."""
    text = text.removeprefix("v")
    stripped = [_without_leading_zeros(part) for part in text.split(".", _PARTS - 1)]
    if len(stripped) < _PARTS:
        if any(mark in stripped[-1] for mark in "+-"):
            return text  # a short version cannot carry a pre-release
        stripped.extend(["0"] * (_PARTS - len(stripped)))
    return ".".join(stripped)


def _without_leading_zeros(part: str) -> str:
    if len(part) <= 1:
        return part
    bare = part.lstrip("0")
    return bare if bare[:1].isdigit() and bare.isascii() else "0" + bare


@lru_cache(maxsize=1 << 14)
def _parse(text: str) -> Semver:
    match = _STRICT.fullmatch(text)
    if match is None:
        raise InvalidSemver(text, f"is not a semantic version, {_EXPECTED}")
    pre_release = tuple(_part(text, part) for part in match["pre"].split(".")) if match["pre"] else ()
    return Semver(
        major=_number(text, match["major"]),
        minor=_number(text, match["minor"]),
        patch=_number(text, match["patch"]),
        pre_release=pre_release,
        build=tuple(match["build"].split(".")) if match["build"] else (),
    )


def _part(text: str, part: str) -> PreReleasePart:
    if not part.isdigit():
        return part
    if len(part) > 1 and part.startswith("0"):
        raise InvalidSemver(text, f"has the numeric part {part} with leading zeros, {_EXPECTED}")
    return _number(text, part)


def _number(text: str, digits: str) -> int:
    if len(digits) > len(str(_LARGEST_COMPONENT)) or int(digits) > _LARGEST_COMPONENT:
        raise InvalidSemver(text, "has a component above 18446744073709551615, expected a 64-bit number")
    return int(digits)
