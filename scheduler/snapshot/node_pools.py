"""InferenceCluster and InferenceClass objects to clusters, node pools and the devices that classes declare."""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

from scheduler.api.inference_class import ClassDevice, InferenceClass
from scheduler.api.inference_cluster import ClusterStatus, InferenceCluster
from scheduler.api.inference_cluster import NodePool as PoolSpec
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.device_values import UnreadableFieldError, attribute_value, quantity
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.intake import ControlObject, Intake
from scheduler.snapshot.records import ClusterRecords
from solver.domain.device import AttributeValue, Device, QualifiedName
from solver.domain.fleet import CapacitySource, Cluster, DeclaredDevice, DeviceClass, NodePool
from solver.domain.identity import ClusterName, DeviceClassName, Driver, NodePoolKey
from solver.domain.quantity import Quantity
from solver.domain.taint import Taint, TaintEffect

_READY_CONDITIONS = ("ClusterReady", "BackendReady", "Ready")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassEntry:
    """An entry of an InferenceClass and the devices it stands for on one node."""

    declared: DeclaredDevice
    devices: tuple[Device, ...]


Classes = Mapping[str, tuple[ClassEntry, ...]]


def classes(intake: Intake) -> dict[str, tuple[ClassEntry, ...]]:
    """What each InferenceClass declares; a bad quantity or version is a warning and matches nothing."""
    found = {}
    for (_, name), read in sorted(intake.control.get("InferenceClass", {}).items()):
        if isinstance(read.model, InferenceClass):
            found[name] = tuple(
                _entry(device, f"spec.devices[{position}]", read, intake.findings)
                for position, device in enumerate(read.model.spec.devices)
            )
    return found


def cluster(
    read: ControlObject,
    model: InferenceCluster,
    records: ClusterRecords | None,
    pools: tuple[NodePool, ...],
) -> Cluster:
    """The cluster that *read* describes."""
    status = model.status
    because = _not_ready_because(read, model, records)
    has_gateway = bool(status is None or (status.gateway is not None and status.gateway.address))
    is_observed = records is not None and (records.slice_count > 0 or records.broken_file is not None)
    return Cluster(
        name=ClusterName(model.metadata.name),
        labels=dict(sorted(model.metadata.labels.items())),
        taints=tuple(
            sorted(
                Taint(key=taint.key, value=taint.value, effect=TaintEffect(taint.effect))
                for taint in model.spec.taints
            )
        ),
        is_ready=not because,
        not_ready_because=because,
        has_gateway=has_gateway,
        is_assumed_ready=status is None and not because,
        source=CapacitySource.OBSERVED if is_observed else CapacitySource.DECLARED,
        device_classes=_device_classes(records, pools, is_observed=is_observed),
    )


def node_pools(
    read: ControlObject, model: InferenceCluster, known: Classes, intake: Intake
) -> tuple[NodePool, ...]:
    """The node pools of the cluster, by name; one that is not published hosts nothing, see also :func:`lacks_class`."""
    published = None
    if model.status is not None and model.status.gpu_pools is not None:
        published = {pool.name for pool in model.status.gpu_pools}
    # What runs in a pool without class has devices of some class.
    anything = [entry for name in sorted(known) for entry in known[name]]
    found = []
    for position, spec in enumerate(model.spec.node_pools or ()):
        if lacks_class(spec.class_name, known, intake):
            _report_class(spec, f"spec.nodePools[{position}].className", read, known, intake)
        fabric = spec.fabric
        found.append(
            NodePool(
                key=NodePoolKey(ClusterName(model.metadata.name), spec.name),
                class_name=spec.class_name,
                is_published=published is None or spec.name in published,
                zones=tuple(sorted(spec.zones)),
                declared_devices=tuple(entry.declared for entry in known.get(spec.class_name, anything)),
                domain_label=fabric.domain_label if fabric else None,
                infiniband_fabric=fabric.infiniband.fabric if fabric and fabric.infiniband else None,
                price_microdollars_per_hour=spec.price_per_node_hour,
            )
        )
    return tuple(sorted(found, key=lambda pool: pool.key))


def lacks_class(class_name: str, known: Classes, intake: Intake) -> bool:
    """Whether the class of a node pool is absent or invalid: what runs there stays, nothing new goes there."""
    return class_name not in known and bool(intake.control.get("InferenceClass"))


def _report_class(spec: PoolSpec, path: str, read: ControlObject, known: Classes, intake: Intake) -> None:
    if ("", spec.class_name) in intake.control["InferenceClass"]:
        message = f"found the invalid InferenceClass {spec.class_name!r}, expected a valid one"
    else:
        hint = nearest_hint(spec.class_name, known)
        message = f"found {spec.class_name!r}, expected the name of an InferenceClass{hint}"
    message += f"; node pool {spec.name!r} hosts nothing new"
    intake.findings.warning(read.origin, message, about=read.about, path=path)


def _not_ready_because(read: ControlObject, model: InferenceCluster, records: ClusterRecords | None) -> str:
    if read.model is None:
        return "its InferenceCluster object is invalid"
    if model.metadata.deletion_timestamp is not None:
        return "it is being deleted"
    if records is not None and records.broken_file is not None:
        return f"its snapshot {records.broken_file} cannot be read to its end"
    return _unmet_condition(model.status) if model.status is not None else ""


def _unmet_condition(status: ClusterStatus) -> str:
    for kind in _READY_CONDITIONS:
        condition = status.condition(kind)
        if condition is not None and condition.status != "True":
            reason = f": {condition.reason}" if condition.reason else ""
            return f"{kind} is {condition.status}{reason}"
    return "" if status.condition("Ready") is not None else "its status has no Ready condition"


def _device_classes(
    records: ClusterRecords | None, pools: tuple[NodePool, ...], *, is_observed: bool
) -> dict[DeviceClassName, DeviceClass]:
    found = dict(records.device_classes) if records is not None else {}
    drivers: dict[DeviceClassName, set[str]] = defaultdict(set)
    for pool in pools:
        for declared in pool.declared_devices:
            if declared.device_class is not None and declared.device_class not in found:
                drivers[declared.device_class].add(declared.driver)
    for name, those in drivers.items():
        selector = " || ".join(f'device.driver == "{driver}"' for driver in sorted(those))
        found[name] = DeviceClass(
            name=name, selectors=(selector,) if is_observed else (), stands_in=is_observed
        )
    return dict(sorted(found.items()))


def _entry(spec: ClassDevice, path: str, read: ControlObject, findings: Findings) -> ClassEntry:
    driver = Driver(spec.driver)
    attributes: dict[QualifiedName, AttributeValue] = {}
    capacity: dict[QualifiedName, Quantity] = {}
    malformed = []

    def unreadable(field: str, error: UnreadableFieldError) -> None:
        findings.warning(read.origin, str(error), about=read.about, path=f"{path}.{field}")
        malformed.append(f"{field}: {error}")

    for name, value in sorted(spec.attributes.items()):
        kind, scalar = next(
            (kind, found)
            for kind in ("string", "version", "bool", "int")
            if (found := getattr(value, kind)) is not None
        )
        try:
            attributes[QualifiedName.parse(name, driver)] = attribute_value(kind, scalar)
        except UnreadableFieldError as error:
            unreadable(f"attributes[{name}].{kind}", error)
    for name, amount in sorted(spec.capacity.items()):
        try:
            capacity[QualifiedName.parse(name, driver)] = quantity(amount.value)
        except UnreadableFieldError as error:
            unreadable(f"capacity[{name}].value", error)
    is_claimed = spec.claim == "DRA" and spec.device_class_name is not None
    return ClassEntry(
        declared=DeclaredDevice(
            name=spec.name,
            driver=driver,
            count=spec.count,
            device_class=DeviceClassName(spec.device_class_name or "") if is_claimed else None,
        ),
        devices=tuple(
            Device(
                name=f"{spec.name}-{number}",
                driver=driver,
                attributes=attributes,
                capacity=capacity,
                malformed=malformed[0] if malformed else None,
            )
            for number in range(spec.count)
        ),
    )
