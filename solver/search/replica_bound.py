"""A bound that looks at one replica at a time: each costs at least what it costs on its cheapest candidate.

A linear programme is tighter and takes seconds on a large fleet; for distance and price it was within one and
three percent of this.
"""

from collections.abc import Mapping

from solver.formulation.build import Formulation
from solver.formulation.matrix import UNBOUNDED, Expression
from solver.formulation.variables import PodVariable


def replica_by_replica(formulation: Formulation, expression: Expression, short: Mapping[int, int]) -> int:
    """The least that what stays and the fewest new replicas can cost in *expression*.

    Args:
        formulation: gives the candidates and what a unit of each variable costs.
        expression: has no negative coefficient on a new replica or a pod.
        short: replicas that may be missing, by priority; the dearest ones are taken to be.
    """
    problem = formulation.variables.scene.problem
    cheapest = _cheapest(formulation, expression)
    total = expression.constant
    costs: dict[int, list[tuple[int, int]]] = {}
    for position, deployment in enumerate(problem.deployments):
        open_replicas = formulation.variables.scene.most_new(position)
        ways = [(m.count, expression.terms.get(v, 0)) for m, v in formulation.variables.movable_of(position)]
        least = _fill(open_replicas, [(cost, count) for count, cost in ways], cheapest.get(position, 0))
        total += sum(cost * count for cost, count in least)
        costs.setdefault(deployment.priority, []).extend(least)
    for priority, missing in short.items():
        left = missing
        for cost, count in sorted(costs.get(priority, []), reverse=True):
            gone = min(left, count)
            total -= gone * cost
            left -= gone
    return max(0, total)


def _fill(replicas: int, observed: list[tuple[int, int]], new: int) -> list[tuple[int, int]]:
    """The cheapest way to run *replicas*: observed ones (cost, count) that cost less than a new one first."""
    taken: list[tuple[int, int]] = []
    left = replicas
    for cost, count in sorted(observed):
        if cost < new and left:
            taken.append((max(0, cost), min(count, left)))
            left -= taken[-1][1]
    return [*taken, (max(0, new), left)]


def _cheapest(formulation: Formulation, expression: Expression) -> dict[int, int]:
    """For each deployment the least one new replica can cost."""
    variables = formulation.variables
    pods: dict[int, list[PodVariable]] = {}
    for pod in variables.pods:
        pods.setdefault(pod.candidate, []).append(pod)
    least: dict[int, int] = {}
    for index, candidate in enumerate(variables.scene.candidates):
        cost = _on_candidate(pods.get(index, []), expression)
        if not candidate.is_one_node:
            # A variable that counts replicas and no pods carries the cost of the candidate as a whole.
            own = {pod.variable for pod in pods.get(index, [])}
            whole = [expression.terms.get(v, 0) for v in variables.replicas[index].terms if v not in own]
            cost += min(whole, default=0)
        least[candidate.deployment] = min(cost, least.get(candidate.deployment, UNBOUNDED))
    return least


def _on_candidate(pods: list[PodVariable], expression: Expression) -> int:
    """The sum over members of their pods, each on its cheapest cell and option."""
    cheapest: dict[tuple[int, int], int] = {}
    for pod in pods:
        key = (pod.engine, pod.member)
        cost = expression.terms.get(pod.variable, 0) * pod.group.pods_per_replica
        cheapest[key] = min(cost, cheapest.get(key, UNBOUNDED))
    return sum(cheapest.values())
