"""The verb ``explain``: one deployment in depth."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import click

from adapters.cli import inputs, output
from adapters.cli.decide import (
    Gathered,
    budget_option,
    claim_option,
    decide,
    gather,
    policy_option,
    tell_notes,
)
from adapters.cli.explain_text import explanation_text
from adapters.cli.verdicts import PoolVerdict, pool_verdicts
from scheduler.api.nearest import nearest_hint
from scheduler.wire.decision import to_json
from solver.domain.decision import Decision
from solver.domain.explanation import Rejection
from solver.domain.identity import DeploymentKey

_EXAMPLE = """\b
Examples:
  modelplane explain examples/fleet examples/deployments code/glm-4.6
  modelplane explain examples/fleet examples/deployments agents/kimi-k2 -o wide
  modelplane explain fleet/ default/one-gpu --claim gpu-claim-template.yaml
"""

#: What can be explained.
_KINDS = ("ModelDeployment", "ResourceClaim", "ResourceClaimTemplate")


def _key(ctx: click.Context, param: click.Parameter, value: str) -> DeploymentKey:
    namespace, _, name = value.partition("/")
    if not namespace or not name or "/" in name:
        message = f"found {value!r}, expected NAMESPACE/NAME of a ModelDeployment"
        raise click.BadParameter(message, ctx, param)
    return DeploymentKey(namespace, name)


@click.command(epilog=_EXAMPLE)
@inputs.paths_argument
@click.argument("key", metavar="NAMESPACE/NAME", callback=_key)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(("table", "wide", "json")),
    default="table",
    show_default=True,
    help="wide adds every pod, with how it is released, its devices, and the tiers; json is the Decision message "
    "with what is about the deployment.",
)
@policy_option
@claim_option
@budget_option
@click.pass_context
def explain(
    ctx: click.Context,
    *,
    paths: tuple[Path, ...],
    key: DeploymentKey,
    form: str,
    policy: Path | None,
    claims: tuple[Path, ...],
    budget: float,
) -> None:
    """Say what the deployment NAMESPACE/NAME asks for, where the plan puts it, and what each node pool says.

    A claim of --claim is named alike. Everything in PATH is planned, since what one deployment gets depends on the others.

    Devices are "held" by the claims of a pod that runs, or "chosen" in a rehearsal of the allocator of the
    cluster, which is no promise. What "any order" and "in order" N mean is said by plan --help.
    """
    gathered = gather(paths, policy_path=policy, claims=claims)
    problem = gathered.reading.problem
    if all(each.key != key for each in problem.deployments):
        output.complain(_unknown(gathered, key))
        ctx.exit(1)
    decision = decide(gathered.reading, budget_seconds=budget)
    verdicts = pool_verdicts(problem, decision, key)
    about = _about(decision, key)
    if form == "json":
        output.result(to_json(_with_verdicts(about, key, verdicts)))
    else:
        tell_notes(about, gathered.reading)
        deployment = next(each for each in problem.deployments if each.key == key)
        output.result(explanation_text(about, problem, deployment, verdicts, is_wide=form == "wide"))
    if gathered.reading.has_errors:
        ctx.exit(1)


def _unknown(gathered: Gathered, key: DeploymentKey) -> str:
    left_out = gathered.reading.unplanned_claims.get(key)
    if left_out is not None:
        return left_out
    about = f"ModelDeployment {key}"
    named = {name for kind in _KINDS for name in _titles(kind, key)}
    for finding in gathered.findings:
        if finding.object in named:
            return f"{finding.object} was read and is not valid, see above"
    hint = nearest_hint(str(key), (str(each.key) for each in gathered.reading.problem.deployments))
    return f"found no {about}, expected one of those that were read{hint}"


def _titles(kind: str, key: DeploymentKey) -> Iterator[str]:
    """How findings call the object of *kind* with *key*: as it was written, with or without a namespace."""
    yield f"{kind} {key}"
    if key.namespace == "default":
        yield f"{kind} {key.name}"


def _about(decision: Decision, key: DeploymentKey) -> Decision:
    """What of *decision* is about the deployment *key*; the tiers are those of the whole plan."""
    plan = decision.plan
    return replace(
        decision,
        plan=replace(
            plan,
            keeps=tuple(each for each in plan.keeps if each.replica.deployment == key),
            creates=tuple(each for each in plan.creates if each.replica.deployment == key),
            evicts=tuple(each for each in plan.evicts if each.replica.deployment == key),
            shortfalls=tuple(each for each in plan.shortfalls if each.deployment == key),
        ),
        rejections=tuple(each for each in decision.rejections if each.deployment == key),
        conflicts=tuple(each for each in decision.conflicts if each.deployment == key),
        fixes=tuple(each for each in decision.fixes if each.deployment == key),
    )


def _with_verdicts(decision: Decision, key: DeploymentKey, verdicts: tuple[PoolVerdict, ...]) -> Decision:
    """*decision* with what the node pools say even if the deployment is not short."""
    if decision.rejections:
        return decision
    refused = tuple(verdict.rejection for verdict in verdicts if verdict.rejection is not None)
    return replace(
        decision, rejections=(Rejection(deployment=key, node_pools=len(verdicts), rejected=refused),)
    )
