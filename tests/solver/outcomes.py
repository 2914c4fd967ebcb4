"""Short readings of a decision, so that a test can assert whole results in one line."""

from solver.domain.decision import Decision
from solver.domain.plan import Create, Keep, Plan
from solver.domain.problem import Problem
from solver.place import place


def decided(problem: Problem) -> Decision:
    """The decision for *problem*, made by the solver and not by the fallback."""
    decision = place(problem)
    assert () == decision.record.violations
    return decision


def running(plan: Plan, name: str = "my-model", namespace: str = "ml-team") -> list[str]:
    """``cluster/index`` of every replica of the deployment that will run, sorted."""
    return sorted(_short(replica) for replica in plan.replicas if _owner(replica) == (namespace, name))


def kept(plan: Plan) -> list[str]:
    """``cluster/index`` of every replica that stays."""
    return [_short(keep) for keep in plan.keeps]


def created(plan: Plan) -> list[str]:
    """``cluster/index`` of every new replica."""
    return [_short(create) for create in plan.creates]


def evicted(plan: Plan) -> list[tuple[str, str]]:
    """``cluster/index`` of every replica that goes, and the reason code."""
    return [(f"{evict.replica.cluster}/{evict.replica.index}", evict.reason.value) for evict in plan.evicts]


def pools(plan: Plan, name: str = "my-model", namespace: str = "ml-team") -> dict[str, list[str]]:
    """Node pools that each replica of the deployment uses, sorted."""
    return {
        _short(replica): sorted({slot.node_pool.name for slot in replica.slots})
        for replica in plan.replicas
        if _owner(replica) == (namespace, name)
    }


def nodes(plan: Plan, name: str = "my-model", namespace: str = "ml-team") -> dict[str, list[str | None]]:
    """Nodes of the pods of each replica of the deployment, in the order of its slots."""
    return {
        _short(replica): [None if slot.node is None else slot.node.name for slot in replica.slots]
        for replica in plan.replicas
        if _owner(replica) == (namespace, name)
    }


def missing(plan: Plan) -> dict[str, int]:
    """Replicas short, by name of the deployment."""
    return {str(shortfall.deployment): shortfall.missing for shortfall in plan.shortfalls}


def tier(decision: Decision, name: str) -> int:
    """The value of one tier."""
    return next(result.value for result in decision.tiers if result.name == name)


def _short(replica: Keep | Create) -> str:
    return f"{replica.replica.cluster}/{replica.replica.index}"


def _owner(replica: Keep | Create) -> tuple[str, str]:
    return replica.replica.deployment.namespace, replica.replica.deployment.name
