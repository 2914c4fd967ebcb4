"""Every named difference between the clean model and Kubernetes occurs, in the releases that it names."""

from pathlib import Path
from random import Random

import pytest

from solver.domain.kubernetes import Gate, Release, SchedulerFeatures
from tests.solver.matching.device_fit.agreement import explanation
from tests.solver.matching.device_fit.difference_examples import EXAMPLES, Example
from tests.solver.matching.device_fit.differences import Difference
from tests.solver.matching.device_fit.generate_for_replay import SCHEDULERS, generate_for_replay, name_of

README = Path(__file__).parents[4] / "solver" / "README.md"
ALL_GATES = frozenset(gate for gate in Gate if gate is not Gate.LIST_ATTRIBUTES)


def explained(example: Example, release: Release) -> frozenset[Difference]:
    features = SchedulerFeatures(release=release, gates=ALL_GATES)
    return explanation(example.problem, features, step_limit=example.step_limit)


@pytest.mark.parametrize(
    ("example", "release"),
    [(each, release) for each in EXAMPLES for release in each.differs],
    ids=lambda each: each.difference.name if isinstance(each, Example) else str(each),
)
def test_a_difference_decides_its_example(example: Example, release: Release) -> None:
    """It is met, and none of the others is needed to explain what happens."""
    assert example.besides | {example.difference} == explained(example, release)


@pytest.mark.parametrize(
    ("example", "release"),
    [(each, release) for each in EXAMPLES for release in each.agrees],
    ids=lambda each: each.difference.name if isinstance(each, Example) else str(each),
)
def test_a_release_without_the_difference_agrees(example: Example, release: Release) -> None:
    """Otherwise the name would excuse more than it says."""
    assert frozenset() == explained(example, release)


def test_every_difference_has_an_example() -> None:
    """An excuse without one is to be deleted."""
    assert set(Difference) == {each.difference for each in EXAMPLES}


def test_the_readme_lists_every_difference_and_no_other() -> None:
    """One line each, under the name that the tests use."""
    table = README.read_text().partition("| name | what | releases |")[2].partition("\n\n")[0]
    rows = [line.split("|")[1].strip() for line in table.splitlines()[2:]]

    assert [str(each) for each in Difference] == rows


#: A generated problem that needs each: scheduler and seed. One that a change of the generator makes agree is
#: replaced by another that a hunt prints (test_against_replay.py).
GENERATED = {
    Difference.LEAKED_COUNTERS: ("1.35 all", 378),
    Difference.MIXED_DRIVERS: ("1.35 all", 94),
    Difference.ADMIN_CHARGED: ("1.37 all", 2146),
    Difference.UNCHARGED_SHARES: ("1.35 all", 44),
    Difference.BARE_SHARES: ("1.36 all", 80),
    Difference.OVERLOOKED_SHARES: ("1.36 default", 832),
    Difference.FORGOTTEN_ALTERNATIVE: ("1.34 default", 256),
    Difference.FORGOTTEN_VALUES: ("1.35 all", 415),
    Difference.SHARED_ONCE: ("1.36 all", 89),
    Difference.ALL_OR_ERROR: ("1.34 all", 97),
    Difference.FAILED_SELECTOR: ("1.34 all", 58),
    Difference.OUT_OF_STEPS: ("1.37 default", 4272),
    Difference.FRACTIONAL_STEPS: ("1.37 default", 2851),
    Difference.COUNTERS_OF_A_SLICE: ("1.34 all", 0),
    Difference.COUNTERS_FOR_EACH_SHARE: ("1.34 all", 295),
    Difference.WRONG_DEVICE: ("1.34 all", 1),
    Difference.INCOMPLETE_POOLS: ("1.34 all", 11),
    Difference.OTHER_NODES: ("1.34 all", 8),
    Difference.EVERY_TAINT: ("1.34 all", 56),
}
#: Thousands of generated problems do not need this one; its example alone shows it.
NEVER_GENERATED = {Difference.MIXED_ALTERNATIVES}


@pytest.mark.parametrize(("difference", "drawn"), GENERATED.items(), ids=str)
def test_a_generated_problem_needs_the_difference(difference: Difference, drawn: tuple[str, int]) -> None:
    """So the generator reaches it, and the excuse is no idle one."""
    name, seed = drawn
    (features,) = [each for each in SCHEDULERS if name_of(each) == name]

    assert difference in explanation(generate_for_replay(Random(seed), features), features)  # noqa: S311


def test_what_is_not_generated_is_known() -> None:
    """Every difference is either met by a generated problem or listed as too rare."""
    assert set(Difference) == GENERATED.keys() | NEVER_GENERATED
