"""The verb ``allocator``: replay recorded cases of the Kubernetes device allocator."""

from pathlib import Path

import click

from adapters.cli.allocator_cases import Layer, run_cases
from adapters.cli.case_file import print_verdicts
from solver.domain.kubernetes import Release

_CASES_EXAMPLE = """\b
Example:
  modelplane allocator cases --kubernetes-version 1.35 cases.jsonl.gz
"""


@click.group(epilog=_CASES_EXAMPLE)
def allocator() -> None:
    """Try what Kubernetes does with the claims of a pod on a node."""


@allocator.command("cases", epilog=_CASES_EXAMPLE)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--kubernetes-version",
    "version",
    default=Release.V1_35.value,
    show_default=True,
    metavar="VERSION",
    help="Release whose allocator decides, such as 1.35 or v1.36.2.",
)
@click.option(
    "--layer",
    type=click.Choice([layer.value for layer in Layer]),
    default=Layer.REPLAY.value,
    show_default=True,
    help="The allocator as it is with its bugs, or what is feasible.",
)
@click.pass_context
def replay_cases(ctx: click.Context, *, path: Path, version: str, layer: str) -> None:
    """Print the outcome of every case in FILE (JSON lines, also compressed), one JSON line each.

    A line that is no case is one line on stderr instead, and the exit status is 1.
    """
    release = Release.of_kubelet(version)
    if release is None:
        raise click.BadParameter(f"found {version!r}, expected a version such as 1.35", param_hint="VERSION")
    print_verdicts(ctx, path, lambda lines: run_cases(lines, release, Layer(layer)))
