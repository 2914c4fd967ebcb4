"""The answer to a what-if question as a message, and as the proto3 JSON that the service would send."""

from modelplane.scheduler.v1 import what_if_pb2

from scheduler.wire.explanation import conflict_message, rejection_message
from scheduler.wire.proto_json import Json, json_object, json_text
from scheduler.wire.texts import text
from solver.domain.difference import (
    DeploymentChange,
    DeploymentState,
    Difference,
    ReplicaChange,
    ShortfallChange,
    TierChange,
    TierValue,
)


def to_message(difference: Difference) -> what_if_pb2.Difference:
    """The message that carries *difference*, in the same order."""
    return what_if_pb2.Difference(
        deployments=map(_deployment, difference.deployments),
        tiers=map(_tier, difference.tiers),
        shortfalls=map(_shortfall, difference.shortfalls),
        wanted_before=difference.wanted_before,
        wanted_after=difference.wanted_after,
        placed_before=difference.placed_before,
        placed_after=difference.placed_after,
        price_before_microdollars_per_hour=difference.price_before_microdollars_per_hour,
        price_after_microdollars_per_hour=difference.price_after_microdollars_per_hour,
    )


def to_json(difference: Difference) -> str:
    """*difference* as proto3 JSON: every field that is not optional, 64-bit numbers as text."""
    return json_text(to_message(difference))


def to_object(difference: Difference) -> Json:
    """What ``to_json`` writes, as dictionaries and lists."""
    return json_object(to_message(difference))


def _deployment(change: DeploymentChange) -> what_if_pb2.DeploymentDifference:
    return what_if_pb2.DeploymentDifference(
        namespace=change.deployment.namespace,
        deployment=change.deployment.name,
        before=_state(change.before),
        after=_state(change.after),
        replicas=map(_replica, change.replicas),
    )


def _state(state: DeploymentState) -> what_if_pb2.DeploymentState:
    return what_if_pb2.DeploymentState(
        wanted=state.wanted,
        placed=state.placed,
        where=(
            what_if_pb2.Whereabouts(cluster=each.cluster, node_pools=each.node_pools, replicas=each.replicas)
            for each in state.where
        ),
    )


def _replica(change: ReplicaChange) -> what_if_pb2.ReplicaDifference:
    return what_if_pb2.ReplicaDifference(
        index=change.replica.index,
        cluster=change.replica.cluster,
        name=change.name,
        fate=change.fate.value,
        reason=change.reason,
        because=text(change.because),
        to_cluster=change.to or "",
    )


def _tier(change: TierChange) -> what_if_pb2.TierDifference:
    return what_if_pb2.TierDifference(
        name=change.name, before=_tier_value(change.before), after=_tier_value(change.after)
    )


def _tier_value(value: TierValue | None) -> what_if_pb2.TierValue | None:
    return None if value is None else what_if_pb2.TierValue(value=value.value, unit=value.unit)


def _shortfall(change: ShortfallChange) -> what_if_pb2.ShortfallDifference:
    return what_if_pb2.ShortfallDifference(
        namespace=change.deployment.namespace,
        deployment=change.deployment.name,
        missing_before=change.missing_before,
        missing_after=change.missing_after,
        rejection=None if change.rejection is None else rejection_message(change.rejection),
        conflict=None if change.conflict is None else conflict_message(change.conflict),
    )
