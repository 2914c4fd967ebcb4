"""The answer to a what-if question as JSON: names, order and types that scripts rely on."""

from google.protobuf.json_format import Parse
from inline_snapshot import snapshot
from modelplane.scheduler.v1 import what_if_pb2

from scheduler.wire.what_if import to_json, to_message
from solver.domain.difference import (
    DeploymentChange,
    DeploymentState,
    Difference,
    Fate,
    ReplicaChange,
    ShortfallChange,
    TierChange,
    TierValue,
    Whereabouts,
)
from solver.domain.explanation import Conflict, ConflictMember, PoolRejection, Reason, Rejection
from solver.domain.identity import ClusterName, DeploymentKey, NodePoolKey, ReplicaKey

EU = ClusterName("eu")
QWEN = DeploymentKey("ml", "qwen")


def a_difference() -> Difference:
    """A difference with one of everything."""
    return Difference(
        deployments=(
            DeploymentChange(
                deployment=QWEN,
                before=DeploymentState(
                    wanted=2,
                    placed=2,
                    where=(Whereabouts(cluster=EU, node_pools=("cpu", "h100"), replicas=2),),
                ),
                after=DeploymentState(wanted=2),
                replicas=(
                    ReplicaChange(
                        replica=ReplicaKey(QWEN, EU, 1),
                        name="qwen-1",
                        fate=Fate.MOVED,
                        reason="ClusterLost",
                        because="cluster eu is lost \ud800",
                        to=ClusterName("us"),
                    ),
                ),
            ),
        ),
        tiers=(
            TierChange(name="shortfall[1]", before=None, after=TierValue(value=2, unit="replicas")),
            TierChange(
                name="price",
                before=TierValue(value=2**53 + 1, unit="micro-dollars/h"),
                after=TierValue(value=0, unit="micro-dollars/h"),
            ),
        ),
        shortfalls=(
            ShortfallChange(
                deployment=QWEN,
                missing_before=0,
                missing_after=2,
                rejection=Rejection(
                    deployment=QWEN,
                    node_pools=1,
                    rejected=(
                        PoolRejection(
                            node_pool=NodePoolKey(EU, "h100"), reason=Reason.QUOTA_EXCEEDED, detail="used up"
                        ),
                    ),
                ),
                conflict=Conflict(
                    deployment=QWEN,
                    members=(
                        ConflictMember(reason=Reason.QUOTA_EXCEEDED, subject="ml/gpu", sentence="no more"),
                    ),
                ),
            ),
        ),
        wanted_before=2,
        wanted_after=2,
        placed_before=2,
        placed_after=0,
        price_before_microdollars_per_hour=2**53 + 1,
        price_after_microdollars_per_hour=None,
    )


def test_the_answer_as_json() -> None:
    assert to_json(a_difference()) == snapshot("""\
{
  "deployments": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "before": {
        "wanted": "2",
        "placed": "2",
        "where": [
          {
            "cluster": "eu",
            "nodePools": [
              "cpu",
              "h100"
            ],
            "replicas": "2"
          }
        ]
      },
      "after": {
        "wanted": "2",
        "placed": "0",
        "where": []
      },
      "replicas": [
        {
          "index": 1,
          "cluster": "eu",
          "name": "qwen-1",
          "fate": "Moved",
          "reason": "ClusterLost",
          "because": "cluster eu is lost ?",
          "toCluster": "us"
        }
      ]
    }
  ],
  "tiers": [
    {
      "name": "shortfall[1]",
      "after": {
        "value": "2",
        "unit": "replicas"
      }
    },
    {
      "name": "price",
      "before": {
        "value": "9007199254740993",
        "unit": "micro-dollars/h"
      },
      "after": {
        "value": "0",
        "unit": "micro-dollars/h"
      }
    }
  ],
  "shortfalls": [
    {
      "namespace": "ml",
      "deployment": "qwen",
      "missingBefore": "0",
      "missingAfter": "2",
      "rejection": {
        "namespace": "ml",
        "deployment": "qwen",
        "nodePools": "1",
        "rejected": [
          {
            "cluster": "eu",
            "nodePool": "h100",
            "reason": "QuotaExceeded",
            "detail": "used up"
          }
        ],
        "general": []
      },
      "conflict": {
        "namespace": "ml",
        "deployment": "qwen",
        "members": [
          {
            "reason": "QuotaExceeded",
            "subject": "ml/gpu",
            "sentence": "no more"
          }
        ],
        "minimal": true
      }
    }
  ],
  "wantedBefore": "2",
  "wantedAfter": "2",
  "placedBefore": "2",
  "placedAfter": "0",
  "priceBeforeMicrodollarsPerHour": "9007199254740993"
}
""")


def test_the_json_is_that_of_the_message() -> None:
    assert to_message(a_difference()) == Parse(to_json(a_difference()), what_if_pb2.Difference())
