"""Warnings about one object: each field once, however many checks it fails."""

from collections.abc import Iterable

from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object
from scheduler.snapshot.shapes import Misfit

_BORDERS = (".", "[")


class Told:
    """Takes what is wrong with an object; the first complaint about a field, or about one around it, is told."""

    def __init__(self, read: Object, findings: Findings) -> None:
        self._read = read
        self._findings = findings
        self._paths: set[str] = set()

    def warning(self, path: str, message: str) -> None:
        """Tell that the field at *path* is wrong, unless that was told of it or of a field around it."""
        if any(_is_within(path, told) for told in self._paths):
            return
        self._paths.add(path)
        self._findings.warning(self._read.origin, message, about=self._read.about, path=path)

    def warnings(self, misfits: Iterable[Misfit], *, effect: str = "") -> bool:
        """Tell all of *misfits*, each with its *effect* on the plan; whether there was one."""
        found = False
        for path, message in misfits:
            found = True
            self.warning(path, message + effect)
        return found


def _is_within(path: str, outer: str) -> bool:
    return path == outer or (path.startswith(outer) and path[len(outer) :].startswith(_BORDERS))
