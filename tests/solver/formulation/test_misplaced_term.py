"""Replicas that stay although they do not belong where they are: after the shortfall."""

import pytest

from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_misplaced_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured.get("misplaced", 0) == found.model.get("misplaced", 0)


def test_a_misplaced_replica_stays_until_it_has_somewhere_to_go() -> None:
    """It is not short while it runs."""
    found = modelled(PROBLEMS["misplaced"])

    assert (0, 1) == (found.model["shortfall"], found.model["misplaced"])
