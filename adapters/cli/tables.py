"""Tables in the style of kubectl: UPPERCASE headers, left aligned, columns apart by three spaces, no boxes."""

import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import click

from adapters.cli.output import printable

_GAP = "   "
_WIDE = frozenset("WF")


class Tinted(NamedTuple):
    """A cell with a colour, for those who can see it."""

    text: str
    colour: str


Cell = str | int | Tinted


def table(headers: Sequence[str], rows: Iterable[Sequence[Cell]], *, indent: str = "") -> str:
    """The lines of a table, without a newline at the end; the last column is never padded."""
    cells = [[_parts(cell) for cell in row] for row in (headers, *rows)]
    widths = [max(_width(row[column][0]) for row in cells) for column in range(len(headers))]
    lines = []
    for row in cells:
        last = max((position for position, (text, _) in enumerate(row) if text), default=0)
        line = indent
        for position, ((text, colour), width) in enumerate(zip(row, widths, strict=True)):
            if position > last:
                break
            line += click.style(text, fg=colour) if colour else text
            if position < last:
                line += " " * (width - _width(text)) + _GAP
        lines.append(line)
    return "\n".join(lines)


def columns(rows: Iterable[Sequence[str]], *, indent: str = "") -> str:
    """Aligned lines without a header, as ``kubectl describe`` writes names and values."""
    found = list(rows)
    if not found:
        return ""
    lines = table([""] * len(found[0]), found, indent=indent).split("\n")
    return "\n".join(lines[1:])


def _parts(cell: Cell) -> tuple[str, str | None]:
    if isinstance(cell, Tinted):
        return printable(cell.text), cell.colour
    return printable(str(cell)), None


def _width(text: str) -> int:
    """Columns that *text* takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in _WIDE else 1
        for letter in text
    )
