"""The types of the fields of DRA objects, as far as anything here reads them."""

from collections.abc import Iterator

from scheduler.snapshot.shapes import (
    Misfit,
    a_list,
    amount,
    boolean,
    each,
    fields,
    integer,
    named,
    text,
    valued,
)

_METADATA = fields(name=text, namespace=text)
_SELECTORS = each(fields(cel=fields(expression=text)))

_QUERY = {
    "name": text,
    "deviceClassName": text,
    "selectors": _SELECTORS,
    "allocationMode": text,
    "count": integer,
    "adminAccess": boolean,
    "tolerations": each(fields(key=text, operator=text, value=text, effect=text)),
    "capacity": fields(requests=named(valued())),
}
_CLAIM_DEVICES = fields(
    # Before v1beta2 the fields of a request stood in the request itself.
    requests=each(fields(**_QUERY, exactly=fields(**_QUERY), firstAvailable=each(fields(**_QUERY)))),
    constraints=each(fields(requests=each(text), matchAttribute=text, distinctAttribute=text)),
)
CLAIM = fields(metadata=_METADATA, spec=fields(devices=_CLAIM_DEVICES, spec=fields(devices=_CLAIM_DEVICES)))
"""A ResourceClaim, or a template, without its status."""

DEVICE_CLASS = fields(metadata=_METADATA, spec=fields(selectors=_SELECTORS))

_REQUIREMENTS = each(fields(key=text, operator=text, values=each(text)))
NODE_SELECTOR = fields(
    nodeSelectorTerms=each(fields(matchExpressions=_REQUIREMENTS, matchFields=_REQUIREMENTS))
)
_POLICY = fields(
    default=amount,
    validValues=each(amount),
    validRange=fields(min=amount, max=amount, step=amount),
)
_ATTRIBUTE = fields(
    string=text,
    version=text,
    int=integer,
    bool=boolean,
    strings=each(text),
    versions=each(text),
    ints=each(integer),
    bools=each(boolean),
)
_SCOPE = {"nodeName": text, "allNodes": boolean, "nodeSelector": NODE_SELECTOR}
_COUNTERS = named(valued())
_TERMS = {
    "allowMultipleAllocations": boolean,
    "consumesCounters": each(fields(counterSet=text, counters=_COUNTERS)),
    "taints": each(fields(key=text, value=text, effect=text)),
    "bindsToNode": boolean,
    "bindingConditions": each(text),
    "bindingFailureConditions": each(text),
    **_SCOPE,
}
_DEVICE = {
    "attributes": named(_ATTRIBUTE),
    "capacity": named(valued(requestPolicy=_POLICY)),
    **_TERMS,
}
_SPEC = {
    "driver": text,
    "pool": fields(name=text, generation=integer, resourceSliceCount=integer),
    "perDeviceNodeSelection": boolean,
    "sharedCounters": each(fields(name=text, counters=_COUNTERS)),
    **_SCOPE,
}
# Before v1beta2 all but the name of a device stood under basic.
_DEVICES = each(fields(name=text, **_DEVICE, basic=fields(**_DEVICE)))
SLICE = fields(metadata=_METADATA, spec=fields(**_SPEC, devices=_DEVICES))
"""A ResourceSlice."""

SLICE_FRAME = fields(spec=fields(**_SPEC, devices=a_list))
"""A ResourceSlice without what stands in its devices."""


def _policies(value: object, path: str) -> Iterator[Misfit]:
    if isinstance(value, dict):
        for name, capacity in value.items():
            if isinstance(capacity, dict):
                yield from fields(requestPolicy=_POLICY)(capacity, f"{path}[{name}]")


DEVICE_TERMS = fields(**_TERMS, capacity=_policies)
"""A device without its attributes and the amounts of its capacities."""

ALLOCATED_CLAIM = fields(
    status=fields(
        allocation=fields(
            devices=fields(
                results=each(
                    fields(
                        request=text,
                        driver=text,
                        pool=text,
                        device=text,
                        adminAccess=boolean,
                        shareID=text,
                        consumedCapacity=named(valued()),
                    )
                )
            )
        ),
        reservedFor=each(fields(resource=text, name=text, uid=text)),
    )
)
"""The status of a ResourceClaim."""

NODE = fields(metadata=fields(name=text, labels=named(text)))
"""A Node, as far as the allocator reads it."""


def _anything(_value: object, _path: str) -> Iterator[Misfit]:
    yield from ()


NODE_GATES = fields(
    spec=fields(unschedulable=boolean, taints=each(fields(key=text, effect=text, value=text))),
    status=fields(conditions=each(fields(type=text, status=text))),
)
"""What of a Node keeps new pods off."""

NODE_FACTS = fields(
    metadata=fields(labels=named(text)),
    status=fields(allocatable=named(_anything), nodeInfo=fields(kubeletVersion=text)),
)
"""What else is read of a Node."""
