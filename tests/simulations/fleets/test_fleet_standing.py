"""What the solver makes of the replicas that a generated fleet says are running."""

from dataclasses import replace

from hypothesis import given, settings

from simulations.fleets import FleetSpec, generate
from solver.domain.plan import EvictionReason
from solver.matching.standing import DOES_NOT_FIT, Footing
from solver.matching.survey import Survey
from tests.simulations.fleets.specs import a_spec, specs

_FEW = settings(max_examples=12)


@_FEW
@given(specs())
def test_without_churn_everything_stands_where_it_was_seen(spec: FleetSpec) -> None:
    """Every pod is seen on its node with just the devices that it claims, and nothing is misplaced."""
    calm = replace(spec, drained_clusters=0, lost_nodes_permille=0, edited_deployments_permille=0)
    problem = generate(calm)

    observed = Survey(problem).observed

    assert () == observed.leaving
    assert len(problem.replicas) == len(observed.standing)
    for standing in observed.standing:
        assert () == standing.flags
        for pod in standing.pods:
            assert Footing.SEEN is pod.footing
            assert pod.held is not None


@_FEW
@given(specs())
def test_only_a_drain_makes_replicas_leave(spec: FleetSpec) -> None:
    """Lost nodes and edits leave a replica where it is, to be mended; a drained cluster is left by all."""
    problem = generate(spec)
    drained = {cluster.name for cluster in problem.fleet.clusters if cluster.taints}

    observed = Survey(problem).observed

    assert {EvictionReason.UNTOLERATED_TAINT} >= {leave.reason for _, leave in observed.leaving}
    assert {replica.key for replica, _ in observed.leaving} == {
        replica.key for replica in problem.replicas if replica.key.cluster in drained
    }


def test_edited_deployments_outgrow_some_of_their_nodes() -> None:
    """Twice the GPUs do not fit everywhere: that is what the edit is for."""
    spec = a_spec(edited_deployments_permille=500, drained_clusters=0, lost_nodes_permille=0)

    observed = Survey(generate(spec)).observed

    assert any(DOES_NOT_FIT in standing.flags for standing in observed.standing)
