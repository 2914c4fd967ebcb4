"""The verb ``allocator``: replay recorded cases of the Kubernetes device allocator."""

import re
from pathlib import Path

import click

from adapters.cli.allocator_cases import Layer, run_cases
from adapters.cli.case_file import print_verdicts
from solver.domain.kubernetes import Release

_CASES_EXAMPLE = """\b
Example:
  modelplane allocator cases --kubernetes-version 1.35 cases.jsonl.gz
"""

_VERSION = re.compile(r"v?(\d+\.\d+)(\.\d+)?([-+].*)?")


def _release(ctx: click.Context, param: click.Parameter, value: str) -> Release:
    # Kubelets of other releases are taken for the nearest one; who names a release means that one.
    found = _VERSION.fullmatch(value)
    if found is None or found[1] not in tuple(Release):
        known = f"{min(Release)} to {max(Release)}"
        message = f"found {value!r}, expected a release from {known}, such as 1.35 or v1.36.2"
        raise click.BadParameter(message, ctx, param)
    return Release(found[1])


@click.group(epilog=_CASES_EXAMPLE)
def allocator() -> None:
    """Try what Kubernetes does with the claims of a pod on a node."""


@allocator.command("cases", epilog=_CASES_EXAMPLE)
@click.argument("path", metavar="FILE", type=click.Path(path_type=Path))
@click.option(
    "--kubernetes-version",
    "release",
    callback=_release,
    default=Release.V1_35.value,
    show_default=True,
    metavar="VERSION",
    help=f"Release whose allocator decides, from {min(Release)} to {max(Release)}, such as 1.35 or v1.36.2.",
)
@click.option(
    "--layer",
    type=click.Choice([layer.value for layer in Layer]),
    default=Layer.REPLAY.value,
    show_default=True,
    help="The allocator as it is with its bugs, or what is feasible.",
)
@click.pass_context
def replay_cases(ctx: click.Context, *, path: Path, release: Release, layer: str) -> None:
    """Print the outcome of every case in FILE (JSON lines, also compressed), one JSON line each.

    A line that is no case, or has a field of the wrong type, is one line on stderr instead, and the exit
    status is 1. Cases name their feature gates but no release: that of --kubernetes-version decides them all.
    """
    print_verdicts(ctx, path, lambda lines: run_cases(lines, release, Layer(layer)))
