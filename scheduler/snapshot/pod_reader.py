"""Pods: where they are, what they request of their node, and which slot of a plan they fill."""

from sys import intern

from scheduler.snapshot.device_values import UnreadableFieldError, quantity
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object
from scheduler.snapshot.raw import items, mapping, text, texts
from scheduler.snapshot.records import PodRecord

SLOT_ANNOTATION = "modelplane.ai/slot"
SERVING_LABEL = "modelplane.ai/serving"
WORKLOAD_LABEL = "modelplane.ai/workload"
GROUP_NAME_LABEL = "leaderworkerset.sigs.k8s.io/name"
GROUP_INDEX_LABEL = "leaderworkerset.sigs.k8s.io/group-index"
WORKER_INDEX_LABEL = "leaderworkerset.sigs.k8s.io/worker-index"
_KEPT_LABELS = frozenset(
    {SERVING_LABEL, WORKLOAD_LABEL, GROUP_NAME_LABEL, GROUP_INDEX_LABEL, WORKER_INDEX_LABEL}
)
_FINISHED = frozenset({"Succeeded", "Failed"})


def read_pod(read: Object, namespace: str, name: str, findings: Findings) -> PodRecord:
    """The pod *read*; a request that cannot be read is a warning and counts as nothing."""
    metadata = mapping(read.raw, "metadata")
    labels = texts(metadata, "labels")
    cpu, memory = _Requests(read, findings).total()
    return PodRecord(
        intern(namespace),
        name,
        text(metadata, "uid"),
        intern(text(read.raw, "spec", "nodeName")),
        text(read.raw, "status", "phase") in _FINISHED,
        bool(text(metadata, "deletionTimestamp")),
        cpu,
        memory,
        {key: labels[key] for key in labels if key in _KEPT_LABELS},
        texts(metadata, "annotations").get(SLOT_ANNOTATION),
    )


class _Requests:
    """What the containers of one pod request, as the kube-scheduler adds it up."""

    def __init__(self, read: Object, findings: Findings) -> None:
        self._read = read
        self._findings = findings

    def total(self) -> tuple[int, int]:
        """Milli-cores and bytes: the larger of start-up and running, and the overhead."""
        spec = mapping(self._read.raw, "spec")
        overhead = self._amounts(mapping(spec, "overhead"), "spec.overhead")
        of_pod = mapping(spec, "resources", "requests")
        running = (0, 0)
        for position, container in enumerate(items(spec, "containers")):
            running = _plus(running, self._requested(container, f"spec.containers[{position}]"))
        starting = sidecars = (0, 0)
        for position, container in enumerate(items(spec, "initContainers")):
            amount = self._requested(container, f"spec.initContainers[{position}]")
            if text(container, "restartPolicy") == "Always":
                sidecars = amount = _plus(sidecars, amount)
            else:
                amount = _plus(sidecars, amount)
            starting = _larger(starting, amount)
        cpu, memory = _larger(_plus(running, sidecars), starting)
        if of_pod:
            pod_cpu, pod_memory = self._amounts(of_pod, "spec.resources.requests")
            cpu = pod_cpu if "cpu" in of_pod else cpu
            memory = pod_memory if "memory" in of_pod else memory
        return _plus((cpu, memory), overhead)

    def _requested(self, container: object, path: str) -> tuple[int, int]:
        resources = mapping(container, "resources")
        # The API server fills in requests from limits; a manifest that it never saw has limits alone.
        amounts = {**mapping(resources, "limits"), **mapping(resources, "requests")}
        return self._amounts(amounts, f"{path}.resources.requests")

    def _amounts(self, raw: dict[str, object], path: str) -> tuple[int, int]:
        cpu = self._quantity(raw, "cpu", path)
        memory = self._quantity(raw, "memory", path)
        return cpu, memory

    def _quantity(self, raw: dict[str, object], resource: str, path: str) -> int:
        if resource not in raw:
            return 0
        try:
            amount = quantity(raw[resource])
        except UnreadableFieldError as error:
            path = f"{path}.{resource}"
            self._findings.warning(self._read.origin, str(error), about=self._read.about, path=path)
            return 0
        return amount.milli_value() if resource == "cpu" else amount.value()


def _plus(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return one[0] + other[0], one[1] + other[1]


def _larger(one: tuple[int, int], other: tuple[int, int]) -> tuple[int, int]:
    return max(one[0], other[0]), max(one[1], other[1])
