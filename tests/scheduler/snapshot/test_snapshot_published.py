"""The recorded and published files that everybody's input looks like."""

from collections import Counter
from pathlib import Path

import pytest

from scheduler.snapshot import read

DATA = Path(__file__).parents[4] / "shared" / "data"
pytestmark = pytest.mark.skipif(not DATA.is_dir(), reason="../shared/data is not beside this checkout")

FILES = {
    folder: sorted((DATA / folder).rglob("*.yaml")) if DATA.is_dir() else []
    for folder in ("manifests", "slices", "claims", "workloads")
}


@pytest.mark.parametrize("path", FILES["manifests"], ids=lambda path: "/".join(path.parts[-2:]))
def test_every_published_manifest_is_valid_as_it_is(path: Path) -> None:
    """Nobody has to change a manifest to use this scheduler."""
    assert [] == [str(finding) for finding in read([path]).findings if "ModelCache" not in finding.message]


def test_all_published_manifests_together_are_valid() -> None:
    """Read as one folder, they repeat names; that is all there is to say about them."""
    found = read([DATA / "manifests"])

    assert not found.has_errors
    assert ["found this object already in"] == sorted({f.message[:28] for f in found.findings})
    assert Counter(found.ignored)["ClusterProviderConfig"] > 0
    assert found.problem.deployments
    assert all(cluster.is_assumed_ready for cluster in found.problem.fleet.clusters)


@pytest.mark.parametrize("path", FILES["slices"], ids=lambda path: "/".join(path.parts[-2:]))
def test_every_published_slice_is_read(path: Path) -> None:
    """What is wrong with some of them is a warning."""
    found = read([path])

    assert not found.has_errors
    assert len(found.loose_devices.owners) == len(found.loose_devices.table.starts) - 1
    assert found.loose_devices.owners or found.findings


def test_a_published_slice_keeps_what_its_driver_wrote() -> None:
    """Memory is never the nominal size."""
    found = read([DATA / "slices" / "gpu.nvidia.com" / "eks-h100-8gpu-gpu-node-1.yaml"]).loose_devices

    assert (("gpu-node-1",), 8) == (found.owners, len(found.table))
    device = found.table.device(0)
    assert "gpu-1" == device.name
    assert 81559 << 20 == next(iter(device.capacity.values())).value()
    assert "pci0000:55" == device.attributes["resource.kubernetes.io", "pcieRoot"]  # type: ignore[index]
    assert all(found.table.device(row).malformed is None for row in range(8))


@pytest.mark.parametrize("path", FILES["claims"], ids=lambda path: "/".join(path.parts[-2:]))
def test_every_published_claim_is_read(path: Path) -> None:
    """The withdrawn classic API is refused by name; nothing raises."""
    found = read([path])
    text = path.read_text()

    is_withdrawn = "apiVersion: resource.k8s.io/v1alpha" in text and "kind: DeviceTaintRule" not in text
    assert is_withdrawn == any("found the withdrawn API" in finding.message for finding in found.findings)
    assert all(finding.file == str(path) for finding in found.findings)


@pytest.mark.parametrize("folder", FILES)
def test_a_folder_of_published_files_has_no_error(folder: str) -> None:
    """Whatever is wrong with some of them, the exit status of ``validate`` is 0."""
    assert not read([DATA / folder]).has_errors


@pytest.mark.parametrize("path", FILES["workloads"], ids=lambda path: "/".join(path.parts[-2:]))
def test_manifests_of_other_systems_raise_nothing(path: Path) -> None:
    """They are no input of ours, and still somebody will point at them."""
    read([path])
