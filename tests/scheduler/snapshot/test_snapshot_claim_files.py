"""Files with claims: what stands beside the claims, what cannot be read, and what vendors publish."""

from pathlib import Path

import pytest

from scheduler.snapshot import read
from tests.scheduler.snapshot.claims import a_raw_claim, claiming
from tests.scheduler.snapshot.manifests import (
    a_class,
    a_cluster,
    a_deployment,
    a_device_class,
    a_pod,
    write,
)
from tests.scheduler.snapshot.readings import lines

CLAIMS = Path(__file__).parents[4] / "shared" / "data" / "claims"


def test_an_allocated_claim_is_not_planned_again(tmp_path: Path) -> None:
    allocated = a_raw_claim(name="held") | {"status": {"allocation": {"devices": {"results": []}}}}
    found = claiming(tmp_path, allocated, a_raw_claim())

    assert ["ml/c"] == [str(each.key) for each in found.problem.deployments]
    assert "ResourceClaim ml/held is allocated already, so it is not planned" in found.notes


def test_other_kinds_are_counted_in_a_note(tmp_path: Path) -> None:
    """Driver examples stand beside the pods that use them."""
    found = claiming(tmp_path, a_raw_claim(), a_device_class("extra"), a_pod("p"), a_pod("q"), a_deployment())

    assert () == found.findings
    assert "ignored beside the claims: 1 DeviceClass, 1 ModelDeployment, 2 Pod" in found.notes
    assert ["ml/c"] == [str(each.key) for each in found.problem.deployments]


def test_a_file_without_claims_is_an_error(tmp_path: Path) -> None:
    found = claiming(tmp_path, a_device_class())

    assert [": found no claim, expected a ResourceClaim or a ResourceClaimTemplate"] == [
        line.partition("claims.yaml")[2] for line in lines(found)
    ]
    assert found.has_errors


@pytest.mark.skipif(
    not CLAIMS.exists(), reason="the claims of the driver repositories are not beside the repository"
)
def test_the_claims_of_the_drivers_are_read(tmp_path: Path) -> None:
    """What vendors publish is what users start from; four of their examples break a rule of the API."""
    write(tmp_path / "fleet", a_class(), a_cluster())
    broken = set()
    planned = 0
    for file in sorted(CLAIMS.rglob("*.yaml")):
        found = read([tmp_path / "fleet"], claims=[file])
        planned += len(found.problem.deployments)
        broken |= {
            file.name for each in found.findings if ".requests[" in each.path and each.severity == "error"
        }
        assert all(each.file for each in found.findings)

    assert planned > 100
    assert {
        "deployments__gaudi__examples__monitor-pod-inline.yaml",
        "deployments__gpu__examples__monitor-pod-inline.yaml",
        "page__doc__gaudi__USAGE__3.yaml",
        "page__doc__gpu__USAGE__3.yaml",
    } == broken


@pytest.mark.parametrize("text", ["# no document\n", "---\n---\n"])
def test_a_file_without_objects_is_an_error(tmp_path: Path, text: str) -> None:
    write(tmp_path / "fleet", a_class(), a_cluster())
    (tmp_path / "claims.yaml").write_text(text)
    found = read([tmp_path / "fleet"], claims=[tmp_path / "claims.yaml"])

    assert [": found no claim, expected a ResourceClaim or a ResourceClaimTemplate"] == [
        line.partition("claims.yaml")[2] for line in lines(found)
    ]


@pytest.mark.parametrize(
    ("name", "text"), [("none.yaml", None), ("broken.yaml", "a: [\n"), ("empty.json", "")]
)
def test_a_file_that_cannot_be_read_is_told_once(tmp_path: Path, name: str, text: str | None) -> None:
    write(tmp_path / "fleet", a_class(), a_cluster())
    if text is not None:
        (tmp_path / name).write_text(text)
    found = read([tmp_path / "fleet"], claims=[tmp_path / name])

    assert 1 == len(found.findings)
    assert found.has_errors
