"""Whatever an object looks like, the models and the definitions judge it alike."""

import pytest
from hypothesis import given

from scheduler.api.faults import Fault
from tests.adapters.kubernetes.crds.cases import VALID
from tests.adapters.kubernetes.crds.spoiling import spoilt_objects
from tests.adapters.kubernetes.crds.structural import UNKNOWN, complaints
from tests.scheduler.api.objects import broken
from tests.scheduler.snapshot.manifests import Object

#: Files keep fields that are not known, and a quantity is looked at where it is used.
_ONLY_REFUSED_HERE = (UNKNOWN, "neither an integer nor a string")


@pytest.fixture(scope="module", autouse=True)
def _rules_are_parsed() -> None:
    """The CEL parser raises the recursion limit the first time, which Hypothesis takes for a fault."""
    complaints(VALID[0])


@given(spoilt=spoilt_objects())
def test_models_and_definitions_refuse_the_same_objects(spoilt: Object) -> None:
    """An object that only one of them takes is one that is stored and never placed, or never stored."""
    refused = [complaint for complaint in complaints(spoilt) if not complaint.endswith(_ONLY_REFUSED_HERE)]
    faults = [fault for fault in broken(spoilt) if not _names_an_alternative(fault)]

    assert bool(faults) == bool(refused)


def _names_an_alternative(fault: Fault) -> bool:
    """Whether a constraint names an alternative that is not there, which a rule cannot look up."""
    return "REQUEST/ALTERNATIVE" in fault.message and "/" in fault.message.partition(",")[0]
