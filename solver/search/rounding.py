"""From the relaxation to whole numbers without a solver: everything rounded towards doing nothing.

New pods are rounded down and what stays is rounded up, so that nothing new is promised and nobody is evicted for
half a replica. Nine in ten replicas are whole already; the rest is inserted afterwards, exact on nodes.
"""

import math
from dataclasses import replace

from solver.domain.identity import DeploymentKey
from solver.domain.workload import ModelDeployment, SpreadMode, SpreadRule
from solver.formulation.build import Formulation
from solver.matching.domains import domain_of, standing_domain
from solver.matching.draft import Draft, NewReplica
from solver.matching.spread_domains import eligible_domains
from solver.matching.survey import Survey
from solver.search.glop import Relaxed
from solver.search.guide import TINY


def rounded_down(formulation: Formulation, relaxed: Relaxed) -> list[int]:
    """A value for each variable that ``extract`` reads; those of bookkeeping are left at their floors."""
    variables = formulation.variables
    pods = frozenset(pod.variable for pod in variables.pods)
    solution = [max(0, math.floor(value + TINY)) for value in relaxed.solution]
    for expression in variables.replicas:
        for variable in expression.terms:
            # Counts of whole replicas only say that there may be some: their pods decide how many.
            if variable not in pods:
                solution[variable] = math.ceil(relaxed.solution[variable] - TINY)
    for deployment, groups in _kept(formulation).items():
        spare = _room(formulation, deployment) - sum(solution[variable] for variable in groups)
        parts = [(solution[v] - relaxed.solution[v], v) for v in groups]
        for part, variable in sorted(parts):
            if spare > 0 and part < -TINY:
                solution[variable] += 1
                spare -= 1
    return solution


def _kept(formulation: Formulation) -> dict[DeploymentKey, list[int]]:
    """The variables that count who stays, by deployment."""
    variables = formulation.variables
    groups: dict[DeploymentKey, list[int]] = {}
    for movable, kept in zip(variables.cells.movable, variables.kept, strict=True):
        key = movable.standings[0].replica.key.deployment
        groups.setdefault(key, []).append(kept)
    return groups


def _room(formulation: Formulation, key: DeploymentKey) -> int:
    """How many movable replicas the deployment may keep."""
    scene = formulation.variables.scene
    position = next(i for i, d in enumerate(scene.problem.deployments) if d.key == key)
    return scene.most_new(position)


def evened(survey: Survey, draft: Draft) -> Draft:
    """*draft* without the new replicas by which rounding broke a required skew."""
    new = list(draft.new)
    for deployment in survey.problem.deployments:
        for rule in deployment.spread:
            if rule.mode is SpreadMode.REQUIRED and rule.max_skew is not None:
                _even(survey, draft, new, deployment, rule, rule.max_skew)
    return replace(draft, new=tuple(new))


def _even(
    survey: Survey,
    draft: Draft,
    new: list[NewReplica],
    deployment: ModelDeployment,
    rule: SpreadRule,
    most: int,
) -> None:
    counts = dict.fromkeys(eligible_domains(survey, deployment, rule), 0)
    for kept in draft.kept:
        domain = standing_domain(survey.inventory, rule, kept.standing)
        if kept.standing.deployment is not None and kept.standing.deployment.key == deployment.key and domain:
            counts[domain] = counts.get(domain, 0) + 1
    by_domain: dict[str, list[NewReplica]] = {}
    for fresh in new:
        zone = survey.inventory.places[fresh.pods[0].node].zone
        domain = domain_of(survey.inventory, rule, fresh.cluster, zone)
        if fresh.deployment.key == deployment.key and domain:
            by_domain.setdefault(domain, []).append(fresh)
            counts[domain] = counts.get(domain, 0) + 1
    while counts:
        fullest = max(counts, key=lambda name: (counts[name], name))
        if counts[fullest] - min(counts.values()) <= most or not by_domain.get(fullest):
            return
        new.remove(by_domain[fullest].pop())
        counts[fullest] -= 1
