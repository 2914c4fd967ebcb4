"""Types that fields must have: every field of a raw object that has another type, with its path.

What is absent, null or unknown is no misfit. Whether a value of the right type makes sense is left to whoever
reads it, but for amounts, which are quantities or nothing.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

from scheduler.api.faults import shown
from scheduler.snapshot.device_values import UnreadableFieldError, quantity


class Misfit(NamedTuple):
    """A field of the wrong type: ``spec.devices`` and ``found 'abc', expected a list``."""

    path: str
    message: str


Shape = Callable[[object, str], Iterator[Misfit]]
"""Gives the misfits in a value that stands at a path."""


def fields(**shapes: Shape) -> Shape:
    """An object whose fields have these shapes, if they are there; others are of no concern."""

    def check(value: object, path: str) -> Iterator[Misfit]:
        if isinstance(value, dict):
            for name, shape in shapes.items():
                if value.get(name) is not None:
                    yield from shape(value[name], f"{path}.{name}".removeprefix("."))
        elif value is not None:
            yield _misfit(value, path, "an object")

    return check


def each(shape: Shape) -> Shape:
    """A list whose items have this shape."""

    def check(value: object, path: str) -> Iterator[Misfit]:
        if isinstance(value, list):
            for position, item in enumerate(value):
                yield from shape(item, f"{path}[{position}]")
        elif value is not None:
            yield _misfit(value, path, "a list")

    return check


def named(shape: Shape) -> Shape:
    """An object with free keys whose values have this shape."""

    def check(value: object, path: str) -> Iterator[Misfit]:
        if isinstance(value, dict):
            for name, item in value.items():
                yield from shape(item, f"{path}[{name}]")
        elif value is not None:
            yield _misfit(value, path, "an object")

    return check


def text_or(shape: Shape) -> Shape:
    """A text, or something with this shape."""

    def check(value: object, path: str) -> Iterator[Misfit]:
        if not isinstance(value, str):
            yield from shape(value, path)

    return check


def a_list(value: object, path: str) -> Iterator[Misfit]:
    """A list of anything."""
    if value is not None and not isinstance(value, list):
        yield _misfit(value, path, "a list")


def text(value: object, path: str) -> Iterator[Misfit]:
    """A text."""
    if value is not None and not isinstance(value, str):
        yield _misfit(value, path, "text")


def boolean(value: object, path: str) -> Iterator[Misfit]:
    """True or false."""
    if value is not None and not isinstance(value, bool):
        yield _misfit(value, path, "true or false")


def integer(value: object, path: str) -> Iterator[Misfit]:
    """An integer; 1.0 is none, as in Kubernetes."""
    if value is not None and type(value) is not int:
        yield _misfit(value, path, "an integer")


def amount(value: object, path: str) -> Iterator[Misfit]:
    """A quantity."""
    try:
        quantity(value)
    except UnreadableFieldError as error:
        yield Misfit(path, str(error))


def valued(**shapes: Shape) -> Shape:
    """A quantity, as it is or under ``value``, there with fields of these shapes beside it."""
    beside = fields(**shapes)

    def check(value: object, path: str) -> Iterator[Misfit]:
        if isinstance(value, dict):
            yield from amount(value.get("value"), f"{path}.value")
            yield from beside(value, path)
        else:
            yield from amount(value, path)

    return check


def _misfit(value: object, path: str, expected: str) -> Misfit:
    return Misfit(path, f"found {shown(value)}, expected {expected}")
