"""The verb ``plan``: where every replica goes."""

from pathlib import Path

import click

from adapters.cli import inputs, output
from adapters.cli.decide import budget_option, claim_option, decide, gather, policy_option, tell_notes
from adapters.cli.manifests import placed_claims, replica_manifests
from adapters.cli.plan_table import plan_text
from adapters.cli.selector_errors import selector_error_table
from adapters.cli.yaml_output import to_yaml
from scheduler.snapshot import Reading
from scheduler.wire.decision import to_json, to_object
from solver.domain.decision import Decision

_FORMATS = ("table", "wide", "json", "yaml", "manifests")
_EXAMPLE = """\b
Examples:
  modelplane plan examples/fleet examples/deployments
  modelplane plan fleet/ -o json --policy policy.yaml --fail-on-shortfall
  modelplane plan fleet/ -o manifests | kubectl apply -f -
  modelplane plan fleet/ --claim gpu-claim-template.yaml -o wide
"""


@click.command(epilog=_EXAMPLE)
@inputs.paths_argument
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(_FORMATS),
    default="table",
    show_default=True,
    help="wide adds every pod, with how it is released, and every node pool; json and yaml are the Decision "
    "message; manifests prints the ModelReplica objects.",
)
@policy_option
@claim_option
@budget_option
@click.option("--fail-on-shortfall", is_flag=True, help="Exit with 1 if a deployment is short.")
@click.pass_context
def plan(
    ctx: click.Context,
    *,
    paths: tuple[Path, ...],
    form: str,
    policy: Path | None,
    claims: tuple[Path, ...],
    budget: float,
    fail_on_shortfall: bool,
) -> None:
    """Decide where every replica of every deployment in PATH goes, down to the node.

    What runs stays, unless the plan names the reason for moving it. The same input gives the same plan.

    A pod is released in "any order" if the device allocator of its cluster serves all pods of its node, whoever
    comes first, or "in order" N if it may do so only in the order of these numbers.
    """
    reading = gather(paths, policy_path=policy, claims=claims).reading
    if not reading.problem.deployments:
        output.note("no ModelDeployment was read, so nothing is wanted")
    decision = decide(reading, budget_seconds=budget)
    text = _rendered(decision, reading, form)
    if text:
        output.result(text)
    if reading.has_errors or (fail_on_shortfall and decision.plan.shortfalls):
        ctx.exit(1)


def _rendered(decision: Decision, reading: Reading, form: str) -> str:
    """The decision in the format *form*; notes that the format has no place for go to stderr."""
    match form:
        case "json":
            return to_json(decision)
        case "yaml":
            return to_yaml([to_object(decision)])
        case "manifests":
            tell_notes(decision, reading)
            for evict in decision.plan.evicts:
                name = f"{evict.replica.deployment.namespace}/{evict.name}"
                output.note(f"ModelReplica {name} is to be deleted ({evict.reason}: {evict.because})")
            for claim, cluster in placed_claims(decision, reading):
                output.note(f"{claim} goes to cluster {cluster} and has no ModelReplica")
            return to_yaml(replica_manifests(decision, reading))
        case _:
            tell_notes(decision, reading)
            is_wide = form == "wide"
            errors = selector_error_table(reading.problem) if is_wide else ""
            text = plan_text(decision, reading.problem.deployments, is_wide=is_wide)
            return "\n\n".join(part for part in (text, errors) if part)
