"""Results to stdout, everything else to stderr; colours only where somebody can see them."""

import contextlib
import errno
import os
import sys
from typing import TextIO

import click


def result(text: str) -> None:
    """Write *text* to stdout. A reader who has seen enough does not change what the command returns."""
    try:
        click.echo(text.removesuffix("\n"), color=_wants_colour(sys.stdout))
    except OSError as error:
        if error.errno != errno.EPIPE:
            raise
        abandon(sys.stdout)


def complain(text: str) -> None:
    """Write an error to stderr."""
    _aside(f"{click.style('error:', fg='red')} {text}")


def note(text: str) -> None:
    """Write what the reader should know to stderr."""
    _aside(f"note: {text}")


def warn(text: str) -> None:
    """Write a warning to stderr."""
    _aside(f"{click.style('warning:', fg='yellow')} {text}")


def quote(excerpt: str) -> None:
    """Write lines of the user's own to stderr, indented."""
    for line in excerpt.splitlines():
        _aside(f"    {printable(line)}")


def abandon(*streams: TextIO) -> None:
    """Let what is still to be written to *streams* vanish: nobody reads it."""
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123 - a device, not a path of the user
        for stream in streams:
            with contextlib.suppress(OSError, ValueError):
                os.dup2(nowhere.fileno(), stream.fileno())


def printable(text: str) -> str:
    """*text* without control characters (but tabs): what a cluster reports never steers the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\t" else "?" for letter in text)


def _aside(text: str) -> None:
    with contextlib.suppress(BrokenPipeError):
        click.echo(text, err=True, color=_wants_colour(sys.stderr))


def _wants_colour(stream: TextIO) -> bool:
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
