"""A valid object of every kind, where its parts are, and what the API finds wrong with one."""

from pydantic import ValidationError

from scheduler.api.faults import Fault, faults, near_misses
from scheduler.api.kinds import KINDS
from tests.scheduler.snapshot.manifests import (
    API,
    Object,
    a_class,
    a_cluster,
    a_deployment,
    a_replica,
    a_template,
)

SELECTOR = {"cel": "true"}
TEMPLATE = "spec.template.spec"
ENGINE = f"{TEMPLATE}.engines[0]"
MEMBER = f"{ENGINE}.members[0]"
REQUEST = f"{MEMBER}.nodeSelector.devices[0]"
CONTAINER = f"{MEMBER}.template.spec.containers[0]"
DEVICE = "spec.devices[0]"
POOL = "spec.nodePools[0]"


def an_object(kind: str, spec: object) -> Object:
    return {"apiVersion": API, "kind": kind, "metadata": {"name": "default"}, "spec": spec}


def a_member(role: str = "Standalone", **fields: object) -> Object:
    devices = [{"name": "gpu", "selectors": [SELECTOR]}]
    return {"role": role, "nodeSelector": {"devices": devices}, "template": a_template(), **fields}


def an_engine(name: str, *members: Object, **fields: object) -> Object:
    return {"name": name, "members": list(members) or [a_member()], **fields}


DEPLOYMENT = a_deployment()
REPLICA = a_replica()
CLASS = a_class()
CLUSTER = a_cluster()
GATEWAY = an_object("InferenceGateway", {"backend": "Traefik", "traefik": {"version": "40.2.0"}})
CACHE = an_object("ModelCache", {"source": "HuggingFace", "huggingFace": {"repo": "a/b", "sizeGiB": 10}})
SERVICE = an_object("ModelService", {"endpoints": [{"selector": {"matchLabels": {"a": "b"}}}]})
ENDPOINT = an_object("ModelEndpoint", {"url": "http://10.0.0.1/v1"})
POLICY = an_object("PlacementPolicy", {})


def broken(base: Object) -> list[Fault]:
    model = KINDS[base["kind"]]
    try:
        model.model_validate(base)
    except ValidationError as error:
        return list(faults(error, tuple(near_misses(model, base))))
    return []


def path_of(dotted: str) -> str:
    """The dotted path of ``changed`` as a finding shows it."""
    path = ""
    for part in dotted.split("."):
        path += f"[{part}]" if part.isdecimal() else f".{part}"
    return path.removeprefix(".")


E0 = "spec.template.spec.engines.0"
M0 = f"{E0}.members.0"
D0 = f"{M0}.nodeSelector.devices.0"
C0 = f"{M0}.template.spec.containers.0"
SOURCE = "spec.cluster"
