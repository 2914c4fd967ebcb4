"""Claims in the form of ``resource.k8s.io/v1``: before v1beta2 the fields stood in the request itself."""

from scheduler.snapshot.objects import Object, Raw

#: What the form of v1 adds to the path of a field of a request.
WRAPPER = ".exactly"
_INLINE_VERSION = "resource.k8s.io/v1beta1"


def is_inline(read: Object) -> bool:
    """Whether the requests of *read* have their fields without ``exactly``."""
    return read.api_version == _INLINE_VERSION


def in_v1_form(read: Object) -> Raw:
    """The claim or template *read* as v1 would have it."""
    if not is_inline(read):
        return read.raw
    above = ("spec", "spec") if read.kind == "ResourceClaimTemplate" else ("spec",)
    return _below(read.raw, (*above, "devices", "requests"))


def _below(raw: Raw, path: tuple[str, ...]) -> Raw:
    first, *rest = path
    inner = raw.get(first)
    if rest:
        return raw | {first: _below(inner, tuple(rest))} if isinstance(inner, dict) else raw
    return raw | {first: list(map(_wrapped, inner))} if isinstance(inner, list) else raw


def _wrapped(request: object) -> object:
    if not isinstance(request, dict) or request.get("firstAvailable"):
        return request
    name = {"name": request["name"]} if "name" in request else {}
    return name | {"exactly": {field: value for field, value in request.items() if field != "name"}}
