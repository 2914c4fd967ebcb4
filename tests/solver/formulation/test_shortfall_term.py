"""The shortfall term: replicas, or their devices, by priority."""

import pytest

from solver.domain.policy import Policy, ShortfallUnit
from solver.domain.workload import Member
from tests.builders import a_deployment, a_problem, a_request, an_engine
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_shortfall_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    wanted = {tier: value for tier, value in found.measured.items() if tier.startswith("shortfall")}
    assert wanted
    assert wanted == {tier: found.model[tier] for tier in wanted}


def test_a_missing_replica_counts_one_whatever_its_size() -> None:
    """Unless the policy counts devices."""
    large = a_deployment(2, an_engine(Member(requests=(a_request(8),))))

    assert 2 == modelled(a_problem(deployments=[large])).model["shortfall"]


def test_in_devices_a_missing_replica_counts_all_its_devices() -> None:
    """Eight for each."""
    large = a_deployment(2, an_engine(Member(requests=(a_request(8),))))
    policy = Policy(shortfall_unit=ShortfallUnit.DEVICES)

    assert 16 == modelled(a_problem(deployments=[large], policy=policy)).model["shortfall"]


def test_each_priority_is_a_term_of_its_own() -> None:
    """Highest first."""
    deployments = [a_deployment(3, name="low"), a_deployment(4, name="high", priority=7)]

    found = modelled(a_problem(deployments=deployments)).model

    assert [("shortfall[7]", 2), ("shortfall[0]", 3)] == [
        (name, value) for name, value in found.items() if name.startswith("shortfall")
    ]
