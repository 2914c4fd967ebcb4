"""Every audit check sees the error that is planted for it; sound plans have no violations."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from solver.audit import CHECKS, violations
from solver.domain.policy import Policy
from solver.domain.problem import Problem
from solver.domain.workload import ServingMode, SpreadMode, SpreadRule
from solver.matching.survey import Survey
from solver.place import place
from tests.builders import a_deployment, a_pair, a_problem, a_replica
from tests.solver.planted import GANG, ONE_KEPT, TWO_CLUSTERS, TWO_POOLS, Planted
from tests.solver.planted_evictions import EVICTIONS, _preempted_against_the_policy
from tests.solver.planted_replicas import REPLICAS
from tests.solver.planted_uses import USES, _device_given_twice

PLANTED = REPLICAS | USES | EVICTIONS
ERRORS = [
    pytest.param(check, plant, also, id=f"{check}-{plant.__name__.strip('_')}")
    for check, planted in PLANTED.items()
    for plant, also in planted
]


@pytest.mark.parametrize(("check", "plant", "also"), ERRORS)
def test_a_planted_error_is_seen(check: str, plant: Callable[[], Planted], also: set[str]) -> None:
    """The audit is the last thing between a wrong plan and a cluster."""
    problem, plan = plant()

    assert {check} | also == {found.check for found in violations(Survey(problem), plan)}


def test_every_check_has_a_planted_error() -> None:
    """A check that nobody ever saw strike may as well not be there."""
    assert list(CHECKS) == list(PLANTED)


def _graced(*, first: SpreadMode) -> Problem:
    rule = SpreadRule(topology_key="cluster", max_skew=1, mode=first)
    return a_problem(TWO_CLUSTERS, [a_deployment(3, spread=(rule,))])


SOUND = {
    "nothing": a_problem(),
    "keep-and-create": ONE_KEPT,
    "gang": GANG,
    "short": a_problem(deployments=[a_deployment(5)]),
    "required-spread": _graced(first=SpreadMode.REQUIRED),
    "preferred-spread": _graced(first=SpreadMode.PREFERRED),
    "preemption": replace(_preempted_against_the_policy()[0], policy=Policy()),
    "scale-down": a_problem(
        deployments=[a_deployment(1)], replicas=[a_replica(a_deployment(1), index=i) for i in range(2)]
    ),
    "phases": a_problem(TWO_POOLS, [a_deployment(1, *a_pair(1, 1), serving_mode=ServingMode.PREFILL_DECODE)]),
}


@pytest.mark.parametrize("problem", SOUND.values(), ids=SOUND)
def test_a_sound_plan_has_no_violations(problem: Problem) -> None:
    """An audit that cries wolf throws good plans away for the greedy one."""
    decision = place(problem)

    assert () == decision.record.violations
    assert () == violations(Survey(problem), decision.plan)


def test_a_violation_reads_as_check_subject_and_sentence() -> None:
    """It ends up in the decision's record, where a person has to find the place."""
    problem, plan = _device_given_twice()

    assert ["NodesHold: cluster-a/default/1: 2 devices are needed, 1 of them can be given"] == [
        str(found) for found in violations(Survey(problem), plan)
    ]
