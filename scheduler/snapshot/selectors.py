"""All selectors of an input, for whoever can tell whether they are valid."""

from collections.abc import Callable, Iterator, Sequence

from scheduler.api.device_request import DeviceAlternative, ReplicaAlternative
from scheduler.api.engine import Selector
from scheduler.api.model_deployment import ModelDeployment
from scheduler.api.model_replica import ModelReplica
from scheduler.snapshot.findings import Finding, Severity
from scheduler.snapshot.intake import ControlObject, Intake
from scheduler.snapshot.reading import Reading
from scheduler.snapshot.records import SelectorUse


def selector_findings(reading: Reading, check: Callable[[str], str | None]) -> Iterator[Finding]:
    """One warning for each selector of *reading* about which *check* has a complaint.

    Args:
        reading: what was read.
        check: says what is wrong with an expression, None if it is valid; asked once for each text.
    """
    complaints: dict[str, str | None] = {}
    for use in reading.selectors:
        if use.expression not in complaints:
            complaints[use.expression] = check(use.expression)
        complaint = complaints[use.expression]
        if complaint is not None:
            yield Finding(
                severity=Severity.WARNING,
                message=complaint,
                file=use.origin.file,
                document=use.origin.document,
                object=use.about,
                path=use.path,
            )


def selector_uses(intake: Intake, others: Sequence[SelectorUse]) -> tuple[SelectorUse, ...]:
    """Every selector of *intake* and *others*, in order of file, document, object and field."""
    uses = [*intake.selectors, *others]
    for kind in ("ModelDeployment", "ModelReplica"):
        for read in intake.control.get(kind, {}).values():
            uses.extend(_uses(read))
    return tuple(
        sorted(uses, key=lambda use: (use.origin.file, use.origin.document or 0, use.about, use.path))
    )


def _uses(read: ControlObject) -> Iterator[SelectorUse]:
    if isinstance(read.model, ModelDeployment):
        for at, engine in enumerate(read.model.spec.template.spec.engines):
            for of, member in enumerate(engine.members):
                devices = member.node_selector.devices if member.node_selector is not None else ()
                path = f"spec.template.spec.engines[{at}].members[{of}].nodeSelector.devices"
                for number, wanted in enumerate(devices):
                    yield from _listed(read, wanted.selectors, f"{path}[{number}]")
                    yield from _alternatives(read, wanted.first_available, f"{path}[{number}]")
    elif isinstance(read.model, ModelReplica):
        for at, placed in enumerate(read.model.spec.engines):
            for of, pods in enumerate(placed.members):
                path = f"spec.engines[{at}].members[{of}].deviceRequests"
                for number, request in enumerate(pods.device_requests or ()):
                    yield from _listed(read, request.selectors, f"{path}[{number}]")
                    yield from _alternatives(read, request.first_available, f"{path}[{number}]")


def _alternatives(
    read: ControlObject, alternatives: Sequence[DeviceAlternative | ReplicaAlternative], path: str
) -> Iterator[SelectorUse]:
    for number, each in enumerate(alternatives):
        yield from _listed(read, each.selectors, f"{path}.firstAvailable[{number}]")


def _listed(read: ControlObject, selectors: tuple[Selector, ...], path: str) -> Iterator[SelectorUse]:
    for number, selector in enumerate(selectors):
        if selector.cel is not None:
            at = f"{path}.selectors[{number}].cel"
            yield SelectorUse(expression=selector.cel, about=read.about, path=at, origin=read.origin)
