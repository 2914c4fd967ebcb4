"""Published manifests apply unchanged."""

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from scheduler.api.base import MODELPLANE_API_VERSION
from tests.adapters.kubernetes.crds.structural import complaints

_SHARED = Path(os.environ.get("MODELPLANE_SHARED", Path(__file__).parents[5] / "shared"))
MANIFESTS = _SHARED / "data" / "manifests"


def published() -> list[tuple[str, Any]]:
    """The objects of our kinds in the published manifests, each with the file it is in."""
    return [
        (str(path.relative_to(MANIFESTS)), document)
        for path in sorted(MANIFESTS.rglob("*.yaml"))
        for document in yaml.load_all(path.read_text(), Loader=yaml.CSafeLoader)
        if document and document["apiVersion"] == MODELPLANE_API_VERSION
    ]


@pytest.mark.skipif(not MANIFESTS.is_dir(), reason="../shared/data is not beside this checkout")
def test_every_published_manifest_is_taken_as_it_is() -> None:
    """Field by field: one that the schema lacks would be pruned in silence."""
    found = published()

    assert len(found) > 90
    assert {} == {f"{file} {each['kind']}": complaints(each) for file, each in found if complaints(each)}
