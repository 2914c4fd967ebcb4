"""The reference's TestSchedule cases (R5.1), by their numbers, with our results where ours must differ."""

import pytest

from solver.domain.fleet import Fleet
from solver.domain.problem import InvalidProblem, Problem
from solver.domain.workload import Member, ModelDeployment
from tests.builders import (
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_replica,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.outcomes import created, decided, kept, missing, pools, running


def _cluster(name: str = "cluster-a", nodes: int = 2, **changes: object) -> ClusterSpec:
    return ClusterSpec(name=name, pools=(PoolSpec(nodes=nodes),), **changes)  # type: ignore[arg-type]


def _fleet(**nodes: int) -> Fleet:
    """Clusters ``a=2`` and so on, of one-GPU nodes."""
    return a_fleet(*(_cluster(f"cluster-{name}", count) for name, count in nodes.items()))


def _model(replicas: int = 1, **changes: object) -> ModelDeployment:
    engine = an_engine(Member(requests=(a_request(1, at_least("141Gi")),)))
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def _wanted(replicas: int, fleet: Fleet, *observed: tuple[str, int]) -> Problem:
    deployment = _model(replicas)
    return a_problem(
        fleet, [deployment], [a_replica(deployment, f"cluster-{name}", index) for name, index in observed]
    )


def _other_holds_the_node() -> Problem:
    other = _model(name="other")
    return a_problem(_fleet(a=1), [_model(), other], [a_replica(other)])


def _other_on_unpublished_pool() -> Problem:
    gone = a_replica(_model(name="other"), pool="gone", is_immovable=True)
    return a_problem(_fleet(a=1), [_model()], [gone])


def _absent_cache(replicas: int, *observed: tuple[str, int]) -> Problem:
    deployment = _model(replicas, cache="weights")
    return a_problem(
        _fleet(a=4),
        [deployment],
        [a_replica(deployment, f"cluster-{name}", index) for name, index in observed],
    )


_PINNED_NOT_READY = a_fleet(_cluster(is_ready=False, has_gateway=False))

CASES = {
    "S1-no-clusters": (_wanted(1, a_fleet()), []),
    "S2-one-ready-cluster": (_wanted(1, _fleet(a=2)), ["cluster-a/0"]),
    "S3-cluster-not-ready": (_wanted(1, a_fleet(_cluster(is_ready=False))), []),
    "S4-no-gateway-address": (_wanted(1, a_fleet(_cluster(has_gateway=False))), []),
    "S5-gang-larger-than-pool": (a_problem(_fleet(a=2), [a_deployment(1, a_gang(4))]), []),
    "S6-existing-replica-stays": (_wanted(1, _fleet(a=2, b=2), ("a", 0)), ["cluster-a/0"]),
    "S7-pinned-to-not-ready-cluster": (_wanted(1, _PINNED_NOT_READY, ("a", 0)), ["cluster-a/0"]),
    "S8-pinned-cluster-deleted": (_wanted(1, _fleet(b=2), ("a", 0)), ["cluster-b/0"]),
    "S9-second-goes-to-empty-cluster": (
        _wanted(2, _fleet(a=2, b=2), ("a", 0)),
        ["cluster-a/0", "cluster-b/0"],
    ),
    "S10-only-node-in-use-by-us": (_wanted(2, _fleet(a=1), ("a", 0)), ["cluster-a/0"]),
    "S11-two-on-one-cluster": (_wanted(2, _fleet(a=2)), ["cluster-a/0", "cluster-a/1"]),
    "S12-two-over-two-clusters": (_wanted(2, _fleet(a=2, b=2)), ["cluster-a/0", "cluster-b/0"]),
    "S13-three-over-two-clusters": (
        _wanted(3, _fleet(a=4, b=4)),
        ["cluster-a/0", "cluster-a/1", "cluster-b/0"],
    ),
    "S14-second-cluster-has-one-node": (
        _wanted(3, _fleet(a=4, b=1)),
        ["cluster-a/0", "cluster-a/1", "cluster-b/0"],
    ),
    "S15-one-hosted-other-empty": (
        _wanted(2, _fleet(a=2, b=2), ("a", 0)),
        ["cluster-a/0", "cluster-b/0"],
    ),
    "S16-gap-in-indices-is-filled": (
        _wanted(3, _fleet(a=4), ("a", 0), ("a", 2)),
        ["cluster-a/0", "cluster-a/1", "cluster-a/2"],
    ),
    "S17-drop-from-fuller-cluster": (
        _wanted(2, _fleet(a=2, b=2), ("a", 0), ("a", 1), ("b", 0)),
        ["cluster-a/0", "cluster-b/0"],
    ),
    "S19-load-decides-not-index": (
        _wanted(2, _fleet(a=2, b=2), ("a", 0), ("a", 1), ("b", 3)),
        ["cluster-a/0", "cluster-b/3"],
    ),
    "S20-unchanged": (
        _wanted(2, _fleet(a=2, b=2), ("a", 0), ("a", 1)),
        ["cluster-a/0", "cluster-a/1"],
    ),
    "S21-tie-keeps-first-cluster": (_wanted(1, _fleet(a=2, b=2), ("a", 0), ("b", 0)), ["cluster-a/0"]),
    "S22-clusters-unordered": (_wanted(2, _fleet(c=2, a=2, b=2)), ["cluster-a/0", "cluster-b/0"]),
    "S23-other-deployment-holds-the-node": (_other_holds_the_node(), []),
    "S24-own-replica-holds-the-node": (_wanted(1, _fleet(a=1), ("a", 0)), ["cluster-a/0"]),
    "S25-pinned-to-unknown-cluster": (_wanted(1, _fleet(b=2), ("zz", 0)), ["cluster-b/0"]),
    "S26-other-on-unpublished-pool": (_other_on_unpublished_pool(), ["cluster-a/0"]),
    "S28-absent-cache-places-nothing": (_absent_cache(1), []),
    "S29-absent-cache-keeps": (_absent_cache(1, ("a", 0)), ["cluster-a/0"]),
    "S30-absent-cache-keeps-only": (_absent_cache(3, ("a", 0)), ["cluster-a/0"]),
}


@pytest.mark.parametrize(("problem", "expected"), CASES.values(), ids=CASES)
def test_reference_case(problem: Problem, expected: list[str]) -> None:
    """Users of the reference get the same replicas; whatever does not fit is said to be short."""
    plan = decided(problem).plan

    assert expected == running(plan)
    assert {name: ["default"] for name in expected} == pools(plan)
    wanted = next(d for d in problem.deployments if d.key.name == "my-model").replicas
    assert wanted - len(expected) == missing(plan).get("ml-team/my-model", 0)


@pytest.mark.parametrize("case", ["S6", "S7", "S16", "S20", "S24", "S29", "S30"])
def test_what_runs_is_kept_and_not_recreated(case: str) -> None:
    """A replica with the same name that was created anew would have restarted."""
    problem = next(problem for name, (problem, _) in CASES.items() if name.startswith(f"{case}-"))

    plan = decided(problem).plan

    observed = [f"{replica.key.cluster}/{replica.key.index}" for replica in problem.replicas]
    assert observed == kept(plan)
    assert () == plan.evicts


def test_reference_case_S18_a_grown_shape_is_charged_what_it_will_take() -> None:  # noqa: N802
    """S18: the reference charges the kept gang its old 2 pods though it grows to 4, so 8 pods land on 6 nodes.

    Ours charges the current template: the kept one takes 4 of the 6 one-GPU nodes and 2 are too few for the
    second, which is short.
    """
    before = a_deployment(2, a_gang(2))
    replica = a_replica(before, nodes=("default/0", "default/1"))

    plan = decided(a_problem(_fleet(a=6), [a_deployment(2, a_gang(4))], [replica])).plan

    assert ["cluster-a/0"] == kept(plan)
    assert [] == created(plan)
    assert {"ml-team/my-model": 1} == missing(plan)
    assert 4 == len({slot.node for keep in plan.keeps for slot in keep.slots if slot.node is not None})


def test_reference_case_S27_colliding_replicas_are_refused() -> None:  # noqa: N802
    """S27: the reader keeps the first of two replicas with one key, so a problem never has both."""
    deployment = _model()
    fleet = a_fleet(ClusterSpec(pools=(PoolSpec(name="a", devices=(gpus(1),)), PoolSpec(name="b"))))

    with pytest.raises(InvalidProblem, match="found twice"):
        a_problem(
            fleet,
            [deployment],
            [a_replica(deployment, pool="a", name="x"), a_replica(deployment, pool="b", name="y")],
        )
