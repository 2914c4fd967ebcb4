"""The versions of ``resource.k8s.io`` that are read, and those that no cluster serves any more."""

RESOURCE_GROUP = "resource.k8s.io"
_SERVED_VERSIONS = frozenset({"v1", "v1beta2", "v1beta1"})
_WITHDRAWN_VERSIONS = frozenset({"v1alpha1", "v1alpha2", "v1alpha3"})


def is_withdrawn(api_version: str) -> bool:
    """Whether *api_version* had structured devices of another shape, or none."""
    return api_version.rpartition("/")[2] in _WITHDRAWN_VERSIONS


def version_complaint(api_version: str) -> str | None:
    """Why objects of *api_version* are not read, None if they are."""
    if is_withdrawn(api_version):
        return f"found the withdrawn API {api_version}, expected {RESOURCE_GROUP}/v1"
    if api_version.rpartition("/")[2] not in _SERVED_VERSIONS:
        return f"found {api_version!r}, expected {RESOURCE_GROUP}/v1"
    return None
