"""The verb ``validate``: what was read, and everything that is wrong with it."""

from collections.abc import Iterator
from pathlib import Path

import click

from adapters.cli import inputs, output
from adapters.cli.progress import Progress
from adapters.cli.tables import table
from scheduler.snapshot import Reading

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
    output.result(table(("READ", "COUNT"), _counts(reading)))
    output.result(f"\n{inputs.problems(findings) or 'no problem found'}")
    if reading.has_errors:
        ctx.exit(1)


def _counts(reading: Reading) -> Iterator[tuple[str, int]]:
    problem = reading.problem
    fleet = problem.fleet
    expected = sum(node.is_expected for node in fleet.nodes)
    yield "ModelDeployments", len(problem.deployments)
    yield "ModelReplicas", len(problem.replicas)
    yield "ModelCaches", len(problem.caches)
    yield "InferenceClusters", len(fleet.clusters)
    yield "node pools", len(fleet.node_pools)
    yield "nodes", len(fleet.nodes) - expected
    yield "expected nodes", expected
    yield "devices", len(fleet.devices)
    yield "devices that no plan can use", len(reading.loose_devices.table)
    yield "selectors", len(reading.selectors)
    for kind, count in reading.ignored.items():
        yield f"{kind} (ignored)", count
