"""The defaults of the published API, what each cloud needs, and what is pruned."""

from typing import Any

import pytest

from scheduler.api.kinds import KINDS
from tests.scheduler.api.objects import CACHE, CLASS, CLUSTER, DEPLOYMENT, POLICY, SERVICE, broken
from tests.scheduler.snapshot.manifests import changed

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
