"""Names that point nowhere. A reference is checked only if some object of the target kind was read."""

from collections.abc import Collection, Iterator, Mapping

from scheduler.api.inference_cluster import InferenceCluster
from scheduler.api.model_deployment import ModelDeployment
from scheduler.api.nearest import nearest_hint
from scheduler.api.placement_policy import PlacementPolicy
from scheduler.snapshot.intake import ControlObject, Intake
from scheduler.snapshot.raw import items, text
from scheduler.snapshot.replicas import CountedReplica
from scheduler.snapshot.slots import ReplicaId

#: What the name of a device class has to be that of.
DEVICE_CLASS = "DeviceClass of a cluster or an InferenceClass"


def check_references(intake: Intake, counted: Mapping[ReplicaId, CountedReplica]) -> None:
    """One warning for each name that points nowhere, with the nearest known one."""
    _check_classes(intake)
    if intake.control.get("InferenceCluster"):
        _check_clusters(intake, counted)
        _check_prices(intake)
    if intake.control.get("ModelCache"):
        _check_caches(intake)
    if intake.control.get("InferenceClass") or intake.read["DeviceClass"]:
        _check_quotas(intake)


def known_device_classes(intake: Intake) -> set[str]:
    """Names of the DeviceClasses that were read, and of those that InferenceClasses name."""
    known = {str(name) for records in intake.clusters.values() for name in records.device_classes}
    known |= {str(name) for name in intake.loose.device_classes}
    for read in intake.control.get("InferenceClass", {}).values():
        known |= {text(device, "deviceClassName") for device in items(read.raw, "spec", "devices")}
    return known - {""}


def _check_classes(intake: Intake) -> None:
    """The classes of claims have to be there in the cluster itself, if it reports any."""
    for name, records in sorted(intake.clusters.items()):
        known = {str(each) for each in records.device_classes}
        for use in records.class_uses if known else ():
            if use.name not in known:
                hint = nearest_hint(use.name, known)
                message = f"found {use.name!r}, expected the name of a DeviceClass of cluster {name}{hint}"
                intake.findings.warning(use.origin, message, about=use.about, path=use.path)


def _check_clusters(intake: Intake, counted: Mapping[ReplicaId, CountedReplica]) -> None:
    clusters = {name for _, name in intake.control["InferenceCluster"]}
    for each in counted.values():
        name = each.model.spec.cluster_name
        _check(intake, each.read, "spec.clusterName", name, clusters, kind="known InferenceCluster")
    for name, records in sorted(intake.clusters.items()):
        if name not in clusters:
            hint = nearest_hint(name, clusters)
            message = f"found objects of cluster {name!r}, expected the name of an InferenceCluster{hint}"
            intake.findings.warning(records.origin, message)


def _check_prices(intake: Intake) -> None:
    clusters = {name for _, name in intake.control["InferenceCluster"]}
    pools: dict[str, set[str]] = {}
    for (_, name), read in intake.control["InferenceCluster"].items():
        if isinstance(read.model, InferenceCluster):
            pools[name] = {pool.name for pool in read.model.spec.node_pools or ()}
    for read in intake.control.get("PlacementPolicy", {}).values():
        overrides = read.model.spec.price_overrides if isinstance(read.model, PlacementPolicy) else ()
        for position, entry in enumerate(overrides):
            path = f"spec.priceOverrides[{position}]"
            _check(intake, read, f"{path}.cluster", entry.cluster, clusters, kind="known InferenceCluster")
            if entry.cluster in pools:
                known = pools[entry.cluster]
                kind = f"node pool of {entry.cluster}"
                _check(intake, read, f"{path}.nodePool", entry.node_pool, known, kind=kind)


def _check_quotas(intake: Intake) -> None:
    known = known_device_classes(intake)
    for read in intake.control.get("PlacementPolicy", {}).values():
        quotas = read.model.spec.quotas if isinstance(read.model, PlacementPolicy) else ()
        for position, quota in enumerate(quotas):
            path = f"spec.quotas[{position}].deviceClassName"
            _check(
                intake,
                read,
                path,
                quota.device_class_name,
                known,
                kind=DEVICE_CLASS,
            )


def _check_caches(intake: Intake) -> None:
    caches = intake.control["ModelCache"]
    for read, namespace, name in _cache_references(intake):
        known = {cache for space, cache in caches if space == namespace}
        path = "spec.template.spec.modelCacheRef.name"
        _check(intake, read, path, name, known, kind="known ModelCache in the namespace")


def _cache_references(intake: Intake) -> Iterator[tuple[ControlObject, str, str]]:
    for (namespace, _), read in sorted(intake.control.get("ModelDeployment", {}).items()):
        if isinstance(read.model, ModelDeployment):
            reference = read.model.spec.template.spec.model_cache_ref
            if reference is not None:
                yield read, namespace, reference.name


def _check(
    intake: Intake, read: ControlObject, path: str, name: str, known: Collection[str], *, kind: str
) -> None:
    if name not in known:
        message = f"found {name!r}, expected the name of a {kind}{nearest_hint(name, known)}"
        intake.findings.warning(read.origin, message, about=read.about, path=path)
