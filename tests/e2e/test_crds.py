"""A real API server takes the definitions, and with them what it should and nothing else."""

from typing import Any

import pytest
from hypothesis import given

from adapters.kubernetes.crds.definition import definition
from adapters.kubernetes.crds.facts import FACTS
from scheduler.api.kinds import CLUSTER_SCOPED, KINDS
from tests.adapters.kubernetes.crds.cases import AGAINST_A_RULE, BEYOND_A_LIMIT, REFUSED_BY_RULE, VALID
from tests.adapters.kubernetes.crds.spoiling import spoilt_objects
from tests.adapters.kubernetes.crds.structural import complaints
from tests.adapters.kubernetes.crds.test_crd_published import MANIFESTS, published
from tests.e2e.control_plane.api_server import Answer, ApiServer, wait_until
from tests.e2e.control_plane.programs import programs
from tests.scheduler.api.objects import DEPLOYMENT, broken
from tests.scheduler.snapshot.manifests import Object, changed

programs()  # one skip with the reason, and not one for each case

_OK, _CREATED, _BAD_REQUEST, _INVALID = 200, 201, 400, 422
_GROUP = "/apis/modelplane.ai/v1alpha1"
_CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
_TABLE = "application/json;as=Table;v=v1;g=meta.k8s.io"


def _collection(found: Object) -> str:
    kind = found["kind"]
    if kind in CLUSTER_SCOPED:
        return f"{_GROUP}/{FACTS[kind].plural}"
    return f"{_GROUP}/namespaces/{found['metadata'].get('namespace', 'default')}/{FACTS[kind].plural}"


def _tried(server: ApiServer, found: Object) -> Answer:
    """What the server says to creating *found*, which it does not store."""
    return server.request("POST", f"{_collection(found)}?dryRun=All&fieldValidation=Strict", found)


@pytest.fixture(scope="module")
def ours(server: ApiServer) -> ApiServer:
    """The server with our definitions, serving them."""
    complaints(DEPLOYMENT)  # the CEL parser raises the recursion limit, which Hypothesis takes for a fault
    for kind in KINDS:
        crd = definition(kind)
        answer = server.apply(f"{_CRDS}/{crd['metadata']['name']}", crd)
        assert answer.status in (_OK, _CREATED), answer.message
    for namespace in ("default", "ml", "ml-team"):
        body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}}
        server.apply(f"/api/v1/namespaces/{namespace}", body)
    for facts in FACTS.values():
        path = f"{_GROUP}/{facts.plural}"
        wait_until(lambda path=path: server.request("GET", path).status == _OK, f"{path} is served")
    return server


def test_the_definitions_are_established_and_structural(ours: ApiServer) -> None:
    """A schema that is not structural is stored all the same, and a condition says so."""
    for kind, facts in FACTS.items():
        crd: Any = ours.request("GET", f"{_CRDS}/{facts.plural}.modelplane.ai").body
        conditions = {each["type"]: each["status"] for each in crd["status"]["conditions"]}
        assert {"NamesAccepted": "True", "Established": "True"} == conditions, kind


def test_kubectl_finds_the_kinds_by_their_names(ours: ApiServer) -> None:
    """Short names, categories and scope are what discovery tells kubectl."""
    resources = {
        each["kind"]: each
        for each in ours.request("GET", _GROUP).body["resources"]
        if "/" not in each["name"]
    }

    assert KINDS.keys() == resources.keys()
    for kind, facts in FACTS.items():
        assert [facts.short_name] == resources[kind]["shortNames"]
        assert list(facts.categories) == resources[kind]["categories"]
        assert (kind not in CLUSTER_SCOPED) == resources[kind]["namespaced"]


@pytest.mark.skipif(not MANIFESTS.is_dir(), reason="../shared/data is not beside this checkout")
def test_every_published_manifest_applies_unchanged(ours: ApiServer) -> None:
    """Nothing is refused, nothing is pruned, and what is stored is valid for our own models."""
    for file, found in published():
        path = f"{_collection(found)}/{found['metadata']['name']}"
        answer = ours.apply(path, found)
        ours.request("DELETE", path)
        assert answer.status in (_OK, _CREATED), (file, answer.message)
        assert _kept(found["spec"], answer.body["spec"]), file
        assert [] == broken(answer.body), file


def _kept(part: Any, whole: Any) -> bool:
    """Whether all of *part* is in *whole*, which may have defaults besides."""
    if isinstance(part, dict):
        return all(name in whole and _kept(inner, whole[name]) for name, inner in part.items())
    if isinstance(part, list):
        return len(part) == len(whole) and all(map(_kept, part, whole))
    return bool(part == whole)


@pytest.mark.parametrize("found", VALID)
def test_what_the_models_take_is_taken_and_valid_when_read_back(ours: ApiServer, found: Object) -> None:
    """The stored object has defaults that nobody wrote; the models must take those too."""
    answer = _tried(ours, found)

    assert _CREATED == answer.status, answer.message
    assert [] == broken(answer.body)


@pytest.mark.parametrize("found", [*BEYOND_A_LIMIT, *AGAINST_A_RULE])
def test_what_the_models_refuse_is_refused(ours: ApiServer, found: Object) -> None:
    answer = _tried(ours, found)
    assert answer.status in (_BAD_REQUEST, _INVALID), answer.body


@pytest.mark.parametrize(("message", "found"), REFUSED_BY_RULE)
def test_each_rule_is_told_in_its_own_words(ours: ApiServer, message: str, found: Object) -> None:
    answer = _tried(ours, found)

    assert _INVALID == answer.status, answer.body
    assert message in answer.message


@given(spoilt=spoilt_objects())
def test_the_stand_in_of_the_unit_tests_judges_like_the_server(ours: ApiServer, spoilt: Object) -> None:
    """Machines without a server rely on it."""
    answer = _tried(ours, spoilt)
    assert (answer.status == _CREATED) == (complaints(spoilt) == []), (answer.message, complaints(spoilt))


def test_kubectl_get_prints_the_published_columns(ours: ApiServer) -> None:
    """Scripts cut them out by position."""
    for facts in FACTS.values():
        table: Any = ours.request("GET", f"{_GROUP}/{facts.plural}", takes=_TABLE).body
        shown = [column["name"] for column in table["columnDefinitions"]]
        assert ["Name", *(column.name.title() for column in facts.all_columns)] == [
            name.title() for name in shown
        ]


def test_a_deployment_scales_from_nothing_and_beyond_ten(ours: ApiServer) -> None:
    """An autoscaler reads the selector and writes the count; neither 0 nor 11 is a limit."""
    found = changed(DEPLOYMENT, "metadata.name", "scaled")
    path = f"{_collection(found)}/scaled"
    ours.apply(path, found)
    status = {"replicas": {"total": 1, "ready": 1}, "selector": "modelplane.ai/deployment=ml.scaled"}
    merge = "application/merge-patch+json"
    ours.request("PATCH", f"{path}/status", {"status": status}, sends=merge)

    for replicas in (0, 11):
        ours.request("PATCH", f"{path}/scale", {"spec": {"replicas": replicas}}, sends=merge)
        scale: Any = ours.request("GET", f"{path}/scale").body
        assert {"replicas": replicas} == (scale["spec"] or {"replicas": 0})
        assert {"replicas": 1, "selector": status["selector"]} == scale["status"]
        assert replicas == ours.request("GET", path).body["spec"]["replicas"]
