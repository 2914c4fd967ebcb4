"""The verb ``simulate``: fleets that nobody has, as snapshots that every other verb reads."""

from dataclasses import replace
from pathlib import Path

import click

from adapters.cli import output
from adapters.cli.progress import Progress
from adapters.cli.simulate_files import write_snapshot
from adapters.cli.tables import table
from simulations.fleets import PRESETS, FleetSpec, InvalidFleetSpec, Totals, generate, totals

_DEFAULT_SIZE = "Small"
_EXAMPLE = """\b
Examples:
  modelplane simulate fleet --clusters 3 --seed 1 --output /tmp/f && modelplane plan /tmp/f
  modelplane simulate fleet --size F100 --output f100
"""


@click.group(epilog=_EXAMPLE)
def simulate() -> None:
    """Make fleets to try things on."""


@simulate.command(epilog=_EXAMPLE)
@click.option(
    "--size",
    metavar="SIZE",
    help=f"One of {', '.join(PRESETS)}; F100 has 100 clusters, 85,000 GPUs. [default: {_DEFAULT_SIZE}]",
)
@click.option(
    "--clusters",
    metavar="N",
    type=int,
    help="So many clusters instead: 11 nodes each up to 9, 50 up to 29, then 114.",
)
@click.option(
    "--seed",
    metavar="S",
    type=int,
    default=0,
    show_default=True,
    help="The same seed gives the same fleet.",
)
@click.option(
    "--output",
    "folder",
    metavar="DIR",
    required=True,
    type=click.Path(path_type=Path),
    help="A folder that is empty or not there yet.",
)
@click.pass_context
def fleet(ctx: click.Context, *, size: str | None, clusters: int | None, seed: int, folder: Path) -> None:
    """Write a made-up fleet to DIR, with what is wanted on it and what runs there already.

    Nodes, prices and requests follow statistics of public traces and catalogues. Replicas run where they once
    fitted; since then others left, nodes were lost, clusters drained and deployments changed. Above 100 nodes the
    files are compressed.
    """
    spec = _spec(size, clusters, seed)
    complaint = _refusal(folder)
    if complaint is not None:
        raise click.BadParameter(f"{complaint}, expected an empty folder or a new one", param_hint="--output")
    with Progress() as progress:
        progress.tell("making the fleet")
        problem = generate(spec)
        try:
            write_snapshot(problem, folder, tell=progress.tell)
        except OSError as error:
            path = error.filename or folder
            output.complain(f"{path}: {error.strerror}, expected a folder that can be written")
            ctx.exit(1)
        counted = totals(problem)
    output.result(table(("COUNT", "WHAT"), _rows(counted)))


def _spec(size: str | None, clusters: int | None, seed: int) -> FleetSpec:
    """The spec that the options ask for.

    Raises:
        click.UsageError: they contradict each other, or there can be no such fleet.
    """
    if clusters is None:
        return replace(_preset(size or _DEFAULT_SIZE), seed=seed)
    if size is not None:
        raise click.UsageError("found --size and --clusters, expected one of them: both say how large it is")
    try:
        return FleetSpec.of_clusters(clusters, seed=seed)
    except InvalidFleetSpec as error:
        raise click.BadParameter(error.complaint, param_hint="--clusters") from error


def _preset(size: str) -> FleetSpec:
    """The size with that name, in any case.

    Raises:
        click.BadParameter: there is none.
    """
    for name, spec in PRESETS.items():
        if name.casefold() == size.casefold():
            return spec
    raise click.BadParameter(f"found {size!r}, expected one of {', '.join(PRESETS)}", param_hint="--size")


def _refusal(folder: Path) -> str | None:
    """Why nothing can be written to *folder*, as far as looking tells."""
    try:
        if not folder.exists():
            return None
        if not folder.is_dir():
            return f"{folder} is no folder"
        return f"{folder} is not empty" if any(folder.iterdir()) else None
    except OSError as error:
        return f"{folder}: {error.strerror}"


def _rows(counted: Totals) -> list[tuple[int, str]]:
    return [
        (counted.clusters, f"clusters, {counted.drained_clusters} of them drained"),
        (counted.fabrics, "fabrics"),
        (counted.nodes, "nodes"),
        (counted.gpus, f"GPUs, {counted.gpus_held} of them in use"),
        (counted.deployments, f"deployments, {counted.cluster_caps} of them capped on each cluster"),
        (counted.replicas_wanted, f"replicas wanted, with {counted.gpus_wanted} GPUs"),
        (counted.replicas_observed, f"replicas that run, {counted.replicas_healthy} of them untouched"),
        (counted.quotas, f"quotas, {counted.binding_quotas} of them below what is wanted"),
    ]
