"""Raw claims and templates, and a way to read them beside a fleet."""

from pathlib import Path
from typing import Any

import yaml

from scheduler.snapshot import Reading, read
from tests.scheduler.snapshot.manifests import GPU, Object, a_class, a_cluster, write
from tests.scheduler.snapshot.readings import lines

EXACT = {"name": "gpu", "exactly": {"deviceClassName": GPU}}


def a_raw_claim(
    *requests: object,
    name: str = "c",
    namespace: str | None = "ml",
    version: str = "v1",
    **devices: object,
) -> Object:
    metadata = {"name": name} | ({"namespace": namespace} if namespace else {})
    spec = {"devices": {"requests": list(requests or [EXACT]), **devices}}
    return {
        "apiVersion": f"resource.k8s.io/{version}",
        "kind": "ResourceClaim",
        "metadata": metadata,
        "spec": spec,
    }


def a_claim_template(*requests: object, **fields: Any) -> Object:
    claim = a_raw_claim(*requests, **fields)
    return claim | {"kind": "ResourceClaimTemplate", "spec": {"spec": claim["spec"]}}


def claiming(folder: Path, *claims: Object, fleet: tuple[Object, ...] = ()) -> Reading:
    """What is read of the claims, which stand in claims.yaml, beside a fleet."""
    write(folder / "fleet", a_class(), a_cluster(), *fleet)
    (folder / "claims.yaml").write_text(yaml.safe_dump_all(claims))
    return read([folder / "fleet"], claims=[folder / "claims.yaml"])


def told(found: Reading) -> list[str]:
    """The findings, from the document on."""
    return [line.partition("claims.yaml ")[2] for line in lines(found)]
