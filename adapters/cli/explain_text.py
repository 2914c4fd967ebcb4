"""One deployment in depth, in the manner of ``kubectl describe``."""

from collections.abc import Iterator, Sequence

from adapters.cli.chosen_devices import device_table
from adapters.cli.plan_table import replica_table, slot_table
from adapters.cli.reasons import shortfall_text
from adapters.cli.request_table import constraint_sentences, request_table
from adapters.cli.tables import Cell, Tinted, columns, table
from adapters.cli.tier_table import tier_table
from adapters.cli.verdicts import ELIGIBLE, PoolVerdict
from solver.domain.decision import Decision
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment, SpreadRule

_ANY = "<any>"


def explanation_text(
    decision: Decision,
    problem: Problem,
    deployment: ModelDeployment,
    verdicts: Sequence[PoolVerdict],
    *,
    is_wide: bool = False,
) -> str:
    """What *deployment* asks for, where it is, what each node pool says, and what would help.

    Args:
        decision: what of the decision is about the deployment.
        problem: everything that was read.
        deployment: the one in question.
        verdicts: what each node pool says to it.
        is_wide: every pod, its devices, and the tiers of the whole plan.
    """
    wanted = sum(each.replicas for each in problem.deployments)
    parts = [
        columns(_facts(decision, deployment), indent=""),
        request_table(deployment),
        replica_table(decision.plan),
        slot_table(decision.plan) if is_wide else "",
        device_table(decision.plan, problem, deployment) if is_wide else "",
        _verdict_table(verdicts),
        tier_table(decision, wanted=wanted) if is_wide else "",
        *(shortfall_text(decision, shortfall) for shortfall in decision.plan.shortfalls),
    ]
    return "\n\n".join(part for part in parts if part)


def _facts(decision: Decision, deployment: ModelDeployment) -> Iterator[tuple[str, str]]:
    plan = decision.plan
    short = sum(shortfall.missing for shortfall in plan.shortfalls)
    yield "Deployment:", str(deployment.key)
    yield "Replicas:", f"{deployment.replicas} wanted, {len(plan.replicas)} placed, {short} short"
    yield "Placed:", f"{len(plan.keeps)} kept, {len(plan.creates)} new, {len(plan.evicts)} evicted"
    yield "Priority:", str(deployment.priority)
    yield "Serving mode:", deployment.serving_mode.value
    labels = ", ".join(f"{name}={value}" for name, value in sorted(deployment.cluster_selector.items()))
    yield "Cluster selector:", labels or _ANY
    if deployment.cache is not None:
        yield "Model cache:", deployment.cache
    for rule in deployment.spread:
        yield "Spread:", _spread(rule)
    for sentence in constraint_sentences(deployment):
        yield "Constraint:", sentence


def _spread(rule: SpreadRule) -> str:
    limits = []
    if rule.max_skew is not None:
        limits.append(f"skew at most {rule.max_skew}")
    if rule.max_percent is not None:
        limits.append(f"at most {rule.max_percent} % in one")
    return f"by {rule.topology_key}, {', '.join(limits) or 'even'} ({rule.mode})"


def _verdict_table(verdicts: Sequence[PoolVerdict]) -> str:
    rows: list[tuple[Cell, ...]] = []
    for verdict in verdicts:
        refused = verdict.rejection
        reason: Cell = Tinted(ELIGIBLE, "green") if refused is None else refused.reason.value
        detail = "" if refused is None else refused.detail
        rows.append((verdict.node_pool.cluster, verdict.node_pool.name, verdict.replicas, reason, detail))
    return table(("CLUSTER", "NODE POOL", "REPLICAS", "VERDICT", "DETAIL"), rows) if rows else ""
