"""Paths on the command line to a reading, with every finding told."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import click

from adapters.cli import output
from adapters.cli.progress import Progress
from scheduler.snapshot import Finding, Reading, Severity, read, selector_findings
from solver.selectors.faults import CompileError
from solver.selectors.selector import compile_selector

paths_argument = click.argument(
    "paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(path_type=Path)
)


def read_paths(
    paths: Sequence[Path],
    progress: Progress,
    *,
    policy_path: Path | None = None,
    claims: Sequence[Path] = (),
) -> Reading:
    """Everything below *paths* and in *claims*; what is wrong with it is told on stderr."""
    return read(paths, policy_path=policy_path, claims=claims, progress=progress.tell)


def all_findings(reading: Reading) -> tuple[Finding, ...]:
    """The findings of *reading* and one for each use of a selector that does not compile, in order."""
    found = [*reading.findings, *selector_findings(reading, complaint)]
    return tuple(sorted(found, key=lambda each: (each.file, each.document or 0, each.object, each.path)))


def complaint(expression: str) -> str | None:
    """What is wrong with a selector, with the line and a caret below it; None if it compiles."""
    error = _compile_error(expression)
    return f"selector does not compile: {error.sentence()}\n{error.caret()}" if error is not None else None


def broken_selectors(reading: Reading) -> frozenset[str]:
    """What is wrong with selectors of deployments, without place and caret; the findings say all of it."""
    texts = {
        text
        for deployment in reading.problem.deployments
        for engine in deployment.engines
        for member in engine.members
        for request in member.requests
        for query in request.queries
        for text in query.selectors
    }
    errors = map(_compile_error, texts)
    return frozenset(error.message for error in errors if error is not None)


def report(findings: Iterable[Finding]) -> None:
    """Tell each of *findings* on stderr, in one line and with what it quotes below."""
    for finding in findings:
        _SAY[finding.severity](str(finding))
        if finding.excerpt:
            output.quote(finding.excerpt)


def counted(count: int, noun: str) -> str:
    """``1 error``, ``2 errors``."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def problems(findings: Sequence[Finding]) -> str:
    """``1 error, 2 warnings``; empty if there is nothing to say."""
    parts = []
    for severity in Severity:
        number = sum(finding.severity is severity for finding in findings)
        if number:
            parts.append(counted(number, severity.value))
    return ", ".join(parts)


def _compile_error(expression: str) -> CompileError | None:
    try:
        compile_selector(expression)
    except CompileError as error:
        return error
    return None


_SAY: dict[Severity, Callable[[str], None]] = {
    Severity.ERROR: output.complain,
    Severity.WARNING: output.warn,
}
