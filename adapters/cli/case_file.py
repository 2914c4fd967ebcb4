"""Files of recorded cases: JSON lines, plain or compressed."""

import gzip
from pathlib import Path

_GZIP_MAGIC = b"\x1f\x8b"


def case_lines(path: Path) -> list[bytes]:
    """The lines of the file at *path*.

    Raises:
        OSError, EOFError, zlib.error: the file cannot be read or is damaged.
    """
    data = path.read_bytes()
    if data.startswith(_GZIP_MAGIC):
        data = gzip.decompress(data)
    return data.splitlines()
