"""Nodes: labels, taints, whether they take new pods, and what is allocatable."""

from sys import intern

from scheduler.api.faults import shown
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.device_values import UnreadableFieldError, quantity
from scheduler.snapshot.dra_shapes import NODE_FACTS, NODE_GATES
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object
from scheduler.snapshot.raw import items, mapping, text, texts
from scheduler.snapshot.records import NodeRecord
from scheduler.snapshot.told import Told
from solver.domain.fleet import NodeResources
from solver.domain.taint import Taint, TaintEffect

#: What a kubelet allows unless told otherwise; real nodes always publish their own number.
_USUAL_PODS = 110
#: An effect that keeps nothing off.
_PREFERENCE = "PreferNoSchedule"
_OWN_TAINTS = "node.kubernetes.io/"


def read_node(read: Object, name: str, findings: Findings) -> NodeRecord:
    """The node *read*; an unreadable field is a warning and counts as nothing.

    One that is there to keep pods off closes the node instead: nobody knows to whom.
    """
    told = Told(read, findings)
    is_unreadable = told.warnings(NODE_GATES(read.raw, ""), effect="; the node takes nothing new")
    told.warnings(NODE_FACTS(read.raw, ""))
    taints = _taints(read, told)
    is_deleted = bool(text(read.raw, "metadata", "deletionTimestamp"))
    is_cordoned = mapping(read.raw, "spec").get("unschedulable") is True
    has_own_taint = any(taint.key.startswith(_OWN_TAINTS) for taint in taints)
    return NodeRecord(
        name=name,
        labels={
            intern(key): intern(value) for key, value in sorted(texts(read.raw, "metadata", "labels").items())
        },
        taints=taints,
        is_schedulable=_is_ready(read) and not (is_deleted or is_cordoned or has_own_taint or is_unreadable),
        allocatable=_allocatable(read, findings),
        origin=read.origin,
        kubelet_version=intern(text(read.raw, "status", "nodeInfo", "kubeletVersion")),
        is_unreadable=is_unreadable,
    )


def _is_ready(read: Object) -> bool:
    conditions = items(read.raw, "status", "conditions")
    ready = [text(condition, "status") for condition in conditions if text(condition, "type") == "Ready"]
    return all(status == "True" for status in ready)


def _taints(read: Object, told: Told) -> tuple[Taint, ...]:
    found = []
    for position, raw in enumerate(items(read.raw, "spec", "taints")):
        key, effect = text(raw, "key"), text(raw, "effect")
        if not key:
            told.warning(f"spec.taints[{position}].key", "found nothing, expected the key of a taint")
        elif effect in tuple(TaintEffect):
            found.append(Taint(key=intern(key), effect=TaintEffect(effect), value=intern(text(raw, "value"))))
        elif effect != _PREFERENCE:
            known = (*TaintEffect, _PREFERENCE)
            expected = f"one of {', '.join(known)}{nearest_hint(effect, known)}"
            message = (
                f"found {shown(effect) if effect else 'nothing'}, expected {expected}; it repels nothing"
            )
            told.warning(f"spec.taints[{position}].effect", message)
    return tuple(sorted(found))


def _allocatable(read: Object, findings: Findings) -> NodeResources | None:
    raw = mapping(read.raw, "status", "allocatable")
    if not raw:
        return None
    amounts = {}
    for resource in ("cpu", "memory", "pods"):
        try:
            amounts[resource] = quantity(raw[resource])
        except KeyError:
            findings.warning(
                read.origin,
                f"found nothing, expected an amount; {_assumed(resource)} is assumed",
                about=read.about,
                path=f"status.allocatable.{resource}",
            )
        except UnreadableFieldError as error:
            message = f"{error}; {_assumed(resource)} is assumed"
            path = f"status.allocatable.{resource}"
            findings.warning(read.origin, message, about=read.about, path=path)
    return NodeResources(
        cpu_millicores=amounts["cpu"].milli_value() if "cpu" in amounts else 0,
        memory_bytes=amounts["memory"].value() if "memory" in amounts else 0,
        pods=amounts["pods"].value() if "pods" in amounts else _USUAL_PODS,
    )


def _assumed(resource: str) -> str:
    return shown(_USUAL_PODS if resource == "pods" else 0)
