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
    said = complaints(spoilt)
    refused = [complaint for complaint in said if not complaint.endswith(_ONLY_REFUSED_HERE)]
    faults = [
        fault for fault in broken(spoilt) if not _names_an_alternative(fault) and not _is_pruned(fault, said)
    ]

    assert bool(faults) == bool(refused)


def test_a_field_that_stands_at_the_wrong_place_is_pruned_or_refused() -> None:
    """Found by the test above: adminAccess on an alternative, which models refuse and servers do not know."""
    alternative = {"name": "a", "selectors": [{"cel": "true"}], "adminAccess": True}
    member = {
        "nodeSelector": {"devices": [{"name": "gpu", "firstAvailable": [alternative]}]},
        "template": {"spec": {"containers": [{"name": "engine", "image": "engine:1"}]}},
    }
    spoilt: Object = {
        "apiVersion": "modelplane.ai/v1alpha1",
        "kind": "ModelDeployment",
        "metadata": {"name": "qwen", "namespace": "ml"},
        "spec": {"replicas": 0, "template": {"spec": {"engines": [{"name": "main", "members": [member]}]}}},
    }
    (fault,) = broken(spoilt)

    assert fault.path.endswith("firstAvailable[0].adminAccess")
    assert _is_pruned(fault, complaints(spoilt))


def _is_pruned(fault: Fault, said: list[str]) -> bool:
    """Whether *fault* is about a field that a server drops, or refuses if it is asked to be strict."""
    return f".{fault.path}: {UNKNOWN}" in said


def _names_an_alternative(fault: Fault) -> bool:
    """Whether a constraint names an alternative that is not there, which a rule cannot look up."""
    return "REQUEST/ALTERNATIVE" in fault.message and "/" in fault.message.partition(",")[0]
