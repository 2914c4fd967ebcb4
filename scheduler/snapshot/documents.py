"""Paths to documents: files and folders, YAML and JSON, plain or compressed.

A file or a document that cannot be read is one finding; what came before the break still counts.
"""

import os
import stat
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import orjson

from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.yaml_text import yaml_documents

CLUSTERS = "clusters"
_FORMATS = (".yaml", ".yml", ".json")
_CLUSTER_KIND = b"InferenceCluster"
_GZIP_MAGIC = b"\x1f\x8b"
_GZIP_WINDOW = 31
_EXPECTED_FILES = "YAML or JSON files (.yaml, .yml, .json, also with .gz)"


@dataclass(frozen=True, slots=True, kw_only=True)
class File:
    """A file to be read, and the cluster that its objects belong to; None: control objects."""

    path: Path
    cluster: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """What one document of a file holds; None: it could not be read."""

    origin: Origin
    cluster: str | None
    value: object = None
    #: Whether an InferenceCluster may be in what could not be read.
    may_hold_clusters: bool = True


def files(paths: Sequence[Path], findings: Findings) -> tuple[File, ...]:
    """The manifest files of *paths*, each once, folders in sorted order."""
    found: dict[Path, Path] = {}
    for path in paths:
        for each in _files_of(path, findings):
            found.setdefault(each.resolve(), each)
    # A path from inside a folder of clusters does not show it; a link counts for where it stands.
    return tuple(
        File(path=path, cluster=cluster_of(Path(os.path.normpath(path.absolute()))))
        for path in found.values()
    )


def documents(file: File, findings: Findings) -> Iterator[Document]:
    """The documents of *file*; one that cannot be read has a finding and no value."""
    origin = Origin(file=str(file.path))
    try:
        data = file.path.read_bytes()
    except OSError as error:
        findings.error(origin, f"{error.strerror}, expected a readable file")
        yield Document(origin=origin, cluster=file.cluster)
        return
    if not data.startswith(_GZIP_MAGIC) and file.path.suffix != ".gz":
        yield from _parsed(file, data, findings)
        return
    content, complaint = _decompressed(data)
    if complaint is None:
        yield from _parsed(file, content, findings)
        return
    findings.error(origin, complaint)
    yield Document(origin=origin, cluster=file.cluster)
    if not _is_named_json(file.path):
        # The last document may be cut and still be YAML, so only those before it count.
        before = list(_parsed(file, content, Findings()))[:-1]
        yield from (document for document in before if document.value is not None)


def cluster_of(path: Path) -> str | None:
    """The cluster whose objects *path* holds: what follows the last ``clusters`` in it."""
    parts = path.parts
    named_at = [position + 1 for position, part in enumerate(parts[:-1]) if part == CLUSTERS]
    if not named_at:
        return None
    name = parts[named_at[-1]]
    return name if named_at[-1] < len(parts) - 1 else _without_format(name)


def _without_format(name: str) -> str:
    name = name.removesuffix(".gz")
    for suffix in _FORMATS:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name


def _files_of(path: Path, findings: Findings) -> list[Path]:
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError):
        findings.error(Origin(file=str(path)), "no such file or folder, expected a path to manifests")
        return []
    if not stat.S_ISDIR(mode):
        return [path]
    inside = list(_manifests(path, findings))
    if not inside:
        findings.error(Origin(file=str(path)), f"found no manifest, expected {_EXPECTED_FILES}")
    return inside


def _manifests(folder: Path, findings: Findings) -> Iterator[Path]:
    def refused(error: OSError) -> None:
        findings.error(Origin(file=str(error.filename)), f"{error.strerror}, expected a readable folder")

    for parent, folders, names in os.walk(folder, onerror=refused):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            is_manifest = not name.startswith(".") and name.removesuffix(".gz").endswith(_FORMATS)
            # Pipes and sockets would block; a link that leads nowhere is reported when it is read.
            if is_manifest and (Path(parent, name).is_file() or not Path(parent, name).exists()):
                yield Path(parent, name)


def _decompressed(data: bytes) -> tuple[bytes, str | None]:
    parts = []
    while data:
        member = zlib.decompressobj(_GZIP_WINDOW)
        try:
            parts.append(member.decompress(data))
        except zlib.error:
            return b"".join(parts), "found damaged data, expected gzip"
        if not member.eof:
            return b"".join(parts), "found the end of the file too early, expected the rest of the gzip data"
        data = member.unused_data
    return b"".join(parts), None


def _is_named_json(path: Path) -> bool:
    return path.name.removesuffix(".gz").endswith(".json")


def _parsed(file: File, data: bytes, findings: Findings) -> Iterator[Document]:
    origin = Origin(file=str(file.path), document=1)
    if not data.strip():
        findings.error(Origin(file=str(file.path)), "found an empty file, expected manifests")
        yield Document(origin=origin, cluster=file.cluster)
        return
    is_named_json = _is_named_json(file.path)
    if is_named_json or data[:1] in (b"{", b"["):
        try:
            yield Document(origin=origin, cluster=file.cluster, value=orjson.loads(data))
        except orjson.JSONDecodeError as error:
            if is_named_json:
                place = f"line {error.lineno}, column {error.colno}"
                findings.error(origin, f"{place}: {error.msg}, expected JSON")
                yield Document(origin=origin, cluster=file.cluster, may_hold_clusters=_CLUSTER_KIND in data)
                return
        else:
            return
    yield from _yaml(file, data, findings)


def _yaml(file: File, data: bytes, findings: Findings) -> Iterator[Document]:
    for document in yaml_documents(data):
        origin = Origin(file=str(file.path), document=document.number)
        if document.complaint is not None:
            findings.error(origin, document.complaint)
        if document.complaint is not None or document.value is not None:
            whole = Document(
                origin=origin,
                cluster=file.cluster,
                value=document.value,
                may_hold_clusters=_CLUSTER_KIND in data,
            )
            # kubectl writes the kind of a list after its items.
            value = document.value
            if isinstance(value, dict) and "kind" not in value and isinstance(value.get("items"), list):
                complaint = (
                    "kind: found nothing after items, expected the rest of the list; the file is cut off"
                )
                yield from _cut([whole], complaint, findings)
            else:
                yield whole


def _cut(read: list[Document], complaint: str, findings: Findings) -> Iterator[Document]:
    """What came before the break: all of *read* but the last object, which may be cut and look whole."""
    if not read or any(document.value is None for document in read):
        yield from read  # the break was reported already
        return
    *before, last = read
    yield from before
    findings.error(last.origin, complaint)
    yield replace(last, value=None)
    if isinstance(last.value, dict) and isinstance(last.value.get("items"), list):
        head: dict[str, object] = {"apiVersion": "v1", "kind": "List"}
        yield replace(last, value=head | last.value | {"items": last.value["items"][:-1]})
