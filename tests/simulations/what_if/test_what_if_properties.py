"""What holds for every question, whatever the fleet."""

from dataclasses import replace

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from simulations.what_if import changed, difference, what_if
from solver.domain.change import (
    AddNodes,
    ApplyDeployment,
    Change,
    DrainCluster,
    DrainNodes,
    InvalidChange,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey
from solver.domain.problem import Problem
from solver.place import place
from tests.builders import GPU_CLASS, a_deployment
from tests.strategies import problems

NAME = st.integers(0, 100)


def there_and_back(problem: Problem, position: int) -> list[tuple[Change, Change]]:
    """Changes, each with the one that undoes it."""
    deployment = problem.deployments[position % len(problem.deployments)]
    pool = problem.fleet.node_pools[position % len(problem.fleet.node_pools)]
    key, new = deployment.key, a_deployment(2, name="new")
    quotas = {q.device_class: q.devices for q in problem.policy.quotas if q.namespace == key.namespace}
    added = NodeKey(pool.key.cluster, f"{pool.key.name}/added-0")
    found: list[tuple[Change, Change]] = [
        (
            ScaleDeployment(deployment=key, replicas=7),
            ScaleDeployment(deployment=key, replicas=deployment.replicas),
        ),
        (SetPriority(deployment=key, priority=9), SetPriority(deployment=key, priority=deployment.priority)),
        (ApplyDeployment(deployment=replace(new, key=key)), ApplyDeployment(deployment=deployment)),
        (ApplyDeployment(deployment=new), RemoveDeployment(deployment=new.key)),
    ]
    classes = {name for cluster in problem.fleet.clusters for name in cluster.device_classes}
    if GPU_CLASS in classes:
        back = SetQuota(namespace=key.namespace, device_class=GPU_CLASS, devices=quotas.get(GPU_CLASS))
        found.append((replace(back, devices=1), back))
    if any(node.node_pool == pool.key and node.is_schedulable for node in problem.fleet.nodes):
        found.append((AddNodes(node_pool=pool.key, count=1), LoseNodes(nodes=(added,))))
    price = problem.policy.price_overrides.get(pool.key, pool.price_microdollars_per_hour)
    if price is not None:
        back_price = SetPrice(node_pool=pool.key, price_microdollars_per_hour=price)
        found.append((replace(back_price, price_microdollars_per_hour=price + 1), back_price))
    return found


@given(problems(), NAME)
def test_a_change_and_its_inverse_give_the_same_decision(problem: Problem, position: int) -> None:
    before = repr(place(problem))
    pairs = there_and_back(problem, position)
    for change, back in [pairs[position % len(pairs)], pairs[-1]]:
        assert before == repr(place(changed(problem, [change, back]))), change


@given(problems(), NAME)
def test_nothing_is_on_a_lost_cluster(problem: Problem, position: int) -> None:
    cluster = problem.fleet.clusters[position % len(problem.fleet.clusters)].name
    answer = what_if(problem, [LoseCluster(cluster=cluster)])

    assert [] == [each for each in answer.after.plan.replicas if each.replica.cluster == cluster]
    assert cluster not in {w.cluster for d in answer.difference.deployments for w in d.after.where}


@given(problems(), NAME)
def test_a_drained_cluster_gets_nothing_new_and_keeps_only_what_tolerates_it(
    problem: Problem, position: int
) -> None:
    cluster = problem.fleet.clusters[position % len(problem.fleet.clusters)].name
    plan = what_if(problem, [DrainCluster(cluster=cluster)]).after.plan
    tolerates = {d.key for d in problem.deployments if any(t.key is None for t in d.tolerations)}
    immovable = {each.key for each in problem.replicas if each.is_immovable}
    known = {each.key for each in problem.deployments}

    left = [each.replica for each in plan.replicas if each.replica.cluster == cluster]
    assert [] == [
        each
        for each in left
        if each.deployment in known and each.deployment not in tolerates and each not in immovable
    ]


@given(problems(), NAME)
def test_nothing_that_can_move_is_on_a_lost_or_drained_node(problem: Problem, position: int) -> None:
    node = problem.fleet.nodes[position % len(problem.fleet.nodes)].key
    lost = what_if(problem, [LoseNodes(nodes=(node,))]).after.plan
    drained = what_if(problem, [DrainNodes(nodes=(node,))]).after.plan
    stays = {each.key for each in problem.replicas if each.is_immovable}

    assert [] == [each.replica for each in lost.replicas if any(slot.node == node for slot in each.slots)]
    assert stays >= {
        each.replica for each in drained.replicas if any(slot.node == node for slot in each.slots)
    }


@given(problems(), NAME)
def test_the_decisions_are_those_of_the_planner(problem: Problem, position: int) -> None:
    """Byte for byte, whatever the two share."""
    pool = problem.fleet.node_pools[position % len(problem.fleet.node_pools)].key
    changes = [SetPrice(node_pool=pool, price_microdollars_per_hour=3)]
    answer = what_if(problem, changes)

    assert repr(place(problem)) == repr(answer.before)
    assert repr(place(changed(problem, changes))) == repr(answer.after)


@given(problems())
def test_a_decision_never_differs_from_itself(problem: Problem) -> None:
    decision = place(problem)

    assert difference(decision, decision).is_empty


@given(problems(), NAME)
def test_a_difference_adds_up(problem: Problem, position: int) -> None:
    """Totals, states and shortfalls tell the same story."""
    cluster = problem.fleet.clusters[position % len(problem.fleet.clusters)].name
    found = what_if(problem, [LoseCluster(cluster=cluster)]).difference
    placed = sum(change.after.placed - change.before.placed for change in found.deployments)
    short = sum(each.missing_after - each.missing_before for each in found.shortfalls)

    assert found.placed_after - found.placed_before == placed
    assert (found.wanted_after - found.placed_after) - (found.wanted_before - found.placed_before) == short
    for change in found.deployments:
        assert change.after.placed == sum(where.replicas for where in change.after.where)


NOWHERE = ClusterName("nowhere")
NOBODY = DeploymentKey("nobody", "nothing")
UNKNOWN: list[Change] = [
    LoseCluster(cluster=NOWHERE),
    DrainCluster(cluster=NOWHERE),
    LoseNodes(nodes=(NodeKey(NOWHERE, "n"),)),
    DrainNodes(nodes=(NodeKey(NOWHERE, "n"),)),
    AddNodes(node_pool=NodePoolKey(NOWHERE, "p"), count=1),
    ScaleDeployment(deployment=NOBODY, replicas=1),
    RemoveDeployment(deployment=NOBODY),
    SetPrice(node_pool=NodePoolKey(NOWHERE, "p"), price_microdollars_per_hour=1),
    SetQuota(namespace="nobody", device_class=DeviceClassName("x"), devices=1),
    SetPriority(deployment=NOBODY, priority=1),
]


@given(problems(), st.sampled_from(UNKNOWN), NAME)
def test_what_names_nothing_known_is_refused_and_nothing_else_happens(
    problem: Problem, change: Change, position: int
) -> None:
    """Not even the changes before it: the problem is what it was."""
    assume(problem.fleet.clusters)
    cluster = problem.fleet.clusters[position % len(problem.fleet.clusters)].name
    before = repr(problem)
    with pytest.raises(InvalidChange) as error:
        what_if(problem, [LoseCluster(cluster=cluster), change])

    assert 1 == error.value.position
    assert before == repr(problem)
