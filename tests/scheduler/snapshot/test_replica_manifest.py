"""The ModelReplica object of a placement."""

import json
from typing import Any

from scheduler.api.model_replica import ModelReplica
from scheduler.snapshot.replica_manifest import LONGEST_PLAN, replica_object
from tests.scheduler.snapshot.manifests import Object, a_deployment, a_template, changed

SLOT = {"engine": "main", "copy": 0, "role": "Standalone", "rank": 0, "nodePool": "gpu", "node": "n1"}


def composed(deployment: Object, slots: list[dict[str, Any]] | None = None, **classes: str) -> Any:
    return replica_object(
        deployment,
        cluster="eu",
        index=2,
        node_pools={("main", role): "gpu" for role in ("Standalone", "Leader", "Worker")},
        device_classes={("main", "Standalone", request): name for request, name in classes.items()},
        slots=[SLOT] if slots is None else slots,
    )


def test_the_object_is_the_published_one() -> None:
    """Whoever reads ModelReplicas today reads ours."""
    devices = [
        {"name": "gpu", "count": 4, "selectors": [{"cel": "a"}]},
        {"name": "nic", "selectors": [{"cel": "b"}]},
    ]
    path = "spec.template.spec.engines.0.members.0.nodeSelector.devices"
    deployment = changed(a_deployment(), path, devices)
    deployment["spec"]["template"]["metadata"] = {"labels": {"team": "x"}}
    deployment["spec"]["template"]["spec"] |= {"modelCacheRef": {"name": "c"}, "serving": {"mode": "Unified"}}
    found = composed(deployment, gpu="gpu.nvidia.com")

    assert {
        "apiVersion": "modelplane.ai/v1alpha1",
        "kind": "ModelReplica",
        "metadata": {
            "name": found["metadata"]["name"],
            "namespace": "ml",
            "labels": {
                "team": "x",
                "modelplane.ai/deployment": "qwen",
                "modelplane.ai/cluster": "eu",
                "modelplane.ai/replica-index": "2",
            },
            "annotations": {"modelplane.ai/plan": json.dumps([SLOT], separators=(",", ":"))},
        },
        "spec": {
            "clusterName": "eu",
            "modelCacheRef": {"name": "c"},
            "serving": {"mode": "Unified"},
            "engines": [
                {
                    "name": "main",
                    "copies": 1,
                    "members": [
                        {
                            "role": "Standalone",
                            "nodePoolName": "gpu",
                            "deviceRequests": [
                                {
                                    "name": "gpu",
                                    "deviceClassName": "gpu.nvidia.com",
                                    "count": 4,
                                    "selectors": [{"cel": "a"}],
                                }
                            ],
                            "template": a_template(),
                        }
                    ],
                }
            ],
        },
    } == found
    assert ModelReplica.model_validate(found)


def test_a_claimless_member_has_no_device_requests() -> None:
    """They are left out, never an empty list, which the schema refuses."""
    worker = {"role": "Worker", "worker": {"nodes": 2}, "template": a_template()}
    leader = {"role": "Leader", "template": a_template()}
    deployment = changed(a_deployment(), "spec.template.spec.engines.0.members", [leader, worker])
    members = composed(deployment)["spec"]["engines"][0]["members"]

    assert [None, {"nodes": 2}] == [member.get("worker") for member in members]
    assert not any("deviceRequests" in member for member in members)


def test_managed_labels_win() -> None:
    """Case D15 of the published system."""
    deployment = changed(a_deployment(), "spec.template.metadata.labels", {"modelplane.ai/cluster": "mine"})
    assert "eu" == composed(deployment)["metadata"]["labels"]["modelplane.ai/cluster"]


def test_a_slot_table_too_long_for_an_annotation_is_left_out() -> None:
    """The API server refuses objects with more; it goes into a ConfigMap then."""
    many = [SLOT] * (LONGEST_PLAN // 50)
    assert "annotations" not in composed(a_deployment(), slots=many)["metadata"]


def test_the_deployment_stays_as_it_was() -> None:
    """The object that was read is used for every replica."""
    deployment = a_deployment()
    before = json.dumps(deployment)
    composed(deployment, gpu="g")
    assert before == json.dumps(deployment)


MEMBER = "spec.template.spec.engines.0.members.0"
PCIE = "resource.kubernetes.io/pcieRoot"


def test_extensions_of_a_request_are_written_beside_its_class() -> None:
    """Whoever makes the claim of the pod finds there what the deployment asks for."""
    extensions = {
        "allocationMode": "All",
        "tolerations": [{"key": "k", "operator": "Exists"}],
        "capacity": {"requests": {"memory": "4Gi"}},
        "adminAccess": True,
    }
    request = {"name": "gpu", "selectors": [{"cel": "a"}], **extensions}
    deployment = changed(a_deployment(), f"{MEMBER}.nodeSelector.devices", [request])
    found = composed(deployment, gpu="g")

    (written,) = found["spec"]["engines"][0]["members"][0]["deviceRequests"]
    assert {"name": "gpu", "deviceClassName": "g", "selectors": [{"cel": "a"}], **extensions} == written
    assert ModelReplica.model_validate(found)


def test_alternatives_that_the_plan_takes_are_written_in_their_order() -> None:
    """The others would need a class too, and the allocator might take them."""
    alternatives = [{"name": name, "count": 2, "selectors": [{"cel": name}]} for name in ("a", "b", "c")]
    request = {"name": "gpu", "firstAvailable": alternatives}
    deployment = changed(a_deployment(), f"{MEMBER}.nodeSelector.devices", [request])
    found = composed(deployment, None, **{"gpu/c": "small", "gpu/a": "big"})

    (written,) = found["spec"]["engines"][0]["members"][0]["deviceRequests"]
    assert {
        "name": "gpu",
        "firstAvailable": [
            {"name": "a", "deviceClassName": "big", "count": 2, "selectors": [{"cel": "a"}]},
            {"name": "c", "deviceClassName": "small", "count": 2, "selectors": [{"cel": "c"}]},
        ],
    } == written
    assert ModelReplica.model_validate(found)


def test_constraints_tie_only_what_is_claimed() -> None:
    """A constraint whose requests are all Synthetic would tie every device if its list became empty."""
    alternatives = [{"name": name, "selectors": [{"cel": name}]} for name in ("a", "b")]
    devices = [
        {"name": "gpu", "firstAvailable": alternatives},
        {"name": "nic", "selectors": [{"cel": "c"}]},
    ]
    constraints = [
        {"requests": ["gpu/a", "gpu/b", "nic"], "matchAttribute": PCIE},
        {"requests": ["nic"], "distinctAttribute": PCIE},
        {"matchAttribute": PCIE},
    ]
    selector = {"devices": devices, "constraints": constraints}
    found = composed(changed(a_deployment(), f"{MEMBER}.nodeSelector", selector), None, **{"gpu/b": "g"})

    written = found["spec"]["engines"][0]["members"][0]["constraints"]
    assert [{"requests": ["gpu/b"], "matchAttribute": PCIE}, {"matchAttribute": PCIE}] == written
    assert ModelReplica.model_validate(found)
