"""The verb ``selector``: try an expression on a fleet, or replay recorded cases."""

from pathlib import Path

import click

from adapters.cli import inputs, output
from adapters.cli.case_file import print_verdicts
from adapters.cli.progress import Progress
from adapters.cli.selector_cases import run_cases
from adapters.cli.selector_table import evaluation_text
from solver.selectors.faults import CompileError
from solver.selectors.selector import compile_selector

_EVAL_EXAMPLE = """\b
Example:
  modelplane selector eval \\
    'device.capacity["gpu.nvidia.com"].memory.compareTo(quantity("80Gi")) >= 0' examples/fleet
"""
_CASES_EXAMPLE = """\b
Example:
  modelplane selector cases cases.jsonl.gz
"""


@click.group(epilog=_EVAL_EXAMPLE)
def selector() -> None:
    """Try device selectors: CEL as Kubernetes understands it for DRA."""


@selector.command("eval", epilog=_EVAL_EXAMPLE)
@click.argument("expression")
@inputs.paths_argument
@click.pass_context
def evaluate_expression(ctx: click.Context, *, expression: str, paths: tuple[Path, ...]) -> None:
    """Show which devices in PATH match EXPRESSION, which do not, and which fail with what error."""
    try:
        compiled = compile_selector(expression)
    except CompileError as error:
        output.complain(f"selector does not compile: {error.sentence()}")
        output.quote(error.caret())
        ctx.exit(1)
    with Progress() as progress:
        reading = inputs.read_paths(paths, progress)
        progress.tell("evaluating")
        text = evaluation_text(compiled, reading)
    inputs.report(reading.findings)
    output.result(text)
    if reading.has_errors:
        ctx.exit(1)


@selector.command("cases", epilog=_CASES_EXAMPLE)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.pass_context
def replay_cases(ctx: click.Context, *, path: Path) -> None:
    """Print the outcome of every case in FILE (JSON lines, also compressed), one JSON line each.

    A line that is no case is one line on stderr instead, and the exit status is 1.
    """
    print_verdicts(ctx, path, run_cases)
