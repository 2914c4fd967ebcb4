"""ResourceClaims, templates and DeviceClasses: what is held, by which pods, and the selectors they name."""

from collections.abc import Iterator

from scheduler.api.faults import shown
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.device_values import UnreadableFieldError
from scheduler.snapshot.dra_devices import quantities
from scheduler.snapshot.dra_shapes import ALLOCATED_CLAIM, CLAIM, DEVICE_CLASS
from scheduler.snapshot.findings import Findings
from scheduler.snapshot.objects import Object, Raw
from scheduler.snapshot.raw import items, mapping, text
from scheduler.snapshot.records import AllocatedClaim, ClassUse, HeldDevice, PodReference, SelectorUse
from scheduler.snapshot.told import Told
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName
from solver.domain.quantity import Quantity

#: What stands for a class that cannot be read: it must not pass for one that matches everything.
_MATCHES_NOTHING = "false"

_RESULTS = ("status", "allocation", "devices", "results")
_ABOVE_RESULTS = frozenset(".".join(_RESULTS[:depth]) for depth in range(1, len(_RESULTS) + 1))


def read_claim(read: Object, namespace: str, name: str, findings: Findings) -> AllocatedClaim | None:
    """The claim *read* if it holds devices, None if it holds none."""
    told = Told(read, findings)
    requests = set(_request_names(mapping(read.raw, "spec")))
    devices = []
    for position, result in enumerate(items(read.raw, *_RESULTS)):
        at = f"{'.'.join(_RESULTS)}[{position}]"
        device = HeldDevice(text(result, "driver"), text(result, "pool"), text(result, "device"))
        if not all(device.key):
            told.warning(at, "found an incomplete result, expected driver, pool and device")
        elif mapping(result).get("adminAccess") is not True:
            consumed = _consumed(result, at, told)
            devices.append(device._replace(consumed=consumed, position=position))
        # Without requests it is no claim of the API server, and all there is to say is what it holds.
        if requests and text(result, "request") and text(result, "request") not in requests:
            found = text(result, "request")
            expected = f"the name of a request of the claim{nearest_hint(found, requests)}"
            told.warning(f"{at}.request", f"found {found!r}, expected {expected}")
    told.warnings(ALLOCATED_CLAIM(read.raw, ""))
    if not devices:
        return None
    return AllocatedClaim(namespace, name, tuple(devices), _pods(read.raw, namespace), read.origin)


def is_unreadable(read: Object) -> bool:
    """Whether the claim *read* is allocated and nobody can tell what it holds."""
    return any(path in _ABOVE_RESULTS for path, _ in ALLOCATED_CLAIM(read.raw, ""))


def _consumed(result: object, at: str, told: Told) -> tuple[tuple[str, Quantity], ...] | None:
    """What a result takes of a shared device, None if the device is not shared."""
    if not text(result, "shareID"):
        return None
    try:
        return tuple(sorted(quantities(mapping(result, "consumedCapacity")).items()))
    except UnreadableFieldError as error:
        told.warning(f"{at}.consumedCapacity", f"{error}; the device counts as held whole")
        return None


def _request_names(spec: Raw) -> Iterator[str]:
    """What constraints and results can name: requests, and alternatives as ``REQUEST/ALTERNATIVE``."""
    for request in items(spec, "devices", "requests"):
        name = text(request, "name")
        yield name
        yield from (f"{name}/{text(each, 'name')}" for each in items(request, "firstAvailable"))


def read_device_class(read: Object, name: str, findings: Findings) -> DeviceClass:
    """The class *read*; one with an unreadable selector matches nothing."""
    told = Told(read, findings)
    found = list(_selectors(read, mapping(read.raw, "spec"), "spec", told))
    selectors = tuple(use.expression for use in found)
    declared = items(read.raw, "spec", "selectors")
    has_misfits = told.warnings(DEVICE_CLASS(read.raw, ""), effect="; the class matches nothing")
    if len(selectors) < len(declared) or has_misfits:
        selectors = (_MATCHES_NOTHING,)
    return DeviceClass(name=DeviceClassName(name), selectors=selectors)


def device_class_selectors(read: Object) -> Iterator[SelectorUse]:
    """The selectors of a DeviceClass."""
    yield from _selectors(read, mapping(read.raw, "spec"), "spec", Told(read, Findings()))


def claim_selectors(read: Object, findings: Findings) -> Iterator[SelectorUse]:
    """The selectors of all requests of a ResourceClaim or a ResourceClaimTemplate; reports what is broken."""
    path = "spec.spec" if read.kind == "ResourceClaimTemplate" else "spec"
    spec = mapping(read.raw, *path.split("."))
    told = Told(read, findings)
    for position, request in enumerate(items(spec, "devices", "requests")):
        yield from _request_selectors(read, request, f"{path}.devices.requests[{position}]", told)
    _check_constraints(spec, f"{path}.devices.constraints", told)
    told.warnings(CLAIM(read.raw, ""))


def class_uses(read: Object) -> Iterator[ClassUse]:
    """The names of the classes that the requests of a ResourceClaim or a template name."""
    path = "spec.spec" if read.kind == "ResourceClaimTemplate" else "spec"
    for position, request in enumerate(items(mapping(read.raw, *path.split(".")), "devices", "requests")):
        for at, query in _queries(request, f"{path}.devices.requests[{position}]"):
            name = text(query, "deviceClassName")
            if name:
                yield ClassUse(name, read.about, f"{at}.deviceClassName", read.origin)


def _check_constraints(spec: Raw, path: str, told: Told) -> None:
    known = set(_request_names(spec))
    for position, constraint in enumerate(items(spec, "devices", "constraints")):
        for number, name in enumerate(items(constraint, "requests")):
            if isinstance(name, str) and name not in known:
                expected = f"the name of a request, or REQUEST/ALTERNATIVE{nearest_hint(name, known)}"
                told.warning(f"{path}[{position}].requests[{number}]", f"found {name!r}, expected {expected}")


def _request_selectors(read: Object, request: object, path: str, told: Told) -> Iterator[SelectorUse]:
    if not text(request, "name"):
        found = mapping(request).get("name")
        told.warning(
            f"{path}.name", f"found {'nothing' if found in (None, '') else shown(found)}, expected a name"
        )
    for at, query in _queries(request, path):
        if not text(query, "deviceClassName"):
            found = mapping(query).get("deviceClassName")
            told.warning(f"{at}.deviceClassName", f"found {shown(found)}, expected the name of a DeviceClass")
        yield from _selectors(read, mapping(query), at, told)


def _queries(request: object, path: str) -> Iterator[tuple[str, object]]:
    """What a request asks for, with its path: its alternatives, or the one thing."""
    alternatives = items(request, "firstAvailable")
    if alternatives:
        for position, alternative in enumerate(alternatives):
            yield f"{path}.firstAvailable[{position}]", alternative
        return
    # Before v1beta2 the fields stood in the request itself.
    exactly = mapping(request, "exactly")
    if exactly:
        yield f"{path}.exactly", exactly
    else:
        yield path, request


def _selectors(read: Object, owner: Raw, path: str, told: Told) -> Iterator[SelectorUse]:
    for position, selector in enumerate(items(owner, "selectors")):
        expression = text(selector, "cel", "expression")
        at = f"{path}.selectors[{position}].cel.expression"
        if expression:
            yield SelectorUse(expression=expression, about=read.about, path=at, origin=read.origin)
        else:
            told.warning(at, "found nothing, expected a CEL expression")


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
