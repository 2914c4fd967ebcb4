"""The evictions term: healthy or unknown replicas first, then those that are not ready."""

import pytest

from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_evictions_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    wanted = {tier: value for tier, value in found.measured.items() if tier.startswith("evictions")}
    assert wanted
    assert wanted == {tier: found.model[tier] for tier in wanted}


def test_unknown_health_counts_as_healthy() -> None:
    """What might serve is not given up before what surely does not."""
    found = modelled(PROBLEMS["preemption"])

    assert (1, 1) == (found.model["evictions"], found.model["evictions[not ready]"])
    assert ["low/0", "low/2"] == [
        f"{evict.replica.deployment.name}/{evict.replica.index}" for evict in found.plan.evicts
    ]


def test_a_misplaced_replica_moves_for_nothing() -> None:
    """One of two finds a place where it belongs."""
    found = modelled(PROBLEMS["misplaced"])

    assert (0, 1, 1) == (found.model["evictions"], found.model["misplaced"], len(found.plan.evicts))
