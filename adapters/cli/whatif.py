"""The verb ``whatif``: what would be different if something changed."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import click

from adapters.cli import inputs, output
from adapters.cli.change_text import FORMS, InvalidChangeTextError, ManifestFile, parsed_change
from adapters.cli.decide import budget_option, gather, policy_option
from adapters.cli.difference_table import difference_text
from adapters.cli.progress import Progress
from adapters.cli.tier_table import remarks
from adapters.cli.yaml_output import to_yaml
from scheduler.snapshot import Reading, Severity, read
from scheduler.wire.what_if import to_json, to_object
from simulations.what_if import Answer, what_if
from solver.domain.change import ApplyDeployment, Change, InvalidChange
from solver.search.budget import Budget

_INDENT = "\n  "
_EXAMPLE = f"""\b
Changes:
  {_INDENT.join(FORMS)}

\b
Examples:
  modelplane whatif examples/fleet examples/deployments --change 'lose cluster azure-amsterdam'
  modelplane whatif fleet/ --change 'drain node eu-1/node-3 eu-1/node-4' --fail-on-shortfall
  modelplane whatif fleet/ --change 'add 4 nodes to eu-1/h100' --change 'scale ml/qwen to 12'
  modelplane whatif fleet/ --change 'apply new-model.yaml' -o json
  modelplane whatif fleet/ --change 'price eu-1/h100 to 98.5' --change 'quota ml gpu.nvidia.com to 64'
"""


class _Asked(NamedTuple):
    """A change as it was written, and what it says."""

    text: str
    change: Change | ManifestFile


def _changes(ctx: click.Context, param: click.Parameter, values: Sequence[str]) -> tuple[_Asked, ...]:
    found = []
    for text in values:
        try:
            found.append(_Asked(text, parsed_change(text)))
        except InvalidChangeTextError as error:
            raise click.BadParameter(f"{text!r}, {error}", ctx, param) from None
    return tuple(found)


@click.command(epilog=_EXAMPLE)
@inputs.paths_argument
@click.option(
    "--change",
    "changes",
    metavar="CHANGE",
    multiple=True,
    required=True,
    callback=_changes,
    help="What is different, in one of the forms below; repeatable, applied in order.",
)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(("table", "wide", "json", "yaml")),
    default="table",
    show_default=True,
    help="wide adds all tiers and every node pool of what is short; json and yaml are the Difference message.",
)
@policy_option
@budget_option
@click.option(
    "--fail-on-shortfall",
    is_flag=True,
    help="Exit with 1 if a deployment is short of more replicas than before.",
)
@click.pass_context
def whatif(
    ctx: click.Context,
    *,
    paths: tuple[Path, ...],
    changes: tuple[_Asked, ...],
    form: str,
    policy: Path | None,
    budget: float,
    fail_on_shortfall: bool,
) -> None:
    """Say what would be different in the plan for PATH if the changes were made; nothing is done.

    What is lost takes its replicas with it; they are placed again if they fit. What is drained takes nothing new,
    and what runs there has to leave. Added nodes are empty copies of the best node of their node pool. A NODE is
    called as plan calls it.
    """
    reading = gather(paths, policy_path=policy, claims=()).reading
    if not reading.problem.deployments:
        output.note("no ModelDeployment was read, so nothing is wanted without the changes")
    asked = [each for one in changes for each in _resolved(ctx, one)]
    answer = _answered(ctx, reading, asked, budget)
    _tell(answer, reading)
    output.result(_rendered(answer, form))
    is_shorter = any(each.missing_after > each.missing_before for each in answer.difference.shortfalls)
    if reading.has_errors or (fail_on_shortfall and is_shorter):
        ctx.exit(1)


def _resolved(ctx: click.Context, asked: _Asked) -> Iterator[tuple[str, Change]]:
    """What was asked for, each change with its text; a file stands for the deployments in it."""
    if not isinstance(asked.change, ManifestFile):
        yield asked.text, asked.change
        return
    reading = read([Path(asked.change.path)])
    findings = inputs.all_findings(reading)
    inputs.report(findings)
    if any(finding.severity is Severity.ERROR for finding in findings):
        _refuse(ctx, asked.text, "the file has errors, expected valid ModelDeployments")
    others = sorted((set(reading.read) | set(reading.ignored)) - {"ModelDeployment"})
    if others or not reading.problem.deployments:
        _refuse(ctx, asked.text, f"found {', '.join(others) or 'none'}, expected only ModelDeployments")
    for deployment in reading.problem.deployments:
        yield asked.text, ApplyDeployment(deployment=deployment)


def _answered(
    ctx: click.Context, reading: Reading, asked: Sequence[tuple[str, Change]], budget_seconds: float
) -> Answer:
    try:
        with Progress() as progress:
            progress.tell("planning without and with the changes")
            budget = Budget(deterministic_seconds=budget_seconds)
            return what_if(reading.problem, [change for _, change in asked], budget)
    except InvalidChange as error:
        _refuse(ctx, asked[error.position][0], error.complaint)
        raise


def _refuse(ctx: click.Context, text: str, complaint: str) -> None:
    output.complain(f"--change {text!r}: {complaint}")
    ctx.exit(1)


def _tell(answer: Answer, reading: Reading) -> None:
    """Say on stderr what the reader of the answer must know: of both plans, then what is only true of one."""
    for when, decision in (("without the changes", answer.before), ("with the changes", answer.after)):
        for remark in remarks(decision):
            output.warn(f"{when}: {remark}")
    for sentence in dict.fromkeys((*reading.notes, *answer.before.notes)):
        output.note(sentence)
    for sentence in answer.after.notes:
        if sentence not in answer.before.notes:
            output.note(f"with the changes: {sentence}")


def _rendered(answer: Answer, form: str) -> str:
    match form:
        case "json":
            return to_json(answer.difference)
        case "yaml":
            return to_yaml([to_object(answer.difference)])
        case _:
            return difference_text(answer, is_wide=form == "wide")
