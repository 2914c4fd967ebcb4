"""Raw ResourceClaims and ResourceClaimTemplates as workloads of one pod each.

A claim that breaks a rule of its API is reported and left out; one that holds its devices already, or wants
none, is left out with a note. One that names a class which nobody declares
is planned all the same: it is short, and the plan says why.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from scheduler.api.nearest import nearest_hint
from scheduler.api.resource_claim import ClaimSpec, ResourceClaim, ResourceClaimTemplate
from scheduler.snapshot.claim_forms import WRAPPER, in_v1_form, is_inline
from scheduler.snapshot.claim_limit import limit_complaint
from scheduler.snapshot.claim_reader import claim_selectors
from scheduler.snapshot.documents import Document, documents, files
from scheduler.snapshot.dra_objects import read_claim_spec
from scheduler.snapshot.findings import Findings, Origin
from scheduler.snapshot.objects import Object, objects
from scheduler.snapshot.parsing import parsed
from scheduler.snapshot.raw import mapping, text
from scheduler.snapshot.records import SelectorUse
from scheduler.snapshot.references import DEVICE_CLASS
from scheduler.snapshot.resource_api import RESOURCE_GROUP, version_complaint
from solver.domain.claim import ALL, Claim, ClaimRequest, DeviceQuery
from solver.domain.identity import DeploymentKey, DeviceClassName
from solver.domain.workload import DeviceRequest, Engine, Member, ModelDeployment

_ENGINE = "claim"
_KINDS: Mapping[str, type[ResourceClaim | ResourceClaimTemplate]] = {
    "ResourceClaim": ResourceClaim,
    "ResourceClaimTemplate": ResourceClaimTemplate,
}


@dataclass(slots=True, kw_only=True)
class ClaimWorkloads:
    """What the claims want, and what is to be said about them."""

    #: Keys that a claim cannot have.
    taken: Collection[DeploymentKey]
    #: Names of DeviceClasses; empty: none is known, so none is missed.
    classes: Collection[str]
    findings: Findings
    deployments: dict[DeploymentKey, ModelDeployment] = field(default_factory=dict)
    #: ``Kind ns/name`` of each claim.
    titles: dict[DeploymentKey, str] = field(default_factory=dict)
    selectors: list[SelectorUse] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    #: Why a claim is left out of the plan though nothing is wrong with it.
    unplanned: dict[DeploymentKey, str] = field(default_factory=dict)

    def read(self, paths: Sequence[Path]) -> None:
        """Take every claim and template below *paths*."""
        ignored: Counter[str] = Counter()
        for path in dict.fromkeys(paths):
            self._read_path(path, ignored)
        if ignored:
            counts = ", ".join(f"{count} {kind}" for kind, count in sorted(ignored.items()))
            self.notes.append(f"ignored beside the claims: {counts}")

    def _read_path(self, path: Path, ignored: Counter[str]) -> None:
        listed = files([path], self.findings)
        found = [document for file in listed for document in documents(file, self.findings)]
        read = [each for document in found for each in _objects(document, self.findings)]
        claims = list(filter(_is_claim, read))
        ignored.update(each.kind for each in read if not _is_claim(each))
        for claim in claims:
            self._take(claim)
        is_whole = bool(listed) and all(document.value is not None for document in found)
        if is_whole and not claims:  # what cannot be read was told already
            message = "found no claim, expected a ResourceClaim or a ResourceClaimTemplate"
            self.findings.error(Origin(file=str(path)), message)

    def _take(self, read: Object) -> None:
        complaint = version_complaint(read.api_version)
        if complaint is not None:
            self.findings.warning(read.origin, complaint, about=read.about, path="apiVersion")
            return
        if mapping(read.raw, "status").get("allocation") is not None:
            self._leave_out(read, "is allocated already")
            return
        unwritten = WRAPPER if is_inline(read) else ""
        model = parsed(read, _KINDS[read.kind], self.findings, raw=in_v1_form(read), unwritten=unwritten)
        if model is None:
            return
        key = DeploymentKey(model.metadata.namespace, model.metadata.name)
        if not self._is_free(read, key):
            return
        path = "spec.spec" if read.kind == "ResourceClaimTemplate" else "spec"
        if not model.claim.devices.requests:
            self._leave_out(read, f"requests no device ({path}.devices.requests is empty)")
            return
        self._check_classes(read, model.claim, path, unwritten)
        self.selectors.extend(claim_selectors(read, Findings()))
        wanted = _deployment(key, read_claim_spec(read.raw))
        complaint = limit_complaint(wanted.engines[0].members[0].requests)
        if complaint is not None:
            at = f"{path}.devices.requests"
            self.findings.warning(read.origin, complaint, about=read.about, path=at)
        self.deployments[key] = wanted
        self.titles[key] = read.about

    def _leave_out(self, read: Object, why: str) -> None:
        sentence = f"{read.about} {why}, so it is not planned"
        self.notes.append(sentence)
        namespace = text(read.raw, "metadata", "namespace") or "default"
        self.unplanned[DeploymentKey(namespace, text(read.raw, "metadata", "name"))] = sentence

    def _is_free(self, read: Object, key: DeploymentKey) -> bool:
        if key in self.titles:
            message = (
                f"found {key.name!r} a second time, expected each claim and template of a namespace once"
            )
        elif key in self.taken:
            message = f"found {key.name!r}, expected a name that no ModelDeployment of the namespace has"
        else:
            return True
        self.findings.error(read.origin, message, about=read.about, path="metadata.name")
        return False

    def _check_classes(self, read: Object, spec: ClaimSpec, path: str, unwritten: str) -> None:
        for at, name in _class_names(spec):
            if self.classes and name not in self.classes:
                where = f"{path}.{at}".replace(unwritten, "") if unwritten else f"{path}.{at}"
                message = f"found {name!r}, expected the name of a {DEVICE_CLASS}"
                hint = nearest_hint(name, self.classes)
                self.findings.warning(read.origin, f"{message}{hint}", about=read.about, path=where)


def _is_claim(read: Object) -> bool:
    return read.group == RESOURCE_GROUP and read.kind in _KINDS


def _objects(document: Document, findings: Findings) -> Iterator[Object]:
    if document.value is not None:
        yield from objects(document, findings)


def _class_names(spec: ClaimSpec) -> Iterator[tuple[str, str]]:
    for position, request in enumerate(spec.devices.requests):
        at = f"devices.requests[{position}]"
        if request.exactly is not None:
            yield f"{at}.exactly.deviceClassName", request.exactly.device_class_name
        for number, each in enumerate(request.first_available):
            yield f"{at}.firstAvailable[{number}].deviceClassName", each.device_class_name


def _deployment(key: DeploymentKey, claim: Claim) -> ModelDeployment:
    member = Member(requests=tuple(map(_request, claim.requests)), constraints=claim.constraints)
    return ModelDeployment(key=key, replicas=1, engines=(Engine(name=_ENGINE, members=(member,)),))


def _request(request: ClaimRequest) -> DeviceRequest:
    if request.exactly is not None:
        return _query(request.exactly)
    return DeviceRequest(name=request.name, alternatives=tuple(map(_query, request.first_available)))


def _query(query: DeviceQuery) -> DeviceRequest:
    takes_all = query.allocation_mode == ALL
    return DeviceRequest(
        name=query.name,
        count=1 if takes_all else query.count,
        selectors=query.selectors,
        device_class=DeviceClassName(query.device_class),
        takes_all=takes_all,
        has_admin_access=query.admin_access is True,
        tolerations=query.tolerations,
        capacity=tuple(sorted((query.capacity or {}).items())),
    )
