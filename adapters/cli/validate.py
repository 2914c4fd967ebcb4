"""The verb ``validate``: what was read, and everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

import click
import numpy as np

from adapters.cli import inputs, output
from adapters.cli.progress import Progress
from adapters.cli.tables import table
from scheduler.snapshot import Reading
from solver.domain.device_table import WITHHELD

_EXAMPLE = """\b
Example:
  modelplane validate examples/fleet examples/deployments
"""


@click.command(epilog=_EXAMPLE)
@inputs.paths_argument
@click.pass_context
def validate(ctx: click.Context, *, paths: tuple[Path, ...]) -> None:
    """Check everything in PATH: schemas, references, quantities, versions, resource pools and selectors.

    One line for each problem goes to stderr, a summary of what was read to stdout.
    """
    with Progress() as progress:
        reading = inputs.read_paths(paths, progress)
        progress.tell("compiling selectors")
        findings = inputs.all_findings(reading)
    inputs.report(findings)
    for sentence in reading.notes:
        output.note(sentence)
    for headers, rows in (
        (("COUNT", "KIND"), _objects(reading)),
        (("COUNT", "DEVICES"), _devices(reading)),
    ):
        listed = list(rows)
        if listed:
            output.result(f"{table(headers, listed)}\n\n")
    output.result(f"{inputs.problems(findings) or 'no problem found'}")
    if reading.has_errors:
        ctx.exit(1)


def _objects(reading: Reading) -> Iterator[tuple[int, str]]:
    for kind, count in reading.read.items():
        yield count, kind
    for kind, count in reading.ignored.items():
        yield count, f"{kind} (ignored)"


def _devices(reading: Reading) -> Iterator[tuple[int, str]]:
    """What a plan can give away and what it cannot: each device in one row, withheld before anything else."""
    fleet = reading.problem.fleet
    table = fleet.devices
    hosting = {pool.key for pool in fleet.node_pools if pool.is_published}
    takes_new = [node.is_schedulable and node.node_pool in hosting for node in fleet.nodes]
    sizes = np.diff(table.starts)
    is_closed = ~np.repeat(np.array(takes_new, dtype=bool), sizes)
    is_expected = np.repeat(np.array([node.is_expected for node in fleet.nodes], dtype=bool), sizes)
    rest = table.withheld == 0
    rows = []
    for what, those in (
        ("in use by others", table.in_use),
        ("on nodes that take nothing new", is_closed),
        ("usable once their nodes are added", is_expected),
        ("usable by requests that tolerate their taints", table.where(lambda terms: bool(terms.repelling))),
        ("usable", np.ones_like(rest)),
    ):
        rows.append((int(np.count_nonzero(rest & those)), what))
        rest &= ~those
    withheld = np.bincount(table.withheld, minlength=len(WITHHELD) + 1)
    rows = [
        *reversed(rows),
        *((int(withheld[at]), f"withheld: each {why}") for at, why in enumerate(WITHHELD, 1)),
        (len(reading.loose_devices.table), "outside the fleet: no node of a node pool has them"),
    ]
    return ((count, what) for count, what in rows if count)
