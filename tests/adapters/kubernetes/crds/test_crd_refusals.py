"""What the definitions take and refuse: the same as the models, and what they say of it."""

import pytest

from adapters.kubernetes.crds.rules import RULES
from tests.adapters.kubernetes.crds.cases import AGAINST_A_RULE, BEYOND_A_LIMIT, REFUSED_BY_RULE, VALID
from tests.adapters.kubernetes.crds.structural import complaints
from tests.scheduler.api.objects import broken
from tests.scheduler.snapshot.manifests import Object


@pytest.mark.parametrize("found", VALID)
def test_what_the_models_take_is_taken(found: Object) -> None:
    """A file that ``validate`` finds nothing in can be applied."""
    assert [] == complaints(found)


@pytest.mark.parametrize("found", [*BEYOND_A_LIMIT, *AGAINST_A_RULE])
def test_what_the_models_refuse_is_refused(found: Object) -> None:
    """What was applied can be read: no object is stored that the scheduler cannot make sense of."""
    assert complaints(found)


@pytest.mark.parametrize(("message", "found"), REFUSED_BY_RULE)
def test_each_rule_refuses_and_says_so(message: str, found: Object) -> None:
    """One rule, one sentence; the model says the same in its own words."""
    assert {message} == {complaint.partition(": ")[2] for complaint in complaints(found)}
    assert broken(found)


def test_each_rule_has_an_object_that_it_refuses() -> None:
    """A rule that nothing breaks may be one that cannot be broken."""
    said = {rule.message for rules in RULES.values() for rule in rules}

    assert said == {message for message, _ in REFUSED_BY_RULE}
