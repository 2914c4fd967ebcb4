"""Documents to objects: lists taken apart, each object with its kind, its name and where it was read."""

from collections.abc import Iterator
from dataclasses import dataclass

from scheduler.api.base import MODELPLANE_API_VERSION, MODELPLANE_GROUP
from scheduler.api.faults import shown
from scheduler.api.kinds import KINDS
from scheduler.api.nearest import nearest_hint
from scheduler.snapshot.documents import Document
from scheduler.snapshot.findings import Findings, Origin

Raw = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Object:
    """One Kubernetes object as it was read."""

    origin: Origin
    #: The InferenceCluster it belongs to; None: a control object.
    cluster: str | None
    api_version: str
    kind: str
    raw: Raw

    @property
    def group(self) -> str:
        """API group, empty for the core group."""
        return self.api_version.rpartition("/")[0]

    @property
    def about(self) -> str:
        """``Kind ns/name``, as far as it is known."""
        return title(self.kind, self.raw)


def objects(document: Document, findings: Findings) -> Iterator[Object]:
    """The objects of *document*, in order; what is none is a finding."""
    yield from _objects(document.value, document, findings, api_version=None, kind=None)


def title(kind: str, raw: Raw) -> str:
    """``Kind ns/name`` of *raw*."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, dict):
        return kind
    name = metadata.get("name") or metadata.get("generateName") or ""
    namespace = metadata.get("namespace")
    return f"{kind} {namespace}/{name}" if namespace else f"{kind} {name}".rstrip()


def _objects(
    value: object, document: Document, findings: Findings, *, api_version: str | None, kind: str | None
) -> Iterator[Object]:
    if not isinstance(value, dict):
        findings.error(document.origin, f"found {_noun(value)}, expected an object with apiVersion and kind")
        return
    own_kind = value.get("kind", kind)
    own_version = value.get("apiVersion", api_version)
    if not isinstance(own_kind, str) or not isinstance(own_version, str):
        _report_incomplete(value, own_version, own_kind, document.origin, findings)
        return
    items = value.get("items")
    if own_kind.endswith("List") and isinstance(items, list):
        yield from _items(items, document, findings, api_version=own_version, kind=own_kind)
        return
    yield Object(
        origin=document.origin, cluster=document.cluster, api_version=own_version, kind=own_kind, raw=value
    )


def _report_incomplete(
    value: Raw, api_version: object, kind: object, origin: Origin, findings: Findings
) -> None:
    """An error for one of our own objects, a warning for what is none of Kubernetes, such as Helm values."""
    about = title(kind if isinstance(kind, str) else "", value).strip()
    if isinstance(kind, str) and kind in KINDS:
        message = f"found {_found(api_version)}, expected {MODELPLANE_API_VERSION}"
        findings.error(origin, message, about=about, path="apiVersion")
    elif isinstance(api_version, str) and api_version.rpartition("/")[0] == MODELPLANE_GROUP:
        message = f"found {_found(kind)}, expected one of {', '.join(sorted(KINDS))}"
        findings.error(origin, message, about=about, path="kind")
    else:
        path, wrong = ("apiVersion", api_version) if isinstance(kind, str) else ("kind", kind)
        hint = nearest_hint(kind, KINDS) if isinstance(kind, str) else ""
        message = f"not a Kubernetes object: found {_found(wrong)}, expected this required field{hint}"
        findings.warning(origin, message, about=about, path=path)


def _found(value: object) -> str:
    return "nothing" if value is None else shown(value)


def _items(
    items: list[object], document: Document, findings: Findings, *, api_version: str, kind: str
) -> Iterator[Object]:
    # Items of a list such as NodeList carry neither kind nor apiVersion; those of List carry both.
    of_kind = kind.removesuffix("List") or None
    of_version = api_version if of_kind else None
    items.reverse()
    while items:
        # Popped, so that what was read of a big snapshot can be forgotten while the rest is read.
        yield from _objects(items.pop(), document, findings, api_version=of_version, kind=of_kind)


def _noun(value: object) -> str:
    if isinstance(value, list):
        return "a list"
    return "text" if isinstance(value, str) else f"{value!r}"
