"""Files of recorded cases: JSON lines, plain or compressed, answered line by line."""

import gzip
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path

import click
import orjson

from adapters.cli import output

INVALID_CASE = "invalid_case"
"""Outcome of a line that is no case."""

_GZIP_MAGIC = b"\x1f\x8b"


def print_verdicts(
    ctx: click.Context, path: Path, run: Callable[[Iterable[bytes]], Iterator[Mapping[str, object]]]
) -> None:
    """Print what *run* says to each line of the file at *path*; a line that is no case goes to stderr.

    Exits with status 1 if there is one, or if the file cannot be read.
    """
    try:
        lines = _lines(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        output.complain(f"{path}: {reason}, expected JSON lines, plain or compressed")
        ctx.exit(1)
    has_invalid = False
    for verdict in run(lines):
        if verdict["outcome"] == INVALID_CASE:
            output.complain(output.printable(f"{path}: {verdict['message']}"))
            has_invalid = True
        else:
            output.result(orjson.dumps(verdict).decode())
    if has_invalid:
        ctx.exit(1)


def _lines(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if data.startswith(_GZIP_MAGIC):
        data = gzip.decompress(data)
    return data.splitlines()
