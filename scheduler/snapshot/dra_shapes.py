"""The types of the fields of DRA objects, as far as anything here reads them."""

from scheduler.snapshot.shapes import (
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
_DEVICE = {
    "attributes": named(_ATTRIBUTE),
    "capacity": named(valued(requestPolicy=_POLICY)),
    "allowMultipleAllocations": boolean,
    "consumesCounters": each(fields(counterSet=text, counters=_COUNTERS)),
    "taints": each(fields(key=text, value=text, effect=text)),
    "bindsToNode": boolean,
    "bindingConditions": each(text),
    "bindingFailureConditions": each(text),
    **_SCOPE,
}
_SHARED_COUNTERS = each(fields(name=text, counters=_COUNTERS))
_POOL = fields(name=text, generation=integer, resourceSliceCount=integer)
SLICE = fields(
    metadata=_METADATA,
    spec=fields(
        driver=text,
        pool=_POOL,
        perDeviceNodeSelection=boolean,
        # Before v1beta2 all but the name of a device stood under basic.
        devices=each(fields(name=text, **_DEVICE, basic=fields(**_DEVICE))),
        sharedCounters=_SHARED_COUNTERS,
        **_SCOPE,
    ),
)
"""A ResourceSlice."""

NODE = fields(metadata=fields(name=text, labels=named(text)))
"""A Node, as far as the allocator reads it."""
