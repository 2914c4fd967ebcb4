"""A line on stderr for what takes over two seconds."""

import sys
import threading
import time
from types import TracebackType
from typing import Self, TextIO

_PATIENCE_SECONDS = 2.0
_TICK_SECONDS = 0.5
#: Where lines cannot be overwritten there is one at most this often.
_PAUSE_SECONDS = 10.0
_ERASE = "\r\x1b[K"


class Progress:
    """Shows the current step while it takes long; a terminal sees it change and vanish at the end."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._step = ""
        self._done = threading.Event()
        self._started = time.monotonic()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._shown = False

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._done.set()
        self._thread.join()
        if self._shown and self._stream.isatty():
            self._write(_ERASE)

    def tell(self, step: str) -> None:
        """What is being done from now on."""
        self._step = step

    def _watch(self) -> None:
        is_terminal = self._stream.isatty()
        wait = _PATIENCE_SECONDS
        while not self._done.wait(wait):
            self._shown = True
            seconds = int(time.monotonic() - self._started)
            line = f"{self._step} ({seconds} s)"
            self._write(f"{_ERASE}{line}" if is_terminal else f"{line}\n")
            wait = _TICK_SECONDS if is_terminal else _PAUSE_SECONDS

    def _write(self, text: str) -> None:
        try:
            self._stream.write(text)
            self._stream.flush()
        except (OSError, ValueError):  # nobody reads stderr any more
            self._done.set()
