"""The garbage collector out of the way while a fleet is read and planned.

A problem is millions of small objects that live until the decision is made, and hardly any of them are in cycles. The
collector walked over them again and again: a fifth of the time of a large plan.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

_lock = Lock()
_paused = 0
_was_enabled = False


@contextmanager
def collector_paused() -> Iterator[None]:
    """No collection until the last of those who asked for it is done; reference counts go on working."""
    global _paused, _was_enabled  # noqa: PLW0603 (the collector is one for the process, too)
    with _lock:
        if _paused == 0:
            _was_enabled = gc.isenabled()
            gc.disable()
        _paused += 1
    try:
        yield
    finally:
        with _lock:
            _paused -= 1
            if _paused == 0 and _was_enabled:
                gc.enable()
