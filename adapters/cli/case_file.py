"""Files of recorded cases: JSON lines, plain or compressed, answered line by line."""

import gzip
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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

    Exits with status 1 if there is one, or if the file cannot be read or is no file of JSON lines.
    """
    try:
        lines = _lines(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        output.complain(f"{path}: {reason}, expected JSON lines, plain or compressed")
        ctx.exit(1)
    complaint = _complaint(lines)
    if complaint:
        output.complain(f"{path}: {complaint}, expected one JSON object per line")
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


def _complaint(lines: Sequence[bytes]) -> str:
    """What is wrong with the file as a whole; empty if it can be read line by line."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return "found no case"
    try:
        orjson.loads(lines[first])
    except orjson.JSONDecodeError:
        spread = _lines_of_first(lines[first:])
        return f"found JSON that goes on over {spread} lines" if spread > 1 else ""
    return ""


def _lines_of_first(lines: Sequence[bytes]) -> int:
    """Lines of the JSON value that begins in the first one of *lines*, 0 if none does."""
    text = b"\n".join(lines).decode(errors="replace").lstrip()
    try:
        _, end = json.JSONDecoder().raw_decode(text)
    except (ValueError, RecursionError):
        return 0
    return text.count("\n", 0, end) + 1
