"""Tiny fleets in which exactly one replica is missing and nobody moves for it."""

from collections.abc import Iterator
from dataclasses import replace

from solver.domain.decision import Decision
from solver.domain.policy import Preemption
from solver.domain.problem import Problem
from solver.domain.workload import ModelDeployment
from solver.greedy import kept_only
from solver.live import LiveFleet
from solver.matching.compose import compose
from solver.matching.survey import Survey, has_added_pods
from solver.measures import measures


def one_missing(problem: Problem) -> Iterator[Problem]:
    """*problem* with what runs, and one more replica of each deployment in turn."""
    observed = Survey(problem)
    if any(s.is_misplaced or has_added_pods(s) for s in observed.observed.standing):
        return
    policy = replace(problem.policy, eviction_budget=0, preemption=Preemption.NEVER)
    tiers = tuple(replace(tier, maximum=None) for tier in policy.tiers)
    for wanted in problem.deployments:
        deployments = tuple(
            replace(each, replicas=len(observed.standing_of(each)) + (each.key == wanted.key))
            for each in problem.deployments
        )
        yield replace(problem, deployments=deployments, policy=replace(policy, tiers=tiers))


def missing(problem: Problem, survey: Survey) -> ModelDeployment:
    """The deployment of *problem* that has one replica too few."""
    return next(d for d in problem.deployments if d.replicas > len(survey.standing_of(d)))


def found(problem: Problem) -> dict[str, int]:
    """The tiers after the live fleet has placed what is missing."""
    survey = Survey(problem)
    live = LiveFleet(survey, kept_only(survey))
    before = {m.name: m.value for m in measures(survey, compose(survey, live.draft()))}
    placed = live.put(missing(problem, survey))
    after = {m.name: m.value for m in measures(survey, compose(survey, live.draft()))}
    if placed is not None:
        added = tuple(after[name] - before[name] for name in after if "[" not in name and name in _ADDED)
        assert placed.vector == added, (placed.vector, added)
    return after


_ADDED = ("expected", "spread", "distance", "locality", "price", "stranded", "canonical")


def of_decision(decision: Decision) -> dict[str, int]:
    """The tiers of *decision*."""
    return {tier.name: tier.value for tier in decision.tiers}
