"""Every rule and list key of the published API, one line each."""

import pytest

from scheduler.api.faults import Fault, near_misses
from scheduler.api.kinds import KINDS
from tests.scheduler.api.objects import (
    C0,
    CACHE,
    CLASS,
    CLUSTER,
    CONTAINER,
    DEPLOYMENT,
    DEVICE,
    E0,
    ENGINE,
    GATEWAY,
    M0,
    MEMBER,
    POLICY,
    POOL,
    REPLICA,
    SELECTOR,
    SERVICE,
    TEMPLATE,
    a_member,
    an_engine,
    broken,
)
from tests.scheduler.snapshot.manifests import Object, a_template, changed

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
    (GATEWAY, "spec.traefik.version", ..., "spec.traefik.version", "found nothing, expected this required field"),
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


def test_what_the_api_server_fills_in_is_no_misspelt_field() -> None:
    """Every object that kubectl prints has a time of creation; few have one of deletion."""
    printed = changed(DEPLOYMENT, "metadata.creationTimestamp", "2026-11-24T12:00:00Z")

    assert [] == list(near_misses(KINDS["ModelDeployment"], printed))
