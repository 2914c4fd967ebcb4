"""DRA objects as the API serves them, with everything that the device allocator reads of them.

For ``resource.k8s.io`` v1, v1beta2 and v1beta1, where the fields of a device stand under ``basic`` and those
of a request in the request itself. What is of another type than it should be is taken for absent: who reads
objects that nobody checked asks ``dra_shapes`` first. Only an amount that is no quantity cannot be read.
"""

from collections.abc import Mapping

from scheduler.snapshot.dra_devices import quantities, read_slice_device
from scheduler.snapshot.dra_nodes import node_scope
from scheduler.snapshot.raw import items, mapping, text
from solver.domain.claim import EXACT_COUNT, Claim, ClaimConstraint, ClaimRequest, DeviceQuery
from solver.domain.device_taint import DeviceToleration
from solver.domain.fleet import DeviceClass
from solver.domain.identity import DeviceClassName, Driver
from solver.domain.node_selector import NodeSelector
from solver.domain.resource_slice import CounterSet, NodeScope, ResourceSlice

#: Compiles no more than an empty expression does, but is not taken for a selector of an unknown kind.
_EMPTY_EXPRESSION = " "


def read_claim_spec(raw: object, *, is_defaulted: bool = True) -> Claim:
    """The ResourceClaim *raw* without its allocation (of a template: the claim that it stands for).

    Args:
        raw: the whole object.
        is_defaulted: an absent allocation mode or count is the default, as the API server fills it in.

    Raises:
        UnreadableFieldError: an amount is not a quantity.
    """
    spec = mapping(raw, "spec")
    devices = mapping(spec, "spec", "devices") or mapping(spec, "devices")
    return Claim(
        name=text(raw, "metadata", "name"),
        namespace=text(raw, "metadata", "namespace"),
        requests=tuple(_request(each, is_defaulted=is_defaulted) for each in items(devices, "requests")),
        constraints=tuple(_constraint(each) for each in items(devices, "constraints")),
    )


def read_resource_slice(raw: object) -> ResourceSlice:
    """The ResourceSlice *raw*.

    Raises:
        UnreadableFieldError: an amount that no selector sees is not a quantity.
    """
    spec = mapping(raw, "spec")
    driver = Driver(text(spec, "driver"))
    pool = mapping(spec, "pool")
    scope = (
        NodeScope(per_device=True)
        if spec.get("perDeviceNodeSelection") is True and not _has_scope(spec)
        else node_scope(spec)
    )
    return ResourceSlice(
        name=text(raw, "metadata", "name"),
        driver=driver,
        pool=text(pool, "name"),
        generation=_number(pool, "generation"),
        slice_count=_number(pool, "resourceSliceCount"),
        scope=scope or NodeScope(selector=NodeSelector()),
        devices=tuple(
            read_slice_device(each, driver, has_own_scope=scope is not None and scope.per_device)
            for each in items(spec, "devices")
        ),
        shared_counters=tuple(
            CounterSet(name=text(each, "name"), counters=quantities(mapping(each, "counters")))
            for each in items(spec, "sharedCounters")
        ),
    )


def read_class(raw: object) -> DeviceClass:
    """The DeviceClass *raw*; a selector of a kind that is not known is an empty one."""
    selectors = tuple(_selector(each) for each in items(raw, "spec", "selectors"))
    return DeviceClass(name=DeviceClassName(text(raw, "metadata", "name")), selectors=selectors)


def _has_scope(spec: Mapping[str, object]) -> bool:
    return bool(spec.get("nodeName") or spec.get("allNodes") or spec.get("nodeSelector"))


def _request(raw: object, *, is_defaulted: bool) -> ClaimRequest:
    name = text(raw, "name")
    alternatives = items(raw, "firstAvailable")
    exactly = mapping(raw, "exactly") or mapping(raw)
    return ClaimRequest(
        name=name,
        exactly=None if alternatives else _query(exactly, name, is_defaulted=is_defaulted),
        first_available=tuple(
            _query(mapping(each), text(each, "name"), is_defaulted=is_defaulted) for each in alternatives
        ),
    )


def _query(raw: Mapping[str, object], name: str, *, is_defaulted: bool) -> DeviceQuery:
    admin_access = raw.get("adminAccess")
    mode = text(raw, "allocationMode")
    count = raw.get("count")
    capacity = raw.get("capacity")
    return DeviceQuery(
        name=name,
        device_class=text(raw, "deviceClassName"),
        selectors=tuple(_selector(each) for each in items(raw, "selectors")),
        allocation_mode=mode or (EXACT_COUNT if is_defaulted else ""),
        count=count if type(count) is int else int(is_defaulted),
        admin_access=admin_access if isinstance(admin_access, bool) else None,
        tolerations=tuple(_toleration(each) for each in items(raw, "tolerations")),
        capacity=quantities(mapping(capacity, "requests")) if isinstance(capacity, dict) else None,
    )


def _selector(raw: object) -> str:
    expression = text(raw, "cel", "expression")
    return expression or (_EMPTY_EXPRESSION if isinstance(mapping(raw).get("cel"), dict) else "")


def _toleration(raw: object) -> DeviceToleration:
    return DeviceToleration(
        key=text(raw, "key"),
        operator=text(raw, "operator") or "Equal",
        value=text(raw, "value"),
        effect=text(raw, "effect"),
    )


def _constraint(raw: object) -> ClaimConstraint:
    return ClaimConstraint(
        requests=tuple(name for name in items(raw, "requests") if isinstance(name, str)),
        match_attribute=text(raw, "matchAttribute") or None,
        distinct_attribute=text(raw, "distinctAttribute") or None,
    )


def _number(raw: Mapping[str, object], name: str) -> int:
    value = raw.get(name)
    return value if type(value) is int else 0
