"""Every limit, default, list key and rule of the published API, one line each."""

from typing import Any

import pytest
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
    changed,
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

#: Base, path, a valid value, an invalid one; the finding is at the path.
FIELDS: list[tuple[Object, str, object, object]] = [
    (DEPLOYMENT, "metadata.name", "n" * 253, ""),
    (DEPLOYMENT, "metadata.labels", {"a": "b"}, {"a": 1}),
    (DEPLOYMENT, "spec.replicas", 0, -1),
    (DEPLOYMENT, "spec.replicas", 1000, 2**31),
    (DEPLOYMENT, "spec.replicas", 10, "10"),
    (DEPLOYMENT, "spec.replicas", 1, True),
    (DEPLOYMENT, "spec.priority", -(2**31), -(2**31) - 1),
    (DEPLOYMENT, "spec.priority", 2**31 - 1, 2**31),
    (DEPLOYMENT, "spec.template.metadata.labels", {f"k{i}": "" for i in range(32)}, {f"k{i}": "" for i in range(33)}),
    (DEPLOYMENT, f"{TEMPLATE}.clusterSelector.matchLabels", {"modelplane.ai/region": "eu"}, ["eu"]),
    (DEPLOYMENT, f"{TEMPLATE}.modelCacheRef.name", "c", ""),
    (DEPLOYMENT, f"{TEMPLATE}.serving.mode", "Unified", "unified"),
    (DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"operator": "Exists"}], {"operator": "Exists"}),
    (DEPLOYMENT, f"{TEMPLATE}.engines", [an_engine(f"e{i}") for i in range(8)], [an_engine(f"e{i}") for i in range(9)]),
    (DEPLOYMENT, f"{TEMPLATE}.engines", [an_engine("a")], []),
    (DEPLOYMENT, f"{E0}.name", "n" * 63, "n" * 64),
    (DEPLOYMENT, f"{E0}.name", "n", ""),
    (DEPLOYMENT, f"{E0}.copies", 64, 65),
    (DEPLOYMENT, f"{E0}.copies", 1, 0),
    (DEPLOYMENT, f"{E0}.members", [a_member()], []),
    (DEPLOYMENT, f"{E0}.members", [a_member("Leader"), a_member("Worker")], [a_member("Leader")] * 3),
    (DEPLOYMENT, f"{M0}.role", "Standalone", "Follower"),
    (DEPLOYMENT, f"{M0}.nodeSelector.devices", [{"name": f"d{i}", "selectors": [SELECTOR]} for i in range(16)],
     [{"name": f"d{i}", "selectors": [SELECTOR]} for i in range(17)]),
    (DEPLOYMENT, f"{M0}.nodeSelector.devices", [{"name": "d", "selectors": [SELECTOR]}], []),
    (DEPLOYMENT, f"{D0}.name", "n" * 63, "n" * 64),
    (DEPLOYMENT, f"{D0}.count", 64, 65),
    (DEPLOYMENT, f"{D0}.count", 1, 0),
    (DEPLOYMENT, f"{D0}.selectors", [SELECTOR] * 8, [SELECTOR] * 9),
    (DEPLOYMENT, f"{D0}.selectors", [SELECTOR], []),
    (DEPLOYMENT, f"{D0}.selectors.0.cel", "c" * 10240, "c" * 10241),
    (DEPLOYMENT, f"{D0}.selectors.0.cel", "c", ""),
    (DEPLOYMENT, f"{D0}.selectors.0", {"cel": "true"}, {}),
    (DEPLOYMENT, f"{M0}.template.metadata.annotations", {"a": "v" * 8192}, {f"k{i}": "" for i in range(33)}),
    (DEPLOYMENT, f"{M0}.template.spec.containers", [{"name": "engine", "image": "i"}], []),
    (DEPLOYMENT, f"{C0}.name", "engine", "main"),
    (DEPLOYMENT, f"{C0}.image", "i", ""),
    (DEPLOYMENT, f"{C0}.args", ["--a"], [1]) ,
    (DEPLOYMENT, f"{C0}.command", ["a"], "a"),
    (DEPLOYMENT, "spec.spread", [{"topologyKey": "cluster", "maxSkew": 1}, {"topologyKey": "zone"}], {"topologyKey": "zone"}),
    (REPLICA, "spec.clusterName", "c", ""),
    (REPLICA, "spec.modelCacheRef.name", "c", ""),
    (REPLICA, "spec.serving.mode", "Unified", "Split"),
    (REPLICA, "spec.engines.0.members.0.nodePoolName", "p", ""),
    (REPLICA, "spec.engines.0.members.0.deviceRequests.0.deviceClassName", "d" * 253, "d" * 254),
    (REPLICA, "spec.engines.0.members.0.deviceRequests.0.count", 64, 65),
    (REPLICA, "spec.engines.0.members.0.deviceRequests.0.selectors", [], [SELECTOR] * 9),
    (REPLICA, "spec.engines.0.members.0.deviceRequests", [{"name": "d", "deviceClassName": "c"}], []),
    (SERVICE, "spec.endpoints", SERVICE["spec"]["endpoints"], []),
    (SERVICE, "spec.endpoints.0.weight", 1_000_000, 1_000_001),
    (SERVICE, "spec.endpoints.0.weight", 1, 0),
    (ENDPOINT, "spec.url", "any", ""),
    (ENDPOINT, "spec.rewritePath", "/", 1),
    (CACHE, "spec.source", "HuggingFace", "S3"),
    (CACHE, "spec.huggingFace.repo", "r", ""),
    (CACHE, "spec.huggingFace.sizeGiB", 100_000, 100_001),
    (CACHE, "spec.huggingFace.sizeGiB", 1, 0),
    (GATEWAY, "spec.backend", "Traefik", "Envoy"),
    (CLASS, "spec.devices", CLASS["spec"]["devices"], []),
    (CLASS, "spec.devices", [{"name": f"d{i}", "driver": "x", "claim": "Synthetic"} for i in range(16)],
     [{"name": f"d{i}", "driver": "x", "claim": "Synthetic"} for i in range(17)]),
    (CLASS, "spec.devices.0.name", "n" * 63, "n" * 64),
    (CLASS, "spec.devices.0.driver", "d" * 253, "d" * 254),
    (CLASS, "spec.devices.0.claim", "DRA", "Dra"),
    (CLASS, "spec.devices.0.deviceClassName", "d" * 253, "d" * 254),
    (CLASS, "spec.devices.0.count", 64, 65),
    (CLASS, "spec.devices.0.count", 1, 0),
    (CLASS, "spec.devices.0.attributes.a", {"string": "s" * 253}, {"string": "a", "int": 1}),
    (CLASS, "spec.devices.0.attributes.a", {"bool": True}, {}),
    (CLASS, "spec.devices.0.attributes.a.string", "s" * 253, "s" * 254),
    (CLASS, "spec.devices.0.attributes.a.version", "9.0", "9" * 33),
    (CLASS, "spec.devices.0.attributes.a.int", 2**63 - 1, 2**63),
    (CLASS, "spec.devices.0.attributes.a.bool", False, "yes"),
    (CLASS, "spec.devices.0.capacity.memory.value", "9" * 32, "9" * 33),
    (CLASS, "spec.devices.0.capacity.memory.value", "not a quantity", ""),
    (CLASS, "spec.provisioning.provider", ..., "IBM"),
    (CLUSTER, "spec.taints", [{"key": "k", "effect": "NoExecute"}], "k"),
    (CLUSTER, "spec.nodePools", [{"name": f"p{i}", "className": "c"} for i in range(8)],
     [{"name": f"p{i}", "className": "c"} for i in range(9)]),
    (CLUSTER, "spec.nodePools", CLUSTER["spec"]["nodePools"], []),
    (CLUSTER, "spec.nodePools.0.name", "n" * 40, "n" * 41),
    (CLUSTER, "spec.nodePools.0.className", "c" * 253, "c" * 254),
    (CLUSTER, "spec.nodePools.0.nodeCount", 0, -1),
    (CLUSTER, "spec.nodePools.0.minNodeCount", 0, -1),
    (CLUSTER, "spec.nodePools.0.maxNodeCount", 1, 0),
    (CLUSTER, "spec.nodePools.0.capacityBlock.capacityReservationId", "cr-0a", "cr-X"),
    (CLUSTER, "spec.nodePools.0.fabric.type", "EFA", "RoCE"),
    (CLUSTER, "spec.nodePools.0.fabric.domainLabel", "topology/rack", ""),
    (CLUSTER, "spec.nodePools.0.pricePerNodeHour", "98.32", "98,32"),
    (CLUSTER, "spec.nodePools.0.pricePerNodeHour", "0.000001", "0.0000001"),
    (CLUSTER, "spec.nodePools.0.pricePerNodeHour", "12", 12.5),
    (CLUSTER, f"{SOURCE}.existing.secretRef.name", "k", ""),
    (CLUSTER, f"{SOURCE}.existing.identitySecretRef", {"name": "i"}, []),
    (CLUSTER, f"{SOURCE}.source", "Existing", "OnPrem"),
    (POLICY, "metadata.name", "default", "other"),
    (POLICY, "spec.tiers", [{"name": "price", "maximum": 3}, {"name": "spread", "enabled": False}], {"name": "price"}),
    (POLICY, "spec.evictionBudget", 3, -1),
    (POLICY, "spec.preemption", "Never", "Always"),
    (POLICY, "spec.shortfallUnit", "devices", "pods"),
    (POLICY, "spec.quotas", [{"namespace": "ml", "deviceClassName": "g", "devices": 0}], 1),
    (POLICY, "spec.preferReadyCaches", False, "no"),
    (POLICY, "spec.requireGateway", False, 0),
]  # fmt: skip


@pytest.mark.parametrize(("base", "path", "valid", "invalid"), FIELDS)
def test_each_field_takes_its_limit_and_refuses_what_is_beyond(
    base: Object, path: str, valid: object, invalid: object
) -> None:
    """The limits are those of the published schema, so manifests written for it mean the same here."""
    if valid is not ...:
        assert [] == broken(changed(base, path, valid))
    found = [fault.path for fault in broken(changed(base, path, invalid))]
    assert any(at.startswith(path_of(path)) for at in found), found


#: Base, the changed field and its value, path and text of the finding.
RULES: list[tuple[Object, str, object, str, str]] = [
    (DEPLOYMENT, f"{TEMPLATE}.serving.mode", "PrefillDecode", f"{TEMPLATE}.engines",
     "found 1 engine, expected exactly 2 with serving mode PrefillDecode"),
    (DEPLOYMENT, f"{E0}.phase", "Prefill", f"{ENGINE}.phase",
     "found Prefill with serving mode Unified, expected a phase only with serving mode PrefillDecode"),
    (DEPLOYMENT, f"{E0}.members", [a_member("Worker")], f"{ENGINE}.members",
     "found the roles Worker, expected one Standalone alone, or one Leader with at least one Worker"),
    (DEPLOYMENT, f"{E0}.members", [a_member("Leader")], f"{ENGINE}.members",
     "found the roles Leader, expected one Standalone alone, or one Leader with at least one Worker"),
    (DEPLOYMENT, f"{E0}.members", [a_member(), a_member("Worker")], f"{ENGINE}.members",
     "found the roles Standalone, Worker, expected one Standalone alone, or one Leader with at least one Worker"),
    (DEPLOYMENT, f"{E0}.members", [{"template": a_template()}], f"{ENGINE}.members",
     "found no nodeSelector, expected one on at least one member"),
    (DEPLOYMENT, f"{M0}.worker", {"nodes": 1}, f"{MEMBER}.worker",
     "found the block on role Standalone, expected it on role Worker only"),
    (DEPLOYMENT, f"{E0}.members", [a_member("Leader"), a_member("Worker", worker={"nodes": 64})],
     f"{ENGINE}.members[1].worker.nodes", "found 64, expected at most 63"),
    (DEPLOYMENT, f"{E0}.members", [a_member("Leader"), a_member("Worker", worker={"nodes": 0})],
     f"{ENGINE}.members[1].worker.nodes", "found 0, expected at least 1"),
    (DEPLOYMENT, f"{E0}.members", [a_member("Leader"), a_member("Worker", worker={})],
     f"{ENGINE}.members[1].worker.nodes", "found nothing, expected this required field"),
    (DEPLOYMENT, f"{TEMPLATE}.engines", [an_engine("a"), an_engine("a")], f"{TEMPLATE}.engines[1].name",
     "found 'a' a second time, expected each name once"),
    (DEPLOYMENT, f"{M0}.nodeSelector.devices", [{"name": "d", "selectors": [SELECTOR]}] * 2,
     f"{MEMBER}.nodeSelector.devices[1].name", "found 'd' a second time, expected each name once"),
    (DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"key": ""}], f"{TEMPLATE}.tolerations[0].key",
     "found nothing, expected a key with operator Equal"),
    (DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"key": "k", "operator": "Exists", "value": "v"}],
     f"{TEMPLATE}.tolerations[0].value", "found 'v', expected none with operator Exists"),
    (DEPLOYMENT, f"{TEMPLATE}.tolerations", [{"key": "k", "effect": "PreferNoSchedule"}],
     f"{TEMPLATE}.tolerations[0].effect",
     "found 'PreferNoSchedule', expected NoSchedule or NoExecute (nearest: NoSchedule)"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"modelplane.ai/x": "y"},
     "spec.template.metadata.labels[modelplane.ai/x]",
     "found a key of Modelplane's own, expected another prefix"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"a": "v" * 64}, "spec.template.metadata.labels[a]", "found 'vvvv"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"a": "-v"}, "spec.template.metadata.labels[a]", "found '-v'"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"-a": "v"}, "spec.template.metadata.labels[-a]",
     "found the key '-a'"),
    (DEPLOYMENT, "spec.template.metadata.labels", {"p" * 254 + "/a": "v"}, "spec.template.metadata.labels",
     "found the key 'ppp"),
    (DEPLOYMENT, f"{M0}.template.metadata.annotations", {"a": "v" * 8193},
     f"{MEMBER}.template.metadata.annotations[a]", "found 8193 characters, expected at most 8192"),
    (DEPLOYMENT, f"{M0}.template.spec.containers", [{"name": "engine", "image": "i"}] * 2,
     f"{MEMBER}.template.spec.containers", "found 2 items, expected at most 1"),
    (DEPLOYMENT, f"{C0}.env", [{"name": "A", "valueFrom": {"secretKeyRef": {"name": "s"}}}],
     f"{CONTAINER}.env[0].valueFrom.secretKeyRef.key", "found nothing, expected this required field"),
    (DEPLOYMENT, f"{C0}.env", [{"value": "A"}], f"{CONTAINER}.env[0].name", "found nothing"),
    (DEPLOYMENT, f"{C0}.env", [{"name": "A", "valueFrom": {"fieldRef": {}}}],
     f"{CONTAINER}.env[0].valueFrom.fieldRef.fieldPath", "found nothing"),
    (DEPLOYMENT, f"{M0}.template.spec.imagePullSecrets", [{}],
     f"{MEMBER}.template.spec.imagePullSecrets[0].name", "found nothing"),
    (DEPLOYMENT, "spec.replicas", ..., "spec.replicas", "found nothing, expected this required field"),
    (DEPLOYMENT, "spec", {"replcas": 1, "template": DEPLOYMENT["spec"]["template"]}, "spec.replicas",
     "found the unknown field replcas, expected this required field"),
    (DEPLOYMENT, "spec.spread", [{"topologyKey": "zone", "maxPercent": 101}], "spec.spread[0].maxPercent",
     "found 101, expected at most 100"),
    (DEPLOYMENT, "spec.spread", [{"topologyKey": "zone", "maxSkew": 0}], "spec.spread[0].maxSkew",
     "found 0, expected at least 1"),
    (DEPLOYMENT, "spec.spread", [{"topologyKey": "zone", "mode": "Require"}], "spec.spread[0].mode",
     "found 'Require', expected Required or Preferred (nearest: Required)"),
    (REPLICA, "spec.serving.mode", "PrefillDecode", "spec.engines", "found 1 engine"),
    (REPLICA, "spec.engines.0.phase", "Decode", "spec.engines[0].phase", "found Decode"),
    (REPLICA, "spec.engines.0.members.0.role", "Leader", "spec.engines[0].members", "found the roles Leader"),
    (REPLICA, "spec.engines.0.members.0.deviceRequests", ..., "spec.engines[0].members",
     "found no deviceRequests, expected them on at least one member"),
    (REPLICA, "spec.engines.0.members.0.deviceRequests", [{"name": "d", "deviceClassName": "c"}] * 2,
     "spec.engines[0].members[0].deviceRequests[1].name", "found 'd' a second time"),
    (REPLICA, "spec.engines.0.members.0.deviceRequests.0.deviceClassName", ...,
     "spec.engines[0].members[0].deviceRequests[0].deviceClassName", "found nothing"),
    (CACHE, "spec.huggingFace", ..., "spec.huggingFace",
     "found nothing, expected this block when source is HuggingFace"),
    (CACHE, "spec.huggingFace.authSecret", {}, "spec.huggingFace.authSecret.name", "found nothing"),
    (SERVICE, "spec.endpoints.0.selector", {}, "spec.endpoints[0].selector.matchLabels", "found nothing"),
    (GATEWAY, "spec.traefik", ..., "spec.traefik",
     "found nothing, expected this block when backend is Traefik"),
    (GATEWAY, "spec.traefik.loadBalancer", "MetalLB", "spec.traefik.metallb",
     "found nothing, expected this block when loadBalancer is MetalLB"),
    (GATEWAY, "spec.traefik.metallb", {}, "spec.traefik.metallb.addressPool", "found nothing"),
    (CLASS, "spec.devices.0.deviceClassName", ..., "spec.devices[0].deviceClassName",
     "found nothing, expected a DeviceClass name when claim is DRA"),
    (CLASS, "spec.devices", CLASS["spec"]["devices"] * 2, "spec.devices[1].name", "found 'gpu' a second time"),
    (CLASS, "spec.devices.0.attributes.a", {"string": "x", "bool": True}, f"{DEVICE}.attributes.a",
     "found string and bool, expected exactly one of string, version, bool and int"),
    (CLASS, "spec.devices.0.attributes", {f"a{i}": {"int": 1} for i in range(33)}, f"{DEVICE}.attributes",
     "found 33 items, expected at most 32"),
    (CLASS, "spec.devices.0.capacity", {f"a{i}": {"value": "1"} for i in range(33)}, f"{DEVICE}.capacity",
     "found 33 items, expected at most 32"),
    (CLASS, "spec.provisioning", {"provider": "GKE"}, "spec.provisioning.gke",
     "found nothing, expected this block when provider is GKE"),
    (CLUSTER, "spec.cluster", {"source": "GKE"}, "spec.cluster.gke",
     "found nothing, expected this block when source is GKE"),
    (CLUSTER, "spec.cluster", {"source": "Existing"}, "spec.cluster.existing", "found nothing"),
    (CLUSTER, "spec.cluster.existing.identitySecretRef", {"name": "i", "type": "Azure"},
     "spec.cluster.existing.identitySecretRef.type", "found 'Azure'"),
    (CLUSTER, "spec.nodePools", [{"name": "p", "className": "c"}] * 2, "spec.nodePools[1].name", "found 'p'"),
    (CLUSTER, "spec.taints", [{"key": "k", "effect": "NoSchedule"}] * 2, "spec.taints[1].key",
     "found 'k:NoSchedule' a second time, expected each key and effect once"),
    (CLUSTER, "spec.taints", [{"key": "k", "effect": "PreferNoSchedule"}], "spec.taints[0].effect", "found"),
    (CLUSTER, "spec.taints", [{"key": "", "effect": "NoSchedule"}], "spec.taints[0].key", "found 0 characters"),
    (CLUSTER, "spec.nodePools.0.fabric", {"type": "EFA", "infiniband": {"fabric": "f"}}, f"{POOL}.fabric.infiniband",
     "found the block with type EFA, expected type InfiniBand"),
    (CLUSTER, "spec.nodePools.0.fabric", {"type": "InfiniBand", "infiniband": {"fabric": "f" * 64}},
     f"{POOL}.fabric.infiniband.fabric", "found 64 characters, expected at most 63"),
    (changed(CLUSTER, "spec.cluster", {"source": "Nebius", "nebius": {}}), "spec.nodePools.0.fabric",
     {"type": "InfiniBand"}, f"{POOL}.fabric.infiniband",
     "found nothing, expected this block when source is Nebius and the fabric is InfiniBand"),
    *((CLUSTER, f"spec.nodePools.0.{field}", count, f"{POOL}.{field}", f"found {count}, expected {least} to 100000")
      for field, least in (("nodeCount", 0), ("minNodeCount", 0), ("maxNodeCount", 1)) for count in (-1, 100_001)),
    (POLICY, "spec.tiers", [{"name": "prize"}], "spec.tiers[0].name", "(nearest: price)"),
    (POLICY, "spec.tiers", [{"name": "price"}] * 2, "spec.tiers[1].name", "found 'price' a second time"),
    (POLICY, "spec.quotas", [{"namespace": "a", "deviceClassName": "g", "devices": 1}] * 2,
     "spec.quotas[1].namespace", "found 'a:g' a second time"),
    (POLICY, "spec.priceOverrides", [{"cluster": "a", "nodePool": "p", "pricePerNodeHour": "1"}] * 2,
     "spec.priceOverrides[1].cluster", "found 'a:p' a second time"),
    (POLICY, "spec.priceOverrides", [{"cluster": "a", "nodePool": "p", "pricePerNodeHour": "-1"}],
     "spec.priceOverrides[0].pricePerNodeHour", "found '-1', expected US dollars"),
]  # fmt: skip


@pytest.mark.parametrize(("base", "path", "value", "at", "message"), RULES)
def test_each_rule_says_where_what_and_what_else(
    base: Object, path: str, value: object, at: str, message: str
) -> None:
    """A user must be able to fix the manifest from the line alone."""
    found = broken(changed(base, path, value))
    assert any(fault.path.startswith(at) and message in fault.message for fault in found), found


def test_a_broken_item_is_not_reported_again_as_a_short_list() -> None:
    """One problem is one line."""
    found = broken(changed(DEPLOYMENT, f"{C0}.image", ...))

    expected = Fault(path=f"{CONTAINER}.image", message="found nothing, expected this required field")
    assert [expected] == found


CLOUDS = {
    "GKE": ({"region": "r"}, {"machineType": "m"}),
    "EKS": ({"region": "r"}, {"instanceType": "m"}),
    "AKS": ({"location": "r"}, {"vmSize": "m"}),
    "Nebius": ({}, {"platform": "p", "preset": "q"}),
    "Vultr": ({"region": "r"}, {"plan": "p"}),
}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_each_cloud_needs_its_block_with_its_required_fields(cloud: str) -> None:
    """The five clouds differ in the fields they need."""
    source, machine = CLOUDS[cloud]
    block = cloud.lower()
    accelerator = {"accelerator": {"type": "t", "count": 16}}
    cluster = changed(CLUSTER, "spec.cluster", {"source": cloud, block: source})
    kind = changed(CLASS, "spec.provisioning", {"provider": cloud, block: machine | accelerator})

    assert [] == broken(cluster)
    assert [] == broken(kind)
    for field in source:
        assert (
            f"spec.cluster.{block}.{field}"
            == broken(changed(cluster, f"spec.cluster.{block}.{field}", ...))[0].path
        )
        too_long = changed(cluster, f"spec.cluster.{block}.{field}", "r" * 33)
        assert "found 33 characters, expected at most 32" == broken(too_long)[0].message
    for field in [*machine, "accelerator"]:
        path = f"spec.provisioning.{block}.{field}"
        assert path == broken(changed(kind, path, ...))[0].path
    count = f"spec.provisioning.{block}.accelerator.count"
    assert "found 17, expected at most 16" == broken(changed(kind, count, 17))[0].message
    disk = f"spec.provisioning.{block}.diskSizeGb"
    assert (cloud == "Vultr") == ([] == broken(changed(kind, disk, 9)))
    credentials = f"spec.cluster.{block}.credentials.type"
    assert credentials == broken(changed(cluster, credentials, "Config"))[0].path


def test_defaults_are_those_of_the_published_schema() -> None:
    """What a manifest leaves out means the same as it did."""
    deployment: Any = KINDS["ModelDeployment"].model_validate(DEPLOYMENT)
    engine = deployment.spec.template.spec.engines[0]
    cluster: Any = KINDS["InferenceCluster"].model_validate(
        changed(CLUSTER, "spec.nodePools.0.nodeCount", ...)
    )
    kind: Any = KINDS["InferenceClass"].model_validate(changed(CLASS, "spec.devices.0.count", ...))
    device = kind.spec.devices[0]
    cache: Any = KINDS["ModelCache"].model_validate(
        changed(CACHE, "spec.huggingFace.authSecret", {"name": "s"})
    )
    service: Any = KINDS["ModelService"].model_validate(SERVICE)
    policy: Any = KINDS["PlacementPolicy"].model_validate(POLICY)

    assert (1, "Standalone", 1) == (engine.copies, engine.members[0].role, engine.members[0].pods_per_copy)
    assert (0, ()) == (deployment.spec.priority, deployment.spec.spread)
    assert 1 == cluster.spec.node_pools[0].node_count
    assert ("DRA", 1) == (device.claim, device.count)
    assert "HF_TOKEN" == cache.spec.hugging_face.auth_secret.key
    assert 1 == service.spec.endpoints[0].weight
    assert (0, "LowerPriority", "replicas") == (
        policy.spec.eviction_budget, policy.spec.preemption, policy.spec.shortfall_unit
    )  # fmt: skip


def test_cloud_defaults_are_those_of_the_published_schema() -> None:
    """Kubernetes versions, credentials, disks and driver presets."""
    versions = {"GKE": "1.35", "EKS": "1.36", "AKS": "1.34", "Nebius": "1.34", "Vultr": "v1.36.1+3"}
    for cloud, version in versions.items():
        source = changed(
            CLUSTER, "spec.cluster", {"source": cloud, cloud.lower(): CLOUDS[cloud][0] | {"credentials": {}}}
        )
        model: Any = KINDS["InferenceCluster"].model_validate(source)
        block = getattr(model.spec.cluster, cloud.lower())
        assert version == block.kubernetes_version
        assert ("ClusterProviderConfig", "default") == (block.credentials.type, block.credentials.name)
    existing: Any = KINDS["InferenceCluster"].model_validate(
        changed(CLUSTER, "spec.cluster.existing.identitySecretRef", {"name": "i"})
    )
    refs = existing.spec.cluster.existing
    assert ("kubeconfig", "private_key") == (refs.secret_ref.key, refs.identity_secret_ref.key)
    assert "GoogleApplicationCredentials" == refs.identity_secret_ref.type
    machine = {
        "provider": "Nebius",
        "nebius": CLOUDS["Nebius"][1] | {"accelerator": {"type": "t", "count": 1}},
    }
    nebius: Any = KINDS["InferenceClass"].model_validate(changed(CLASS, "spec.provisioning", machine))
    assert (100, "cuda13.0") == (
        nebius.spec.provisioning.nebius.disk_size_gb, nebius.spec.provisioning.nebius.drivers_preset
    )  # fmt: skip


def test_unknown_fields_and_nulls_are_kept_and_pruned() -> None:
    """Later versions may add fields; a null means what an absent field means."""
    extra: Any = KINDS["ModelDeployment"].model_validate(
        changed(DEPLOYMENT, "spec.crossplane", {"compositionRef": {}})
    )
    null: Any = KINDS["ModelDeployment"].model_validate(changed(DEPLOYMENT, "spec.priority", None))

    assert {"crossplane": {"compositionRef": {}}} == extra.spec.model_extra
    assert 0 == null.spec.priority


def test_a_price_is_exact_in_microdollars() -> None:
    """Decimal text never passes through a float."""
    model: Any = KINDS["InferenceCluster"].model_validate(
        changed(CLUSTER, "spec.nodePools.0.pricePerNodeHour", "98.320001")
    )

    assert 98_320_001 == model.spec.node_pools[0].price_per_node_hour


def test_prefill_and_decode_are_needed_once_each() -> None:
    """Two engines of one phase cannot serve as a pair."""
    engines = [an_engine("a", phase="Prefill"), an_engine("b", phase="Prefill")]
    pair = changed(
        changed(DEPLOYMENT, f"{TEMPLATE}.serving.mode", "PrefillDecode"), f"{TEMPLATE}.engines", engines
    )

    found = broken(pair)
    assert ["spec.template.spec.engines"] == [fault.path for fault in found]
    assert "found 2 engines with phase Prefill, expected exactly 1" in found[0].message
    assert [] == broken(changed(pair, f"{TEMPLATE}.engines.1.phase", "Decode"))


def test_a_misspelt_optional_field_is_noticed() -> None:
    """It would be ignored in silence otherwise."""
    misspelt = changed(DEPLOYMENT, f"{E0}.copys", 3)

    found = list(near_misses(KINDS["ModelDeployment"], misspelt))
    assert [(ENGINE, "copys", "copies")] == [(miss.path, miss.unknown, miss.known) for miss in found]
