"""What holds for every plan of parts, shares, taints, constraints and alternatives."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from solver.audit import violations
from solver.domain.problem import Problem
from solver.matching.survey import Survey
from solver.place import place
from solver.rehearsal import Rehearsals
from tests.solver.special.come_true import come_true, held_rows, node_of
from tests.solver.special.generate import from_random
from tests.solver.special.single_node import HeldRows

#: Each example draws, and often solves, a problem that runs before the one that counts.
SOME = settings(max_examples=20)


def special_problems() -> st.SearchStrategy[Problem]:
    """Tiny problems in which counting devices does not say what is left."""
    return st.randoms(use_true_random=False).map(from_random)


@SOME
@given(special_problems())
def test_no_node_is_overcommitted(problem: Problem) -> None:
    """What runs and what the allocator is to choose can be held at once; so can what the witness names."""
    survey = Survey(problem)
    plan = place(problem).plan
    chosen: dict[int, list[HeldRows]] = {}
    named: dict[int, list[HeldRows]] = {}
    observed = {replica.key: replica for replica in problem.replicas}
    for keep in plan.keeps:
        for seen in observed[keep.replica].slots:
            node = survey.inventory.node_index[seen.node]
            for held in (chosen, named):
                held.setdefault(node, []).append((seen.devices, seen.shares))
    for create in plan.creates:
        deployment = survey.deployments[create.replica.deployment]
        for slot in create.slots:
            assert slot.node is not None
            node = survey.inventory.node_index[slot.node]
            chosen.setdefault(node, []).append(held_rows(problem, slot, deployment))
            real = [each for each in slot.devices if not each.has_admin_access]
            whole = tuple(row for each in real if each.consumed is None for row in each.rows)
            parts = tuple(
                (row, each.consumed) for each in real if each.consumed is not None for row in each.rows
            )
            named.setdefault(node, []).append((whole, parts))

    assert [] == [node for node, held in chosen.items() if not node_of(problem, node).bears(held)]
    assert [] == [node for node, held in named.items() if not node_of(problem, node).bears(held)]


@SOME
@given(special_problems())
def test_every_pod_is_served_by_the_rules(problem: Problem) -> None:
    """New pods can have their claims beside what is held, tried device by device without the product's fit."""
    survey = Survey(problem)
    plan = place(problem).plan
    observed = {replica.key: replica for replica in problem.replicas}
    for node, found in enumerate(problem.fleet.nodes):
        held = [
            (seen.devices, seen.shares)
            for keep in plan.keeps
            for seen in observed[keep.replica].slots
            if seen.node == found.key
        ]
        pods = [
            member
            for create in plan.creates
            for slot in create.slots
            if slot.node == found.key
            for engine in survey.deployments[create.replica.deployment].engines
            for member in engine.members
            if engine.name == slot.engine and member.role is slot.role
        ]

        assert not pods or node_of(problem, node).serves(pods, held)


@SOME
@given(special_problems())
def test_placed_and_short_add_up(problem: Problem) -> None:
    plan = place(problem).plan
    placed = Counter(replica.replica.deployment for replica in plan.replicas)
    short = {shortfall.deployment: shortfall.missing for shortfall in plan.shortfalls}

    assert {d.key: d.replicas for d in problem.deployments} == {
        d.key: placed[d.key] + short.get(d.key, 0) for d in problem.deployments
    }


@SOME
@given(special_problems())
def test_a_plan_that_came_true_moves_nothing(problem: Problem) -> None:
    """The allocator has given what it was rehearsed to give: everybody stays, and nobody else fits.

    Where it refused something, a deployment was given up after three plans; asked again it may find a place.
    """
    rehearsals = Rehearsals()
    first = place(problem, rehearsals=rehearsals)
    again = place(come_true(problem, first.plan)).plan

    assert () == again.evicts
    assert sorted(each.replica for each in first.plan.replicas) == [keep.replica for keep in again.keeps]
    assert [] == [keep.flags for keep in again.keeps if keep.flags]
    assume(all(answer.refused is None for answer in rehearsals.answers.values()))
    assert () == again.creates
    assert first.plan.shortfalls == again.shortfalls


@SOME
@given(special_problems(), st.integers(0, 1000))
def test_the_order_of_the_input_does_not_show(problem: Problem, seed: int) -> None:
    random = Random(seed)  # noqa: S311
    other = replace(
        problem,
        deployments=tuple(random.sample(problem.deployments, len(problem.deployments))),
        replicas=tuple(
            replace(each, slots=tuple(random.sample(each.slots, len(each.slots))))
            for each in random.sample(problem.replicas, len(problem.replicas))
        ),
    )

    assert repr(place(problem)) == repr(place(other))


@SOME
@given(special_problems())
def test_known_answers_do_not_show(problem: Problem) -> None:
    """Answers of allocators that are kept from one decision to the next change none."""
    rehearsals = Rehearsals()
    first = place(problem, rehearsals=rehearsals)
    asked = rehearsals.asked
    again = place(problem, rehearsals=rehearsals)

    assert repr(first) == repr(again)
    assert rehearsals.asked == 2 * asked
    assert rehearsals.known >= asked


@SOME
@given(special_problems())
def test_the_audit_accepts_the_first_plan(problem: Problem) -> None:
    """No plan is thrown away for one that places less."""
    decision = place(problem)

    assert () == decision.record.violations
    assert () == violations(Survey(problem), decision.plan)


@SOME
@given(special_problems())
def test_orders_are_numbered_through(problem: Problem) -> None:
    """New pods are numbered from one without gaps, and each has been allocated what its claim asks for."""
    plan = place(problem).plan
    new = [slot for create in plan.creates for slot in create.slots]

    assert list(range(1, len(new) + 1)) == sorted(slot.order for slot in new)
    assert all(slot.allocated for slot in new)
