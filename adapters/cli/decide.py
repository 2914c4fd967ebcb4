"""From paths to a decision, for the verbs that plan."""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import click

from adapters.cli import inputs, output
from adapters.cli.progress import Progress
from adapters.cli.tier_table import remarks
from scheduler.snapshot import Finding, Reading
from solver.domain.decision import Decision
from solver.place import place
from solver.search.budget import Budget

policy_option = click.option(
    "--policy",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="A file with the PlacementPolicy to use instead of the one in PATH.",
)


claim_option = click.option(
    "--claim",
    "claims",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A file with ResourceClaims or ResourceClaimTemplates to place as well, one pod each; repeatable.",
)


def _seconds(ctx: click.Context, param: click.Parameter, value: float) -> float:
    if not 0 < value < math.inf:
        raise click.BadParameter(f"found {value}, expected a number of seconds above 0", ctx, param)
    return value


budget_option = click.option(
    "--budget",
    metavar="SECONDS",
    type=float,
    callback=_seconds,
    default=Budget().deterministic_seconds,
    show_default=True,
    help="Deterministic seconds of search for a plan; the wall clock ends it at four times that.",
)


class Gathered(NamedTuple):
    """What was read, and what was wrong with it."""

    reading: Reading
    findings: tuple[Finding, ...]


def gather(paths: Sequence[Path], *, policy_path: Path | None, claims: Sequence[Path]) -> Gathered:
    """Everything below *paths* and in *claims*; what is wrong with it is told on stderr."""
    with Progress() as progress:
        reading = inputs.read_paths(paths, progress, policy_path=policy_path, claims=claims)
        findings = inputs.all_findings(reading)
    inputs.report(findings)
    if reading.has_errors:
        output.warn(f"{inputs.problems(findings)}; everything else in the input is planned")
    return Gathered(reading, findings)


def decide(reading: Reading, *, budget_seconds: float) -> Decision:
    """The plan for what was read; its notes begin with those of the reading."""
    with Progress() as progress:
        progress.tell("planning")
        decision = place(reading.problem, Budget(deterministic_seconds=budget_seconds))
    return replace(decision, notes=tuple(dict.fromkeys((*reading.notes, *decision.notes))))


def tell_notes(decision: Decision, reading: Reading) -> None:
    """Say on stderr what the reader of the plan must know, but for broken selectors: a warning told of them."""
    for remark in remarks(decision):
        output.warn(remark)
    told = [f": selector does not compile: {message};" for message in inputs.broken_selectors(reading)]
    for sentence in decision.notes:
        if not any(clause in sentence for clause in told):
            output.note(sentence)
