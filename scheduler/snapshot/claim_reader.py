"""ResourceClaims, templates and DeviceClasses: what is held, by which pods, and the selectors they name."""

from collections.abc import Iterator

from scheduler.api.faults import shown
from scheduler.snapshot.device_values import UnreadableFieldError
from scheduler.snapshot.dra_devices import quantities
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object, Raw
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.records import AllocatedClaim, HeldDevice, PodReference, SelectorUse
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName
from solver.domain.quantity import Quantity

#: What stands for a class that cannot be read: it must not pass for one that matches everything.
_MATCHES_NOTHING = "false"


def read_claim(read: Object, namespace: str, name: str, findings: Findings) -> AllocatedClaim | None:
    """The claim *read* if it holds devices, None if it holds none."""
    devices = []
    for position, result in enumerate(items(read.raw, "status", "allocation", "devices", "results")):
        device = HeldDevice(text(result, "driver"), text(result, "pool"), text(result, "device"))
        if not all(device.key):
            findings.warning(
                read.origin,
                "found an incomplete result, expected driver, pool and device",
                about=read.about,
                path=f"status.allocation.devices.results[{position}]",
            )
        elif mapping(result).get("adminAccess") is not True:
            devices.append(device._replace(consumed=_consumed(read, result, position, findings)))
    if not devices:
        return None
    return AllocatedClaim(namespace, name, tuple(devices), _pods(read.raw, namespace), read.origin)


def _consumed(
    read: Object, result: object, position: int, findings: Findings
) -> tuple[tuple[str, Quantity], ...] | None:
    """What a result takes of a shared device, None if the device is not shared."""
    if not text(result, "shareID"):
        return None
    try:
        return tuple(sorted(quantities(mapping(result, "consumedCapacity")).items()))
    except UnreadableFieldError as error:
        path = f"status.allocation.devices.results[{position}].consumedCapacity"
        findings.warning(
            read.origin, f"{error}; the device counts as held whole", about=read.about, path=path
        )
        return None


def read_device_class(read: Object, name: str, findings: Findings) -> DeviceClass:
    """The class *read*; one with an unreadable selector matches nothing."""
    found = list(_selectors(read, mapping(read.raw, "spec"), "spec", findings))
    selectors = tuple(use.expression for use in found)
    declared = items(read.raw, "spec", "selectors")
    if len(selectors) < len(declared):
        selectors = (_MATCHES_NOTHING,)
    return DeviceClass(name=DeviceClassName(name), selectors=selectors)


def device_class_selectors(read: Object) -> Iterator[SelectorUse]:
    """The selectors of a DeviceClass."""
    yield from _selectors(read, mapping(read.raw, "spec"), "spec", Findings())


def claim_selectors(read: Object, findings: Findings) -> Iterator[SelectorUse]:
    """The selectors of all requests of a ResourceClaim or a ResourceClaimTemplate; reports broken requests."""
    path = "spec.spec" if read.kind == "ResourceClaimTemplate" else "spec"
    spec = mapping(read.raw, *path.split("."))
    for position, request in enumerate(items(spec, "devices", "requests")):
        yield from _request_selectors(read, request, f"{path}.devices.requests[{position}]", findings)


def _request_selectors(read: Object, request: object, path: str, findings: Findings) -> Iterator[SelectorUse]:
    if not text(request, "name"):
        findings.warning(read.origin, "found nothing, expected a name", about=read.about, path=f"{path}.name")
    alternatives = items(request, "firstAvailable")
    if alternatives:
        for position, alternative in enumerate(alternatives):
            yield from _exact_selectors(read, alternative, f"{path}.firstAvailable[{position}]", findings)
        return
    # Before v1beta2 the fields stood in the request itself.
    exactly = mapping(request, "exactly")
    if exactly:
        yield from _exact_selectors(read, exactly, f"{path}.exactly", findings)
    else:
        yield from _exact_selectors(read, request, path, findings)


def _exact_selectors(read: Object, request: object, path: str, findings: Findings) -> Iterator[SelectorUse]:
    if not text(request, "deviceClassName"):
        findings.warning(
            read.origin,
            f"found {shown(mapping(request).get('deviceClassName'))}, expected the name of a DeviceClass",
            about=read.about,
            path=f"{path}.deviceClassName",
        )
    yield from _selectors(read, mapping(request), path, findings)


def _selectors(read: Object, owner: Raw, path: str, findings: Findings) -> Iterator[SelectorUse]:
    for position, selector in enumerate(items(owner, "selectors")):
        expression = text(selector, "cel", "expression")
        at = f"{path}.selectors[{position}].cel.expression"
        if expression:
            yield SelectorUse(expression=expression, about=read.about, path=at, origin=read.origin)
        else:
            message = "found nothing, expected a CEL expression"
            findings.warning(read.origin, message, about=read.about, path=at)


def _pods(raw: Raw, namespace: str) -> tuple[PodReference, ...]:
    reserved = [
        PodReference(namespace, text(consumer, "name"), text(consumer, "uid"))
        for consumer in items(raw, "status", "reservedFor")
        if text(consumer, "resource") in ("pods", "")
    ]
    if reserved or items(raw, "status", "reservedFor"):
        return tuple(sorted(reserved))
    return tuple(
        sorted(
            PodReference(namespace, text(owner, "name"), text(owner, "uid"))
            for owner in items(raw, "metadata", "ownerReferences")
            if text(owner, "kind") == "Pod"
        )
    )
