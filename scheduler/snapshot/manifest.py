"""One ModelDeployment as JSON bytes, read by the rules for files."""

from dataclasses import dataclass

import orjson

from scheduler.api.faults import Fault
from scheduler.snapshot.documents import Document
from scheduler.snapshot.findings import Findings, Origin, Severity
from scheduler.snapshot.intake import Intake
from scheduler.snapshot.objects import objects
from scheduler.snapshot.read import wanted_deployments
from solver.domain.workload import ModelDeployment

_KIND = "ModelDeployment"
_ORIGIN = Origin(file="manifest")


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What was read: the deployment, or at least one fault."""

    deployment: ModelDeployment | None
    #: What violates the schema, in order of the fields.
    faults: tuple[Fault, ...] = ()


def read_manifest(manifest: bytes) -> Manifest:
    """The deployment that *manifest* describes."""
    try:
        value = orjson.loads(manifest)
    except orjson.JSONDecodeError as error:
        return _refused(f"found no JSON ({error}), expected a {_KIND}")
    findings = Findings()
    intake = Intake(findings=findings)
    for each in objects(Document(origin=_ORIGIN, cluster=None, value=value), findings):
        intake.take(each)
    found = [deployment for _, deployment in wanted_deployments(intake)]
    errors = [finding for finding in findings.sorted() if finding.severity is Severity.ERROR]
    if errors:
        faults = tuple(Fault(path=error.path, message=error.message.partition("\n")[0]) for error in errors)
        return Manifest(deployment=None, faults=faults)
    kinds = sorted((intake.read + intake.ignored).elements())
    if kinds != [_KIND]:
        return _refused(f"found {', '.join(kinds) or 'no object'}, expected one {_KIND}")
    if not found:
        return _refused(f"found a {_KIND} that is being deleted, expected one that is not")
    return Manifest(deployment=found[0])


def _refused(message: str) -> Manifest:
    return Manifest(deployment=None, faults=(Fault(path="", message=message),))
