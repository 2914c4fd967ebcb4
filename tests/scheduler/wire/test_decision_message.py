import json
import subprocess
import sys
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.json_format import Parse
from inline_snapshot import snapshot
from modelplane.scheduler.v1 import decision_pb2

from scheduler.wire.decision import to_json, to_message, to_object
from solver.domain.decision import Decision, SolveRecord, TierResult
from solver.domain.decision import Path as Method
from solver.domain.explanation import Conflict, ConflictMember, Fix, PoolRejection, Reason, Rejection
from solver.domain.identity import (
    ClusterName,
    DeploymentKey,
    DeviceClassName,
    Driver,
    NodeKey,
    NodePoolKey,
    ReplicaKey,
)
from solver.domain.plan import Create, Evict, EvictionReason, Keep, Plan, Shortfall, Slot, SlotDevices
from solver.domain.quantity import Quantity
from solver.domain.workload import Role

EU = ClusterName("eu")
QWEN = DeploymentKey("ml", "qwen")
H100 = NodePoolKey(EU, "h100")
REPOSITORY = Path(__file__).parents[3]


def a_slot(order: int = 1, *, count: int = 8) -> Slot:
    devices = SlotDevices(
        request="gpu",
        driver=Driver("gpu.nvidia.com"),
        device_class=DeviceClassName("gpu.nvidia.com"),
        count=count,
        signature="gpu.nvidia.com{memory=80Gi}",
    )
    return Slot(
        engine="main",
        copy=0,
        role=Role.STANDALONE,
        rank=0,
        node_pool=H100,
        node=NodeKey(EU, "h100/3"),
        is_expected=True,
        order=order,
        devices=(devices,),
    )


def a_decision() -> Decision:
    """A decision with one of everything."""
    return Decision(
        plan=Plan(
            keeps=(
                Keep(
                    replica=ReplicaKey(QWEN, EU, 0),
                    name="qwen-a",
                    slots=(a_slot(0),),
                    flags=("does not fit where it is",),
                ),
            ),
            creates=(Create(replica=ReplicaKey(QWEN, EU, 1), slots=(a_slot(),)),),
            evicts=(
                Evict(
                    replica=ReplicaKey(QWEN, EU, 2),
                    name="qwen-c",
                    reason=EvictionReason.SCALE_DOWN,
                    because="3 replicas are wanted",
                ),
            ),
            shortfalls=(Shortfall(deployment=QWEN, wanted=3, missing=1),),
        ),
        tiers=(TierResult(name="shortfall", value=1, bound=1, unit="replicas", is_closed=True),),
        path=Method.NODES,
        rejections=(
            Rejection(
                deployment=QWEN,
                node_pools=1,
                rejected=(
                    PoolRejection(
                        node_pool=H100,
                        reason=Reason.DEVICE_SELECTOR_NOT_MATCHED,
                        detail="gpu: memory 80Gi < 141Gi",
                    ),
                ),
                general=("ModelCache ml/qwen does not exist",),
            ),
        ),
        conflicts=(
            Conflict(
                deployment=QWEN,
                members=(
                    ConflictMember(
                        reason=Reason.QUOTA_EXCEEDED, subject="ml/gpu", sentence="one more would pass it"
                    ),
                ),
            ),
        ),
        fixes=(Fix(deployment=QWEN, change="AddNode", subject="eu/h100", sentence="add 1 node"),),
        notes=("cluster eu is counted from its declared classes",),
        record=SolveRecord(solver="CP-SAT", deterministic_time=0.25, solves=3, violations=("a",)),
    )


def test_json_of_a_full_decision() -> None:
    """The contract of the service, name by name."""
    assert to_json(a_decision()) == snapshot("""\
{
  "keeps": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "index": 0,
      "cluster": "eu",
      "name": "qwen-a",
      "slots": [
        {
          "engine": "main",
          "copy": 0,
          "role": "Standalone",
          "rank": 0,
          "nodePool": "h100",
          "node": "h100/3",
          "expected": true,
          "order": 0,
          "devices": [
            {
              "request": "gpu",
              "driver": "gpu.nvidia.com",
              "deviceClass": "gpu.nvidia.com",
              "count": "8",
              "signature": "gpu.nvidia.com{memory=80Gi}",
              "adminAccess": false,
              "consumed": {}
            }
          ],
          "assumed": false,
          "release": ""
        }
      ],
      "flags": [
        "does not fit where it is"
      ]
    }
  ],
  "creates": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "index": 1,
      "cluster": "eu",
      "slots": [
        {
          "engine": "main",
          "copy": 0,
          "role": "Standalone",
          "rank": 0,
          "nodePool": "h100",
          "node": "h100/3",
          "expected": true,
          "order": 1,
          "devices": [
            {
              "request": "gpu",
              "driver": "gpu.nvidia.com",
              "deviceClass": "gpu.nvidia.com",
              "count": "8",
              "signature": "gpu.nvidia.com{memory=80Gi}",
              "adminAccess": false,
              "consumed": {}
            }
          ],
          "assumed": false,
          "release": "any order"
        }
      ]
    }
  ],
  "evicts": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "index": 2,
      "cluster": "eu",
      "name": "qwen-c",
      "reason": "ScaleDown",
      "because": "3 replicas are wanted"
    }
  ],
  "repairs": [],
  "shortfalls": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "wanted": "3",
      "missing": "1"
    }
  ],
  "rejections": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "nodePools": "1",
      "rejected": [
        {
          "cluster": "eu",
          "nodePool": "h100",
          "reason": "DeviceSelectorNotMatched",
          "detail": "gpu: memory 80Gi < 141Gi"
        }
      ],
      "general": [
        "ModelCache ml/qwen does not exist"
      ]
    }
  ],
  "conflicts": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "members": [
        {
          "reason": "QuotaExceeded",
          "subject": "ml/gpu",
          "sentence": "one more would pass it"
        }
      ],
      "minimal": true
    }
  ],
  "fixes": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "change": "AddNode",
      "subject": "eu/h100",
      "sentence": "add 1 node"
    }
  ],
  "tiers": [
    {
      "name": "shortfall",
      "value": "1",
      "bound": "1",
      "unit": "replicas",
      "closed": true
    }
  ],
  "path": "nodes",
  "notes": [
    "cluster eu is counted from its declared classes"
  ],
  "record": {
    "solver": "CP-SAT",
    "deterministicTime": 0.25,
    "solves": "3",
    "interrupted": false,
    "violations": [
      "a"
    ]
  }
}
""")


def test_an_empty_decision_prints_every_field() -> None:
    """A script finds every list of the contract, whatever the plan."""
    decision = Decision(plan=Plan(), tiers=(), path=Method.GREEDY)

    assert to_object(decision) == snapshot(
        {
            "keeps": [],
            "creates": [],
            "evicts": [],
            "repairs": [],
            "shortfalls": [],
            "rejections": [],
            "conflicts": [],
            "fixes": [],
            "tiers": [],
            "path": "greedy",
            "notes": [],
            "record": {
                "solver": "",
                "deterministicTime": 0.0,
                "solves": "0",
                "interrupted": False,
                "violations": [],
            },
        }
    )


def test_keys_keep_the_order_of_the_contract_whatever_is_set() -> None:
    """A field at its default value stands where it stands in every other object."""
    found = to_object(a_decision())

    assert list(found["keeps"][0]["slots"][0]) == list(found["creates"][0]["slots"][0])
    assert list(found) == [field.json_name for field in decision_pb2.Decision.DESCRIPTOR.fields]


def test_equal_decisions_give_equal_bytes() -> None:
    assert to_json(a_decision()) == to_json(a_decision())


def test_json_reads_back_as_the_same_message() -> None:
    """What is printed is proto3 JSON, so any client of the contract can read it."""
    message = to_message(a_decision())

    assert Parse(to_json(a_decision()), decision_pb2.Decision()) == message


def test_every_field_of_a_decision_has_a_place_on_the_wire() -> None:
    """A field added to the domain and forgotten here would be lost in silence."""
    on_the_wire = {field.name for field in decision_pb2.Decision.DESCRIPTOR.fields}
    in_the_domain = {field.name for field in fields(Decision)} - {"plan"} | {
        field.name for field in fields(Plan)
    }

    assert on_the_wire == in_the_domain | {"repairs"}


def test_a_synthetic_match_and_a_pod_on_no_node_are_empty_text() -> None:
    slot = Slot(
        engine="main",
        copy=0,
        role=Role.WORKER,
        rank=2,
        node_pool=H100,
        node=None,
        devices=(SlotDevices(request="nic", driver=Driver("d"), device_class=None, count=1, signature="d"),),
    )
    plan = Plan(keeps=(Keep(replica=ReplicaKey(QWEN, EU, 0), name="a", slots=(slot,)),))
    found = to_object(Decision(plan=plan, tiers=(), path=Method.NODES))["keeps"][0]["slots"][0]

    assert ("", "") == (found["node"], found["devices"][0]["deviceClass"])


def a_slot_on_the_wire(slot: Slot) -> dict[str, Any]:
    plan = Plan(creates=(Create(replica=ReplicaKey(QWEN, EU, 0), slots=(slot,)),))
    found = to_object(Decision(plan=plan, tiers=(), path=Method.NODES))["creates"][0]["slots"][0]
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("order", "is_ordered", "release"),
    [(0, False, ""), (3, False, "any order"), (3, True, "in order")],
)
def test_how_a_pod_is_released(order: int, release: str, *, is_ordered: bool) -> None:
    slot = replace(a_slot(order), is_ordered=is_ordered)

    assert release == a_slot_on_the_wire(slot)["release"]


def test_what_a_shared_device_gives_is_in_order_of_names() -> None:
    """The library has no order for maps, and equal decisions give equal bytes."""
    amounts = (
        ("memory", Quantity.parse("4Gi")),
        ("bandwidth", Quantity.parse("100M")),
        ("x.io/a", Quantity.of(1)),
    )
    slot = a_slot()
    devices = replace(slot.devices[0], request="gpu/part", consumed=amounts, has_admin_access=True)
    found = a_slot_on_the_wire(replace(slot, devices=(devices,)))["devices"][0]

    assert list(found["consumed"].items()) == snapshot(
        [("bandwidth", "100M"), ("memory", "4Gi"), ("x.io/a", "1")]
    )
    assert (True, "gpu/part") == (found["adminAccess"], found["request"])


def test_no_device_has_a_name_on_the_wire() -> None:
    """A plan promises amounts by signature; which devices they are is for the allocator to say."""
    slot = a_slot()
    witnessed = replace(slot, devices=(replace(slot.devices[0], rows=(7,)),), allocated=(("gpu", 7),))

    assert a_slot_on_the_wire(slot) == a_slot_on_the_wire(witnessed)


def test_half_a_surrogate_pair_in_a_users_text_does_no_harm() -> None:
    decision = Decision(plan=Plan(), tiers=(), path=Method.NODES, notes=("selector \ud800",))

    assert ["selector ?"] == json.loads(to_json(decision))["notes"]


@pytest.mark.slow
def test_generating_the_stubs_again_changes_nothing(tmp_path: Path) -> None:
    """The stubs in the tree are those of the contract in the tree."""
    pytest.importorskip("grpc_tools")
    protos = sorted(str(path) for path in (REPOSITORY / "proto").rglob("*.proto"))
    command = [sys.executable, "-m", "grpc_tools.protoc", f"-I{REPOSITORY / 'proto'}"]
    subprocess.run(
        [*command, f"--python_out={tmp_path}", f"--pyi_out={tmp_path}", *protos], check=True, timeout=120
    )
    for generated in sorted(tmp_path.rglob("*_pb2.py*")):
        checked_in = REPOSITORY / "proto" / generated.relative_to(tmp_path)
        assert checked_in.read_text() == generated.read_text()
