"""What is wrong with the input: one line for each problem, in an order that does not depend on the input's."""

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether the exit status shows it."""

    ERROR = "error"
    """A file that cannot be read, or an object that violates its schema."""
    WARNING = "warning"
    """Something that offers nothing or is left out; the rest stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where an object was read; no document where the file as a whole is meant."""

    file: str
    document: int | None = None

    def __str__(self) -> str:
        return self.file if self.document is None else f"{self.file} document {self.document}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One problem; prints as ``FILE document N: Kind ns/name: spec.x: found Y, expected Z``."""

    severity: Severity
    message: str
    file: str = ""
    document: int | None = None
    #: ``Kind ns/name``, empty where no object could be read.
    object: str = ""
    path: str = ""

    def __str__(self) -> str:
        origin = str(Origin(file=self.file, document=self.document))
        parts = (origin, self.object, self.path, self.message.partition("\n")[0])
        line = " ".join(": ".join(part for part in parts if part).split())
        return "".join(letter if letter.isprintable() else "?" for letter in line)

    @property
    def excerpt(self) -> str:
        """The lines below the sentence, such as a selector with a caret; usually none."""
        return self.message.partition("\n")[2]


class Findings:
    """Collects findings while the input is read."""

    def __init__(self) -> None:
        self._found: list[Finding] = []

    def error(self, origin: Origin, message: str, *, about: str = "", path: str = "") -> None:
        """A file that cannot be read or an object that violates its schema."""
        self._add(Severity.ERROR, origin, message, about=about, path=path)

    def warning(self, origin: Origin, message: str, *, about: str = "", path: str = "") -> None:
        """Anything else."""
        self._add(Severity.WARNING, origin, message, about=about, path=path)

    def sorted(self) -> tuple[Finding, ...]:
        """All findings by file, document, object and path."""
        return tuple(
            sorted(
                self._found, key=lambda f: (f.file, f.document or 0, f.object, f.path, f.severity, f.message)
            )
        )

    def _add(self, severity: Severity, origin: Origin, message: str, *, about: str, path: str) -> None:
        self._found.append(
            Finding(
                severity=severity,
                message=message,
                file=origin.file,
                document=origin.document,
                object=about,
                path=path,
            )
        )
