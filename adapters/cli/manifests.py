"""A plan as ModelReplica objects: what is kept is stamped again from its deployment, what is new is made."""

from collections.abc import Iterator

from scheduler.snapshot import Reading
from scheduler.snapshot.objects import Raw
from scheduler.snapshot.raw import mapping
from scheduler.snapshot.replica_manifest import replica_object
from scheduler.snapshot.slots import PLAN_ANNOTATION, ReplicaId
from solver.domain.decision import Decision
from solver.domain.identity import ClusterName
from solver.domain.plan import Create, Keep

#: What the API server fills in; an object to be applied does not have it.
_SERVER_FIELDS = frozenset(
    {
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    }
)


def replica_manifests(decision: Decision, reading: Reading) -> Iterator[Raw]:
    """The ModelReplica of every replica that runs after the plan, in order of deployment, cluster and index.

    Claims have none.
    """
    for replica in sorted(decision.plan.replicas, key=lambda each: each.replica):
        if replica.replica.deployment in reading.claims:
            continue
        match replica:
            case Create():
                yield _stamped(replica, reading)
            case Keep():
                yield _kept(replica, reading)


def placed_claims(decision: Decision, reading: Reading) -> Iterator[tuple[str, ClusterName]]:
    """``Kind ns/name`` and cluster of every claim that the plan places, in order of its key."""
    for create in sorted(decision.plan.creates, key=lambda each: each.replica):
        if create.replica.deployment in reading.claims:
            yield reading.claims[create.replica.deployment], create.replica.cluster


def _stamped(replica: Keep | Create, reading: Reading) -> Raw:
    """The object of *replica* made from its deployment.

    Raises:
        KeyError: its deployment was not read, or a member of it has no pod in the plan.
    """
    key = replica.replica
    return replica_object(
        reading.deployments[key.deployment],
        cluster=key.cluster,
        index=key.index,
        node_pools={(slot.engine, slot.role.value): slot.node_pool.name for slot in replica.slots},
        device_classes={
            (slot.engine, slot.role.value, taken.request): taken.device_class
            for slot in replica.slots
            for taken in slot.devices
            if taken.device_class is not None
        },
        slots=[
            {
                "engine": slot.engine,
                "copy": slot.copy,
                "role": slot.role.value,
                "rank": slot.rank,
                "nodePool": slot.node_pool.name,
                "node": slot.node.name,
            }
            for slot in replica.slots
            if slot.node is not None
        ],
    )


def _kept(keep: Keep, reading: Reading) -> Raw:
    """The object of *keep* under its own name; as it was read where it cannot be stamped again."""
    observed = reading.replica_objects[ReplicaId(keep.replica.deployment.namespace, keep.name)]
    try:
        stamped = _stamped(keep, reading)
    except KeyError:
        return _applicable(observed)
    old, new = mapping(observed, "metadata"), mapping(stamped, "metadata")
    labels = mapping(old, "labels") | mapping(new, "labels")
    annotations = mapping(old, "annotations") | mapping(new, "annotations")
    if PLAN_ANNOTATION not in mapping(new, "annotations"):
        annotations.pop(PLAN_ANNOTATION, None)  # too long to be carried: an old one would be wrong
    metadata = old | new | {"name": keep.name, "labels": labels}
    metadata |= {"annotations": annotations} if annotations else {}
    return _applicable(stamped | {"metadata": metadata})


def _applicable(found: Raw) -> Raw:
    """*found* without what only the API server writes."""
    metadata = {
        name: value for name, value in mapping(found, "metadata").items() if name not in _SERVER_FIELDS
    }
    return {
        "apiVersion": found.get("apiVersion"),
        "kind": found.get("kind"),
        "metadata": metadata,
        "spec": found.get("spec"),
    }
