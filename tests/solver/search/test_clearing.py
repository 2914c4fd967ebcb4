"""Room made by stepping aside: what it gains, and what it must never cost."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from solver.audit import violations
from solver.clearing import insert_by_clearing
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Plan
from solver.domain.policy import Policy, Quota
from solver.domain.problem import Problem
from solver.domain.workload import Member, ModelDeployment, SpreadMode, SpreadRule
from solver.greedy import insert, kept_only
from solver.matching.compose import compose
from solver.matching.draft import Draft, NewPod, NewReplica
from solver.matching.levels import priorities
from solver.matching.survey import Survey
from solver.measures import measures
from tests.builders import (
    GPU_CLASS,
    ClusterSpec,
    PoolSpec,
    a_deployment,
    a_fleet,
    a_gang,
    a_problem,
    a_request,
    an_engine,
    at_least,
    gpus,
)
from tests.solver.search.fleets import like_nodes


def with_gpus(count: int, memory: str = "1Gi", **changes: object) -> ModelDeployment:
    """A deployment of replicas of one pod with *count* GPUs."""
    engine = an_engine(Member(requests=(a_request(count, at_least(memory)),)))
    replicas = changes.pop("replicas", 1)
    return a_deployment(replicas, engine, **changes)  # type: ignore[arg-type]


def placed(survey: Survey, deployment: ModelDeployment, node: str) -> NewReplica:
    """A new replica of one pod on *node*, written ``cluster/pool/number``."""
    cluster, _, name = node.partition("/")
    index = next(
        i for key, i in survey.inventory.node_index.items() if (key.cluster, key.name) == (cluster, name)
    )
    pool = survey.problem.fleet.nodes[index].node_pool
    options = survey.options.of_engine(deployment.engines[0], pool.cluster)
    option = next(joint[0] for joint in options if joint[0].pool == pool)
    member = deployment.engines[0].members[0]
    pod = NewPod(engine="main", copy=0, role=member.role, rank=0, node=index, option=option)
    return NewReplica(deployment=deployment, cluster=pool.cluster, pods=(pod,))


def drafted(problem: Problem, *homes: tuple[int, str]) -> tuple[Survey, Draft]:
    """A draft with a replica of the n-th deployment on each named node."""
    survey = Survey(problem)
    new = tuple(placed(survey, problem.deployments[n], node) for n, node in homes)
    return survey, Draft(kept=(), evicted=(), new=new)


def cleared(problem: Problem, *homes: tuple[int, str]) -> tuple[Plan, dict[str, int]]:
    """The plan after clearing, which the audit passes, and its tiers."""
    survey, draft = drafted(problem, *homes)
    plan = compose(survey, insert_by_clearing(survey, draft))
    assert () == violations(survey, plan)
    return plan, {measure.name: measure.value for measure in measures(survey, plan)}


def where(plan: Plan) -> list[tuple[str, str]]:
    """Name and node of every new replica of one pod."""
    return sorted((c.replica.deployment.name, str(c.slots[0].node)) for c in plan.creates)


# Unit tests.


def test_others_step_aside() -> None:
    """Two nodes have two GPUs left each; a replica of four fits once the other replica moves over."""
    problem = a_problem(
        a_fleet(ClusterSpec(pools=[PoolSpec(nodes=2, devices=[gpus(4)])])),
        [with_gpus(2, name="a-small", replicas=2), with_gpus(4, name="large")],
    )
    survey, draft = drafted(problem, (0, "cluster-a/default/0"), (0, "cluster-a/default/1"))

    assert 2 == len(insert(survey, draft).new)
    assert ["a-small", "a-small", "large"] == [
        name for name, _ in where(cleared(problem, (0, "cluster-a/default/0"), (0, "cluster-a/default/1"))[0])
    ]


def test_lower_priority_gives_up_its_place() -> None:
    """Where nobody finds another place, only who has a lower priority goes without."""
    problem = a_problem(
        a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1, devices=[gpus(4)])])),
        [with_gpus(2, name="a-low"), with_gpus(4, name="high", priority=1)],
    )

    plan, _ = cleared(problem, (0, "cluster-a/default/0"))
    assert ["high"] == [name for name, _ in where(plan)]


def test_equal_priority_keeps_its_place() -> None:
    """The same fleet, but no one is above the other."""
    problem = a_problem(
        a_fleet(ClusterSpec(pools=[PoolSpec(nodes=1, devices=[gpus(4)])])),
        [with_gpus(2, name="first"), with_gpus(4, name="second")],
    )

    plan, _ = cleared(problem, (0, "cluster-a/default/0"))
    assert ["first"] == [name for name, _ in where(plan)]


def test_lower_priority_gives_up_its_share_of_a_quota() -> None:
    """There is room, but the namespace may hold four devices: one replica of two goes, and not both."""
    problem = a_problem(
        a_fleet(ClusterSpec(pools=[PoolSpec(nodes=4, devices=[gpus(2)])])),
        [with_gpus(2, name="a-low", replicas=2), with_gpus(1, name="high", replicas=2, priority=1)],
        policy=Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=4),)),
    )
    plan, _ = cleared(problem, (0, "cluster-a/default/0"), (0, "cluster-a/default/1"))

    assert ["a-low", "high", "high"] == [name for name, _ in where(plan)]


def test_quota_is_not_given_up_for_nothing() -> None:
    """The replica that is wanted finds no room, so the gang of lower priority comes back where it was."""
    problem = a_problem(
        a_fleet(ClusterSpec(pools=[PoolSpec(nodes=2, devices=[gpus(2)])])),
        [a_deployment(1, a_gang(2, 1), name="low"), a_deployment(1, a_gang(3, 2), name="high", priority=1)],
        policy=Policy(quotas=(Quota(namespace="ml-team", device_class=GPU_CLASS, devices=6),)),
    )
    survey = Survey(problem)
    draft = insert(survey, kept_only(survey))

    assert ["low"] == [new.deployment.key.name for new in draft.new]
    assert draft == insert_by_clearing(survey, draft)


def test_swap_saves_pairs() -> None:
    """Both clusters are full with two replicas of one deployment each: one of each changes places."""
    problem = a_problem(
        a_fleet(*(ClusterSpec(name=f"cluster-{c}", pools=[PoolSpec(nodes=2)]) for c in "ab")),
        [with_gpus(1, name="one", replicas=2), with_gpus(1, name="two", replicas=2)],
    )
    homes = (
        (0, "cluster-a/default/0"),
        (0, "cluster-a/default/1"),
        (1, "cluster-b/default/0"),
        (1, "cluster-b/default/1"),
    )
    plan, tiers = cleared(problem, *homes)

    assert 0 == tiers["spread"]
    assert {"a": ["one", "two"], "b": ["one", "two"]} == {
        letter: [c.replica.deployment.name for c in plan.creates if c.replica.cluster == f"cluster-{letter}"]
        for letter in "ab"
    }


def test_nobody_moves_for_nothing() -> None:
    """Where no pair is saved the draft stays as it is."""
    problem = a_problem(
        a_fleet(*(ClusterSpec(name=f"cluster-{c}", pools=[PoolSpec(nodes=3)]) for c in "ab")),
        [with_gpus(1, name="one", replicas=3)],
    )
    survey, draft = drafted(
        problem, *((0, f"cluster-{n}") for n in ("a/default/0", "b/default/1", "b/default/2"))
    )

    assert draft == insert_by_clearing(survey, draft)


def test_pairs_are_not_saved_on_nodes_to_come() -> None:
    """Nodes that a pool has yet to add come before pairs in the order of the tiers."""
    pools = {"a": PoolSpec(nodes=2), "b": PoolSpec(nodes=0, expected=2)}
    problem = a_problem(
        a_fleet(*(ClusterSpec(name=f"cluster-{c}", pools=[pool]) for c, pool in pools.items())),
        [with_gpus(1, name="one", replicas=2)],
    )
    _, tiers = cleared(problem, (0, "cluster-a/default/0"), (0, "cluster-a/default/1"))

    assert (0, 1) == (tiers["expected"], tiers["spread"])


def test_stepping_aside_keeps_the_skew() -> None:
    """Who leaves its cluster makes it the emptiest: the others must not be too full against that."""
    spread = (SpreadRule(topology_key="cluster", max_skew=2, mode=SpreadMode.REQUIRED),)
    problem = a_problem(
        a_fleet(
            ClusterSpec(name="cluster-a", pools=[PoolSpec(nodes=1, devices=[gpus(2)])]),
            ClusterSpec(name="cluster-b", pools=[PoolSpec(nodes=2, devices=[gpus(1, "80Gi")])]),
            ClusterSpec(name="cluster-c", pools=[PoolSpec(nodes=3, devices=[gpus(1, "80Gi")])]),
        ),
        [with_gpus(1, name="even", replicas=5, spread=spread), with_gpus(2, "100Gi", name="large")],
    )
    homes = ["a/default/0", "b/default/0", "c/default/0", "c/default/1", "c/default/2"]
    cleared(problem, *((0, f"cluster-{home}") for home in homes))


def test_preferred_spread_does_not_get_worse() -> None:
    """A shift that saves a pair of clusters and makes two pairs of regions saves nothing."""
    spread = (SpreadRule(topology_key="region", mode=SpreadMode.PREFERRED),)
    eu = [
        ClusterSpec(name=f"cluster-{c}", labels={"region": "eu"}, pools=[PoolSpec(nodes=1)]) for c in "abcd"
    ]
    us = ClusterSpec(name="cluster-e", labels={"region": "us"}, pools=[PoolSpec(nodes=2)])
    problem = a_problem(a_fleet(*eu, us), [with_gpus(1, name="one", replicas=5, spread=spread)])
    survey, draft = drafted(
        problem, *((0, f"cluster-{n}/default/{i}") for n, i in ("a0", "b0", "c0", "e0", "e1"))
    )
    before = {m.name: m.value for m in measures(survey, compose(survey, draft))}
    after = {m.name: m.value for m in measures(survey, compose(survey, insert_by_clearing(survey, draft)))}

    assert after["spread"] <= before["spread"]


# Properties.


def _counts(draft: Draft) -> Counter[DeploymentKey]:
    return Counter(new.deployment.key for new in draft.new)


@given(seed=st.integers(0, 100_000), share=st.integers(1, 3))
def test_clearing_costs_nobody_of_the_same_priority(seed: int, share: int) -> None:
    """From any part of a greedy draft: what is kept stays, the audit passes, and no priority loses to a lower one."""
    problem = like_nodes(seed, most_nodes=3)
    survey = Survey(problem)
    start = kept_only(survey)
    full = insert(survey, start)
    draft = Draft(kept=full.kept, evicted=full.evicted, new=full.new[::share])
    plain, by_clearing = insert(survey, draft), insert_by_clearing(survey, draft)

    assert [kept.standing for kept in draft.kept] == [kept.standing for kept in by_clearing.kept]
    assert draft.evicted == by_clearing.evicted
    if () == violations(survey, compose(survey, plain)):
        assert () == violations(survey, compose(survey, by_clearing))
    assert _by_priority(problem, draft) <= _by_priority(problem, by_clearing)
    assert _missing(problem, by_clearing) <= _missing(problem, plain)


def _by_priority(problem: Problem, draft: Draft) -> list[int]:
    """New replicas of each priority, highest first."""
    counts = _counts(draft)
    return [
        sum(counts[d.key] for d in problem.deployments if d.priority == priority)
        for priority in priorities(problem)
    ]


def _missing(problem: Problem, draft: Draft) -> int:
    """Replicas missing of the highest priority."""
    highest = max(deployment.priority for deployment in problem.deployments)
    counts = _counts(draft)
    return -sum(counts[d.key] for d in problem.deployments if d.priority == highest)
