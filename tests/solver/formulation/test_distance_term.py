"""The distance term: 0 node, 1 NVLink domain, 2 fabric, 3 cluster."""

import pytest

from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    an_engine,
    gpus,
)
from tests.solver.formulation.models import CLIQUE, PROBLEMS, modelled, modelled_problem

RACKS = ({"rack": "1"}, {"rack": "1"}, {"rack": "2"}, {"rack": "2"})


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_model_counts_distance_as_the_measure_does(name: str) -> None:
    """A term that is not its measure optimises something nobody asked for."""
    found = modelled_problem(name)

    assert found.measured["distance"] == found.model["distance"]


@pytest.mark.parametrize(
    ("pool", "copies", "level"),
    [
        (PoolSpec(nodes=2, devices=(gpus(2),)), 1, 0),
        (PoolSpec(nodes=2, labels=({CLIQUE: "1"},)), 1, 1),
        (PoolSpec(nodes=2), 1, 2),
        (PoolSpec(nodes=4, domain_label="rack", labels=RACKS), 2, 3),
    ],
    ids=["node", "nvlink", "fabric", "cluster"],
)
def test_the_level_that_joins_all_pods_counts(pool: PoolSpec, copies: int, level: int) -> None:
    """The nearest that holds them."""
    problem = a_problem(a_fleet(ClusterSpec(pools=(pool,))), [a_deployment(1, a_gang(2, copies=copies))])

    assert level == modelled(problem).model["distance"]


def test_a_plain_deployment_has_no_distance() -> None:
    """Copies that do not talk to each other may be anywhere."""
    problem = a_problem(deployments=[a_deployment(1, an_engine(copies=2))])

    assert 0 == modelled(problem).model["distance"]


def test_the_pods_that_a_template_adds_count() -> None:
    """A second copy on another node makes a replica of one node one of the fabric."""
    before, after = a_deployment(1, a_gang(2)), a_deployment(1, a_gang(2, copies=2))
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(nodes=2, devices=(gpus(2),)),)))

    found = modelled(a_problem(fleet, [after], [a_replica(before, nodes=("default/0", "default/0"))]))

    assert (2, 2) == (found.measured["distance"], found.model["distance"])
