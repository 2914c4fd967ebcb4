"""Messages about changes to the changes of the domain; a manifest goes through the reader of files."""

from collections.abc import Iterable

from modelplane.scheduler.v1 import change_pb2

from scheduler.snapshot.manifest import read_manifest
from solver.domain.change import (
    AddNodes,
    ApplyDeployment,
    Change,
    DrainCluster,
    DrainNodes,
    InvalidChange,
    LoseCluster,
    LoseNodes,
    RemoveDeployment,
    ScaleDeployment,
    SetPrice,
    SetPriority,
    SetQuota,
)
from solver.domain.identity import ClusterName, DeploymentKey, DeviceClassName, NodeKey, NodePoolKey

_KINDS = tuple(field.name for field in change_pb2.Change.DESCRIPTOR.oneofs_by_name["change"].fields)


def from_messages(messages: Iterable[change_pb2.Change]) -> tuple[Change, ...]:
    """The changes that *messages* carry. Whether they name what exists is for who applies them.

    Raises:
        InvalidChange: one of them carries nothing, or a manifest that is no valid ModelDeployment.
    """
    return tuple(_change(message, position) for position, message in enumerate(messages))


def _change(message: change_pb2.Change, position: int) -> Change:  # noqa: C901 - one line for each kind
    kind = message.WhichOneof("change")
    match kind:
        case "lose_cluster":
            return LoseCluster(cluster=ClusterName(message.lose_cluster.cluster))
        case "drain_cluster":
            return DrainCluster(cluster=ClusterName(message.drain_cluster.cluster))
        case "lose_nodes":
            return LoseNodes(nodes=_nodes(message.lose_nodes.nodes))
        case "drain_nodes":
            return DrainNodes(nodes=_nodes(message.drain_nodes.nodes))
        case "add_nodes":
            return AddNodes(node_pool=_node_pool(message.add_nodes), count=message.add_nodes.count)
        case "scale_deployment":
            scaled = message.scale_deployment
            return ScaleDeployment(deployment=_deployment(scaled), replicas=scaled.replicas)
        case "apply_deployment":
            return _applied(message.apply_deployment.manifest, position)
        case "remove_deployment":
            return RemoveDeployment(deployment=_deployment(message.remove_deployment))
        case "set_price":
            priced = message.set_price
            price = priced.price_microdollars_per_hour
            return SetPrice(node_pool=_node_pool(priced), price_microdollars_per_hour=price)
        case "set_quota":
            quota = message.set_quota
            return SetQuota(
                namespace=quota.namespace,
                device_class=DeviceClassName(quota.device_class),
                devices=quota.devices if quota.HasField("devices") else None,
            )
        case "set_priority":
            ranked = message.set_priority
            return SetPriority(deployment=_deployment(ranked), priority=ranked.priority)
        case _:
            raise InvalidChange(position, "change", f"found none, expected one of {', '.join(_KINDS)}")


def _nodes(names: Iterable[change_pb2.NodeName]) -> tuple[NodeKey, ...]:
    return tuple(NodeKey(ClusterName(name.cluster), name.node) for name in names)


def _node_pool(message: change_pb2.AddNodes | change_pb2.SetPrice) -> NodePoolKey:
    return NodePoolKey(ClusterName(message.cluster), message.node_pool)


def _deployment(
    message: change_pb2.ScaleDeployment | change_pb2.RemoveDeployment | change_pb2.SetPriority,
) -> DeploymentKey:
    return DeploymentKey(message.namespace, message.deployment)


def _applied(manifest: bytes, position: int) -> ApplyDeployment:
    read = read_manifest(manifest)
    if read.deployment is None:
        first = read.faults[0]
        field = ".".join(part for part in ("apply_deployment.manifest", first.path) if part)
        raise InvalidChange(position, field, first.message)
    return ApplyDeployment(deployment=read.deployment)
