"""The stranded term: free devices on nodes that are partly used."""

import pytest

from solver.domain.workload import Member
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    gpus,
)
from tests.solver.formulation.models import PROBLEMS, modelled, modelled_problem


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_stranded_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["stranded"] == found.model["stranded"]


def test_an_unused_node_strands_nothing() -> None:
    """It is free for whoever needs a whole one."""
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=3, devices=(gpus(8),)),)))

    assert (0, 7) == (
        modelled(a_problem(fleet)).model["stranded"],
        modelled(a_problem(fleet, [a_deployment()])).model["stranded"],
    )


def test_a_term_forbids_nothing() -> None:
    """A kept replica that takes more than its node has stays all the same."""
    before, after = a_deployment(), a_deployment(1, an_engine(Member(requests=(a_request(2),))))

    found = modelled(a_problem(deployments=[after], replicas=[a_replica(before, nodes=("default/0",))]))

    assert (0, 0) == (found.model["shortfall"], found.model["stranded"])
