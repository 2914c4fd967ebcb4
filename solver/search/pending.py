"""Bounds that are still being computed: linear programmes run on a second core while a plan is explained.

OR-Tools lets go of the interpreter while it solves, every programme is a copy of its own, and nothing is decided
by who is first, so the numbers are those of one core.
"""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

_Found = TypeVar("_Found")

#: The machines that plan fleets have another core; more would only fight for it.
_WORKERS = 1


class Background:
    """One worker for what may be computed later; it ends with the last of its work."""

    def __init__(self) -> None:
        self._executor = ThreadPoolExecutor(max_workers=_WORKERS)

    def submit(self, work: Callable[[], _Found]) -> "Future[_Found]":
        """Start *work* when the worker is free."""
        return self._executor.submit(work)

    def close(self) -> None:
        """Take no more work; what was taken is finished."""
        self._executor.shutdown(wait=False)


class PendingBounds(Mapping[str, int]):
    """Bounds by name; asking for one waits until it is known."""

    def __init__(self, known: Mapping[str, int], waiting: Mapping[str, Callable[[], int]]) -> None:
        self._known = dict(known)
        self._waiting = dict(waiting)

    def __getitem__(self, name: str) -> int:
        """The bound *name*, waited for if need be."""
        if name in self._waiting:
            self._known[name] = self._waiting.pop(name)()
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        """The names of all bounds."""
        return iter([*self._known, *self._waiting])

    def __len__(self) -> int:
        """How many bounds there are."""
        return len(self._known) + len(self._waiting)
