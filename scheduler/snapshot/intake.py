"""Sorts objects as they are read: control objects, objects of each cluster, and kinds that are only counted."""

from collections import Counter
from dataclasses import dataclass, field

from scheduler.api.base import MODELPLANE_API_VERSION, MODELPLANE_GROUP, Resource
from scheduler.api.kinds import CLUSTER_SCOPED, KINDS
from scheduler.api.nearest import nearest, nearest_hint
from scheduler.snapshot.claim_reader import (
    claim_selectors,
    class_uses,
    device_class_selectors,
    is_unreadable,
    read_claim,
    read_device_class,
)
from scheduler.snapshot.device_reader import DeviceReader
from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.node_reader import read_node
from scheduler.snapshot.objects import Object, Raw
from scheduler.snapshot.parsing import parsed
from scheduler.snapshot.pod_reader import read_pod
from scheduler.snapshot.raw import text
from scheduler.snapshot.records import ClusterRecords, SelectorUse
from scheduler.snapshot.resource_api import RESOURCE_GROUP, is_withdrawn, version_complaint
from scheduler.snapshot.slice_reader import read_slice
from solver.domain.identity import DeviceClassName

_RESOURCE_KINDS = ("ResourceSlice", "DeviceClass", "ResourceClaim", "ResourceClaimTemplate")
_CORE_KINDS = ("Node", "Pod")


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlObject:
    """A control object; no model: it violates its schema."""

    origin: Origin
    about: str
    raw: Raw
    model: Resource | None


@dataclass(slots=True, kw_only=True)
class Intake:
    """Everything that was read, sorted; the last one read of each name counts."""

    findings: Findings
    #: By kind, then by namespace (empty for cluster-scoped kinds) and name.
    control: dict[str, dict[tuple[str, str], ControlObject]] = field(default_factory=dict)
    clusters: dict[str, ClusterRecords] = field(default_factory=dict)
    #: Cluster objects that belong to no cluster.
    loose: ClusterRecords = field(default_factory=lambda: ClusterRecords(name="", origin=Origin(file="")))
    #: Objects of kinds that no plan depends on.
    ignored: Counter[str] = field(default_factory=Counter)
    #: Objects of each kind that a plan or a check can use, valid or not.
    read: Counter[str] = field(default_factory=Counter)
    #: Whether an InferenceCluster may be in what could not be read, so that none counts as gone.
    has_lost_clusters: bool = False
    selectors: list[SelectorUse] = field(default_factory=list)
    _devices: DeviceReader = field(default_factory=DeviceReader)
    _origins: dict[tuple[str, str, str, str], Origin] = field(default_factory=dict)

    def end_of_file(self) -> None:
        """Forget what was only kept to share values within one file."""
        self._devices.forget()

    def forget(self, kind: str) -> None:
        """Drop the control objects of *kind* read so far."""
        self.control.pop(kind, None)
        self.read.pop(kind, None)
        self._origins = {key: origin for key, origin in self._origins.items() if key[1] != kind}

    def records(self, cluster: str | None, origin: Origin) -> ClusterRecords:
        """The records of *cluster*, made when it is seen first."""
        if cluster is None:
            return self.loose
        if cluster not in self.clusters:
            self.clusters[cluster] = ClusterRecords(name=cluster, origin=Origin(file=origin.file))
        found = self.clusters[cluster]
        if origin.file < found.origin.file:
            found.origin = Origin(file=origin.file)
        return found

    def take(self, read: Object) -> None:
        """Sort in one object."""
        if read.group == MODELPLANE_GROUP:
            self._take_control(read)
        elif read.kind in KINDS:
            message = f"found {read.api_version!r}, expected {MODELPLANE_API_VERSION}"
            self.findings.error(read.origin, message, about=read.about, path="apiVersion")
            self._note_lost(read)
        elif read.group == RESOURCE_GROUP:
            self._take_resource(read)
        elif read.api_version == "v1" and read.kind in _CORE_KINDS:
            self._take_cluster(read)
        else:
            self.ignored[read.kind] += 1

    def _take_control(self, read: Object) -> None:
        model = KINDS.get(read.kind)
        if model is None:
            hint = nearest_hint(read.kind, KINDS)
            message = f"found {read.kind!r}, expected one of {', '.join(sorted(KINDS))}{hint}"
            self.findings.error(read.origin, message, about=read.about, path="kind")
            self._note_lost(read)
            return
        if read.api_version != MODELPLANE_API_VERSION:
            message = f"found {read.api_version!r}, expected {MODELPLANE_API_VERSION}"
            self.findings.error(read.origin, message, about=read.about, path="apiVersion")
            self._note_lost(read)
            return
        self.read[read.kind] += 1
        model_read = parsed(read, model, self.findings)
        name = text(read.raw, "metadata", "name")
        namespace = (
            "" if read.kind in CLUSTER_SCOPED else text(read.raw, "metadata", "namespace") or "default"
        )
        if not name:
            self._note_lost(read)
            return
        self._note_duplicate(read, namespace, name, cluster=None)
        found = ControlObject(origin=read.origin, about=read.about, raw=read.raw, model=model_read)
        self.control.setdefault(read.kind, {})[namespace, name] = found

    def _note_lost(self, read: Object) -> None:
        """A refused object that was meant to be an InferenceCluster stands for one that is not gone."""
        if nearest(read.kind, KINDS) == "InferenceCluster":
            self.has_lost_clusters = True

    def _take_resource(self, read: Object) -> None:
        complaint = version_complaint(read.api_version)
        is_lost = is_withdrawn(read.api_version) and read.kind != "DeviceTaintRule"
        if is_lost and read.kind == "ResourceSlice":
            # Such a cluster does report slices, and they offer nothing.
            self.records(read.cluster, read.origin).slice_count += 1
        if not is_lost and read.kind not in _RESOURCE_KINDS:
            self.ignored[read.kind] += 1
        elif complaint is not None:
            self.findings.warning(read.origin, complaint, about=read.about, path="apiVersion")
        else:
            self._take_cluster(read)

    def _take_cluster(self, read: Object) -> None:
        self.read[read.kind] += 1
        records = self.records(read.cluster, read.origin)
        if read.kind == "ResourceSlice":
            records.slice_count += 1
        name = text(read.raw, "metadata", "name")
        if not name:
            message = "found nothing, expected this required field"
            self.findings.warning(read.origin, message, about=read.about, path="metadata.name")
            return
        match read.kind:
            case "ResourceSlice":
                self._take_slice(read, records, name)
            case "Node":
                self._take_node(read, records, name)
            case "Pod":
                self._take_pod(read, records, name)
            case "DeviceClass":
                self._take_class(read, records, name)
            case "ResourceClaim":
                self._take_claim(read, records, name)
            case _:
                self._take_template(read, records, name)

    def _take_slice(self, read: Object, records: ClusterRecords, name: str) -> None:
        if name in records.slices:
            self._warn_duplicate(read, records.slices[name].origin)
        records.slices[name] = read_slice(read, name, self._devices, self.findings)

    def _take_node(self, read: Object, records: ClusterRecords, name: str) -> None:
        if name in records.nodes:
            self._warn_duplicate(read, records.nodes[name].origin)
        records.nodes[name] = read_node(read, name, self.findings)

    def _take_pod(self, read: Object, records: ClusterRecords, name: str) -> None:
        namespace = text(read.raw, "metadata", "namespace") or "default"
        self._note_duplicate(read, namespace, name, cluster=records.name)
        records.pods[namespace, name] = read_pod(read, namespace, name, self.findings)

    def _take_class(self, read: Object, records: ClusterRecords, name: str) -> None:
        class_name = DeviceClassName(name)
        self._note_duplicate(read, "", name, cluster=records.name)
        records.device_classes[class_name] = read_device_class(read, name, self.findings)
        self.selectors.extend(device_class_selectors(read))

    def _take_claim(self, read: Object, records: ClusterRecords, name: str) -> None:
        namespace = text(read.raw, "metadata", "namespace") or "default"
        self._note_duplicate(read, namespace, name, cluster=records.name)
        claim = read_claim(read, namespace, name, self.findings)
        records.claims[namespace, name] = claim
        if claim is None:
            # What was allocated has compiled; a cluster has as many such claims as pods.
            self.selectors.extend(claim_selectors(read, self.findings))
            records.class_uses.extend(class_uses(read))
            if is_unreadable(read):
                records.unreadable_claims.append(read.about)

    def _take_template(self, read: Object, records: ClusterRecords, name: str) -> None:
        namespace = text(read.raw, "metadata", "namespace") or "default"
        self._note_duplicate(read, namespace, name, cluster=records.name)
        self.selectors.extend(claim_selectors(read, self.findings))
        records.class_uses.extend(class_uses(read))

    def _note_duplicate(self, read: Object, namespace: str, name: str, *, cluster: str | None) -> None:
        key = (cluster or "", read.kind, namespace, name)
        if key in self._origins:
            self._warn_duplicate(read, self._origins[key])
        self._origins[key] = read.origin

    def _warn_duplicate(self, read: Object, first: Origin) -> None:
        message = f"found this object already in {first}, expected each once; the last one read counts"
        self.findings.warning(read.origin, message, about=read.about)
