"""What holds for every plan, whatever the problem."""

from collections import Counter
from dataclasses import replace
from random import Random

from hypothesis import assume, given
from hypothesis import strategies as st

from solver.audit import violations
from solver.domain.decision import Decision
from solver.domain.identity import DeploymentKey
from solver.domain.plan import Create, Slot
from solver.domain.problem import Problem
from solver.domain.workload import SpreadMode
from solver.formulation.matrix import Rule
from solver.greedy import greedy
from solver.matching.compose import compose
from solver.matching.standing import DOES_NOT_FIT
from solver.matching.survey import Survey, has_added_pods
from solver.measures import measures
from solver.place import place
from solver.search.held import held
from tests.properties.changes import applied, fixed, one_more, shuffled, with_nodes
from tests.solver.oracle.world import World, member_of
from tests.strategies import problems


def placing(decision: Decision) -> list[tuple[str, int]]:
    """The tiers of what is short, in order."""
    return [(t.name, t.value) for t in decision.tiers if t.name.startswith(("shortfall", "unfilled"))]


def missing(decision: Decision, deployment: DeploymentKey) -> int:
    return sum(s.missing for s in decision.plan.shortfalls if s.deployment == deployment)


def has_required_skew(problem: Problem) -> bool:
    rules = [rule for deployment in problem.deployments for rule in deployment.spread]
    return any(rule.mode is SpreadMode.REQUIRED and rule.max_skew is not None for rule in rules)


@given(problems())
def test_no_node_is_overcommitted(problem: Problem) -> None:
    """Every pod that the plan adds gets devices of its own beside all others, found by matching single devices."""
    plan = place(problem).plan
    survey = Survey(problem)
    world = World(survey)
    standing = {s.replica.key: s for s in survey.observed.standing}
    load: list[list[int]] = [[] for _ in problem.fleet.nodes]
    for replica in plan.replicas:
        for slot in replica.slots:
            if slot.node is None:
                continue
            node = survey.inventory.node_index[slot.node]
            if isinstance(replica, Create):
                load[node].append(_new_unit(world, survey, replica, slot, node))
                continue
            owner = standing[replica.replica]
            key = (slot.engine, slot.copy, slot.role, slot.rank)
            pod = next(p for p in owner.pods if (p.engine, p.copy, p.role, p.rank) == key)
            load[node].append(world.kept_unit(owner, pod, node))

    assert [] == [n for n, units in enumerate(load) if not world.fits(n, tuple(sorted(units)))]


def _new_unit(world: World, survey: Survey, create: Create, slot: Slot, node: int) -> int:
    deployment = survey.deployments[create.replica.deployment]
    member = member_of(deployment, slot)
    classes = {d.request: d.device_class for d in slot.devices}
    chosen = tuple(classes[request.name] for request in member.requests)
    choices = world.choices(member, slot.node_pool.cluster)
    choice = next(c for c in choices if c.pool == slot.node_pool and c.classes == chosen)
    return world.new_unit(member, choice, node)


@given(problems())
def test_no_quota_is_overcommitted(problem: Problem) -> None:
    """What is new never takes a namespace over a quota."""
    plan = place(problem).plan
    for quota in problem.policy.quotas:
        held_devices = added = 0
        for replica in plan.replicas:
            if replica.replica.deployment.namespace != quota.namespace:
                continue
            for slot in replica.slots:
                count = sum(d.count for d in slot.devices if d.device_class == quota.device_class)
                held_devices += count if slot.node is not None else 0
                added += count if slot.order else 0

        assert held_devices <= quota.devices or not added


@given(problems())
def test_placed_and_short_add_up(problem: Problem) -> None:
    plan = place(problem).plan
    placed = Counter(replica.replica.deployment for replica in plan.replicas)
    short = {shortfall.deployment: shortfall.missing for shortfall in plan.shortfalls}

    assert {d.key: d.replicas for d in problem.deployments} == {
        d.key: placed[d.key] + short.get(d.key, 0) for d in problem.deployments
    }


@given(problems())
def test_a_plan_that_came_true_moves_nothing(problem: Problem) -> None:
    """Asked again after its decision was applied, the solver leaves everything where it is.

    Where nodes are overcommitted by what runs, new pods that were seen can show another replica as the one that
    does not fit, and what was only assumed can be assumed elsewhere: such problems are left out.
    """
    assume(problem.policy.eviction_budget == 0)
    first = place(problem)
    assume(not any(DOES_NOT_FIT in keep.flags for keep in first.plan.keeps))
    again = place(applied(problem, first.plan))

    assert () == again.plan.creates
    assert () == again.plan.evicts
    assert first.plan.shortfalls == again.plan.shortfalls


@given(problems(), st.integers(0, 1000))
def test_the_order_of_the_input_does_not_show(problem: Problem, seed: int) -> None:
    other = shuffled(problem, Random(seed))  # noqa: S311

    assert repr(place(problem)) == repr(place(other))


@given(problems())
def test_the_audit_accepts_the_first_plan(problem: Problem) -> None:
    """Nothing falls back to greedy, and neither plan has anything wrong with it."""
    decision = place(problem)
    survey = Survey(problem)

    assert () == decision.record.violations
    assert () == violations(survey, decision.plan)
    assert () == violations(survey, compose(survey, greedy(survey)))


@given(problems())
def test_greedy_never_places_more(problem: Problem) -> None:
    survey = Survey(problem)
    baseline = {m.name: m.value for m in measures(survey, compose(survey, greedy(survey)))}
    found = placing(place(problem))

    assert [value for _, value in found] <= [baseline[name] for name, _ in found]


@given(problems())
def test_every_fix_works(problem: Problem) -> None:
    """With the plan come true, each fix places the one more replica that it speaks of.

    A fix holds everybody else as the plan has them. Where the plan leaves pods of a larger template without a place,
    another plan gives what is new to those first, as it would to others that are short: such plans are left out.
    """
    decision = place(problem)
    assume(all(slot.node is not None for keep in decision.plan.keeps for slot in keep.slots))
    for fix in decision.fixes:
        changed = fixed(one_more(problem, decision.plan, fix.deployment), fix)

        assert () == place(changed).plan.shortfalls, fix


@given(problems())
def test_conflicts_are_minimal(problem: Problem) -> None:
    """All of a conflict's rules keep the replica out; without any one of them it fits."""
    decision = place(problem)
    survey = Survey(problem)
    for conflict in decision.conflicts:
        attempt = held(survey, decision.plan, conflict.deployment)
        rules = frozenset(attempt.variables.matrix.rules)
        members = [Rule(member.reason, member.subject) for member in conflict.members]
        others = rules - set(members)

        assert conflict.is_minimal
        assert attempt.places_all(without=others) is False
        for member in members:
            assert attempt.places_all(without=others | {member}) is True, member


@given(problems(), st.integers(0, 100))
def test_one_more_node_never_hurts(problem: Problem, position: int) -> None:
    """A skew counts from the emptiest domain, which a node may create; without such a rule more is more."""
    assume(not has_required_skew(problem))
    more = with_nodes(problem, position % len(problem.fleet.nodes))
    before, after = placing(place(problem)), placing(place(more))

    assert [value for _, value in after] <= [value for _, value in before]


@given(problems(), st.integers(0, 100))
def test_a_higher_priority_never_hurts(problem: Problem, position: int) -> None:
    survey = Survey(problem)
    assume(not any(has_added_pods(standing) for standing in survey.observed.standing))
    chosen = problem.deployments[position % len(problem.deployments)]
    top = 1 + max(d.priority for d in problem.deployments)
    raised = tuple(replace(d, priority=top) if d is chosen else d for d in problem.deployments)
    before, after = place(problem), place(replace(problem, deployments=raised))

    assert missing(after, chosen.key) <= missing(before, chosen.key)
