"""The constraint RequiredSpread: shares and skews over the domains of a topology key."""

import pytest

from solver.domain.explanation import Reason
from solver.domain.problem import Problem
from solver.domain.workload import SpreadRule
from solver.formulation.matrix import Rule
from solver.place import place
from tests.builders import ClusterSpec, PoolSpec, a_deployment, a_fleet, a_problem, a_replica
from tests.solver.formulation.models import most_replicas


def _problem(
    replicas: int, *, skew: int | None = None, percent: int | None = None, kept: int = 0, **nodes: int
) -> Problem:
    rule = SpreadRule(topology_key="cluster", max_skew=skew, max_percent=percent)
    deployment = a_deployment(replicas, spread=(rule,))
    fleet = a_fleet(
        *(ClusterSpec(name=f"cluster-{name}", pools=(PoolSpec(nodes=n),)) for name, n in nodes.items())
    )
    return a_problem(fleet, [deployment], [a_replica(deployment, index=index) for index in range(kept)])


@pytest.mark.parametrize(("skew", "most"), [(1, 3), (2, 4), (3, 5), (4, 6), (5, 6)])
def test_the_fullest_has_at_most_so_many_more_than_the_emptiest(skew: int, most: int) -> None:
    """cluster-a has five nodes, cluster-b one."""
    assert most == most_replicas(_problem(6, skew=skew, a=5, b=1))


@pytest.mark.parametrize(("percent", "most"), [(100, 5), (75, 4), (50, 3), (49, 2), (25, 2), (1, 2)])
def test_a_domain_holds_at_most_its_share_and_at_least_one(percent: int, most: int) -> None:
    """Of four wanted, rounded down; cluster-b holds one."""
    problem = _problem(4, percent=percent, a=4, b=1)

    assert min(most, 4) == most_replicas(problem)


@pytest.mark.parametrize(("kept", "most"), [(3, 4), (2, 3)])
def test_what_is_broken_already_stays(kept: int, most: int) -> None:
    """Two of four is the share of cluster-a; kept ones beyond it stay, and cluster-b takes one."""
    assert most == most_replicas(_problem(4, percent=50, kept=kept, a=4, b=1))


def test_one_domain_alone_has_no_skew() -> None:
    """There is nothing to be uneven with."""
    assert 3 == most_replicas(_problem(3, skew=1, a=3))


def test_it_is_this_rule_that_forbids_the_next_one() -> None:
    """Without its rows there is room."""
    rule = Rule(Reason.SPREAD_REQUIRED, "ml-team/my-model by cluster")
    problem = _problem(4, skew=1, a=4, b=1)

    assert (3, 4) == (most_replicas(problem), most_replicas(problem, without=frozenset({rule})))


def test_it_is_the_only_culprit_of_a_share_and_says_so() -> None:
    """A share of one cluster is broken wherever the next one goes."""
    (conflict,) = place(_problem(3, percent=34, a=3)).conflicts

    assert [
        (
            Reason.SPREAD_REQUIRED,
            "the required spread of ml-team/my-model over cluster allows no further replica where there is room",
        )
    ] == [(member.reason, member.sentence) for member in conflict.members]
